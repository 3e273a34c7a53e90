package store

import (
	"errors"
	"strings"
	"testing"

	"meibo/pipeline"
)

func TestBatches(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		b := sampleBatch()
		older := pipeline.Batch{ID: "b0", Sender: "0101", Kind: "registrations", SHA256: "ab", AsOf: day("2022-12-31"), State: pipeline.BatchRefused}
		write(t, s, func(tx *Tx) error { return errors.Join(tx.PutBatch(ctx, b), tx.PutBatch(ctx, older)) })
		again := b
		again.State, again.ReceivedAt = pipeline.BatchHeld, moment("2024-01-01T00:00:00.000000Z")
		write(t, s, func(tx *Tx) error { return tx.PutBatch(ctx, again) })
		again.ReceivedAt = b.ReceivedAt // the first stands

		got, found, err := s.Batch(ctx, "b1")
		if !found || err != nil {
			t.Fatalf("Batch: %t, %v", found, err)
		}
		wantEqual(t, "batch", got, again)
		if _, found, err := s.Batch(ctx, "b9"); found || err != nil {
			t.Errorf("an unknown batch: %t, %v", found, err)
		}
		wantEqual(t, "by bytes", must(s.BatchesOf(ctx, "ab"))(t), []pipeline.Batch{older, again})
		wantEqual(t, "by ID", must(s.Batches(ctx, []string{"b1", "b9"}))(t), []pipeline.Batch{again})
		wantEqual(t, "by day", must(s.BatchesOn(ctx, day("2022-12-31")))(t), []pipeline.Batch{older})
		wantEqual(t, "newest first", must(s.LastBatches(ctx, "0101", "registrations", 5))(t), []pipeline.Batch{again, older})
		wantEqual(t, "newest", must(s.LastBatches(ctx, "0101", "registrations", 1))(t), []pipeline.Batch{again})
	})
}

func TestFaultsComeBackAsTheyWerePut(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		faults := sampleFaults()
		long := &pipeline.Fault{
			Origin: pipeline.Origin{File: faults[0].File}, Key: strings.Repeat("列", 300), Header: strings.Repeat("列", 300),
			Code: "unknown-column", Severity: pipeline.SeverityWarning, JA: "知らない列です", EN: "unknown column",
		}
		write(t, s, func(tx *Tx) error {
			return errors.Join(
				tx.PutBatch(ctx, sampleBatch()),
				tx.PutFaults(ctx, "b1", []*pipeline.Fault{faults[1], long}),
				tx.PutFaults(ctx, "b2", faults[:1]),
				tx.PutFaults(ctx, "b1", append(faults, faults[0])),
				tx.AddFaults(ctx, "b1", []*pipeline.Fault{long}),
			)
		})
		var got []*pipeline.Fault
		for f, err := range s.Faults(ctx, "b1") {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, f)
		}
		long.Key, long.Header = cut(long.Key, maxColumnKey), cut(long.Header, maxColumnKey)
		wantEqual(t, "faults in order of row, column and code", got, []*pipeline.Fault{faults[0], long, faults[2], faults[1]})

		var message string
		err := s.db.Get(&message, "SELECT message_ja FROM import_faults WHERE batch_id = 'b1' AND row_no = 7 AND code = 'bad-date'")
		if want := faults[1].MessageJA(); err != nil || message != want {
			t.Errorf("message_ja = %q, %v; want %q: it stands alone", message, err, want)
		}
	})
}

func TestReportsComeBackAsTheyWereComputed(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		fill(t, s)
		deadlines, expiry, duplicates := sampleDeadlines(), sampleExpiry(), sampleDuplicates()
		wantEqual(t, "deadlines", all(t, s.Deadlines(ctx)), deadlines)
		d, found, err := s.Deadline(ctx, "A0001")
		if !found || err != nil {
			t.Fatalf("Deadline: %t, %v", found, err)
		}
		wantEqual(t, "deadline", d, deadlines[0])
		wantEqual(t, "expiry", all(t, s.Expiry(ctx, "")), expiry)
		wantEqual(t, "expiry of an insurer", all(t, s.Expiry(ctx, "0101")), []pipeline.ExpiryRow{expiry[0], expiry[2]})
		wantEqual(t, "expiry of a person", must(s.ExpiryOf(ctx, "A0002"))(t), expiry[2:])
		wantEqual(t, "purge list", all(t, s.PurgeRows(ctx, 3)), samplePurge(3))
		wantEqual(t, "purge rows of a person", must(s.PurgeRowsOf(ctx, "A0003"))(t), samplePurge(3)[1:])
		wantEqual(t, "duplicates", all(t, s.Duplicates(ctx)), duplicates)
		wantEqual(t, "duplicates of one", must(s.DuplicatesOf(ctx, "A0003"))(t), duplicates[1:])
		wantEqual(t, "clusters", all(t, s.Clusters(ctx)), []Membership{{"A0001", "A0001"}, {"A0002", "A0001"}})
		wantEqual(t, "cluster", must(s.ClusterOf(ctx, "A0002"))(t), []Membership{{"A0001", "A0001"}, {"A0002", "A0001"}})
		wantEqual(t, "no cluster", must(s.ClusterOf(ctx, "A0003"))(t), []Membership(nil))
		var flags [][3]bool
		for _, a := range must(s.Agents(ctx, []string{"A0001", "A0002", "A0003"}))(t) {
			flags = append(flags, [3]bool{a.DuplicateFlag, a.Affiliated})
		}
		wantEqual(t, "flags", flags, [][3]bool{{true, false}, {true, false}, {false, true}})
		l, found, err := s.LastPurgeList(ctx)
		if !found || err != nil || l.No != 3 || l.Rows != 2 {
			t.Errorf("LastPurgeList = %+v, %t, %v", l, found, err)
		}
		wantEqual(t, "purge lists", must(s.PurgeLists(ctx))(t), []pipeline.PurgeList{l})
	})
}

func TestFirstPurgeListIsNotThereYet(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		if _, found, err := s.LastPurgeList(t.Context()); found || err != nil {
			t.Errorf("LastPurgeList of an empty store: %t, %v", found, err)
		}
	})
}

func TestDecisionsAreAppended(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		at := moment("2026-11-21T18:00:00.000001Z")
		want := []Decision{
			{No: 1, AgentA: "A1", AgentB: "A2", Verdict: "同一人", By: "S-1", At: at, Reason: "合格証の写し", Fingerprint: "ab"},
			{No: 2, AgentA: "A1", AgentB: "A2", Verdict: "別人", By: "S-2", At: at},
		}
		for _, d := range want {
			no := d.No
			d.No = 0
			write(t, s, func(tx *Tx) error {
				got, err := tx.AddDecision(ctx, d)
				if got != no {
					t.Errorf("decision got number %d, want %d", got, no)
				}
				return err
			})
		}
		for i, wantDone := range []bool{true, false} {
			write(t, s, func(tx *Tx) error {
				done, err := tx.UndoDecision(ctx, 1, "S-3", at)
				if done != wantDone {
					t.Errorf("undo number %d: %t", i+1, done)
				}
				return err
			})
		}
		want[0].UndoneAt, want[0].UndoneBy = at, "S-3"
		if n := must(s.NewestDecision(ctx))(t); n != 2 {
			t.Errorf("newest decision %d, want 2", n)
		}
		wantEqual(t, "decisions", must(s.Decisions(ctx, 2))(t), want)
		wantEqual(t, "decisions a run took notice of", must(s.Decisions(ctx, 1))(t), want[:1])
	})
}

func TestManifestSaysForWhichDayTheContentHolds(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		monday := Manifest{Report: "r", Reader: "0101", AsOf: day("2026-11-16"), RunID: "one", Rows: 2, SHA256: "aa"}
		again, tuesday, wednesday := monday, monday, monday
		again.RunID = "again"
		tuesday.AsOf, tuesday.RunID = day("2026-11-17"), "two"
		wednesday.AsOf, wednesday.RunID, wednesday.SHA256 = day("2026-11-18"), "three", "bb"
		stored := func(m Manifest, state string) []Manifest {
			m.State = state
			return []Manifest{m}
		}
		begin := func(tx *Tx) error { return tx.BeginReport(ctx, "r", "0101", "0102") }
		finish := func(m Manifest) func(tx *Tx) error {
			return func(tx *Tx) error { return tx.FinishReport(ctx, m) }
		}
		for _, step := range []struct {
			name string
			do   func(tx *Tx) error
			want []Manifest
		}{
			{"begun before it ever was", begin, nil},
			{"first content", finish(monday), stored(monday, ManifestDone)},
			{"same content, same day", finish(again), stored(monday, ManifestDone)},
			{"begun", begin, stored(monday, ManifestUpdating)},
			{"after all the same content", finish(again), stored(monday, ManifestDone)},
			{"same content on a later day", finish(tuesday), stored(tuesday, ManifestDone)},
			{"same content, an earlier day", finish(monday), stored(tuesday, ManifestDone)},
			{"other content", finish(wednesday), stored(wednesday, ManifestDone)},
		} {
			write(t, s, step.do)
			wantEqual(t, step.name, must(s.Manifests(ctx))(t), step.want)
		}
	})
}
