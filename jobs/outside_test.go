package jobs_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"meibo/jobs"
	"meibo/pipeline/durable"
	"meibo/pipeline/durable/durabletest"
	"meibo/pipeline/run"
)

// brokenFolder is a folder in which one operation fails.
type brokenFolder struct {
	durable.FS
	io.Closer
}

// onState opens the folders of the place on a disk, and that of the state with a fault.
func (p *place) onState(disk durable.Disk, fault durabletest.Faulty) durable.Disk {
	return func(dir string, perm fs.FileMode) (durable.Folder, error) {
		f, err := disk(dir, perm)
		if err != nil || dir != p.StateDir {
			return f, err
		}
		broken := fault
		broken.FS = f
		return brokenFolder{&broken, f}, nil
	}
}

// An execution stops because a file beside the database could not be made to last,
// and goes on. What it finds of the file is made to last then, before anything in the
// database rests on it.
func TestAPurgeThatGoesOnTrustsNoFileThatMayBeForgotten(t *testing.T) {
	for name, c := range map[string]struct {
		fault durabletest.Faulty
		step  string // at whose end it must last
		file  string
	}{
		"the key of the undo window": {durabletest.Faulty{Only: durabletest.OpSyncDir, Name: "keys/undo", N: 1}, "plan", "/keys/undo/"},
		"a line of the ledger":       {durabletest.Faulty{Only: durabletest.OpSync, Name: "purge-ledger.jsonl", N: 1}, "delete", "/purge-ledger.jsonl"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
			p.purgeable(t, 1)
			p.approve(t, 1, "S1", "S2")
			disk := &durabletest.Forgetful{Attic: t.TempDir()}
			o := p.options(t)
			o.Disk = p.onState(disk.Disk, c.fault)
			h, err := jobs.Open(t.Context(), p.Config, o)
			must(t, err)
			if _, err := h.ExecutePurge(t.Context(), 1, 0); err == nil {
				t.Fatal("the disk did not fail")
			}
			must(t, h.Close())
			looked := false
			o.Disk = disk.Disk
			o.Watch = func(step string, _ *run.Work) func(run.StepRow) {
				return func(run.StepRow) {
					if step != c.step {
						return
					}
					looked = true
					for _, change := range disk.Unsynced() {
						if strings.Contains(change, c.file) {
							t.Errorf("%s is done, and a power cut would take back: %s", step, change)
						}
					}
				}
			}
			h, err = jobs.Open(t.Context(), p.Config, o)
			must(t, err)
			defer h.Close()
			_, _, err = h.Resume(t.Context())
			must(t, err)
			if !looked {
				t.Fatal("nobody looked")
			}
		})
	}
}

// The keys of the audit chain are made past the disk that tests break; that their
// folder lasts is seen to by whoever holds the lease next.
func TestNothingRestsOnKeysThatMayBeForgotten(t *testing.T) {
	p := empty(t)
	o := p.options(t)
	o.Disk = p.onState(durable.RealDisk, durabletest.Faulty{Only: durabletest.OpSyncDir, Name: "keys", N: 1})
	h, err := jobs.Open(t.Context(), p.Config, o)
	must(t, err)
	defer h.Close()
	if _, err := h.Night(t.Context(), sampleDays[0], false); err == nil {
		t.Error("a night went on with keys whose folder was not synced")
	}
}

// Who lost the lease in his sleep neither announces a deletion in the ledger nor
// destroys a key: no transaction holds him back there.
func TestWhoLostTheLeaseTouchesNothingBesideTheDatabase(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.purgeable(t, 1)
	p.approve(t, 1, "S1", "S2")
	// overtaken does something of which another runner takes the lease meanwhile.
	overtaken := func(what string, prepare func(o *jobs.Options, take func()), do func(h *jobs.House) error) {
		t.Helper()
		other, o := p.store(t), p.options(t)
		prepare(&o, func() {
			_, err := other.Acquire(t.Context(), jobs.Nightly, "another-host:1:1", time.Now().Add(2*run.LeaseTTL), run.LeaseTTL, stays)
			must(t, err)
		})
		h, err := jobs.Open(t.Context(), p.Config, o)
		must(t, err)
		defer h.Close()
		if err := do(h); !errors.Is(err, run.ErrLeaseLost) {
			t.Errorf("%s: %v, want ErrLeaseLost", what, err)
		}
		l, _, err := other.LeaseState(t.Context(), jobs.Nightly)
		must(t, errors.Join(err, other.Release(t.Context(), l)))
	}
	overtaken("an execution", func(o *jobs.Options, take func()) {
		o.Watch = func(step string, _ *run.Work) func(run.StepRow) {
			if step == "delete" {
				take()
			}
			return func(run.StepRow) {}
		}
	}, func(h *jobs.House) error {
		_, err := h.ExecutePurge(t.Context(), 1, 0)
		return err
	})
	if _, err := os.Stat(filepath.Join(p.StateDir, "purge-ledger.jsonl")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the ledger tells of a deletion that somebody else may not do: %v", err)
	}
	p.with(t, func(h *jobs.House) {
		_, _, err := h.Resume(t.Context())
		must(t, err)
	})
	key := filepath.Join(p.StateDir, "keys", "undo", "1.key")
	before := read(t, key)
	overtaken("the end of the undo window", func(o *jobs.Options, take func()) {
		o.Disk = func(dir string, perm fs.FileMode) (durable.Folder, error) {
			f, err := durable.RealDisk(dir, perm)
			return watched{f, func(name string, flag int) {
				if name == "keys/undo/1.key" && flag&os.O_WRONLY != 0 {
					take()
				}
			}}, err
		}
	}, func(h *jobs.House) error {
		_, err := h.Night(t.Context(), sampleDays[0].AddDays(8), false)
		return err
	})
	if now := read(t, key); now != before {
		t.Error("the key to take the list back was destroyed")
	}
}
