package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"meibo/pipeline"
)

func TestRegisterComesBackAsItWasPut(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		r := sample()
		r.put(t, s)
		r.put(t, s) // a second time changes nothing
		everyone := []string{"A0003", "A0001", "A0002", "A0001", "none"}

		wantEqual(t, "agents", must(s.Agents(ctx, everyone))(t), r.agents)
		wantEqual(t, "qualifications", must(s.Qualifications(ctx, everyone))(t), r.qualifications)
		wantEqual(t, "registrations", must(s.Registrations(ctx, everyone))(t), r.registrations)
		wantEqual(t, "agencies", must(s.Agencies(ctx, []string{"T2", "T1"}))(t), r.agencies)
		wantEqual(t, "all agencies", all(t, s.AllAgencies(ctx)), r.agencies)
		wantEqual(t, "roster", must(s.Roster(ctx, "T1"))(t), r.registrations[:1])
		wantEqual(t, "events, by day and arrival", must(s.Events(ctx, everyone))(t),
			[]pipeline.RegistrationEvent{r.events[0], r.events[2], r.events[1]})
		wantEqual(t, "nobody", must(s.Agents(ctx, nil))(t), []pipeline.Agent(nil))

		people := r.people()
		var streamed []pipeline.Person
		for p, err := range s.People(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			streamed = append(streamed, clone(*p))
		}
		wantEqual(t, "people", streamed, people)
		for _, want := range people {
			wantEqual(t, "person "+want.Agent.ID, must(s.Person(ctx, want.Agent.ID))(t), &want)
			wantEqual(t, "names of "+want.Agent.ID, must(s.Names(ctx, []string{want.Agent.ID}))(t), want.Names)
			wantEqual(t, "activities of "+want.Agent.ID, must(s.Activities(ctx, []string{want.Agent.ID}))(t), want.Activities)
		}
		if p := must(s.Person(ctx, "none"))(t); p != nil {
			t.Errorf("Person of an unknown ID = %+v", p)
		}
		wantEqual(t, "certificates", must(s.Certificates(ctx, []string{"C-1", "C-9"}))(t),
			map[Certificate][]string{{"K10", "C-1"}: {"A0001"}, {"Q01", "C-1"}: {"A0002"}})
	})
}

func clone(p pipeline.Person) pipeline.Person {
	p.Names = append([]pipeline.Name(nil), p.Names...)
	p.Qualifications = append([]pipeline.Qualification(nil), p.Qualifications...)
	p.Registrations = append([]pipeline.Registration(nil), p.Registrations...)
	p.Activities = append([]pipeline.Activity(nil), p.Activities...)
	return p
}

func TestPuttingAgainReplaces(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		r := sample()
		r.put(t, s)
		if _, err := s.SyncDuplicateFlags(ctx, ids("A0001"), Sync{Apply: true}); err != nil {
			t.Fatal(err)
		}
		agent := r.agents[0]
		agent.Name, agent.From = "𠮷田 華子", "b9//1"
		qualification := r.qualifications[0]
		qualification.WithdrawnOn, qualification.PostedOn = day("2024-01-01"), 0
		name := r.names[0]
		name.From = "b9//1"
		write(t, s, func(tx *Tx) error {
			return errors.Join(
				tx.PutAgents(ctx, []pipeline.Agent{agent}),
				tx.PutQualifications(ctx, []pipeline.Qualification{qualification}),
				tx.PutNames(ctx, []pipeline.Name{name}),
			)
		})
		agent.DuplicateFlag = true // computed: putting the agent again leaves it
		p := must(s.Person(ctx, "A0001"))(t)
		wantEqual(t, "agent", p.Agent, agent)
		wantEqual(t, "qualification", p.Qualifications[0], qualification)
		wantEqual(t, "name keeps its first origin", p.Names, r.people()[0].Names)
	})
}

func TestRegistrationsOfAKeyAreReplacedWhole(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		r := sample()
		r.put(t, s)
		key := RegistrationKey{AgencyNo: "T1", AgentID: "A0001", Role: "使用人"}
		moved := r.registrations[0]
		moved.OpenedOn = day("2022-04-09")
		write(t, s, func(tx *Tx) error {
			return tx.PutRegistrations(ctx, []RegistrationKey{key, key}, []pipeline.Registration{moved})
		})
		wantEqual(t, "moved", must(s.Registrations(ctx, []string{"A0001", "A0003"}))(t),
			[]pipeline.Registration{moved, r.registrations[1]})
		write(t, s, func(tx *Tx) error { return tx.PutRegistrations(ctx, []RegistrationKey{key}, nil) })
		wantEqual(t, "gone", must(s.Registrations(ctx, []string{"A0001", "A0003"}))(t), r.registrations[1:])
		err := s.Write(ctx, func(tx *Tx) error { return tx.PutRegistrations(ctx, nil, r.registrations) })
		if err == nil {
			t.Error("a registration outside the keys was put")
		}
	})
}

// TestTextIsComparedByItsBytes: what an accent-insensitive collation takes for
// equal stays apart, in keys too.
func TestTextIsComparedByItsBytes(t *testing.T) {
	pairs := [][2]string{
		{"𠮷", "𠮟"},
		{"ヨシダ", "ヨシタ"},
		{"ハハ", "パパ"},
		{"はは", "ハハ"},
		{"髙", "高"},
		{"é", "e"},
		{"A", "a"},
		{"Ａ", "A"},
		{"斎", "斉"},
		{"コウ", "コオ"},
		{"か\u3099", "が"},
		{"🍣", "🍺"},
		{"葛\U000E0100", "葛"},
		{"ﾊﾊ", "ハハ"},
	}
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		write(t, s, func(tx *Tx) error { return tx.PutAgents(ctx, []pipeline.Agent{{ID: "X"}}) })
		for _, pair := range pairs {
			var put []pipeline.Name
			for _, text := range pair {
				put = append(put, pipeline.Name{AgentID: "X", Kind: pair[0] + pair[1], Text: text})
			}
			write(t, s, func(tx *Tx) error { return tx.PutNames(ctx, put) })
		}
		byKind := map[string][]string{}
		for _, n := range must(s.Names(ctx, []string{"X"}))(t) {
			byKind[n.Kind] = append(byKind[n.Kind], n.Text)
		}
		for _, pair := range pairs {
			want := []string{min(pair[0], pair[1]), max(pair[0], pair[1])} // by bytes, as Go orders
			wantEqual(t, pair[0]+" and "+pair[1], byKind[pair[0]+pair[1]], want)
		}
	})
}

// TestTrailingBlanksAreForIntake: MySQL's utf8mb4_bin takes "a" and "a " for one
// key, SQLite does not. Nothing in the store can mend that, so intake trims.
func TestTrailingBlanksAreForIntake(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		write(t, s, func(tx *Tx) error {
			return tx.PutAgents(ctx, []pipeline.Agent{{ID: "X", Name: "trailing "}})
		})
		if got := must(s.Agents(ctx, []string{"X"}))(t)[0].Name; got != "trailing " {
			t.Errorf("a value's trailing blank came back as %q", got)
		}
		want := 1
		if s.Dialect() == "sqlite" {
			want = 0
		}
		if got := len(must(s.Agents(ctx, []string{"X "}))(t)); got != want {
			t.Errorf(`%d agents found by "X ", want %d`, got, want)
		}
	})
}

func TestTextThatDoesNotFitIsRefusedEverywhere(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		fits := pipeline.Agent{ID: strings.Repeat("Ｘ", maxID), Name: strings.Repeat("𠮷", maxName)}
		write(t, s, func(tx *Tx) error { return tx.PutAgents(ctx, []pipeline.Agent{fits}) })
		wantEqual(t, "longest", must(s.Agents(ctx, []string{fits.ID}))(t), []pipeline.Agent{fits})

		fits.Name += "𠮷"
		err := s.Write(ctx, func(tx *Tx) error { return tx.PutAgents(ctx, []pipeline.Agent{fits}) })
		var long *TooLongError
		if !errors.As(err, &long) || long.Table != "agents" || long.Column != "name" {
			t.Errorf("a name of 61 characters: %v, want a TooLongError for agents.name", err)
		}
		if err != nil && strings.Contains(err.Error(), "𠮷") {
			t.Errorf("the message holds the value: %v", err)
		}
	})
}

func TestRowsOfAnUnknownAgentAreRefused(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		err := s.Write(t.Context(), func(tx *Tx) error {
			return tx.PutActivities(t.Context(), []pipeline.Activity{{AgentID: "nobody", On: day("2023-01-01"), Kind: "x"}})
		})
		if err == nil {
			t.Error("an activity of an unknown agent was put")
		}
	})
}

func TestLookupsTakeAnyNumberOfIDs(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		agents := make([]pipeline.Agent, 2501)
		want := make([]string, len(agents))
		for i := range agents {
			agents[i].ID = "N" + fmt.Sprintf("%04d", i)
			want[i] = agents[i].ID
		}
		write(t, s, func(tx *Tx) error { return tx.PutAgents(ctx, agents) })
		var got []string
		for _, a := range must(s.Agents(ctx, append(want, "none")))(t) {
			got = append(got, a.ID)
		}
		wantEqual(t, "IDs", got, want)
	})
}

func TestAgentsNamed(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		r := sample()
		r.put(t, s)
		wantEqual(t, "by 旧氏名", must(s.AgentsNamed(ctx, day("1980-02-29"), []string{"髙橋 花子"}))(t), r.agents[:1])
		wantEqual(t, "by birth date", must(s.AgentsNamed(ctx, day("1980-02-28"), nil))(t), r.agents[1:2])
		wantEqual(t, "another kanji", must(s.AgentsNamed(ctx, day("1980-02-29"), []string{"高橋 花子"}))(t), []pipeline.Agent(nil))
	})
}
