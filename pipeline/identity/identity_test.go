package identity

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"meibo/pipeline"
)

var day = pipeline.MustDate

func rec(id, born, name string, certificates ...string) Record {
	r := Record{AgentID: id, Names: []pipeline.Name{{AgentID: id, Kind: pipeline.NameKanji, Text: name}}}
	if born != "" {
		r.BornOn = day(born)
	}
	for _, n := range certificates {
		r.Certificates = append(r.Certificates, Certificate{Code: "K10", Number: n})
	}
	return r
}

func (r Record) formerly(name string) Record {
	r.Names = append(r.Names, pipeline.Name{AgentID: r.AgentID, Kind: pipeline.NameFormer, Text: name})
	return r
}

func (r Record) read(kana ...string) Record {
	for _, k := range kana {
		r.Names = append(r.Names, pipeline.Name{AgentID: r.AgentID, Kind: pipeline.NameKana, Text: k})
	}
	return r
}

func all(records ...Record) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func at(s string) pipeline.Instant {
	i, err := pipeline.ParseInstant(s + "T00:00:00.000000Z")
	if err != nil {
		panic(err)
	}
	return i
}

func decide(a, b, verdict, on string) Decision {
	return Decision{A: a, B: b, Verdict: verdict, By: "U1", At: at(on)}
}

func resolve(t interface {
	Helper()
	Fatal(...any)
}, records []Record, decisions ...Decision,
) Result {
	t.Helper()
	r, err := Resolve(all(records...), decisions, DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// shape is a result without what its readers do not see at first glance.
func shape(r Result) (out []string) {
	for _, p := range r.Pairs {
		out = append(out, p.A+"-"+p.B+" "+p.Class)
	}
	for _, c := range r.Clusters {
		out = append(out, strings.Join(c, "="))
	}
	return out
}

func TestResolve(t *testing.T) {
	const b, other = "1980-04-01", "1985-05-05"
	tests := []struct {
		name      string
		records   []Record
		decisions []Decision
		want      []string
	}{
		{"nobody at all", nil, nil, nil},
		{
			"same certificate and birth date",
			[]Record{rec("A", b, "佐藤花子", "H1"), rec("B", b, "田中花子", "H1")},
			nil,
			[]string{"A-B 確定", "A=B"},
		},
		{
			"certificate numbers that differ in width and case only",
			[]Record{rec("A", b, "佐藤花子", "Ｈ１"), rec("B", b, "田中花子", "h 1")},
			nil,
			[]string{"A-B 確定", "A=B"},
		},
		{"same certificate, another birth date", []Record{rec("A", b, "佐藤花子", "H1"), rec("B", other, "佐藤花子", "H1")}, nil, nil},
		{"same name and birth date", []Record{rec("A", b, "佐藤 花子"), rec("B", b, "佐藤花子")}, nil, []string{"A-B 要確認"}},
		{"same name, another birth date", []Record{rec("A", b, "佐藤花子"), rec("B", other, "佐藤花子")}, nil, nil},
		{
			"the surname changed by marriage",
			[]Record{rec("A", b, "佐藤花子"), rec("B", b, "田中花子").formerly("佐藤花子")},
			nil,
			[]string{"A-B 要確認"},
		},
		{
			"two records of one former name",
			[]Record{rec("A", b, "鈴木花子").formerly("佐藤花子"), rec("B", b, "田中花子").formerly("佐藤花子")},
			nil,
			[]string{"A-B 要確認"},
		},
		{
			"another writing of a kanji",
			[]Record{rec("A", b, "髙橋　惠"), rec("B", b, "高橋惠")},
			nil,
			[]string{"A-B 要確認"},
		},
		{"a kanji that only looks alike", []Record{rec("A", b, "斎藤花子"), rec("B", b, "斉藤花子")}, nil, nil},
		{
			"another writing of the former name",
			[]Record{rec("A", b, "渡邉花子"), rec("B", b, "田中花子").formerly("渡辺花子")},
			nil,
			[]string{"A-B 要確認"},
		},
		{
			"read alike, other kanji",
			[]Record{rec("A", b, "斎藤花子").read("サイトウ　ハナコ"), rec("B", b, "斉藤華子").read("ｻｲﾄｳ ﾊﾅｺ")},
			nil,
			[]string{"A-B 要確認"},
		},
		{
			"read alike, another birth date",
			[]Record{rec("A", b, "斎藤花子").read("サイトウハナコ"), rec("B", other, "斉藤花子").read("サイトウハナコ")},
			nil,
			nil,
		},
		{
			"the 氏名 of one is the reading of the other",
			[]Record{rec("A", b, "サイトウ　ハナコ"), rec("B", b, "斎藤花子").read("さいとうはなこ")},
			nil,
			[]string{"A-B 要確認"},
		},
		{
			"one kanji name, read in two ways",
			[]Record{rec("A", b, "東花子").read("ヒガシハナコ"), rec("B", b, "東花子").read("アズマハナコ")},
			nil,
			[]string{"A-B 要確認"},
		},
		{"length is meaning", []Record{rec("A", b, "大野").read("オオノ"), rec("B", b, "小野").read("オノ")}, nil, nil},
		{"no names at all", []Record{rec("A", b, ""), rec("B", b, "").read("", "　")}, nil, nil},
		{"twins: same surname and birth date, another given name", []Record{rec("A", b, "佐藤花子"), rec("B", b, "佐藤桃子")}, nil, nil},
		{"no birth date", []Record{rec("A", "", "佐藤花子", "H1"), rec("B", "", "佐藤花子", "H1")}, nil, nil},
		{
			"a person says same",
			[]Record{rec("A", b, "佐藤花子"), rec("B", other, "田中桃子")},
			[]Decision{decide("B", "A", Same, "2026-11-01")},
			[]string{"A-B 確定", "A=B"},
		},
		{
			"a person says different, of a name",
			[]Record{rec("A", b, "佐藤花子"), rec("B", b, "佐藤花子")},
			[]Decision{decide("A", "B", Different, "2026-11-01")},
			nil,
		},
		{
			"a person says different, of a certificate",
			[]Record{rec("A", b, "佐藤花子", "H1"), rec("B", b, "佐藤花子", "H1")},
			[]Decision{decide("A", "B", Different, "2026-11-01")},
			nil,
		},
		{
			"a person is not sure yet",
			[]Record{rec("A", b, "佐藤花子"), rec("B", b, "佐藤花子")},
			[]Decision{decide("A", "B", Later, "2026-11-01")},
			[]string{"A-B 要確認"},
		},
		{
			"not sure yet, and the evidence has gone",
			[]Record{rec("A", b, "佐藤花子"), rec("B", b, "田中桃子")},
			[]Decision{decide("A", "B", Later, "2026-11-01")},
			[]string{"A-B 要確認"},
		},
		{
			"the newer decision binds",
			[]Record{rec("A", b, "佐藤花子"), rec("B", b, "佐藤花子")},
			[]Decision{decide("A", "B", Same, "2026-11-02"), decide("B", "A", Different, "2026-11-01")},
			[]string{"A-B 確定", "A=B"},
		},
		{
			"the later recorded decision binds, whatever the clocks said",
			[]Record{rec("A", b, "佐藤花子"), rec("B", b, "佐藤花子")},
			[]Decision{
				{No: 2, A: "A", B: "B", Verdict: Same, At: at("2026-11-01")},
				{No: 1, A: "A", B: "B", Verdict: Different, At: at("2026-11-02")},
			},
			[]string{"A-B 確定", "A=B"},
		},
		{
			"a decision on a record that is gone",
			[]Record{rec("A", b, "佐藤花子")},
			[]Decision{decide("A", "Z", Same, "2026-11-01")},
			nil,
		},
		{
			"three records in a chain",
			[]Record{rec("A", b, "佐藤花子", "H1"), rec("B", b, "佐藤花子", "H1", "H2"), rec("C", b, "田中花子", "H2")},
			nil,
			[]string{"A-B 確定", "B-C 確定", "A=B=C"},
		},
		{
			"a chain over two that people said are different",
			[]Record{rec("A", b, "佐藤花子", "H1"), rec("B", b, "佐藤花子", "H1", "H2"), rec("C", b, "田中花子", "H2")},
			[]Decision{decide("A", "C", Different, "2026-11-01")},
			[]string{"A-B 確定", "B-C 要確認", "A=B"},
		},
		{
			"a human link comes before a certificate in such a chain",
			[]Record{rec("A", b, "佐藤花子", "H1"), rec("B", b, "佐藤花子", "H1"), rec("C", other, "田中花子")},
			[]Decision{decide("A", "C", Different, "2026-11-01"), decide("B", "C", Same, "2026-11-01")},
			[]string{"A-B 要確認", "B-C 確定", "B=C"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := shape(resolve(t, tt.records, tt.decisions...))
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("Resolve (-want +got):\n%s", d)
			}
		})
	}
}

func TestEachPairSaysWhy(t *testing.T) {
	const b = "1980-04-01"
	r := resolve(t, []Record{
		rec("A", b, "佐藤花子", "H1"),
		rec("B", b, "佐藤花子", "H1").formerly("田中花子"),
		rec("C", b, "田中花子"),
		rec("D", b, "鈴木花子").formerly("田中花子"),
	}, decide("C", "D", Later, "2026-11-01"))
	want := []Pair{
		{A: "A", B: "B", Class: "確定", Reasons: []string{"合格番号「H1」と生年月日が一致", "氏名と生年月日が一致"}},
		{A: "B", B: "C", Class: "要確認", Reasons: []string{"一方の氏名が他方の旧氏名と一致し、生年月日も一致"}},
		{A: "B", B: "D", Class: "要確認", Reasons: []string{"旧氏名と生年月日が一致"}},
		{
			A: "C", B: "D", Class: "要確認", Decision: decide("C", "D", Later, "2026-11-01"),
			Reasons: []string{"審査で保留中", "一方の氏名が他方の旧氏名と一致し、生年月日も一致"},
		},
	}
	opts := cmp.Options{cmpopts.IgnoreFields(Pair{}, "Fingerprint"), cmp.Comparer(func(a, b pipeline.Instant) bool { return a == b })}
	if d := cmp.Diff(want, r.Pairs, opts); d != "" {
		t.Errorf("pairs (-want +got):\n%s", d)
	}
	row := r.Pairs[3].Row()
	if row.AgentA != "C" || row.Decision != Later || row.DecidedBy != "U1" || row.DecidedAt.IsZero() || row.Weight == row.Weight {
		t.Errorf("row of duplicate_list = %+v; want C first, decided by U1, and no weight", row)
	}
}

// A person decided on what was known. New hard evidence brings the case back;
// it is never overruled silently.
func TestNewCertificateBringsADifferentPairBack(t *testing.T) {
	const b = "1980-04-01"
	before := []Record{rec("A", b, "佐藤花子", "H1"), rec("B", b, "佐藤花子", "H1")}
	after := []Record{rec("A", b, "佐藤花子", "H1", "H2"), rec("B", b, "佐藤花子", "H1", "H2")}
	none, err := Fingerprint(rec("A", b, "佐藤花子"), rec("B", b, "田中桃子"))
	if err != nil {
		t.Fatal(err)
	}
	seen := resolve(t, before).Pairs[0].Fingerprint

	tests := []struct {
		name, fingerprint string
		records           []Record
		want              []string
	}{
		{"nothing new", seen, before, nil},
		{"a second equal certificate", seen, after, []string{"A-B 要確認"}},
		{"decided when there was no evidence at all", none, before, []string{"A-B 要確認"}},
		{"only a name in common since then", none, []Record{rec("A", b, "佐藤花子"), rec("B", b, "佐藤花子")}, nil},
		{"what was known is not on record", "", after, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := decide("A", "B", Different, "2026-11-01")
			d.Fingerprint = tt.fingerprint
			if diff := cmp.Diff(tt.want, shape(resolve(t, tt.records, d))); diff != "" {
				t.Errorf("Resolve (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFingerprintOfTwoIsThatOfTheirPair(t *testing.T) {
	a := rec("A", "1980-04-01", "佐藤花子", "H1", "H2")
	b := rec("B", "1980-04-01", "佐藤花子", "H2", "H1")
	got, err := Fingerprint(b, a)
	if err != nil {
		t.Fatal(err)
	}
	if want := resolve(t, []Record{a, b}).Pairs[0].Fingerprint; got != want || strings.Count(want, "c:") != 2 {
		t.Errorf("Fingerprint(B, A) = %q; the pair has %q", got, want)
	}
}

func TestDummyCertificateNumberIsNoKey(t *testing.T) {
	births := []string{"1980-01-01", "1980-01-01", "1981-01-01", "1982-01-01", "1983-01-01", "1984-01-01"}
	ids := []string{"A", "B", "C", "D", "E", "F"}
	bearers := func(births ...string) (out []Record) {
		for i, b := range births {
			out = append(out, rec(ids[i], b, "氏名"+ids[i], "00000"))
		}
		return out
	}
	same := make([]string, 6)
	for i := range same {
		same[i] = births[0]
	}
	tests := []struct {
		name    string
		records []Record
		pairs   int
		shared  []Shared
	}{
		{"three birth dates may be slips", bearers(births[:4]...), 1, nil},
		{"four are not", bearers(births[:5]...), 0, []Shared{{"合格番号", "A", 5, 4, false}}},
		{"five IDs of one birth date may be one person", bearers(same[:5]...), 10, nil},
		{"six are not", bearers(same...), 0, []Shared{{"合格番号", "A", 6, 1, false}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := resolve(t, tt.records)
			if len(r.Pairs) != tt.pairs {
				t.Errorf("%d pairs, want %d: %v", len(r.Pairs), tt.pairs, shape(r))
			}
			if d := cmp.Diff(tt.shared, r.Shared); d != "" {
				t.Errorf("shared (-want +got):\n%s", d)
			}
		})
	}
}

func TestLargeBlockOfOneNameLeavesNobodyOut(t *testing.T) {
	var records []Record
	for _, id := range []string{"A", "B", "C", "D"} {
		records = append(records, rec(id, "1900-01-01", "試験用"))
	}
	s := DefaultSettings()
	s.MaxBlock = 3
	r, err := Resolve(all(records...), nil, s)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"A-B 要確認", "B-C 要確認", "C-D 要確認"}, shape(r)); d != "" {
		t.Errorf("Resolve (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]Shared{{"氏名と生年月日", "A", 4, 1, true}}, r.Shared); d != "" {
		t.Errorf("shared (-want +got):\n%s", d)
	}
}

func TestEqualHashIsNotEqualKey(t *testing.T) {
	tab, err := load(all(rec("A", "1980-04-01", "佐藤花子"), rec("B", "1980-04-01", "田中桃子")))
	if err != nil {
		t.Fatal(err)
	}
	for i := range tab.names.list {
		tab.names.list[i].hash = 1
	}
	if found, _ := tab.evidence(DefaultSettings()); len(found) > 0 {
		t.Errorf("two names of one hash are taken for one: %v", found)
	}
}

func TestTextsAreFoundAgain(t *testing.T) {
	var all texts
	places := map[uint32]string{}
	for i := range 3 << chunkBits / 1000 {
		s := strings.Repeat(string(rune('a'+i%26)), i%2000)
		places[addText(&all, s)] = s
	}
	long := strings.Repeat("長", 1<<chunkBits)
	places[addText(&all, long)] = long
	places[addText(&all, "")] = ""
	for place, want := range places {
		if got := string(all.at(place)); got != want {
			t.Fatalf("a text of %d bytes was put in and one of %d bytes came out", len(want), len(got))
		}
	}
	if len(all) < 3 {
		t.Errorf("%d chunks; the test wants several", len(all))
	}
}

func TestRecordOf(t *testing.T) {
	p := &pipeline.Person{
		Agent: pipeline.Agent{ID: "A", Name: "田中花子", NameKana: "タナカハナコ", BornOn: day("1980-04-01")},
		Names: []pipeline.Name{
			{AgentID: "A", Kind: pipeline.NameKana, Text: "サトウハナコ"},
			{AgentID: "A", Kind: pipeline.NameKana, Text: "ﾀﾅｶ ﾊﾅｺ"},
			{AgentID: "A", Kind: pipeline.NameKanji, Text: "佐藤花子"},
			{AgentID: "A", Kind: pipeline.NameKanji, Text: "田中　花子"},
		},
		Qualifications: []pipeline.Qualification{
			{AgentID: "A", Code: "K10", CertificateNo: "H1", JudgedOn: day("2024-01-01")},
			{AgentID: "A", Code: "K11", CertificateNo: "H2", WithdrawnOn: day("2026-01-01")},
			{AgentID: "A", Code: "K12"},
		},
	}
	want := Record{
		AgentID: "A", BornOn: day("1980-04-01"),
		Names: []pipeline.Name{
			{AgentID: "A", Kind: pipeline.NameKanji, Text: "田中花子"},
			{AgentID: "A", Kind: pipeline.NameKana, Text: "タナカハナコ"},
			{AgentID: "A", Kind: pipeline.NameKana, Text: "サトウハナコ"},
			{AgentID: "A", Kind: pipeline.NameFormer, Text: "佐藤花子"},
		},
		Certificates: []Certificate{{"K10", "H1", day("2024-01-01")}},
	}
	if d := cmp.Diff(want, RecordOf(p)); d != "" {
		t.Errorf("RecordOf (-want +got):\n%s", d)
	}
}

func TestResolveRefuses(t *testing.T) {
	broken := errors.New("the database went away")
	tests := []struct {
		name      string
		records   iter.Seq2[Record, error]
		decisions []Decision
		want      string
	}{
		{"an ID that comes twice", all(rec("A", "", "x"), rec("B", "", "x"), rec("A", "", "x")), nil, "agent A: stands twice"},
		{"a verdict that is none", all(), []Decision{{A: "A", B: "B", Verdict: "たぶん"}}, `verdict "たぶん" is none of`},
		{"records that break off", func(yield func(Record, error) bool) { yield(Record{}, broken) }, nil, broken.Error()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Resolve(tt.records, tt.decisions, DefaultSettings())
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Resolve: %v; want an error that says %q", err, tt.want)
			}
		})
	}
}

// A panic on another goroutine is the caller's to catch, whichever part of the
// records it happens in; the others are let finish.
func TestPanicOfKeyingComesToTheCaller(t *testing.T) {
	records := func(yield func(Record, error) bool) {
		for i := range 3*partSize + 1 {
			if !yield(rec(fmt.Sprintf("P%06d", i), "", ""), nil) {
				return
			}
		}
	}
	for _, at := range []int{0, partSize, 3 * partSize} {
		var finished atomic.Int64
		id := fmt.Sprintf("P%06d", at)
		thrown := func() (v any) {
			defer func() { v = recover() }()
			_, err := loadBy(records, func(_ *table, r *Record) {
				if r.AgentID == id {
					panic("too much")
				}
				finished.Add(1)
			})
			return err
		}()
		p, ok := thrown.(interface{ Panic() (any, []byte) })
		if !ok {
			t.Fatalf("record %d: %v came", at, thrown)
		}
		if v, stack := p.Panic(); v != "too much" || !strings.Contains(string(stack), "identity_test.go") {
			t.Errorf("record %d: %v thrown at\n%s", at, v, stack)
		}
		if n := finished.Load(); n < 2*partSize {
			t.Errorf("record %d: only %d others were done", at, n)
		}
	}
}

// So is one of the goroutine that joins the parts.
func TestPanicOfJoiningComesToTheCaller(t *testing.T) {
	parts := make(chan chan keyed, 2)
	cut := newTable()
	cut.ids = append(cut.ids, 1<<20) // where no text is
	for _, k := range []keyed{{table: cut}, {table: newTable()}} {
		next := make(chan keyed, 1)
		next <- k
		parts <- next
	}
	close(parts)
	if end := newTable().joinAll(parts); end.panicked == nil {
		t.Errorf("%+v", end)
	}
}
