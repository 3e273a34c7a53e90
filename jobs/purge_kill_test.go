package jobs_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/audit"
	"meibo/pipeline/purge"
)

// aboutClock are tables whose rows tell when something was done.
var aboutClock = append([]string{"audit_events", "purge_approvals", "leases", "run_settings", "run_progress"}, journal...)

// purged is what an execution leaves: the register, the lists and the proof.
type purged struct {
	Register string
	Files    []string // of the outbox, by name
	Lists    []string // state and number of receipt
	Proof    []string // of each receipt, without times and what hangs on them
	Acts     []string // of the audit chain, without times
	Key      bool     // to take list 1 back
	Counts   []string // of the nights and the newest purge, by step
}

func (p *place) purged(t testing.TB) (out purged) {
	t.Helper()
	s := p.store(t)
	out.Register = p.state(t).without(append([]string{"purge_receipts", "purge_undo"}, aboutClock...)...).dump
	out.Files = slices.Sorted(maps.Keys(tree(t, p.Outbox)))
	lists, err := s.PurgeLists(t.Context())
	must(t, err)
	for _, l := range lists {
		out.Lists = append(out.Lists, fmt.Sprint(l.No, l.State, l.ReceiptNo))
	}
	receipts, err := s.Receipts(t.Context())
	must(t, err)
	for _, r := range receipts {
		out.Proof = append(out.Proof, fmt.Sprint(r.No, r.Kind, r.ListNo, r.AsOf, r.ListHash, r.Persons, r.RowsDeleted, r.Approvers))
		if _, err := os.Stat(filepath.Join(p.Outbox, "compliance", "purge-receipt_"+r.No+".json")); err != nil {
			t.Errorf("the file of %s: %v", r.No, err)
		}
	}
	for _, e := range p.chain(t) {
		if e.Action != audit.RunFinished { // it tells of reports, and these of times
			out.Acts = append(out.Acts, fmt.Sprint(e.Action))
		}
	}
	_, err = os.Stat(filepath.Join(p.StateDir, "keys", "undo", "1.key"))
	out.Key = err == nil
	out.Counts = p.stepCounts(t)
	p.with(t, func(h *jobs.House) {
		c, err := h.VerifyReceipts(t.Context(), p.publicKey())
		must(t, err)
		if len(c.Damage) > 0 {
			t.Errorf("receipts: %+v", c.Damage)
		}
	})
	if r := p.audited(t, p.publicKey()); !r.OK() {
		t.Errorf("audit: %+v", r.Findings)
	}
	return out
}

// stepCounts is what each night and the newest purge say they did: an attempt that
// was cut short must not be missing from it.
func (p *place) stepCounts(t testing.TB) (out []string) {
	t.Helper()
	s := p.store(t)
	for job, newest := range map[string]int{jobs.Nightly: 0, jobs.Purge: 1} {
		runs, err := s.Runs(t.Context(), job, newest)
		must(t, err)
		for _, r := range runs {
			if job == jobs.Nightly && r.Attempt > 1 { // after a kill a night that is done may be done again
				continue
			}
			steps, err := s.Steps(t.Context(), r.ID)
			must(t, err)
			for _, step := range steps {
				out = append(out, fmt.Sprint(job, " ", r.AsOf, " ", step.Name, " ", step.State, " ", step.Counts))
			}
		}
	}
	slices.Sort(out)
	return out
}

// passed are the points that a command passes, each as NAME:n for its n-th time.
func (p *place) passed(t testing.TB, args ...string) (out []string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "points")
	p.meibo(t, []string{"MEIBO_FAILPOINT_LOG=" + log}, args...)
	for _, x := range numbered(read(t, log)) {
		out = append(out, x.String())
	}
	return out
}

// purgePhase is a command that changes the state of list 1, killed on its way.
type purgePhase struct {
	name  string
	from  func(t *testing.T, p *place) // brings a place with list 1 to where it begins
	args  []string
	done  func(t *testing.T, p *place) bool // whether the command has nothing left to do
	next  pipeline.Date                     // of the night after it, which tidies up
	state string                            // of the list in the end
	least int                               // points it passes
}

func approvedList(t *testing.T, p *place) { p.approve(t, 1, "S1", "S2") }

func executedList(t *testing.T, p *place) {
	approvedList(t, p)
	p.execute(t, 1)
}

func purgePhases() []purgePhase {
	in := func(states ...string) func(*testing.T, *place) bool {
		return func(t *testing.T, p *place) bool { return slices.Contains(states, p.listState(t, 1)) }
	}
	return []purgePhase{
		{
			"approve", func(t *testing.T, p *place) { p.approve(t, 1, "S1") },
			[]string{"purge", "approve", "1", "--by", "S2"},
			in(purge.ListApproved), sampleDays[1], purge.ListApproved, 2,
		},
		{"run", approvedList, []string{"purge", "run", "1"}, in(purge.ListExecuted), sampleDays[1], purge.ListExecuted, 40},
		{
			"undo", executedList,
			[]string{"purge", "undo", "1", "--by", "S1", "--by", "S3", "--reason", "取違え"},
			in(purge.ListUndone), sampleDays[1], purge.ListUndone, 8,
		},
		{
			"settle", executedList,
			[]string{"run", "--as-of", sampleDays[0].AddDays(8).String()},
			func(*testing.T, *place) bool { return false }, sampleDays[0].AddDays(9), purge.ListSettled, 40,
		},
		{
			"automatic", func(_ *testing.T, p *place) { p.Purge.Mode, p.Purge.ReviewDays = purge.ModeAutomatic, 0 },
			[]string{"run", "--as-of", sampleDays[1].String()},
			func(t *testing.T, p *place) bool {
				runs, err := p.store(t).Runs(t.Context(), jobs.Nightly, 1)
				must(t, err)
				return runs[0].AsOf == sampleDays[1] // it began: whatever goes on with it does the execution, too
			}, sampleDays[2], purge.ListExecuted, 80,
		},
		{"replay", func(t *testing.T, p *place) {
			restore := p.backup(t)
			executedList(t, p)
			restore()
		}, []string{"purge", "replay", "--by", "S1"}, func(t *testing.T, p *place) (done bool) {
			p.with(t, func(h *jobs.House) { done = h.InOrder(t.Context()) == nil })
			return done
		}, sampleDays[1], purge.ListSettled, 12},
	}
}

// base is a place with list 1, made once for each phase.
func (x *purgePhase) base(t *testing.T, persons int) *place {
	t.Helper()
	p := newPlace(t, t.TempDir(), "")
	p.DB = sqliteIn(p.dir)
	p.purgeable(t, persons)
	p.sql(t).MustExec(`UPDATE registrations SET note = '紹介者 DUE00001'`) // others name them
	p.sql(t).MustExec(`UPDATE registration_events SET note = '紹介者 DUE00001'`)
	p.sql(t).MustExec(`INSERT INTO activities (agent_id, acted_on, kind, actor, origins) VALUES ('REG1', '2026-11-01', '照会', '窓口 DUE00002', '')`)
	x.from(t, p)
	return p
}

// copyOf is the place anew, on either kind of database.
func copyOf(t *testing.T, base *place, db string) *place {
	t.Helper()
	dir := t.TempDir()
	must(t, os.CopyFS(dir, os.DirFS(base.dir)))
	p := newPlace(t, dir, sqliteIn(dir))
	p.Purge = base.Purge
	if db == "mysql" {
		dsn := newMySQL(t)
		p.copyTo(t, p.DB, dsn)
		p.DB = dsn
	}
	return p
}

// goOn does what an operator does after a kill: the command once more, or resume
// where it was a night; and then comes the next night, before which that of mode
// automatic may go without a resume.
func (x *purgePhase) goOn(t *testing.T, p *place, again bool) {
	t.Helper()
	if x.args[0] == "run" && x.name != "automatic" || again && x.name != "replay" { // before which nothing else is done
		p.meibo(t, nil, "resume")
	}
	if !x.done(t, p) {
		p.meibo(t, nil, x.args...)
	}
	p.meibo(t, nil, "run", "--as-of", x.next.String())
}

// P6: whatever changes the state of a list is killed at any point and done again:
// the same end, with exactly one receipt of each kind.
func TestChaosP6KilledAtAnyPointOfAPurge(t *testing.T) {
	for _, x := range purgePhases() {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			persons := 3
			if x.name == "run" {
				persons = 203 // two parts
			}
			base := x.base(t, persons)
			undisturbed := copyOf(t, base, "sqlite")
			points := undisturbed.passed(t, x.args...)
			if len(points) < x.least {
				t.Fatalf("only %d points are passed: %v", len(points), points)
			}
			undisturbed.meibo(t, nil, "run", "--as-of", x.next.String())
			want := undisturbed.purged(t)
			equal(t, "state", undisturbed.listState(t, 1), x.state)
			for _, db := range []string{"sqlite", "mysql"} {
				for i, at := range x.sample(points, db) {
					t.Run(db+" "+at, func(t *testing.T) {
						p := copyOf(t, base, db)
						if !p.meibo(t, []string{"MEIBO_FAILPOINT=" + at}, x.args...) {
							t.Fatal("the point was never passed")
						}
						x.goOn(t, p, i%2 == 1)
						equal(t, "end", p.purged(t), want)
						count("kill in purge: "+x.name, p.kind(), 1, t.Failed())
					})
				}
			}
		})
	}
}

// sample is each point in full form, on a server every third; else some of the
// points, and those where the ledger is ahead of the database. The execution of mode
// automatic is the one of run.
func (x *purgePhase) sample(points []string, db string) (out []string) {
	every := map[bool]map[string]int{true: {"sqlite": 1, "mysql": 3}, false: {"sqlite": 43, "mysql": 97}}[*chaos][db]
	if len(points) < 2*every && !*chaos { // of the short ones at least some
		every = max(1, len(points)/2)
	}
	for i, at := range points {
		ahead := strings.Contains(at, "-after-ledger") || strings.Contains(at, "purge-") && strings.Contains(at, "-ledger")
		outside := db == "sqlite" && (ahead && x.name != "automatic" || at == "run-after-end:1")
		if i%every == every-1 || outside {
			out = append(out, at)
		}
	}
	return out
}
