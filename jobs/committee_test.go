package jobs_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline"
)

// packs are the committee packs in the outbox.
func (p *place) packs(t testing.TB) (out []string) {
	t.Helper()
	for name := range tree(t, p.Outbox) {
		if strings.Contains(name, "committee-pack_") {
			out = append(out, strings.TrimPrefix(name, "association/committee-pack_"))
		}
	}
	slices.Sort(out)
	return out
}

// The first night of a quarter writes the pack about the one before; a night that
// is done again writes the same, and keeps what was asked for in between.
func TestTheCommitteesPackComesOnceAQuarter(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.put(t, "2026-09-29/association/agents_1.csv", table(agentHeader, agent("P00"), agent("P01")))
	p.put(t, "2026-09-29/1001/registrations_1.xlsx", workbook(t, registrationHeader, registration("1001", "", "D1", "P00", "登録", "2020-04-01", "")))
	for _, x := range []struct {
		day  string
		want []string
	}{
		{"2026-09-29", nil},
		{"2026-09-30", nil},
		{"2026-10-02", []string{"2026-10-02.xlsx"}},
		{"2026-10-03", []string{"2026-10-02.xlsx"}},
	} {
		p.night(t, day(x.day))
		p.again(t, day(x.day))
		equal(t, "packs after "+x.day, p.packs(t), x.want)
	}
	var denied *jobs.ErrAccess
	p.with(t, func(h *jobs.House) {
		made, err := h.Committee(t.Context(), jobs.Looker{}, day("2026-10-03"))
		must(t, err)
		equal(t, "made", made[0].File, "committee-pack_2026-10-03.xlsx")
		if _, err := h.Committee(t.Context(), jobs.Looker{Purpose: "P4ウ", Reason: "x"}, day("2026-10-03")); !errors.As(err, &denied) {
			t.Errorf("for another purpose: %v", err)
		}
	})
	p.again(t, day("2026-10-03"))
	if m := p.outboxFile(t, "association", "manifest_2026-10-03.json"); !strings.Contains(m, "committee-pack_2026-10-03.xlsx") {
		t.Error("the night done again forgot the pack")
	}
	equal(t, "deliveries", deliveriesOf(t, p, "committee-pack"), slices.Repeat([]string{"association none-minimised フォルダー "}, 2))
}

// The pack names nobody and no agency, whatever stands in the register.
func TestTheCommitteesPackNamesNobody(t *testing.T) {
	p := after(t, 3)
	p.with(t, func(h *jobs.House) {
		_, err := h.Committee(t.Context(), jobs.Looker{}, sampleDays[2])
		must(t, err)
	})
	w := words{}
	w.read(t, "committee.xlsx", p.outboxFile(t, "association", "committee-pack_2026-11-21.xlsx"))
	names := func(person *pipeline.Person) (out []string) {
		out = append(out, person.Agent.ID, bare(person.Agent.Name), bare(person.Agent.NameKana), person.Agent.Email)
		for _, q := range person.Qualifications {
			out = append(out, q.CertificateNo)
		}
		for _, r := range person.Registrations {
			out = append(out, r.AgencyNo, bare(r.AgencyName))
		}
		return slices.DeleteFunc(out, func(s string) bool { return len([]rune(s)) < 4 })
	}
	for person, err := range p.store(t).People(t.Context()) {
		must(t, err)
		for _, s := range names(person) {
			if w[s] {
				t.Fatal("the pack names somebody")
			}
		}
	}
	for _, want := range []string{"＊", "資格の状態", "規則の設定", "No.1の管理期間", "120か月", "purge.mode", "2人の承認", "期限超過", "協会募集人基本情報"} {
		if !w[want] {
			t.Errorf("the pack holds no %s", want)
		}
	}
}
