package deadline

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/pipeline"
)

func TestCaseVectors(t *testing.T) {
	s := rules(t)
	for _, v := range vectors(t, "retention-cases.csv") {
		no, last, first := s.Case(day(v["id_acquired"]), days(v["qualification_posted"]), days(v["closed"]), v["open_registration"] == "yes", days(v["events"]))
		if no != v["case"] || last.String() != v["last_day"] || first.String() != v["first_deletable"] {
			t.Errorf("%s (%s): got %s, %s, %s; want %s, %s, %s", v["id"], v["note"], no, last, first, v["case"], v["last_day"], v["first_deletable"])
		}
	}
}

// Judge on a day when every fact of a vector has happened says the same.
func TestJudgeVectors(t *testing.T) {
	s, asOf := rules(t), day("2040-01-01")
	for _, v := range vectors(t, "retention-cases.csv") {
		got := Judge(personOf(v), s, Circumstances{}, asOf)
		want := Row{Status: Dated, Case: v["case"], LastDay: day(v["last_day"]), FirstDeletable: day(v["first_deletable"])}
		if v["case"] == "" {
			want.Status = Registered
		}
		if got.Status != want.Status || got.Case != want.Case || got.LastDay != want.LastDay || got.FirstDeletable != want.FirstDeletable {
			t.Errorf("%s (%s): got %s %s %s %s; want %s %s %s %s", v["id"], v["note"], got.Status, got.Case, got.LastDay, got.FirstDeletable, want.Status, want.Case, want.LastDay, want.FirstDeletable)
		}
	}
}

// personOf makes a record with the facts of a vector.
func personOf(v map[string]string) *pipeline.Person {
	p := &pipeline.Person{Agent: pipeline.Agent{ID: v["id"], IDAcquiredOn: day(v["id_acquired"])}}
	for _, d := range days(v["qualification_posted"]) {
		p.Qualifications = append(p.Qualifications, pipeline.Qualification{Code: "K10", CertificateNo: d.String(), JudgedOn: d, PostedOn: d})
	}
	for _, d := range days(v["closed"]) {
		p.Registrations = append(p.Registrations, pipeline.Registration{AgencyNo: "A1", Role: "使用人", OpenedOn: day("2020-01-15"), ClosedOn: d})
	}
	if v["open_registration"] == "yes" {
		p.Registrations = append(p.Registrations, pipeline.Registration{AgencyNo: "A2", Role: "使用人", OpenedOn: day("2021-01-15")})
	}
	for _, d := range days(v["events"]) {
		p.Activities = append(p.Activities, pipeline.Activity{On: d, Kind: pipeline.ActivityLogin})
	}
	return p
}

func TestCaseWithoutItsBaseDay(t *testing.T) {
	no, last, first := rules(t).Case(0, nil, nil, false, days("2025-01-01"))
	if no != CaseUndetermined || last != 0 || first != 0 {
		t.Errorf("no ID取得日: got %s, %s, %s", no, last, first)
	}
}

func TestDeadlineOfOneCase(t *testing.T) {
	s := rules(t)
	tests := []struct {
		no, base, events, last string
	}{
		{"1", "2025-03-31", "2035-03-31", "2035-03-31"},
		{"2", "2025-03-31", "2026-02-28;2025-08-31", "2026-08-31"},
		{"3", "2025-03-31", "", "2035-03-31"},
		{"4", "2025-03-31", "2025-09-30", "2026-03-31"},
	}
	for _, tt := range tests {
		last, first, err := s.Deadline(tt.no, day(tt.base), days(tt.events))
		if err != nil || last != day(tt.last) || first != last.AddDays(1) {
			t.Errorf("Deadline(%s, %s, %s) = %s, %s, %v; want %s", tt.no, tt.base, tt.events, last, first, err, tt.last)
		}
	}
	// Before the base nothing extends, even where an extension is the longer period.
	if last, _, err := rules(t, "months_extension", "12").Deadline("2", day("2025-03-31"), days("2025-03-30")); err != nil || last != day("2025-09-30") {
		t.Errorf("an activity the day before the base: %s, %v", last, err)
	}
	for _, no := range []string{"", "5", "申出"} {
		if _, _, err := s.Deadline(no, day("2025-01-01"), nil); err == nil {
			t.Errorf("case %q is accepted", no)
		}
	}
	if _, _, err := s.Deadline("2", 0, nil); err == nil {
		t.Error("a missing base day is accepted")
	}
}

func TestInquiryDeadline(t *testing.T) {
	tests := []struct {
		name, received, answered, base, last string
	}{
		{"the later day is the base", "2025-11-20", "2025-11-30", "later", "2026-02-28"},
		{"answered before the record of it came in", "2025-03-08", "2025-03-01", "later", "2025-06-08"},
		{"not yet answered", "2025-03-08", "", "later", "2025-06-08"},
		{"by 受付日", "2025-11-20", "2025-11-30", "received", "2026-02-20"},
		{"by 回答日", "2025-12-10", "2025-11-30", "answered", "2026-02-28"},
		{"by 回答日, not yet answered", "2025-03-08", "", "answered", "2025-06-08"},
		{"no day at all", "", "", "later", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			last, first := rules(t, "inquiry_base", tt.base).InquiryDeadline(day(tt.received), day(tt.answered))
			if last != day(tt.last) || (last != 0 && first != last.AddDays(1)) {
				t.Errorf("got %s, %s; want %s", last, first, tt.last)
			}
		})
	}
}

// Everything a reviewer will ask for stands in the verdict.
func TestVerdictExplainsItself(t *testing.T) {
	p := &pipeline.Person{
		Agent: pipeline.Agent{ID: "T000001", IDAcquiredOn: day("2025-03-31"), From: `{"":"b1//2","id_acquired_on":"b7//9"}`},
		Activities: []pipeline.Activity{
			{On: day("2026-02-28"), Kind: pipeline.ActivityInquiry, From: "b3//4"},
			{On: day("2025-08-31"), Kind: pipeline.ActivityLogin, From: "b2/一覧/3"},
			{On: day("2025-03-31"), Kind: pipeline.ActivityLogin, From: "b2/一覧/2"},
		},
	}
	got := Judge(p, rules(t), Circumstances{ClusterHoldsPass: true}, day("2026-06-01"))
	want := Verdict{Row: Row{
		AgentID: "T000001", Status: Dated, Case: "2", BaseKind: "ID取得日", BaseOn: day("2025-03-31"), Period: "半年",
		Extensions: []pipeline.Extension{
			{On: day("2025-08-31"), Kind: "ログイン", LastDay: day("2026-02-28"), Evidence: "b2/一覧/3"},
			{On: day("2026-02-28"), Kind: "照会", LastDay: day("2026-08-31"), Evidence: "b3//4"},
		},
		LastDay: day("2026-08-31"), FirstDeletable: day("2026-09-01"),
		Reason: "要領§10 No.2（登録・届出は一度もなし、資格情報なし）: ID取得日 2025-03-31 の翌日から半年。" +
			"利用により2回延長（最後は 2026-02-28 照会、要領§10注）。管理期間の末日は 2026-08-31、2026-09-01 から削除の対象。" +
			"同一人と確定した別の募集人IDに資格情報がある（このIDには無い）。適用規則: 要領2018-10-22。",
		Evidence:    []pipeline.Evidence{{Fact: "ID取得日", On: day("2025-03-31"), Ref: "b7//9", Row: 9}},
		RuleVersion: "要領2018-10-22",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verdict (-want +got):\n%s", diff)
	}
}

func TestVerdictOnRegistrations(t *testing.T) {
	reg := func(opened, closed string) pipeline.Registration {
		return pipeline.Registration{AgencyNo: "A" + opened, Role: "使用人", OpenedOn: day(opened), ClosedOn: day(closed)}
	}
	type regs = []pipeline.Registration
	tests := []struct {
		name         string
		regs         regs
		status, no   string
		base, last   string
		decision     string
		reasonHas    string
		qualified    bool
		noAcquiredOn bool
	}{
		{name: "open without an end", regs: regs{reg("2020-04-01", "")}, status: Registered},
		{name: "the closing day still counts", regs: regs{reg("2020-04-01", "2026-06-01")}, status: Registered, reasonHas: "2026-06-01 廃止予定"},
		{name: "closed the day before", regs: regs{reg("2020-04-01", "2026-05-31")}, status: Dated, no: "4", base: "2026-05-31", last: "2026-11-30"},
		{name: "a closing in the future", regs: regs{reg("2020-04-01", "2027-03-31")}, status: Registered, reasonHas: "2027-03-31 廃止予定"},
		{name: "opens today", regs: regs{reg("2026-06-01", "")}, status: Registered},
		{name: "one closed, one open", regs: regs{reg("2020-04-01", "2021-03-31"), reg("2022-04-01", "")}, status: Registered},
		{name: "two closed: the newest closing", regs: regs{reg("2022-04-01", "2023-03-31"), reg("2020-04-01", "2026-03-31")}, status: Dated, no: "4", base: "2026-03-31", last: "2026-09-30"},
		{name: "unknown opening, closing to come: registered", regs: regs{reg("", "2026-06-30")}, status: Registered},
		{name: "unknown opening, closed: formerly registered", regs: regs{reg("", "2026-01-31")}, status: Dated, no: "4", base: "2026-01-31", last: "2026-07-31"},
		{name: "unknown opening with a pass", regs: regs{reg("", "2026-01-31")}, qualified: true, status: Dated, no: "3", base: "2026-01-31", last: "2036-01-31"},
		{name: "opens tomorrow, never before", regs: regs{reg("2026-06-02", "")}, status: Dated, no: "2", base: "2025-03-31", last: "2025-09-30", decision: DecisionFutureOpening, reasonHas: "2026-06-02 からの登録・届出が予定"},
		{name: "opens tomorrow, closed before", regs: regs{reg("2026-06-02", "2027-01-31"), reg("2020-04-01", "2025-10-31")}, status: Dated, no: "4", base: "2025-10-31", last: "2026-04-30", decision: DecisionFutureOpening},
		{name: "neither opening nor closing", regs: regs{reg("", "")}, status: Undetermined, no: "4", reasonHas: "廃止年月日が登載されていないため判定不能"},
		{name: "neither day, but another one open", regs: regs{reg("", ""), reg("2020-04-01", "")}, status: Registered},
		{name: "never registered, no ID取得日", noAcquiredOn: true, status: Undetermined, no: "2", reasonHas: "ID取得日が登載されていないため判定不能"},
		{name: "closed, no ID取得日: not needed", noAcquiredOn: true, regs: regs{reg("2020-04-01", "2026-05-31")}, status: Dated, no: "4", base: "2026-05-31", last: "2026-11-30"},
		{name: "never registered with a pass", qualified: true, status: Dated, no: "1", base: "2024-05-10", last: "2034-05-10"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &pipeline.Person{Registrations: tt.regs}
			if !tt.noAcquiredOn {
				p.Agent.IDAcquiredOn = day("2025-03-31")
			}
			if tt.qualified {
				p.Qualifications = []pipeline.Qualification{{Code: "K10", PostedOn: day("2024-05-10")}}
			}
			v := Judge(p, rules(t), Circumstances{}, day("2026-06-01"))
			if v.Status != tt.status || v.Case != tt.no || v.BaseOn != day(tt.base) || v.LastDay != day(tt.last) {
				t.Errorf("got %s, case %q, base %s, last day %s; want %s, %q, %s, %s", v.Status, v.Case, v.BaseOn, v.LastDay, tt.status, tt.no, tt.base, tt.last)
			}
			if got := codes(v.Decisions); got != tt.decision {
				t.Errorf("decisions %q, want %q", got, tt.decision)
			}
			if !strings.Contains(v.Reason, tt.reasonHas) || !strings.Contains(v.Reason, "要領§10") || !strings.HasSuffix(v.Reason, "適用規則: 要領2018-10-22。") {
				t.Errorf("reason %q; want it to name the clause, the rule and %q", v.Reason, tt.reasonHas)
			}
			if (v.Status == Undetermined) != (len(v.Missing) > 0) {
				t.Errorf("%s with missing %q", v.Status, v.Missing)
			}
		})
	}
}

func codes(ds []Decision) string {
	var out []string
	for _, d := range ds {
		out = append(out, d.Code)
	}
	return strings.Join(out, " ")
}

func TestVerdictOnQualifications(t *testing.T) {
	q := func(cert, posted, withdrawn string) pipeline.Qualification {
		return pipeline.Qualification{Code: "K10", CertificateNo: cert, PostedOn: day(posted), WithdrawnOn: day(withdrawn)}
	}
	type quals = []pipeline.Qualification
	tests := []struct {
		name       string
		quals      quals
		closed     string
		asOf       string
		status, no string
		last       string
		decision   string
		until      string
	}{
		{"a lapsed pass still counts", quals{q("1", "2010-02-01", "")}, "", "2026-06-01", Dated, "1", "2020-02-01", "", ""},
		{"a 登載日 ahead counts", quals{q("1", "2026-07-01", "")}, "", "2026-06-01", Dated, "1", "2036-07-01", "", ""},
		{"one without a 登載日", quals{q("1", "2010-02-01", ""), q("2", "", "")}, "", "2026-06-01", Undetermined, "1", "", "", ""},
		{"without a 登載日, but closed", quals{q("2", "", "")}, "2025-03-31", "2026-06-01", Dated, "3", "2035-03-31", "", ""},
		{"posted on the closing day", quals{q("1", "2025-03-31", "")}, "2025-03-31", "2026-06-01", Dated, "3", "2035-03-31", "", ""},
		{"posted after the closing", quals{q("1", "2025-04-01", "")}, "2025-03-31", "2026-06-01", Dated, "3", "2035-03-31", DecisionPassAfterClosing, ""},
		{"withdrawn, due at once", quals{q("1", "2020-02-01", "2026-05-20")}, "", "2026-06-01", Dated, "2", "2020-07-10", DecisionWithdrawn, "2026-06-19"},
		{"withdrawn tomorrow", quals{q("1", "2020-02-01", "2026-06-02")}, "", "2026-06-01", Dated, "1", "2030-02-01", "", ""},
		{"withdrawn, due only later", quals{q("1", "2020-02-01", "2026-05-20")}, "2026-04-30", "2026-06-01", Dated, "4", "2026-10-31", "", ""},
		{"withdrawn on the last day: not yet due", quals{q("1", "2020-02-01", "2026-04-30")}, "2025-10-31", "2026-06-01", Dated, "4", "2026-04-30", "", ""},
		{"withdrawn on the first deletable day: due at once", quals{q("1", "2020-02-01", "2026-05-01")}, "2025-10-31", "2026-06-01", Dated, "4", "2026-04-30", DecisionWithdrawn, "2026-05-31"},
		{"withdrawn when due anyway", quals{q("1", "2010-02-01", "2026-05-20")}, "", "2026-06-01", Dated, "2", "2020-07-10", "", ""},
		{"withdrawn on the day it fell due with the pass", quals{q("1", "2016-05-20", "2026-05-21")}, "", "2026-06-01", Dated, "2", "2020-07-10", "", ""},
		{"withdrawn the day before", quals{q("1", "2016-05-20", "2026-05-20")}, "", "2026-06-01", Dated, "2", "2020-07-10", DecisionWithdrawn, "2026-06-19"},
		{"the newer of two withdrawn: due by the older", quals{q("1", "2010-02-01", ""), q("2", "2020-02-01", "2026-05-20")}, "", "2026-06-01", Dated, "1", "2020-02-01", DecisionWithdrawn, "2026-06-19"},
		{"the older of two withdrawn changes nothing", quals{q("1", "2010-02-01", "2026-05-20"), q("2", "2020-02-01", "")}, "", "2026-06-01", Dated, "1", "2030-02-01", "", ""},
		{"both withdrawn, the second made it due", quals{q("1", "2018-02-01", "2026-05-30"), q("2", "2020-02-01", "2026-05-20")}, "", "2026-06-01", Dated, "2", "2020-07-10", DecisionWithdrawn, "2026-06-29"},
		{"both withdrawn, the first made it due", quals{q("1", "2010-02-01", "2026-05-30"), q("2", "2020-02-01", "2026-05-20")}, "", "2026-06-01", Dated, "2", "2020-07-10", DecisionWithdrawn, "2026-06-19"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &pipeline.Person{Agent: pipeline.Agent{IDAcquiredOn: day("2020-01-10")}, Qualifications: tt.quals}
			if tt.closed != "" {
				p.Registrations = []pipeline.Registration{{OpenedOn: day("2020-02-01"), ClosedOn: day(tt.closed)}}
			}
			v := Judge(p, rules(t), Circumstances{}, day(tt.asOf))
			if v.Status != tt.status || v.Case != tt.no || v.LastDay != day(tt.last) || codes(v.Decisions) != tt.decision {
				t.Fatalf("got %s, case %s, last day %s, decisions %q; want %s, %s, %s, %q", v.Status, v.Case, v.LastDay, codes(v.Decisions), tt.status, tt.no, tt.last, tt.decision)
			}
			if tt.decision != "" && v.Decisions[0].Until != day(tt.until) {
				t.Errorf("decision until %s, want %s", v.Decisions[0].Until, tt.until)
			}
		})
	}
}

func TestVerdictOnActivities(t *testing.T) {
	tests := []struct {
		name, acts, asOf, last string
		extensions             int
		decision               string
	}{
		{"on its day it extends", "2025-08-31 ログイン", "2025-08-31", "2026-02-28", 1, ""},
		{"the day before it has not happened", "2025-08-31 ログイン", "2025-08-30", "2025-09-30", 0, ""},
		{"on the last day", "2025-09-30 照会", "2025-12-01", "2026-03-31", 1, ""},
		{"a day late", "2025-10-01 照会", "2025-12-01", "2025-09-30", 0, DecisionLateActivity},
		{"a day late, not yet happened", "2025-10-01 照会", "2025-09-30", "2025-09-30", 0, ""},
		{"after a gap nothing revives", "2025-04-30 ログイン;2025-11-01 ログイン;2025-11-02 ログイン", "2025-12-01", "2025-10-31", 1, DecisionLateActivity},
		{
			"every kind extends", "2025-09-30 受験申込チェック5件;2026-03-31 受験申込チェック100件;2026-09-30 受験申込チェック大口;2027-03-31 一括照会;2027-10-01 ログイン",
			"2027-12-01", "2027-09-30", 4, DecisionLateActivity,
		},
		{"an unknown kind does not", "2025-08-31 閲覧", "2025-09-01", "2025-09-30", 0, ""},
		{"two on one day extend once", "2025-08-31 照会;2025-08-31 ログイン", "2025-09-01", "2026-02-28", 1, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &pipeline.Person{Agent: pipeline.Agent{IDAcquiredOn: day("2025-03-31")}}
			for a := range strings.SplitSeq(tt.acts, ";") {
				on, kind, _ := strings.Cut(a, " ")
				p.Activities = append(p.Activities, pipeline.Activity{On: day(on), Kind: kind})
			}
			v := Judge(p, rules(t), Circumstances{}, day(tt.asOf))
			if v.LastDay != day(tt.last) || len(v.Extensions) != tt.extensions || codes(v.Decisions) != tt.decision {
				t.Errorf("last day %s, %d extensions, decisions %q; want %s, %d, %q", v.LastDay, len(v.Extensions), codes(v.Decisions), tt.last, tt.extensions, tt.decision)
			}
		})
	}
}

func TestHolds(t *testing.T) {
	p := &pipeline.Person{Agent: pipeline.Agent{ID: "T000002", IDAcquiredOn: day("2025-03-31"), Suspended: pipeline.FlagYes}}
	got := Judge(p, rules(t), Circumstances{
		Corrections: []Correction{{No: "U-7", Since: day("2025-09-20")}},
		Duplicates: []Candidate{
			{Other: "T000009", FirstSeen: day("2025-12-01")},
			{Other: "T000008", FirstSeen: day("2024-01-01")},
		},
		Holds: []NamedHold{{Reason: "調査中", By: "S01", Since: day("2025-08-01"), ReviewBy: day("2026-08-01")}},
	}, day("2025-12-31")).Holds
	want := []pipeline.Hold{
		{Code: "correction", Since: day("2025-09-20"), Reason: "訂正・削除の申出が処理中（受付番号 U-7、要領§11(3)(4)）"},
		// From the later of first seen and first deletable, 2025-10-01.
		{Code: "duplicate", Since: day("2024-01-01"), Until: day("2025-10-31"), Reason: "重複候補 T000008 が未判断（要領§10 No.2 の重複取得にあたる可能性）"},
		{Code: "duplicate", Since: day("2025-12-01"), Until: day("2025-12-31"), Reason: "重複候補 T000009 が未判断（要領§10 No.2 の重複取得にあたる可能性）"},
		{Code: "named", Since: day("2025-08-01"), By: "S01", Reason: "調査中（見直し期限 2026-08-01）"},
		{Code: "suspended", Reason: "強制停止フラグあり（要領§5(1)）"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("holds (-want +got):\n%s", diff)
	}
}

// A reviewer reads why, in Japanese, with the day and the clause or reading.
func TestDecisionTexts(t *testing.T) {
	on, until := day("2026-05-20"), day("2026-06-19")
	for code, want := range map[string]string{
		DecisionPassAfterClosing: "廃止後の 2026-05-20 に資格情報が登載されている（廃止後資格、要領§10 No.3）ため、審査担当の判断が必要。",
		DecisionLateActivity:     "末日後の 2026-05-20 に利用がある（期限後活動、要領§10注。延長はしない）ため、審査担当の判断が必要。",
		DecisionWithdrawn:        "2026-05-20 の資格の取消で直ちに期限を過ぎた（資格取消）ため、2026-06-19 までは審査担当の判断が必要。",
		DecisionFutureOpening:    "2026-05-20 からの登録・届出が予定されている（登録予定）ため、審査担当の判断が必要。",
		DecisionDuplicate:        "重複候補の保留が 2026-05-20 で終わった（重複未判断、要領§10 No.2）ため、審査担当の判断が必要。",
		"別件":                     "別件。",
	} {
		if got := (Decision{Code: code, On: on, Until: until}).Text(); got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
}
