package jobs_test

import (
	"errors"
	"os"
	"path/filepath"
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
// is done again writes the same.
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
		if _, err := h.Committee(t.Context(), jobs.Looker{Purpose: "P4ウ", Reason: "x"}, day("2026-10-03")); !errors.As(err, &denied) {
			t.Errorf("for another purpose: %v", err)
		}
	})
	equal(t, "deliveries", deliveriesOf(t, p, "committee-pack"), []string{"association none-minimised フォルダー "})
}

// Two packs of days near each other could be subtracted: who asks a second time in
// a quarter gets the first one's bytes, whatever came in between.
func TestThePacksOfAQuarterCannotBeSubtracted(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	ask := func(on string) ([]jobs.HandedOver, error) {
		var made []jobs.HandedOver
		var err error
		p.with(t, func(h *jobs.House) { made, err = h.Committee(t.Context(), jobs.Looker{}, day(on)) })
		return made, err
	}
	handed := func(on, of string) jobs.HandedOver {
		t.Helper()
		made, err := ask(on)
		must(t, err)
		equal(t, "on "+on, made[0].File, "committee-pack_"+of+".xlsx")
		equal(t, "as of", made[0].AsOf, day(of))
		return made[0]
	}
	p.put(t, "2026-07-10/association/agents_1.csv", table(agentHeader, agent("P00"), agent("P01")))
	p.night(t, day("2026-07-10"))
	p.night(t, day("2026-07-11"))
	first := handed("2026-07-11", "2026-07-11") // the quarter has none of its own: its register began in it
	p.again(t, day("2026-07-11"))
	if m := p.outboxFile(t, "association", "manifest_2026-07-11.json"); !strings.Contains(m, "committee-pack_2026-07-11.xlsx") {
		t.Error("the night done again forgot the pack")
	}
	p.put(t, "2026-07-12/association/agents_2.csv", table(agentHeader, agent("P02")))
	p.night(t, day("2026-07-12"))
	equal(t, "asked again", handed("2026-07-12", "2026-07-11"), first)
	p.again(t, day("2026-07-12"))
	equal(t, "packs", p.packs(t), []string{"2026-07-11.xlsx"})

	must(t, os.Remove(filepath.Join(p.Outbox, "association", "committee-pack_2026-07-11.xlsx")))
	var wrong *jobs.ErrRequest
	if _, err := ask("2026-07-12"); !errors.As(err, &wrong) {
		t.Errorf("a second one in place of one that is gone: %v", err)
	}
	p.night(t, day("2026-10-02")) // the first night of the next quarter writes its own
	auto := handed("2026-10-02", "2026-10-02")
	p.night(t, day("2026-10-03"))
	equal(t, "after the night's", handed("2026-10-03", "2026-10-02"), auto)
	equal(t, "packs", p.packs(t), []string{"2026-10-02.xlsx"})
}

// The end of a quarter is too near to the pack of the next one's first night.
func TestNoPackShortlyBeforeTheNext(t *testing.T) {
	for on, want := range map[string]bool{"2026-12-03": true, "2026-12-04": false} {
		p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
		p.night(t, day(on))
		p.with(t, func(h *jobs.House) {
			_, err := h.Committee(t.Context(), jobs.Looker{}, day(on))
			var wrong *jobs.ErrRequest
			if want != (err == nil) || !want && (!errors.As(err, &wrong) || !strings.Contains(wrong.EN, "28 days away")) {
				t.Errorf("on %s: %v", on, err)
			}
		})
	}
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
