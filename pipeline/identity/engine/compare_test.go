package engine

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"meibo/pipeline"
	"meibo/pipeline/identity"
)

func TestNames(t *testing.T) {
	rec := func(name, kana string) Record { return Record{Name: name, Kana: kana} }
	woman := func(r Record) Record { r.Sex = "女"; return r }
	former := func(r Record, s ...string) Record { r.Former = s; return r }
	for _, tt := range []struct {
		name string
		a, b Record
		want nameLevel
	}{
		{"the same", rec("高橋　誠", "タカハシ　マコト"), rec("髙橋 誠", "ﾀｶﾊｼ ﾏｺﾄ"), nameAll},
		{"no reading", rec("高橋　誠", ""), rec("高橋 誠", "タカハシ　マコト"), nameKanji},
		{"no kanji", rec("タカハシ　マコト", ""), rec("高橋 誠", "タカハシ　マコト"), nameKana},
		{"斎 and 斉", rec("斎藤　翔", "サイトウ　ショウ"), rec("斉藤　翔", "サイトウ　ショウ"), nameKana},
		{"read alike, another given name", rec("佐藤　裕子", "サトウ　ユウコ"), rec("佐藤　優子", "サトウ　ユウコ"), nameOtherGiven},
		{"read alike, another family name", rec("佐藤　翔", "サトウ　ショウ"), rec("左藤　翔", "サトウ　ショウ"), nameOtherFamily},
		{"read otherwise", rec("東　翔", "ヒガシ　ショウ"), rec("東　翔", "アズマ　ショウ"), nameReading},
		{"married", woman(rec("中田　愛", "ナカタ　アイ")), woman(rec("藤井　愛", "フジイ　アイ")), nameChangedWoman},
		{"another man", rec("中田　翔", "ナカタ　ショウ"), rec("藤井　翔", "フジイ　ショウ"), nameChanged},
		{"married, the former name is known", former(rec("中田　愛", "ナカタ　アイ"), "藤井"), rec("藤井　愛", "フジイ　アイ"), nameFormer},
		{"the former name with the given one", former(rec("中田　愛", ""), "藤井　愛"), rec("藤井　愛", "フジイ　アイ"), nameFormer},
		{"the second of two former names", former(rec("中田　愛", ""), "上野", "藤井"), rec("藤井　愛", ""), nameFormer},
		{"a slip in the reading, no kanji", rec("", "ワタナベ　ショウ"), rec("渡部　翔", "ワタベ　ショウ"), nameNearFamily},
		{"brothers", rec("山本　一郎", "ヤマモト　イチロウ"), rec("山本　二郎", "ヤマモト　ジロウ"), nameRelative},
		{"brothers without a reading", rec("山本　一郎", ""), rec("山本　二郎", ""), nameRelative},
		{"changed places", rec("SMITH JOHN", ""), rec("John Smith", ""), nameSwapped},
		{"a Latin slip", rec("Robert Allen", ""), rec("Robert Alen", ""), nameNearGiven},
		{"a short form", rec("Rob Allen", ""), rec("Robert Allen", ""), nameNearFamily},
		{"a short form that begins otherwise", Record{Given: "Bob", Family: "Allen"}, Record{Given: "Robert", Family: "Allen"}, nameNearGiven},
		{"another given name in Latin letters", Record{Given: "Peter", Family: "Allen"}, Record{Given: "Robert", Family: "Allen"}, nameRelativeLatin},
		{"a slip, the other part is missing", Record{Given: "Robert"}, Record{Given: "Robret", Family: "Allen"}, nameNearOnly},
		{"changed places, one is missing", Record{Given: "Murphy"}, Record{Given: "Logan", Family: "Murphy"}, nameCrossed},
		{"changed places, one has a slip", Record{Given: "Murphy", Family: "Logan"}, Record{Given: "Logna", Family: "Murphy"}, nameCrossed},
		{"no blank", rec("高橋誠", "タカハシマコト"), rec("高橋　誠", "タカハシ　マコト"), nameAll},
		{"strangers", rec("高橋　誠", "タカハシ　マコト"), rec("藤井　愛", "フジイ　アイ"), nameConflict},
		{"no name", rec("", ""), rec("藤井　愛", "フジイ　アイ"), nameUnknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.a.ID, tt.b.ID = "A", "B"
			c := build(t, tt.a, tt.b, Record{ID: "C", Name: "高橋　誠", Kana: "タカハシ　マコト"})
			if got, _ := c.compareNames(0, 1); got != tt.want {
				t.Errorf("level %q, want %q", outline()[0].Levels[got].Name, outline()[0].Levels[tt.want].Name)
			}
		})
	}
}

func TestBirthDates(t *testing.T) {
	for _, tt := range []struct {
		name string
		a, b pipeline.Date
		want bornLevel
	}{
		{"equal", 19800401, 19800401, bornEqual},
		{"none", 19800401, 0, bornUnknown},
		{"the day after", 19800409, 19800410, bornNextDay},
		{"the day after, next month", 19800430, 19800501, bornNextDay},
		{"the day after, leap year", 20000228, 20000229, bornNextDay},
		{"the day after, next year", 19991231, 20000101, bornNextDay},
		{"day and month changed places", 19800401, 19800104, bornTurned},
		{"one digit", 19800415, 19800475, bornDigit},
		{"a year off", 19800415, 19810415, bornDigit},
		{"neighbours changed places", 19800415, 19800451, bornDigit},
		{"another month", 19800415, 19801215, bornNear},
		{"two weeks", 19800415, 19800503, bornNear},
		{"strangers", 19800415, 19551203, bornConflict},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := packDate(tt.a), packDate(tt.b)
			if got, back := comparedDates(a, b), comparedDates(b, a); got != tt.want || back != got {
				t.Errorf("%s and %s: level %d, the other way %d; want %d", tt.a, tt.b, got, back, tt.want)
			}
			if unpackDate(a) != tt.a {
				t.Errorf("%s unpacks as %s", tt.a, unpackDate(a))
			}
		})
	}
}

func TestMailAddresses(t *testing.T) {
	rec := func(mail string) Record { return Record{Name: "清水　愛", Kana: "シミズ　アイ", Email: mail} }
	for _, tt := range []struct {
		name, a, b string
		want       mailLevel
	}{
		{"equal but for case", "U77@Example.jp", "u77@example.jp", mailEqual},
		{"moved", "u77x31@example.jp", "u77x31@example.com", mailLocal},
		{"moved, made of the name", "ai.shimizu@example.jp", "ai.shimizu@example.com", mailDerived},
		{"a slip", "u77x31@example.jp", "u77x13@example.jp", mailSimilar},
		{"others", "u77x31@example.jp", "hello@example.com", mailConflict},
		{"none", "", "hello@example.com", mailUnknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := rec(tt.a), rec(tt.b)
			a.ID, b.ID = "A", "B"
			if got := build(t, a, b).compareMail(0, 1, nameAll); got != tt.want {
				t.Errorf("%s and %s: level %d, want %d", tt.a, tt.b, got, tt.want)
			}
		})
	}
}

// Addresses that differ at both ends need not be compared letter by letter.
func TestAddressesThatDifferAtBothEndsAreUnlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.StringMatching(`[ab]{0,9}`).Draw(t, "x")
		y := rapid.StringMatching(`[ab]{0,9}`).Draw(t, "y")
		_, headX, tailX := local(x + "@example.jp")
		_, headY, tailY := local(y + "@example.jp")
		if headX != headY && tailX != tailY && (x == y || similarMail([]byte(x), []byte(y))) {
			t.Errorf("%s and %s are alike", x, y)
		}
	})
}

func TestWhatManyShareSaysNothing(t *testing.T) {
	people := []Record{
		{ID: "A", Name: "清水　愛", Born: 19800101},
		{ID: "B", Name: "藤井　誠", Born: 19750203},
		{ID: "C", Name: "大野　葵", Born: 19690405},
		{ID: "D", Name: "上野　翔", Born: 19900607},
	}
	for i := range people {
		people[i].Email = "info@example.jp"
		people[i].Certificates = []identity.Certificate{{Number: "0000000"}}
	}
	c := build(t, people...)
	if got := c.compareMail(0, 1, nameAll); got != mailUnknown {
		t.Errorf("a mailbox of four people compares as level %d, want unknown", got)
	}
	if got := c.compareCerts(0, 1); got != certUnknown {
		t.Errorf("a dummy number of four people compares as level %d, want unknown", got)
	}
	c = build(t, people[:3]...)
	if got := c.compareMail(0, 1, nameAll); got != mailShared {
		t.Errorf("a mailbox of three people compares as level %d, want shared", got)
	}
}

// In a file a number of several people says nothing, even if one birth date, which
// may be a dummy too, stands with it.
func TestANumberOfStrangersBornOnOneDaySaysNothing(t *testing.T) {
	pass := []identity.Certificate{{Number: "99999"}}
	people := []Record{
		{ID: "A", Name: "清水　愛", Born: 19800101, Certificates: pass},
		{ID: "B", Name: "藤井　誠", Born: 19800101, Certificates: pass},
	}
	if got := build(t, people...).compareCerts(0, 1); got != certEqual {
		t.Errorf("a number of two records compares as level %d, want equal", got)
	}
	people = append(people, Record{ID: "C", Name: "大野　葵", Born: 19800101, Certificates: pass})
	if got := build(t, people...).compareCerts(0, 1); got != certUnknown {
		t.Errorf("a number of three strangers compares as level %d, want unknown", got)
	}
	people[1].Name, people[2].Name = "清水　愛", "藤井　愛"
	if got := build(t, people...).compareCerts(0, 1); got != certEqual {
		t.Errorf("a number of one person's three records compares as level %d, want equal", got)
	}
}

func TestCertificates(t *testing.T) {
	pass := func(kind, number string, on pipeline.Date) identity.Certificate {
		return identity.Certificate{Code: kind, Number: number, JudgedOn: on}
	}
	for _, tt := range []struct {
		name string
		a, b []identity.Certificate
		want certLevel
	}{
		{"one equal among several", []identity.Certificate{pass("A", "1", 20200101), pass("B", "2", 20210101)}, []identity.Certificate{pass("B", "2", 0)}, certEqual},
		{"a renewal", []identity.Certificate{pass("A", "1", 20200101)}, []identity.Certificate{pass("A", "9", 20250101)}, certConflict},
		{"one day, two numbers", []identity.Certificate{pass("A", "1", 20200101)}, []identity.Certificate{pass("A", "9", 20200101)}, certSameDay},
		{"one day, two kinds", []identity.Certificate{pass("A", "1", 20200101)}, []identity.Certificate{pass("B", "9", 20200101)}, certConflict},
		{"none", nil, []identity.Certificate{pass("B", "9", 20200101)}, certUnknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := build(t, Record{ID: "A", Name: "清水　愛", Certificates: tt.a}, Record{ID: "B", Name: "清水　愛", Certificates: tt.b})
			if got := c.compareCerts(0, 1); got != tt.want {
				t.Errorf("level %d, want %d", got, tt.want)
			}
		})
	}
}

func TestTwinsAreKeptApart(t *testing.T) {
	twin := func(id, name, kana string) Record {
		return Record{ID: id, Name: name, Kana: kana, Born: 19990304, Agency: "D1", Sex: "男"}
	}
	a, b := twin("A", "三浦　大輔", "ミウラ　ダイスケ"), twin("B", "三浦　健太", "ミウラ　ケンタ")
	if got := build(t, a, b).compare(0, 1).constraint(); got == "" {
		t.Error("twins stand under no constraint")
	}
	a.Email, b.Email = "miura@example.jp", "miura@example.jp"
	if got := build(t, a, b).compare(0, 1).constraint(); got == "" {
		t.Error("an address that both twins use makes them one")
	}
	a.Certificates = []identity.Certificate{{Number: "K1"}}
	b.Certificates = a.Certificates
	if got := build(t, a, b).compare(0, 1).constraint(); got != "" {
		t.Errorf("the certificate is equal, and yet: %s", got)
	}
	a.Certificates, b.Certificates, b.Agency = nil, nil, "D2"
	if got := build(t, a, b).compare(0, 1).constraint(); got == "" {
		t.Error("twins who share an address are no household because they work apart")
	}
}

func TestStrangersAreCountedByTheirNames(t *testing.T) {
	for _, tt := range []struct {
		name  string
		names []string
		want  int
	}{
		{"one person", []string{"清水　愛", "清水　愛", "清水　愛"}, 1},
		{"a marriage, and another", []string{"清水　愛", "藤井　愛", "大野　愛"}, 1},
		{"brothers and sisters", []string{"清水　愛", "清水　誠", "清水　葵"}, 3},
		{"strangers and one of them again", []string{"清水　愛", "藤井　誠", "大野　葵", "藤井　誠"}, 3},
		{"no names", []string{"", "", ""}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var records []Record
			var es []entry
			for i, n := range tt.names {
				records = append(records, Record{ID: string(rune('A' + i)), Name: n})
				es = append(es, entry{rec: uint32(i)})
			}
			if got := build(t, records...).strangers(es); got != tt.want {
				t.Errorf("%d people, want %d", got, tt.want)
			}
		})
	}
}

func TestJaroWinkler(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want float64
	}{
		{"martha", "marhta", 0.9611}, {"dwayne", "duane", 0.84}, {"dixon", "dicksonx", 0.8133}, {"abc", "xyz", 0}, {"same", "same", 1}, {"", "a", 0},
	} {
		if got := jaroWinkler([]rune(tt.a), []rune(tt.b)); math.Abs(got-tt.want) > 1e-4 {
			t.Errorf("jaroWinkler(%s, %s) = %.4f, want %.4f", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestRomaji(t *testing.T) {
	for kana, want := range map[string]string{
		"サトウ": "satou", "シユン": "shun", "キヨウコ": "kyouko", "ジユンイチ": "junichi", "ヒロユキ": "hiroyuki", "佐藤": "", "allen": "allen",
	} {
		if got := string(romaji([]rune(kana))); got != want {
			t.Errorf("romaji(%s) = %s, want %s", kana, got, want)
		}
	}
}
