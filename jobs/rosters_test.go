package jobs_test

import (
	"errors"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline/delivery"
	"meibo/pipeline/report"
)

// rosters lists the rosters in the outbox as reader/agency day.
func (p *place) rosters(t testing.TB) (out []string) {
	t.Helper()
	for name := range tree(t, p.Outbox) {
		if reader, file, _ := strings.Cut(name, "/"); strings.HasPrefix(file, "agency-roster_") {
			out = append(out, reader+"/"+strings.NewReplacer("agency-roster_", "", ".xlsx", "", "_2026-11-", " ").Replace(file))
		}
	}
	slices.Sort(out)
	return out
}

// threeAgencies puts people of three agencies into the inbox for the first night,
// and a change at one of them for the third.
func (p *place) threeAgencies(t testing.TB) {
	t.Helper()
	p.put(t, "2026-11-19/association/agents_1.csv", table(agentHeader, agent("P00"), agent("P01"), agent("P02"), agent("P03")))
	p.put(t, "2026-11-19/exam-center/exam-results_1.csv", table(examHeader, exam("P00", "K10", "2024-11-10"), exam("P02", "K10", "2024-11-10")))
	p.put(t, "2026-11-19/association/staff_1.csv", table(staffHeader, "K01,協会 一郎,ichiro@kyokai.example,協会,"))
	p.put(t, "2026-11-19/1001/registrations_1.xlsx", workbook(t, registrationHeader,
		registration("1001", "1002", "D1", "P00", "登録", "2020-04-01", ""),
		registration("1001", "", "D2", "P01", "登録", "2020-04-01", ""),
		registration("1001", "", "D3/A", "P03", "登録", "2020-04-01", "")))
	p.put(t, "2026-11-21/1001/registrations_2.xlsx", workbook(t, registrationHeader,
		registration("1001", "", "D2", "P02", "登録", "2026-11-20", "")))
}

func TestARosterFollowsAChange(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.Rosters = jobs.RosterConfig{OnChange: true}
		p.threeAgencies(t)
		p.night(t, sampleDays[0])
		first := []string{"1001/D1 19", "1001/D2 19", "1001/D3%2FA 19"}
		equal(t, "first night", p.rosters(t), first)
		p.night(t, sampleDays[1])
		equal(t, "a night without a change", p.rosters(t), first)
		p.night(t, sampleDays[2])
		want := append(slices.Clone(first), "1001/D2 21")
		slices.Sort(want)
		equal(t, "a new person at one agency", p.rosters(t), want)
		p.again(t, sampleDays[2])
		if m := p.outboxFile(t, "1001", "manifest_2026-11-21.json"); !strings.Contains(m, "agency-roster_D2_2026-11-21.xlsx") {
			t.Error("the manifest of the repeated night does not name the roster")
		}
		delivered := deliveriesOf(t, p, "agency-roster")
		equal(t, "deliveries", delivered, slices.Repeat([]string{"1001 " + delivery.Minimised + " フォルダー "}, 4))
	})
}

// deliveriesOf are the logged deliveries of a report: reader, encryption, way of
// the file and of the key.
func deliveriesOf(t testing.TB, p *place, name string) (out []string) {
	t.Helper()
	all, err := p.store(t).AllDeliveries(t.Context())
	must(t, err)
	for _, d := range all {
		if d.FileChannel == d.KeyChannel {
			t.Errorf("%s: the password goes by the way of the file", d.Report)
		}
		if d.Report == name {
			out = append(out, strings.Join([]string{d.Reader, d.Encryption, d.FileChannel, d.KeyChannel}, " "))
		}
	}
	slices.Sort(out) // those of one instant stand in no order
	return out
}

// Some go in one night, the others in the next; a first load is no change.
func TestRostersAreSpreadOverTheNights(t *testing.T) {
	tests := []struct {
		name    string
		rosters jobs.RosterConfig
		initial bool
		want    [3]int // after each night
	}{
		{"nobody asked", jobs.RosterConfig{}, false, [3]int{0, 0, 0}},
		{"two a night", jobs.RosterConfig{OnChange: true, Max: 2}, false, [3]int{2, 3, 4}},
		{"a first load", jobs.RosterConfig{OnChange: true}, true, [3]int{0, 0, 1}},
		{"monthly, from the day on", jobs.RosterConfig{Monthly: 20}, false, [3]int{3, 6, 6}},
		{"monthly, and on change", jobs.RosterConfig{Monthly: 1, OnChange: true}, false, [3]int{3, 3, 4}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
			p.Rosters, p.Import.Initial = tt.rosters, tt.initial
			p.threeAgencies(t)
			var got [3]int
			for i, d := range sampleDays {
				p.night(t, d)
				p.again(t, d)
				got[i] = len(p.rosters(t))
			}
			equal(t, "rosters after each night", got, tt.want)
		})
	}
}

// What is made on request lies in the manifest, is logged and delivered, and a
// night that is done again keeps it.
func TestRostersAndStatementsOnRequest(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.threeAgencies(t)
		p.night(t, sampleDays[0])
		ask := jobs.StatementRequest{AgentID: "p00", ReceiptNo: "R1", RequestedOn: sampleDays[0], Proof: "運転免許証", By: "K01"}
		p.with(t, func(h *jobs.House) {
			made, err := h.Rosters(t.Context(), jobs.Looker{}, []string{"d1"}, sampleDays[0])
			must(t, err)
			equal(t, "made", []any{len(made), made[0].Reader, made[0].File, made[0].Rows}, []any{1, "1001", "agency-roster_D1_2026-11-19.xlsx", 1})
			one, err := h.Statement(t.Context(), ask, sampleDays[0])
			must(t, err)
			equal(t, "encryption", one.Encryption, delivery.Minimised)
			ask.AgentID, ask.ReceiptNo, ask.Password = "P02", "R2", agreed
			one, err = h.Statement(t.Context(), ask, sampleDays[0])
			must(t, err)
			equal(t, "encryption", one.Encryption, delivery.Agile)
		})
		equal(t, "statements delivered", deliveriesOf(t, p, "statement"),
			[]string{"agent " + delivery.Agile + " フォルダー 事前取決め", "agent " + delivery.Minimised + " フォルダー "})
		looks := p.looks(t)
		for _, want := range []string{
			"1001|R3|P3||agency-roster_D1_2026-11-19.xlsx|1||", "agent|R1|P1ア|one|statement_….xlsx|",
			"K01|R5|P5ア|one|basic qualification registration|1|本人からの請求 R1|",
		} {
			if !slices.ContainsFunc(looks, func(s string) bool { return strings.HasPrefix(s, want) }) {
				t.Errorf("the purpose log has no line %s", want)
			}
		}
		asked, err := p.store(t).StatementRequests(t.Context(), []string{"P00", "P02"})
		must(t, err)
		equal(t, "requests", len(asked), 2)
		equal(t, "proof", asked[0].Proof+" "+asked[0].HandledBy, "運転免許証 K01")
		p.again(t, sampleDays[0])
		if m := p.outboxFile(t, "1001", "manifest_2026-11-19.json"); !strings.Contains(m, "agency-roster_D1_") || !strings.Contains(m, "expiry-report_") {
			t.Error("the night done again forgot what was asked for")
		}
		if m := p.outboxFile(t, "agent", "manifest_2026-11-19.json"); strings.Count(m, "statement_") != 2 {
			t.Errorf("manifest of the statements: %s", m)
		}
	})
}

// Nobody gets a statement without a request, its proof and an account that may.
func TestStatementsAreRefused(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.threeAgencies(t)
	p.put(t, "2026-11-19/1001/managers_1.csv", table(managerHeader, "一般管理者,1001,M1,Geheim-1,一般 一郎,,,"))
	p.put(t, "2026-11-19/association/agents_2.csv", table(agentHeader, "GONE,期限 到来,,,1988-08-08,,,2026-04-01,"))
	p.night(t, sampleDays[0])
	good := jobs.StatementRequest{AgentID: "P00", ReceiptNo: "R1", RequestedOn: sampleDays[0], Proof: "運転免許証", By: "K01"}
	var request *jobs.ErrRequest
	var access *jobs.ErrAccess
	var account *jobs.ErrAccount
	tests := []struct {
		name  string
		spoil func(*jobs.StatementRequest)
		want  func(error) bool
	}{
		{"no receipt", func(q *jobs.StatementRequest) { q.ReceiptNo = " " }, func(err error) bool { return errors.As(err, &request) }},
		{"no proof", func(q *jobs.StatementRequest) { q.Proof = "" }, func(err error) bool { return errors.As(err, &request) }},
		{"asked tomorrow", func(q *jobs.StatementRequest) { q.RequestedOn = sampleDays[1] }, func(err error) bool { return errors.As(err, &request) }},
		{"nobody answers", func(q *jobs.StatementRequest) { q.By = "" }, func(err error) bool { return errors.As(err, &request) }},
		{"an account nobody knows", func(q *jobs.StatementRequest) { q.By = "K99" }, func(err error) bool { return errors.As(err, &account) }},
		{"an insurer's account", func(q *jobs.StatementRequest) { q.By = "M1" }, func(err error) bool { return errors.As(err, &access) }},
		{"an ID nobody has", func(q *jobs.StatementRequest) { q.AgentID = "NIX" }, func(err error) bool { return errors.Is(err, jobs.ErrNoSuchAgent) }},
		{"somebody due for deletion", func(q *jobs.StatementRequest) { q.AgentID = "GONE" }, func(err error) bool { return errors.Is(err, jobs.ErrNoSuchAgent) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := good
			tt.spoil(&q)
			p.with(t, func(h *jobs.House) {
				if _, err := h.Statement(t.Context(), q, sampleDays[0]); !tt.want(err) {
					t.Errorf("error %v", err)
				}
			})
			for name := range tree(t, p.Outbox) {
				if strings.HasPrefix(name, "agent/") {
					t.Error("something was written all the same")
				}
			}
		})
	}
	p.with(t, func(h *jobs.House) {
		if _, err := h.Rosters(t.Context(), jobs.Looker{}, []string{"D1", "D9"}, sampleDays[0]); !errors.As(err, &request) {
			t.Errorf("a roster of an agency nobody knows: %v", err)
		}
		if _, err := h.Rosters(t.Context(), jobs.Looker{By: "M1"}, []string{"D1"}, sampleDays[0]); !errors.As(err, &access) {
			t.Errorf("a roster for an insurer's account: %v", err)
		}
		if _, err := h.Rosters(t.Context(), jobs.Looker{}, []string{"D1"}, sampleDays[0].AddDays(-1)); !errors.As(err, &request) {
			t.Errorf("a roster of a day before the night: %v", err)
		}
	})
}

// handOver makes the rosters of agencies of each insurer and the statements of some
// people, so that the scans for what must not leave the house see them too.
func (p *place) handOver(t testing.TB) (statements []string) {
	t.Helper()
	var numbers []string
	of := map[string]int{}
	for a, err := range p.store(t).AllAgencies(t.Context()) {
		must(t, err)
		if of[a.LeadInsurer]++; of[a.LeadInsurer] <= 5 {
			numbers = append(numbers, a.No)
		}
	}
	var ids []string
	for person, err := range p.store(t).People(t.Context()) {
		must(t, err)
		if len(ids) < 16 && len(person.Registrations) > 0 && len(person.Qualifications) > 0 {
			ids = append(ids, person.Agent.ID)
		}
	}
	p.with(t, func(h *jobs.House) {
		made, err := h.Rosters(t.Context(), jobs.Looker{}, numbers, sampleDays[2])
		must(t, err)
		if len(made) < 20 {
			t.Errorf("only %d rosters", len(made))
		}
		for i, id := range ids {
			q := jobs.StatementRequest{AgentID: id, ReceiptNo: "R" + id, RequestedOn: sampleDays[2], Proof: "運転免許証", By: "C0001"}
			one, err := h.Statement(t.Context(), q, sampleDays[2])
			if errors.Is(err, jobs.ErrNoSuchAgent) {
				continue
			}
			must(t, err)
			equal(t, "statement", one.File, report.StatementName(ids[i], sampleDays[2]))
			statements = append(statements, id)
		}
	})
	return statements
}

// A roster names who is registered at its agency and nobody else, and a statement
// nobody but its person.
func TestRostersAndStatementsNameTheirOwnPeopleOnly(t *testing.T) {
	p := after(t, 3)
	asked := p.handOver(t)
	if len(asked) < 5 {
		t.Fatalf("only %d statements", len(asked))
	}
	at := map[string]map[string]bool{} // agencies where somebody was ever registered
	everybody := map[string]bool{}
	each(tables(t, p.state(t).dump)["registrations"], func(row map[string]string) {
		id := row["agent_id"]
		if at[id] == nil {
			at[id] = map[string]bool{}
		}
		at[id][row["agency_no"]], everybody[id] = true, true
	})
	files := tree(t, p.Outbox)
	checked := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		kind, rest, _ := strings.Cut(path.Base(name), "_")
		if kind != "agency-roster" && kind != "statement" {
			continue
		}
		about, _, _ := strings.Cut(rest, "_")
		w := words{}
		w.read(t, name, files[name])
		for id := range everybody {
			if w[id] && (kind == "statement" && id != about || kind == "agency-roster" && !at[id][about]) {
				t.Errorf("a %s names somebody else", kind)
			}
			if w[id] {
				checked[kind]++
			}
		}
		if w["重複"] || w["強制停止"] || w["生年月日"] {
			t.Errorf("a %s tells what it must not", kind)
		}
	}
	if checked["agency-roster"] < 100 || checked["statement"] != len(asked) {
		t.Errorf("people met in the files: %v", checked)
	}
}
