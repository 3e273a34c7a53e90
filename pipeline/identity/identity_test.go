package identity

import (
	"errors"
	"iter"
	"math"
	"slices"
	"strings"
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

// compared are the cases of all pairs: the law that package engine finds those
// that matter is its own.
func compared(records []Record) iter.Seq2[Case, error] {
	records = slices.SortedFunc(slices.Values(records), func(a, b Record) int { return strings.Compare(a.AgentID, b.AgentID) })
	return func(yield func(Case, error) bool) {
		for i, a := range records {
			for _, b := range records[i+1:] {
				if !yield(unweighed(a, b), nil) {
					return
				}
			}
		}
	}
}

func resolve(t interface {
	Helper()
	Fatal(...any)
}, records []Record, decisions ...Decision,
) Result {
	t.Helper()
	r, err := Resolve(compared(records), decisions)
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
	opts := cmp.Options{cmpopts.IgnoreFields(Pair{}, "Fingerprint", "Weight", "Probability"), cmp.Comparer(func(a, b pipeline.Instant) bool { return a == b })}
	if d := cmp.Diff(want, r.Pairs, opts); d != "" {
		t.Errorf("pairs (-want +got):\n%s", d)
	}
	row := r.Pairs[3].Row()
	if row.AgentA != "C" || row.Decision != Later || row.DecidedBy != "U1" || row.DecidedAt.IsZero() || !math.IsNaN(row.Weight) {
		t.Errorf("row of duplicate_list = %+v; want C first, decided by U1, and no weight", row)
	}
}

// A person decided on what was known. New hard evidence brings the case back;
// it is never overruled silently.
func TestNewCertificateBringsADifferentPairBack(t *testing.T) {
	const b = "1980-04-01"
	before := []Record{rec("A", b, "佐藤花子", "H1"), rec("B", b, "佐藤花子", "H1")}
	after := []Record{rec("A", b, "佐藤花子", "H1", "H2"), rec("B", b, "佐藤花子", "H1", "H2")}
	none := Compare(rec("A", b, "佐藤花子"), rec("B", b, "田中桃子")).Fingerprint()
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
	got := Compare(b, a).Fingerprint()
	if want := resolve(t, []Record{a, b}).Pairs[0].Fingerprint; got != want || strings.Count(want, "c:") != 2 {
		t.Errorf("Fingerprint(B, A) = %q; the pair has %q", got, want)
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
	ab, bc := unweighed(rec("A", "", "x"), rec("B", "", "x")), unweighed(rec("B", "", "x"), rec("C", "", "x"))
	of := func(err error, cases ...Case) iter.Seq2[Case, error] {
		return func(yield func(Case, error) bool) {
			for _, c := range cases {
				if !yield(c, nil) {
					return
				}
			}
			if err != nil {
				yield(Case{}, err)
			}
		}
	}
	tests := []struct {
		name      string
		cases     iter.Seq2[Case, error]
		decisions []Decision
		want      string
	}{
		{"a pair that comes twice", of(nil, ab, ab), nil, "pair A and B is out of order"},
		{"pairs out of order", of(nil, bc, ab), nil, "pair A and B is out of order"},
		{"a verdict that is none", of(nil), []Decision{{A: "A", B: "B", Verdict: "たぶん"}}, `verdict "たぶん" is none of`},
		{"cases that break off", of(broken, ab), nil, broken.Error()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Resolve(tt.cases, tt.decisions)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Resolve: %v; want an error that says %q", err, tt.want)
			}
		})
	}
}

func TestWhatAModelFinds(t *testing.T) {
	const b, next = "1980-04-01", "1980-04-02"
	scored := func(c Case) Case {
		c.Review, c.Weight, c.Probability, c.Notes, c.Effect = true, 7.5, 0.99, []string{"生年月日が1日違い"}, 2
		return c
	}
	slip := scored(unweighed(rec("A", b, "佐藤花子"), rec("B", next, "佐藤花子")))
	hard := scored(unweighed(rec("A", b, "佐藤花子", "H1"), rec("B", b, "佐藤花子", "H1")))
	dummy := hard
	dummy.Certificate, dummy.Review = false, false
	doubtful := hard
	doubtful.Doubtful = true
	none := unweighed(rec("A", b, "佐藤花子"), rec("B", b, "田中桃子"))
	tests := []struct {
		name      string
		c         Case
		decisions []Decision
		want      []Pair
	}{
		{"a slip in the birth date asks", slip, nil, []Pair{{Class: "要確認", Reasons: []string{"生年月日が1日違い"}}}},
		{"people knew it was another person", slip, []Decision{decide("A", "B", Different, "2026-11-01")}, nil},
		{
			"people knew it was one person", slip,
			[]Decision{decide("A", "B", Same, "2026-11-01")},
			[]Pair{{Class: "確定", Reasons: []string{"審査で同一人と判断", "生年月日が1日違い"}}},
		},
		{
			"the model adds no words where a certificate speaks", hard, nil,
			[]Pair{{Class: "確定", Reasons: []string{"合格番号「H1」と生年月日が一致", "氏名と生年月日が一致"}}},
		},
		{"a dummy number does not confirm", dummy, nil, []Pair{{Class: "要確認", Reasons: []string{"氏名と生年月日が一致"}}}},
		{"nothing in common, and no model asks", none, nil, nil},
		{
			"a number of three strangers asks", doubtful, nil,
			[]Pair{{Class: "要確認", Reasons: []string{
				"合格番号が氏名の異なる3人以上の記録にあり、仮の番号の疑いがあるため、生年月日が一致しても自動では確定としない",
				"合格番号「H1」と生年月日が一致", "氏名と生年月日が一致",
			}}},
		},
		{
			"people knew more of a doubtful number", doubtful,
			[]Decision{decide("A", "B", Same, "2026-11-01")},
			[]Pair{{Class: "確定", Reasons: []string{"審査で同一人と判断", "合格番号「H1」と生年月日が一致", "氏名と生年月日が一致"}}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Resolve(func(yield func(Case, error) bool) { yield(tt.c, nil) }, tt.decisions)
			if err != nil {
				t.Fatal(err)
			}
			opts := cmpopts.IgnoreFields(Pair{}, "A", "B", "Fingerprint", "Weight", "Probability", "Effect", "Decision")
			if d := cmp.Diff(tt.want, r.Pairs, opts); d != "" {
				t.Errorf("Resolve (-want +got):\n%s", d)
			}
			if len(r.Pairs) == 1 && (r.Pairs[0].Weight != 7.5 || r.Pairs[0].Row().Probability != 0.99 || r.Pairs[0].Effect != 2) {
				t.Errorf("the weight got lost: %+v", r.Pairs[0])
			}
		})
	}
}

// Two exams of one kind on one day are two people, whatever else they share; a
// person may know better.
func TestTwoExamsOnOneDayAreNeverJoinedByTheProgram(t *testing.T) {
	sat := func(id, number string) Record {
		r := rec(id, "1980-04-01", "佐藤花子", "H1")
		r.Certificates = append(r.Certificates, Certificate{"K20", number, day("2024-05-11")})
		return r
	}
	r := resolve(t, []Record{sat("A", "X1"), sat("B", "X2")})
	want := []string{
		"同じ日（2024-05-11）に判定された資格 K20 の番号が異なるため、合格番号と生年月日が一致しても自動では確定としない",
		"合格番号「H1」と生年月日が一致", "氏名と生年月日が一致",
	}
	if d := cmp.Diff([]string{"A-B 要確認"}, shape(r)); d != "" {
		t.Errorf("two exams on one day (-want +got):\n%s", d)
	}
	if d := cmp.Diff(want, r.Pairs[0].Reasons); d != "" {
		t.Errorf("reasons (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"A-B 確定", "A=B"}, shape(resolve(t, []Record{sat("A", "X1"), sat("B", "X2")}, decide("A", "B", Same, "2026-11-01")))); d != "" {
		t.Errorf("a person knew better (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"A-B 確定", "A=B"}, shape(resolve(t, []Record{sat("A", "X1"), sat("B", "x 1")}))); d != "" {
		t.Errorf("one number in two writings (-want +got):\n%s", d)
	}
}

// unweighed is the case of two records that no model weighed.
func unweighed(a, b Record) Case {
	e := Compare(a, b)
	return Case{
		A: min(a.AgentID, b.AgentID), B: max(a.AgentID, b.AgentID), Evidence: e, Certificate: e.Certificate,
		Weight: math.NaN(), Probability: math.NaN(),
	}
}
