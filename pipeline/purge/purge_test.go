package purge

import (
	"crypto/sha256"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
)

func rules(t testing.TB, changed ...string) *deadline.Settings {
	t.Helper()
	data, err := os.ReadFile("../../schemas/rules/retention.yaml")
	if err != nil {
		t.Fatal(err)
	}
	r, err := deadline.ParseRetention("retention.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	s := r.Newest()
	for i := 0; i < len(changed); i += 2 {
		if s, err = s.With(changed[i], changed[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func day(s string) pipeline.Date {
	if s == "" {
		return 0
	}
	return pipeline.MustDate(s)
}

// never is a record of No.2 that is deletable from 2025-10-01 on.
func never() *pipeline.Person {
	return &pipeline.Person{Agent: pipeline.Agent{ID: "T000001", IDAcquiredOn: day("2025-03-31"), From: "b1//5"}}
}

func on(p *pipeline.Person, s *deadline.Settings, c deadline.Circumstances, asOf string) (pipeline.PurgeRow, bool) {
	d := day(asOf)
	return Row(p, deadline.Judge(p, s, c, d), d, s)
}

// stateOn is the state on the list, empty when the record is not on it.
func stateOn(p *pipeline.Person, s *deadline.Settings, c deadline.Circumstances, asOf string) string {
	row, _ := on(p, s, c, asOf)
	return row.State
}

func TestStatesByDay(t *testing.T) {
	late := never()
	late.Activities = []pipeline.Activity{{On: day("2025-10-01"), Kind: pipeline.ActivityLogin}}
	closed := never()
	closed.Qualifications = []pipeline.Qualification{{Code: "K10", PostedOn: day("2015-05-01")}}
	closed.Registrations = []pipeline.Registration{{OpenedOn: day("2010-04-01"), ClosedOn: day("2015-03-31")}} // deletable from 2025-04-01
	withdrawn := never()
	withdrawn.Qualifications = []pipeline.Qualification{{Code: "K10", PostedOn: day("2025-04-01"), WithdrawnOn: day("2025-11-10")}}
	suspended := never()
	suspended.Agent.Suspended = pipeline.FlagYes
	unknown := never()
	unknown.Agent.IDAcquiredOn = 0
	registered := never()
	registered.Registrations = []pipeline.Registration{{OpenedOn: day("2025-10-15"), ClosedOn: day("2025-11-15")}}

	none := deadline.Circumstances{}
	twin := deadline.Circumstances{Duplicates: []deadline.Candidate{{Other: "T000002", FirstSeen: day("2025-09-15")}}}
	newTwin := deadline.Circumstances{Duplicates: []deadline.Candidate{{Other: "T000002", FirstSeen: day("2025-12-01")}}}
	two := deadline.Circumstances{Holds: []deadline.NamedHold{{Reason: "調査", By: "S1", Since: day("2025-09-20")}, {Reason: "訴訟", By: "S2", Since: day("2025-10-10")}}}
	correction := deadline.Circumstances{Corrections: []deadline.Correction{{No: "U1", Since: day("2025-09-30")}}}

	tests := []struct {
		name string
		p    *pipeline.Person
		c    deadline.Circumstances
		by   [][2]string // day and state
	}{
		{"plain", never(), none, [][2]string{{"2025-07-02", ""}, {"2025-07-03", "予告"}, {"2025-09-30", "予告"}, {"2025-10-01", "対象"}, {"2026-12-01", "対象"}}},
		{"suspended", suspended, none, [][2]string{{"2025-07-02", ""}, {"2025-07-03", "予告"}, {"2025-09-30", "予告"}, {"2025-10-01", "保留"}, {"2027-10-01", "保留"}}},
		{"late activity", late, none, [][2]string{{"2025-09-30", "予告"}, {"2025-10-01", "要判断"}, {"2026-10-01", "要判断"}}},
		{"pass after closing, from 90 days before", closed, none, [][2]string{{"2024-12-31", ""}, {"2025-01-01", "要判断"}, {"2025-04-01", "要判断"}}},
		{"withdrawn: thirty days, then like any other", withdrawn, none, [][2]string{{"2025-11-09", ""}, {"2025-11-10", "要判断"}, {"2025-12-10", "要判断"}, {"2025-12-11", "対象"}}},
		{"判定不能 is not listed", unknown, none, [][2]string{{"2025-10-01", ""}, {"2035-10-01", ""}}},
		{"registered again, then closed", registered, none, [][2]string{{"2025-10-14", "要判断"}, {"2025-10-15", ""}, {"2025-11-15", ""}, {"2026-02-15", "予告"}, {"2026-05-16", "対象"}}},
		{"a duplicate candidate, from the first deletable day", never(), twin, [][2]string{{"2025-09-30", "予告"}, {"2025-10-01", "保留"}, {"2025-10-31", "保留"}, {"2025-11-01", "要判断"}}},
		{"a candidate first seen on a due record", never(), newTwin, [][2]string{{"2025-11-30", "対象"}, {"2025-12-01", "保留"}, {"2025-12-31", "保留"}, {"2026-01-01", "要判断"}}},
		{"named holds", never(), two, [][2]string{{"2025-09-30", "予告"}, {"2025-10-01", "保留"}, {"2027-01-01", "保留"}}},
		{"an open correction", never(), correction, [][2]string{{"2025-09-30", "予告"}, {"2025-10-01", "保留"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, want := range tt.by {
				if got := stateOn(tt.p, rules(t), tt.c, want[0]); got != want[1] {
					t.Errorf("on %s: %q, want %q", want[0], got, want[1])
				}
			}
		})
	}
}

func TestHoldsWinOverDecisions(t *testing.T) {
	p := never()
	p.Activities = []pipeline.Activity{{On: day("2025-10-05"), Kind: pipeline.ActivityLogin}}
	c := deadline.Circumstances{Holds: []deadline.NamedHold{{Reason: "調査", By: "S1"}}}
	row, _ := on(p, rules(t), c, "2025-12-01")
	if row.State != pipeline.PurgeHeld || len(row.Holds) != 1 || !strings.Contains(row.Reason, deadline.DecisionLateActivity) {
		t.Errorf("got %s, holds %v, reason %q", row.State, row.Holds, row.Reason)
	}
}

func TestNoticeDays(t *testing.T) {
	if got := stateOn(never(), rules(t, "notice_days", "7"), deadline.Circumstances{}, "2025-09-23"); got != "" {
		t.Errorf("eight days before: %q", got)
	}
	if got := stateOn(never(), rules(t, "notice_days", "7"), deadline.Circumstances{}, "2025-09-24"); got != "予告" {
		t.Errorf("seven days before: %q", got)
	}
}

func TestRowSaysEverything(t *testing.T) {
	p := never()
	p.Activities = []pipeline.Activity{{On: day("2025-08-31"), Kind: pipeline.ActivityInquiry, From: "b2/一覧/3"}}
	got, ok := on(p, rules(t), deadline.Circumstances{}, "2026-03-01")
	NameFiles(&got, func(batch string) string { return map[string]string{"b1": "agents_1.csv"}[batch] })
	want := pipeline.PurgeRow{
		AgentID: "T000001", Case: "2", BaseKind: "ID取得日", BaseOn: day("2025-03-31"), Period: "半年",
		Extensions: []pipeline.Extension{{On: day("2025-08-31"), Kind: "照会", LastDay: day("2026-02-28"), Evidence: "b2/一覧/3"}},
		LastDay:    day("2026-02-28"), FirstDeletable: day("2026-03-01"), State: "対象",
		Reason: "要領§10 No.2（登録・届出は一度もなし、資格情報なし）: ID取得日 2025-03-31 の翌日から半年。" +
			"利用により1回延長（最後は 2025-08-31 照会、要領§10注）。管理期間の末日は 2026-02-28、2026-03-01 から削除の対象。" +
			"適用規則: 要領2018-10-22。削除の実行は 2026-03-04 以降（遅れて届く利用履歴のため3日の猶予）。",
		Evidence: []pipeline.Evidence{{Fact: "ID取得日", On: day("2025-03-31"), Ref: "b1//5", File: "agents_1.csv", Row: 5}},
	}
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
	b, err := json.Marshal(got.Evidence)
	if want := `[{"fact":"ID取得日","on":"2025-03-31","ref":"b1//5","file":"agents_1.csv","row":5}]`; err != nil || string(b) != want {
		t.Errorf("evidence %s, %v; want %s", b, err, want)
	}
}

func TestReasonWithoutGrace(t *testing.T) {
	row, _ := on(never(), rules(t, "grace_days", "0"), deadline.Circumstances{}, "2025-10-01")
	if !strings.HasSuffix(row.Reason, "削除の実行は 2025-10-01 以降。") {
		t.Errorf("reason %q", row.Reason)
	}
}

func TestDeletionOnRequest(t *testing.T) {
	p := never()
	p.Registrations = []pipeline.Registration{{OpenedOn: day("2020-04-01")}} // registered: no deadline of §10
	c := deadline.Circumstances{Request: &deadline.Request{No: "U-12", On: day("2025-06-01"), Proof: "運転免許証", Ref: pipeline.Ref{Batch: "b9", Row: 4}}}
	if got := stateOn(p, rules(t), c, "2025-05-31"); got != "" {
		t.Errorf("before the 申出日: %q", got)
	}
	row, ok := on(p, rules(t), c, "2025-06-01")
	want := pipeline.PurgeRow{
		AgentID: "T000001", Case: "申出", BaseKind: "申出日", BaseOn: day("2025-06-01"), State: "対象",
		Reason:   "要領§4(5)ア: 本人からの削除の申出（受付番号 U-12、証明書類: 運転免許証）。適用規則: 要領2018-10-22。",
		Evidence: []pipeline.Evidence{{Fact: "申出日", On: day("2025-06-01"), Ref: "b9//4", Row: 4}},
	}
	if diff := cmp.Diff(want, row); !ok || diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
	if Overdue(&row, day("2030-01-01")) {
		t.Error("a deletion on request has no day to be overdue by")
	}
	c.Holds = []deadline.NamedHold{{Reason: "調査", By: "S1"}}
	if got := stateOn(p, rules(t), c, "2025-06-01"); got != pipeline.PurgeHeld {
		t.Errorf("with a hold: %q", got)
	}
}

func TestOverdue(t *testing.T) {
	twin := deadline.Circumstances{Duplicates: []deadline.Candidate{{Other: "T000002", FirstSeen: day("2025-09-15")}}}
	late := never()
	late.Activities = []pipeline.Activity{{On: day("2025-10-05"), Kind: pipeline.ActivityLogin}}
	tests := []struct {
		name string
		p    *pipeline.Person
		c    deadline.Circumstances
		asOf string
		want bool
	}{
		{"before", never(), deadline.Circumstances{}, "2025-09-30", false},
		{"on the first deletable day", never(), deadline.Circumstances{}, "2025-10-01", false},
		{"the day after, though execution waits", never(), deadline.Circumstances{}, "2025-10-02", true},
		{"held for a duplicate", never(), twin, "2025-10-31", false},
		{"the hold for a duplicate ran out", never(), twin, "2025-11-01", true},
		{"another decision", late, deadline.Circumstances{}, "2025-11-01", false},
	}
	for _, tt := range tests {
		row, _ := on(tt.p, rules(t), tt.c, tt.asOf)
		if got := Overdue(&row, day(tt.asOf)); got != tt.want {
			t.Errorf("%s: %s on %s overdue %t, want %t", tt.name, row.State, tt.asOf, got, tt.want)
		}
	}
}

func TestListHashAndNumber(t *testing.T) {
	s := rules(t)
	a, _ := on(never(), s, deadline.Circumstances{}, "2025-10-01")
	q := never()
	q.Agent.ID = "T000002"
	b, _ := on(q, s, deadline.Circumstances{}, "2025-10-01")
	list := []pipeline.PurgeRow{a, b}
	hash := ListHash(list)
	if hash != ListHash([]pipeline.PurgeRow{b, a}) {
		t.Error("the order of rows changes the hash")
	}
	if hash != HashOf([][sha256.Size]byte{RowHash(&b), RowHash(&a)}) {
		t.Error("a streamed list has another hash")
	}
	next, _ := on(never(), s, deadline.Circumstances{}, "2025-12-24")
	if RowHash(&next) != RowHash(&a) {
		t.Error("a quiet night changes the hash of a row")
	}
	numbered := slices.Clone(list)
	numbered[0].ListNo = 7
	NameFiles(&numbered[0], func(string) string { return "agents_1.csv" })
	if a.Evidence[0].File != "" {
		t.Error("NameFiles wrote into another row's evidence")
	}
	if ListHash(numbered) != hash {
		t.Error("the list's number or a file name changes the hash")
	}
	stored := slices.Clone(list)
	stored[0].Holds, stored[0].Extensions = []pipeline.Hold{}, []pipeline.Extension{}
	if ListHash(stored) != hash {
		t.Error("empty instead of no holds changes the hash")
	}
	if ListHash(list[:1]) == hash || ListHash(nil) == "" {
		t.Error("another list has the same hash, or an empty one none")
	}
	tests := []struct {
		name string
		last pipeline.PurgeList
		want int
	}{
		{"the first list", pipeline.PurgeList{}, 1},
		{"an equal list keeps its number", pipeline.PurgeList{No: 4, Hash: hash, State: ListApproved}, 4},
		{"an equal list after its execution was taken back", pipeline.PurgeList{No: 4, Hash: hash, State: ListUndone}, 5},
		{"another list", pipeline.PurgeList{No: 4, Hash: "other", State: ListPublished}, 5},
	}
	for _, tt := range tests {
		if got := Next(tt.last, hash); got != tt.want {
			t.Errorf("%s: number %d, want %d", tt.name, got, tt.want)
		}
	}
}

// Whatever a reviewer sees in a row is covered by its hash.
func TestRowHashCoversEveryColumn(t *testing.T) {
	base := pipeline.PurgeRow{AgentID: "T000001"}
	changes := map[string]func(*pipeline.PurgeRow){
		"AgentID":        func(r *pipeline.PurgeRow) { r.AgentID = "T000002" },
		"Case":           func(r *pipeline.PurgeRow) { r.Case = "4" },
		"BaseKind":       func(r *pipeline.PurgeRow) { r.BaseKind = "登載日" },
		"BaseOn":         func(r *pipeline.PurgeRow) { r.BaseOn = day("2025-01-01") },
		"Period":         func(r *pipeline.PurgeRow) { r.Period = "半年" },
		"Extensions":     func(r *pipeline.PurgeRow) { r.Extensions = []pipeline.Extension{{Kind: "照会"}} },
		"LastDay":        func(r *pipeline.PurgeRow) { r.LastDay = day("2025-01-01") },
		"FirstDeletable": func(r *pipeline.PurgeRow) { r.FirstDeletable = day("2025-01-01") },
		"State":          func(r *pipeline.PurgeRow) { r.State = "対象" },
		"Holds":          func(r *pipeline.PurgeRow) { r.Holds = []pipeline.Hold{{Code: "named"}} },
		"Reason":         func(r *pipeline.PurgeRow) { r.Reason = "x" },
		"Evidence":       func(r *pipeline.PurgeRow) { r.Evidence = []pipeline.Evidence{{Ref: "b//1"}} },
	}
	seen := map[[sha256.Size]byte]string{RowHash(&base): "none"}
	for name, change := range changes {
		row := base
		change(&row)
		if other, same := seen[RowHash(&row)]; same {
			t.Errorf("%s is not told from %s", name, other)
		}
		seen[RowHash(&row)] = name
	}
}

// With the facts as they are, a record only moves forward as days pass: onto
// the list, through its notice, and never off a due state again.
func TestStatesOnlyMoveForward(t *testing.T) {
	s := rules(t)
	rapid.Check(t, func(t *rapid.T) {
		p := never()
		start := day("2025-10-01")
		offset := func(label string) pipeline.Date {
			return start.AddDays(rapid.IntRange(-120, 120).Draw(t, label))
		}
		var c deadline.Circumstances
		for range rapid.IntRange(0, 2).Draw(t, "duplicates") {
			c.Duplicates = append(c.Duplicates, deadline.Candidate{Other: "T2", FirstSeen: offset("first seen")})
		}
		if rapid.Bool().Draw(t, "named hold") {
			c.Holds = []deadline.NamedHold{{Reason: "調査", Since: offset("since")}}
		}
		if rapid.Bool().Draw(t, "withdrawn") {
			p.Qualifications = []pipeline.Qualification{{Code: "K10", PostedOn: day("2025-01-01"), WithdrawnOn: day("2025-07-01")}}
		}
		listed, due := false, false
		for d := day("2025-07-01"); d < day("2026-03-01"); d = d.AddDays(1) {
			row, ok := Row(p, deadline.Judge(p, s, c, d), d, s)
			if listed && !ok {
				t.Fatalf("off the list again on %s", d)
			}
			if isDue := row.State == pipeline.PurgeDue || row.State == pipeline.PurgeHeld; isDue && d < start {
				t.Fatalf("%s on %s, before the first deletable day", row.State, d)
			} else if due && row.State == pipeline.PurgeNotice {
				t.Fatalf("back to a notice on %s", d)
			} else {
				due = due || isDue
			}
			if ok != (d >= start.AddDays(-90)) {
				t.Fatalf("on the list on %s: %t", d, ok)
			}
			standing, _ := holdsOn(row.Holds, d)
			if ok && d >= start && len(standing) > 0 != (row.State == pipeline.PurgeHeld) {
				t.Fatalf("%s on %s with %d holds", row.State, d, len(standing))
			}
			listed = ok
		}
	})
}

func BenchmarkRow(b *testing.B) {
	s, p := rules(b), never()
	v := deadline.Judge(p, s, deadline.Circumstances{}, day("2025-10-02"))
	b.ReportAllocs()
	for b.Loop() {
		row, _ := Row(p, v, 2025_10_02, s)
		RowHash(&row)
	}
}
