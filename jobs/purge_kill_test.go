package jobs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline/audit"
	"meibo/pipeline/purge"
)

// aboutClock are tables whose rows tell when something was done.
var aboutClock = append([]string{"audit_events", "purge_approvals", "leases", "run_settings", "run_progress"}, journal...)

// purged is what an execution leaves: the register, the lists and the proof.
type purged struct {
	Register string
	Lists    []string // state and number of receipt
	Proof    []string // of each receipt, without times and what hangs on them
	Acts     []string // of the audit chain, without times
	Key      bool     // to take list 1 back
}

func (p *place) purged(t testing.TB) (out purged) {
	t.Helper()
	s := p.store(t)
	out.Register = p.state(t).without(append([]string{"purge_receipts", "purge_undo"}, aboutClock...)...).dump
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

// passed are the points that a command passes, each as NAME:n for its n-th time.
func (p *place) passed(t testing.TB, args ...string) (out []string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "points")
	p.meibo(t, []string{"MEIBO_FAILPOINT_LOG=" + log}, args...)
	b, err := os.ReadFile(log)
	must(t, err)
	seen := map[string]int{}
	for _, name := range strings.Fields(string(b)) {
		seen[name]++
		out = append(out, fmt.Sprintf("%s:%d", name, seen[name]))
	}
	return out
}

// P6: killed at any point of an execution and gone on with, by the command
// itself, by resume or by the next night: the same end, with exactly one receipt.
func TestP6KilledAtAnyPointOfAnExecution(t *testing.T) {
	base := newPlace(t, t.TempDir(), "")
	base.DB = sqliteIn(base.dir)
	base.purgeable(t, 203)
	base.approve(t, 1, "S1", "S2")
	again := func(t *testing.T) *place {
		t.Helper()
		dir := t.TempDir()
		must(t, os.CopyFS(dir, os.DirFS(base.dir)))
		p := newPlace(t, dir, sqliteIn(dir))
		p.Purge = base.Purge
		return p
	}
	undisturbed := again(t)
	points := undisturbed.passed(t, "purge", "run", "1")
	want := undisturbed.purged(t)
	if len(want.Proof) != 1 || want.Lists[0] != fmt.Sprint(1, purge.ListExecuted, "R-000001") {
		t.Fatalf("undisturbed: %v, %v", want.Lists, want.Proof)
	}
	undisturbed.meibo(t, nil, "run", "--as-of", sampleDays[1].String())
	wantNext := undisturbed.purged(t)
	points = slices.DeleteFunc(points, func(at string) bool {
		name, n, _ := strings.Cut(at, ":")
		return !*chaos && n != "1" && !(strings.HasPrefix(name, "purge-") && n == "2")
	})
	if !*chaos {
		points = slices.DeleteFunc(points, func(at string) bool { return strings.Contains(at, "Hold:") || strings.Contains(at, "Renew") })
	}
	if len(points) < 20 {
		t.Fatalf("only %d points are passed: %v", len(points), points)
	}
	for i, at := range points {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			p := again(t)
			if !p.meibo(t, []string{"MEIBO_FAILPOINT=" + at}, "purge", "run", "1") {
				t.Fatal("the point was never passed")
			}
			want := want
			begun := p.listState(t, 1) != purge.ListApproved
			switch {
			case i%3 == 2 && begun: // else the next night has nothing to go on with
				p.meibo(t, nil, "run", "--as-of", sampleDays[1].String())
				want = wantNext
			case i%3 == 1:
				p.meibo(t, nil, "resume")
				p.goOnPurging(t)
			default:
				p.goOnPurging(t)
			}
			equal(t, "end", p.purged(t), want)
		})
	}
}

// goOnPurging repeats the command, or finishes what is left of an executed list.
func (p *place) goOnPurging(t testing.TB) {
	t.Helper()
	if p.listState(t, 1) != purge.ListExecuted {
		p.meibo(t, nil, "purge", "run", "1")
		return
	}
	p.meibo(t, nil, "resume")
}
