package deadline

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/pipeline"
)

// held makes qualifications that are valid on 2026-06-01, and lapsed ones for
// codes after a slash.
func held(codes string) (qs []pipeline.Qualification) {
	valid, lapsed, _ := strings.Cut(codes, "/")
	for _, c := range strings.Fields(valid) {
		qs = append(qs, pipeline.Qualification{Code: c, CertificateNo: c + "-1", JudgedOn: day("2023-05-10")})
	}
	for _, c := range strings.Fields(lapsed) {
		qs = append(qs, pipeline.Qualification{Code: c, CertificateNo: c + "-0", JudgedOn: day("2020-05-10")})
	}
	return qs
}

func TestStanding(t *testing.T) {
	open := func(lines string) pipeline.Registration {
		return pipeline.Registration{OpenedOn: day("2020-04-01"), Lines: lines}
	}
	closed := pipeline.Registration{OpenedOn: day("2020-04-01"), ClosedOn: day("2026-05-31"), Lines: "自動車"}
	type regs = []pipeline.Registration
	tests := []struct {
		name, held  string
		regs        regs
		state, line string
	}{
		{"base and unit", "K10 K11", regs{open("自動車")}, MaySell, "自動車"},
		{"a line without its unit", "K10 K11", regs{open("火災 自動車")}, MaySell, "自動車"},
		{"base lapsed", "K11/K10", regs{open("自動車")}, MayNotSell, ""},
		{"unit lapsed", "K10 K12/K11", regs{open("自動車 火災")}, MaySell, "火災"},
		{"no unit of the line: base is valid, yet nothing listed", "K10", regs{open("自動車")}, MaySell, ""},
		{"no exam at all", "", regs{open("自動車")}, MayNotSell, ""},
		{"自賠責 only needs no exam", "", regs{open("自賠責")}, MaySell, "自賠責"},
		{"自賠責 beside another line needs 基礎単位", "", regs{open("自賠責 自動車")}, MayNotSell, ""},
		{"自賠責 beside another line, with 基礎単位", "K10", regs{open("自動車 自賠責")}, MaySell, "自賠責"},
		{"自賠責 only at one of two agencies", "", regs{open("自動車"), open("自賠責")}, MaySell, "自賠責"},
		{"lines as people also write them", "K10 K11", regs{open("自動車保険 自賠責保険")}, MaySell, "自動車 自賠責"},
		{"a line that no unit covers", "K10 K11", regs{open("賠償責任")}, MaySell, ""},
		{"no lines written: the units held", "K10 K11 K13", regs{open("")}, MaySell, "自動車 傷害疾病"},
		{"no lines written, no base", "K11", regs{open("")}, MayNotSell, ""},
		{"lines of two agencies", "K10 K11 K12", regs{open("火災"), open("自動車")}, MaySell, "自動車 火災"},
		{"closed yesterday", "K10 K11", regs{closed}, NotRegistered, ""},
		{"never registered", "K10 K11", nil, NotRegistered, ""},
		{"old exams are no 基礎単位", "Q01 K11", regs{open("自動車")}, MayNotSell, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := kinds(t).Standing(tt.regs, held(tt.held), day("2026-06-01"))
			if got.State != tt.state || strings.Join(got.Lines, " ") != tt.line || got.Lines == nil {
				t.Errorf("got %s %q, want %s %q", got.State, got.Lines, tt.state, tt.line)
			}
		})
	}
}

func TestStandingByDay(t *testing.T) {
	k := kinds(t)
	regs := []pipeline.Registration{{OpenedOn: day("2020-04-01"), ClosedOn: day("2026-06-01"), Lines: "自動車"}}
	quals := []pipeline.Qualification{
		{Code: "K10", CertificateNo: "1", JudgedOn: day("2020-02-10")}, // through 2025-02-28
		{Code: "K10", CertificateNo: "2", JudgedOn: day("2025-03-10")},
		{Code: "K11", CertificateNo: "1", JudgedOn: day("2023-02-10"), WithdrawnOn: day("2026-05-01")},
	}
	for on, want := range map[string]string{
		"2020-03-31": "未登録 []", "2023-02-09": "募集可 []", "2025-02-28": "募集可 [自動車]", "2025-03-01": "募集不可 []",
		"2025-03-10": "募集可 [自動車]", "2026-04-30": "募集可 [自動車]", "2026-05-01": "募集可 []", "2026-06-01": "募集可 []", "2026-06-02": "未登録 []",
	} {
		s := k.Standing(regs, quals, day(on))
		if got := s.State + " [" + strings.Join(s.Lines, " ") + "]"; got != want {
			t.Errorf("on %s: %s, want %s", on, got, want)
		}
	}
}

// A line that the rules let pass with 基礎単位 alone.
func TestLineWithBaseOnly(t *testing.T) {
	h, err := ParseKinds("own.yaml", shipped(t, "qualifications.yaml", "lines_with_base_only: []", "lines_with_base_only: [賠償責任]"))
	if err != nil {
		t.Fatal(err)
	}
	k, err := h.KindsOn(day("2026-06-01"))
	if err != nil {
		t.Fatal(err)
	}
	regs := []pipeline.Registration{{OpenedOn: day("2020-04-01"), Lines: "賠償責任"}}
	if got := k.Standing(regs, held("K10"), day("2026-06-01")); got.State != MaySell || len(got.Lines) != 1 {
		t.Errorf("with 基礎単位: %+v", got)
	}
	if got := k.Standing(regs, nil, day("2026-06-01")); got.State != MayNotSell {
		t.Errorf("without: %+v", got)
	}
}

func TestExpiryRows(t *testing.T) {
	p := &pipeline.Person{
		Agent: pipeline.Agent{ID: "T000001", Name: "見本 太郎"},
		Qualifications: []pipeline.Qualification{
			{AgentID: "T000001", Code: "K11", CertificateNo: "9", JudgedOn: day("2020-06-10")}, // lapsed 2025-06-30: 失効後 until 2026-06-30
			{AgentID: "T000001", Code: "K10", CertificateNo: "2", JudgedOn: day("2021-06-10"), ExpiresOn: day("2026-06-15")},
			{AgentID: "T000001", Code: "K10", CertificateNo: "1", JudgedOn: day("2016-06-10")},
			{AgentID: "T000001", Code: "K12", CertificateNo: "3", JudgedOn: day("2025-06-10")}, // no step
			{AgentID: "T000001", Code: "Q01", CertificateNo: "4", JudgedOn: day("1998-06-10")},
			{AgentID: "T000001", Code: "K13", CertificateNo: "5", JudgedOn: day("2021-06-10"), WithdrawnOn: day("2026-01-01")},
		},
		Registrations: []pipeline.Registration{
			{AgencyNo: "A3", OpenedOn: day("2022-04-01"), LeadInsurer: "0002", AgencyName: "三番代理店", Lines: "火災 自賠責"},
			{AgencyNo: "A1", OpenedOn: day("2020-04-01"), LeadInsurer: "0001", OtherInsurers: "0002 0003", AgencyName: "一番代理店", Lines: "自動車"},
			{AgencyNo: "A2", OpenedOn: day("2022-04-01"), LeadInsurer: "0002", AgencyName: "二番代理店", Lines: "火災"},
			{AgencyNo: "A0", OpenedOn: day("2023-04-01"), ClosedOn: day("2026-05-31"), LeadInsurer: "0004", AgencyName: "閉鎖代理店"},
		},
	}
	others := held("K11")
	got := kinds(t).ExpiryRows(p, Cluster{Confirmed: true, Others: others}, day("2026-06-01"))
	var want []pipeline.ExpiryRow
	for _, a := range [][3]string{{"0001", "A1", "一番代理店"}, {"0002", "A2", "二番代理店"}, {"0003", "A1", "一番代理店"}} {
		row := pipeline.ExpiryRow{
			InsurerCode: a[0], AgencyNo: a[1], AgencyName: a[2], AgentID: "T000001", Name: "見本 太郎",
			QualificationCode: "K10", CertificateNo: "2", QualificationName: "基礎単位",
			JudgedOn: day("2021-06-10"), ExpiresOn: day("2026-06-15"), ExpirySource: ExpirySupplied,
			State: StateRenewal, Step: "当月", NextExam: 202509, NextExamComputed: true,
			PersonState: MaySell, LinesAllowed: []string{"火災", "自賠責"},
			ClusterState: MaySell, ClusterLines: []string{"自動車", "火災", "自賠責"},
		}
		lapsed := row
		lapsed.QualificationCode, lapsed.CertificateNo, lapsed.QualificationName = "K11", "9", "自動車保険単位"
		lapsed.JudgedOn, lapsed.ExpiresOn, lapsed.ExpirySource = day("2020-06-10"), day("2025-06-30"), ExpiryComputed
		lapsed.State, lapsed.Step, lapsed.NextExam = StateLapsed, "失効後", 202409
		want = append(want, row, lapsed)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestExpiryRowsLeaveOut(t *testing.T) {
	k := kinds(t)
	p := &pipeline.Person{Qualifications: held("/K10"), Registrations: []pipeline.Registration{{OpenedOn: day("2020-04-01"), LeadInsurer: "0001"}}}
	if rows := k.ExpiryRows(p, Cluster{}, day("2026-05-31")); len(rows) != 1 || rows[0].ClusterState != "" || rows[0].ClusterLines != nil {
		t.Errorf("an ID that stands alone: %+v", rows)
	}
	p.Registrations[0].ClosedOn = day("2026-05-30")
	if rows := k.ExpiryRows(p, Cluster{}, day("2026-05-31")); rows != nil {
		t.Errorf("not registered: %+v", rows)
	}
}

func BenchmarkStanding(b *testing.B) {
	k := kinds(b)
	p := &pipeline.Person{Qualifications: held("K10 K11 K12 Q01"), Registrations: []pipeline.Registration{{OpenedOn: day("2020-04-01"), LeadInsurer: "0001", Lines: "自動車 火災"}}}
	b.ReportAllocs()
	for b.Loop() {
		k.Standing(p.Registrations, p.Qualifications, 2026_06_01)
	}
}

func BenchmarkExpiryRows(b *testing.B) {
	k := kinds(b)
	p := &pipeline.Person{Qualifications: held("K10 K11 K12 Q01"), Registrations: []pipeline.Registration{{OpenedOn: day("2020-04-01"), LeadInsurer: "0001", Lines: "自動車 火災"}}}
	b.ReportAllocs()
	for b.Loop() {
		k.ExpiryRows(p, Cluster{}, 2026_06_01)
	}
}
