package jobs_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/store"
	"meibo/pipeline/synth"
)

// written are, from nothing but two dumps, the keys of the rows of each table that
// came, changed and went.
func written(t testing.TB, before, after string) map[string][3][]string {
	t.Helper()
	keys := map[string]int{}
	for _, table := range store.Tables() {
		keys[table.Name] = table.Key
	}
	rows := func(dump string) map[string]string {
		out, name := map[string]string{}, ""
		for line := range strings.Lines(dump) {
			if head, ok := strings.CutPrefix(line, "# "); ok {
				name, _, _ = strings.Cut(strings.TrimSpace(head), "\t")
				continue
			}
			cells := strings.Split(line, "\t")
			out[name+"\t"+strings.Join(cells[:keys[name]], "\t")] = line
		}
		return out
	}
	out := map[string][3][]string{}
	add := func(line string, sort int) {
		name, key, _ := strings.Cut(line, "\t")
		keys := out[name]
		keys[sort] = append(keys[sort], key)
		out[name] = keys
	}
	was, is := rows(before), rows(after)
	for key, line := range is {
		if old, there := was[key]; !there {
			add(key, 0)
		} else if old != line {
			add(key, 1)
		}
	}
	for key := range was {
		if _, there := is[key]; !there {
			add(key, 2)
		}
	}
	return out
}

// rehearsed does a dry run of the days, then the nights themselves, and holds
// what the one told of every table against what the others wrote, which it returns.
func (p *place) rehearsed(t testing.TB, what string, days ...pipeline.Date) (wrote []map[string][3]int) {
	t.Helper()
	begin, files := p.state(t), tree(t, p.Inbox)
	must(t, os.MkdirAll(filepath.Join(p.StateDir, "archive"), 0o700))
	archive := tree(t, filepath.Join(p.StateDir, "archive"))
	var told [][]store.TableChanges
	p.with(t, func(h *jobs.House) {
		must(t, h.DryRunDays(t.Context(), days, func(r jobs.Result) { told = append(told, r.Changes) }))
	})
	same(t, what+": after the rehearsal", p.state(t), begin)
	sameTree(t, what+": the inbox", tree(t, p.Inbox), files)
	sameTree(t, what+": the archive", tree(t, filepath.Join(p.StateDir, "archive")), archive)
	if left, err := filepath.Glob(filepath.Join(p.StateDir, "dry-run-*")); err != nil || len(left) > 0 {
		t.Errorf("%s: left %v (%v)", what, left, err)
	}
	before := begin
	for i, d := range days {
		p.night(t, d)
		after := p.state(t)
		changed := written(t, before.dump, after.dump)
		delete(changed, "audit_events") // a rehearsal is no act: it neither adds to the chain nor counts it
		delete(changed, "purpose_log")  // nor is it a look: nobody gets its reports
		wrote = append(wrote, p.toldTruly(t, what+": "+d.String(), told[i], changed))
		before = after
	}
	count("dry run tells what is written", p.kind(), len(days), t.Failed())
	return wrote
}

// shows says that a key as it is shown is that of a row: every part of it stands there.
func shows(shown, key string) bool {
	for part := range strings.SplitSeq(shown, "/") {
		if !strings.Contains(key, part) {
			return false
		}
	}
	return true
}

// toldTruly holds what a dry run told against the keys of the rows that were
// written, and returns how many those are. Each key it showed must be of such a row.
func (p *place) toldTruly(t testing.TB, what string, told []store.TableChanges, wrote map[string][3][]string) map[string][3]int {
	t.Helper()
	numbers, numbersTold := map[string][3]int{}, map[string][3]int{}
	for table, keys := range wrote {
		numbers[table] = [3]int{len(keys[0]), len(keys[1]), len(keys[2])}
	}
	for _, c := range told {
		numbersTold[c.Table] = [3]int{c.Inserted, c.Changed, c.Removed}
		for sort, shown := range [3][]string{c.Examples.Inserted, c.Examples.Changed, c.Examples.Removed} {
			if want := min(store.ExampleRows, numbersTold[c.Table][sort]); len(shown) != want {
				t.Errorf("%s: %d keys of %s are shown, want %d", what, len(shown), c.Table, want)
			}
			if c.Table == "deliveries" {
				continue // numbered by their bytes, and the association's report tells of acts, of which a rehearsal leaves none
			}
			if c.Table == "purge_guard" {
				continue // its keys hang on the key of the house, so that no dump holds them
			}
			for _, example := range shown {
				if !slices.ContainsFunc(wrote[c.Table][sort], func(key string) bool { return shows(example, key) }) {
					t.Errorf("%s: no such row of %s was written: %s", what, c.Table, example)
				}
			}
		}
	}
	equal(t, what, numbersTold, numbers)
	return numbers
}

func TestChaosDryRunTellsWhatTheNightsWrite(t *testing.T) {
	sampleNights := sampleDays[1:2]
	if *chaos {
		sampleNights = sampleDays[1:]
	}
	for _, db := range []string{"sqlite", "mysql"} {
		t.Run(db, func(t *testing.T) {
			t.Parallel()
			c := everyKind(t)
			for night := range chaosDays {
				if !*chaos && (night == 0 || db == "sqlite") {
					continue // the first is the longest; on SQLite all at once will do
				}
				c.place(t, db, night).rehearsed(t, "every kind of file", chaosDays[night])
			}
			if db == "sqlite" || *chaos {
				c.place(t, db, 0).rehearsed(t, "all nights at once", chaosDays...)
			}
			if db == "mysql" && !*chaos {
				return // the sample holds many more people, not more kinds
			}
			p := after(t, 1)
			if db == "mysql" {
				p.toMySQL(t)
			}
			p.rehearsed(t, "sample nights", sampleNights...)
		})
	}
}

// The same of registers nobody has looked at.
func TestChaosDryRunTellsWhatRandomNightsWrite(t *testing.T) {
	t.Parallel()
	trials := map[string]int{"sqlite": 1, "mysql": 1}
	if *chaos {
		trials = map[string]int{"sqlite": 40, "mysql": 10}
	}
	for db, n := range trials {
		t.Run(db, func(t *testing.T) {
			t.Parallel()
			dice := rand.New(rand.NewPCG(20261121, uint64(n)))
			for range n {
				seed := dice.Uint64N(1 << 32)
				dir := t.TempDir()
				p := newPlace(t, dir, sqliteIn(dir))
				if db == "mysql" {
					p.DB = newMySQL(t)
				}
				must(t, os.RemoveAll(p.Inbox))
				_, err := synth.Generate(synth.Options{
					Agents: 20 + dice.IntN(60), Seed: seed, Out: p.Inbox, Nights: 3, LastNight: sampleDays[2],
				})
				must(t, err)
				p.Insurers = nil
				p.rehearsed(t, "generated", sampleDays...)
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
		})
	}
}

// A rehearsal where there is no register yet leaves none.
func TestDryRunBeforeTheFirstNightLeavesNothing(t *testing.T) {
	p := newPlace(t, t.TempDir(), "")
	p.DB = sqliteIn(filepath.Join(p.dir, "not-yet"))
	p.StateDir = filepath.Join(p.dir, "not-yet")
	must(t, os.RemoveAll(p.Inbox))
	h, err := jobs.OpenToLook(t.Context(), p.Config, p.options(t))
	must(t, err)
	r, err := h.DryRun(t.Context(), sampleDays[0])
	must(t, err)
	must(t, h.Close())
	if len(r.Changes) == 0 {
		t.Error("a first night would write nothing")
	}
	entries, err := os.ReadDir(p.dir)
	must(t, err)
	if len(entries) != 1 { // the outbox, which the test made
		t.Errorf("there is %v", entries)
	}
}
