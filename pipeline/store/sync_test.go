package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"meibo/pipeline"
)

// TestSyncLaws: whatever was stored and whatever is computed, afterwards the
// table holds what was computed, a second sync writes nothing, and a dry run
// counts what the real one does.
func TestSyncLaws(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		rapid.Check(t, func(rt *rapid.T) {
			computed := drawDeadlines(rt)
			stored := all(t, s.Deadlines(ctx)) // of the draw before
			dry, err := s.SyncDeadlines(ctx, pointers(computed...), Sync{})
			if err != nil {
				rt.Fatal(err)
			}
			wantEqual(t, "after a dry run", all(t, s.Deadlines(ctx)), stored)
			wet, err := s.SyncDeadlines(ctx, pointers(computed...), Sync{Apply: true})
			if err != nil {
				rt.Fatal(err)
			}
			if dry != wet {
				rt.Errorf("dry run counts %+v, applied %+v", dry, wet)
			}
			if wet.Inserted+wet.Updated+wet.Unchanged != len(computed) || wet.Deleted+wet.Updated+wet.Unchanged != len(stored) {
				rt.Errorf("%+v does not add up to %d computed and %d stored", wet, len(computed), len(stored))
			}
			wantEqual(t, "stored", all(t, s.Deadlines(ctx)), computed)
			again, err := s.SyncDeadlines(ctx, pointers(computed...), Sync{Apply: true})
			if err != nil || again != (Diff{Unchanged: len(computed)}) {
				rt.Errorf("a second time: %+v, %v", again, err)
			}
			if t.Failed() {
				rt.FailNow()
			}
		})
	})
}

func drawDeadlines(t *rapid.T) []Deadline {
	text := rapid.SampledFrom([]string{"", "対象", "予告", "𠮷", "𠮟", "ハハ", "パパ", "a", "A", "'\\", "\x00", "é"})
	dates := rapid.SampledFrom([]pipeline.Date{0, day("2026-11-21"), day("0001-01-01"), day("9999-12-31")})
	keys := rapid.SliceOfNDistinct(rapid.StringOfN(rapid.RuneFrom([]rune("Aa0ハパ𠮷𠮟ｱ-")), 1, 4, -1), 0, 12, rapid.ID).Draw(t, "ids")
	slices.Sort(keys)
	var out []Deadline
	for _, id := range keys {
		d := Deadline{
			AgentID: id, Status: text.Draw(t, "status"), BaseOn: dates.Draw(t, "base"),
			LastDay: dates.Draw(t, "last"), Reason: text.Draw(t, "reason"), Decisions: rapid.SliceOfN(text, 0, 2).Draw(t, "decisions"),
		}
		if rapid.Bool().Draw(t, "evidence") {
			d.Evidence = []pipeline.Evidence{{Fact: text.Draw(t, "fact"), On: d.BaseOn}}
		}
		out = append(out, d)
	}
	return out
}

// TestSyncOfManyTransactions works in pieces of syncRows rows.
func TestSyncOfManyTransactions(t *testing.T) {
	members := func(from, to, cluster int) []Membership {
		var out []Membership
		for i := from; i < to; i++ {
			out = append(out, Membership{fmt.Sprintf("A%05d", i), fmt.Sprintf("C%d", cluster)})
		}
		return out
	}
	const n = 2*syncRows + 500
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		var firsts, lasts int
		o := Sync{
			Apply: true,
			First: func(context.Context, *Tx) error { firsts++; return nil },
			Last:  func(context.Context, *Tx, Diff) error { lasts++; return nil },
		}
		for _, step := range []struct {
			name          string
			rows          []Membership
			want          Diff
			firsts, lasts int
		}{
			{"all new", members(0, n, 1), Diff{Inserted: n}, 1, 1},
			{"nothing new", members(0, n, 1), Diff{Unchanged: n}, 1, 2},
			{"the first go, the middle stays, the last come", append(members(1000, n, 1), members(n, n+1000, 1)...), Diff{1000, 0, 1000, n - 1000}, 2, 3},
			{"all change", members(1000, n+1000, 2), Diff{Updated: n}, 3, 4},
			{"all go", nil, Diff{Deleted: n}, 4, 5},
		} {
			got, err := s.SyncClusters(ctx, pointers(step.rows...), o)
			if err != nil || got != step.want {
				t.Errorf("%s: %+v, %v; want %+v", step.name, got, err, step.want)
			}
			if firsts != step.firsts || lasts != step.lasts {
				t.Errorf("%s: First ran %d times and Last %d, want %d and %d", step.name, firsts, lasts, step.firsts, step.lasts)
			}
			wantEqual(t, step.name, all(t, s.Clusters(ctx)), step.rows)
		}
	})
}

// TestACutSyncIsCompletedByTheNext stops the computation at any row.
func TestACutSyncIsCompletedByTheNext(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		stop := errors.New("stop")
		rows := sampleExpiry()
		for n := range len(rows) + 1 {
			broken := func(yield func(*pipeline.ExpiryRow, error) bool) {
				for i := range n {
					if !yield(&rows[i], nil) {
						return
					}
				}
				yield(nil, stop)
			}
			if _, err := s.SyncExpiry(ctx, broken, Sync{Apply: true}); !errors.Is(err, stop) {
				t.Fatalf("cut at %d: %v", n, err)
			}
		}
		if _, err := s.SyncExpiry(ctx, pointers(rows...), Sync{Apply: true}); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "expiry", all(t, s.Expiry(ctx, "")), rows)
	})
}

func TestSyncRefusesRowsOutOfOrder(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		for name, rows := range map[string][]Membership{
			"swapped":   {{"A2", "C"}, {"A1", "C"}},
			"repeated":  {{"A1", "C"}, {"A1", "C"}},
			"empty key": {{"", "C"}, {"", "C"}},
		} {
			if _, err := s.SyncClusters(ctx, pointers(rows...), Sync{Apply: true}); err == nil {
				t.Errorf("%s: no error", name)
			}
			wantEqual(t, name+": nothing kept", all(t, s.Clusters(ctx)), []Membership(nil))
		}
	})
}

func TestSyncOfAListLeavesOtherListsAlone(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		for _, no := range []int{1, 2, 10} {
			if _, err := s.SyncPurgeList(ctx, no, pointers(samplePurge(no)...), Sync{Apply: true}); err != nil {
				t.Fatal(err)
			}
		}
		if d, err := s.SyncPurgeList(ctx, 2, pointers[pipeline.PurgeRow](), Sync{Apply: true}); err != nil || d.Deleted != 2 {
			t.Errorf("emptied list: %+v, %v", d, err)
		}
		for no, want := range map[int][]pipeline.PurgeRow{1: samplePurge(1), 2: nil, 10: samplePurge(10)} {
			wantEqual(t, fmt.Sprint("list ", no), all(t, s.PurgeRows(ctx, no)), want)
		}
		if _, err := s.SyncPurgeList(ctx, 1, pointers(samplePurge(2)...), Sync{Apply: true}); err == nil {
			t.Error("a row of another list was taken")
		}
	})
}

func TestFlags(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		sample().put(t, s)
		for _, step := range []struct {
			flagged []string
			want    Diff
		}{
			{[]string{"A0001", "A0003"}, Diff{Inserted: 2}},
			{[]string{"A0001", "A0003"}, Diff{Unchanged: 2}},
			{[]string{"A0002", "A0003"}, Diff{Inserted: 1, Deleted: 1, Unchanged: 1}},
			{nil, Diff{Deleted: 2}},
		} {
			got, err := s.SyncAffiliated(ctx, ids(step.flagged...), Sync{Apply: true})
			if err != nil || got != step.want {
				t.Errorf("flagged %v: %+v, %v; want %+v", step.flagged, got, err, step.want)
			}
			var set []string
			for p, err := range s.People(ctx) {
				if err != nil {
					t.Fatal(err)
				}
				if p.Agent.DuplicateFlag {
					t.Errorf("the other flag of %s is set", p.Agent.ID)
				}
				if p.Agent.Affiliated {
					set = append(set, p.Agent.ID)
				}
			}
			wantEqual(t, strings.Join(step.flagged, " "), set, step.flagged)
		}
		if _, err := s.SyncAffiliated(ctx, ids("nobody"), Sync{Apply: true}); err == nil {
			t.Error("an unknown agent was flagged")
		}
	})
}

// TestSyncOverPeople computes from the very tables it writes to.
func TestSyncOverPeople(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		sample().put(t, s)
		var everyone iter.Seq2[string, error] = func(yield func(string, error) bool) {
			for p, err := range s.People(ctx) {
				if err != nil {
					yield("", err)
					return
				}
				if !yield(p.Agent.ID, nil) {
					return
				}
			}
		}
		d, err := s.SyncAffiliated(ctx, everyone, Sync{Apply: true})
		if err != nil || d.Inserted != 3 {
			t.Errorf("%+v, %v", d, err)
		}
	})
}
