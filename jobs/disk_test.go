package jobs_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"meibo/jobs"
	"meibo/pipeline/durable/durabletest"
)

// onDisk does a night, or goes on with one, on a disk that may fail.
func (p *place) onDisk(t testing.TB, disk *durabletest.Faulty, night int) error {
	t.Helper()
	o := p.options(t)
	o.Disk = disk.Disk
	h, err := jobs.Open(t.Context(), p.Config, o)
	if err != nil {
		return err
	}
	defer func() { must(t, h.Close()) }()
	r, found, err := h.Resume(t.Context())
	if err == nil && (!found || r.Run.AsOf != chaosDays[night]) {
		_, err = h.Night(t.Context(), chaosDays[night], false)
	}
	return err
}

// failAt lets the n-th operation of a night fail, goes on, and compares; false
// if the night has no n-th operation.
func (c *chaosNights) failAt(t *testing.T, db, name string, kind durabletest.Faulty, night, n int) bool {
	t.Helper()
	p := c.place(t, db, night)
	disk := kind
	disk.N = n
	err := p.onDisk(t, &disk, night)
	if !disk.Happened() {
		must(t, err)
		return false
	}
	what := fmt.Sprintf("%s at operation %d (%s)", name, n, disk.Hit)
	var told *jobs.DiskError
	switch {
	case err == nil:
		t.Logf("%s: the night did without", what)
	case !errors.Is(err, kind.Err):
		t.Errorf("%s: error %v, want %v", what, err, kind.Err)
	case !errors.As(err, &told) && !strings.HasPrefix(disk.Hit, durabletest.OpMake):
		t.Errorf("%s: error %v does not tell the folder", what, err)
	}
	noHalfFiles(t, what, p, c.want[night], c.want[night+1])
	if p.isDone(t, chaosDays[night]) { // it did without, or only its checkpoint is missing
		p.goOn(t, night)
	} else {
		must(t, p.onDisk(t, &durabletest.Faulty{}, night))
	}
	c.compare(t, "file operation: "+name, p, night)
	if t.Failed() {
		t.Fatal(what)
	}
	return true
}

// noHalfFiles says that every file of the outbox is whole: as it was before the
// night or as it is to be after it.
func noHalfFiles(t *testing.T, what string, p *place, before, after aftermath) {
	t.Helper()
	for name, content := range tree(t, p.Outbox) {
		if strings.Contains(name, ".meibo-") {
			continue // swept by the next run; no final name
		}
		if content != before.outbox[name] && content != after.outbox[name] {
			t.Errorf("%s: %s is neither the old nor the new file", what, name)
		}
	}
}

// diskNight is the night on whose disk most operations fail: the second, which
// finds an archive, an outbox and answers. The first makes the folders.
const diskNight = 1

// Whatever operation on a file fails, and however it fails: the night says so,
// nothing half-written stands under its name, and going on leaves what an
// undisturbed night leaves.
func TestChaosDiskFailsAtAnyOperation(t *testing.T) {
	c := everyKind(t)
	kinds, operations := durabletest.Kinds(), c.operations(t)
	for i, name := range slices.Sorted(maps.Keys(kinds)) {
		kind := kinds[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dice := rand.New(rand.NewPCG(20261121, uint64(i)))
			most := operations[kind.Only]
			if least := 20; most < least {
				t.Fatalf("a night has only %d operations %s, want %d and more", most, kind.Only, least)
			}
			if *chaos {
				every := *stride
				if kind.Only != "" {
					every = 1 // there are few of one kind
				}
				// Each way to fail meets other operations.
				for n := 1 + i%every; n <= most && c.failAt(t, "sqlite", name, kind, diskNight, n); n += every {
				}
				for n := 1 + i%every; c.failAt(t, "sqlite", name, kind, 0, n); n += 4 * every {
				}
			}
			sample := map[string]int{"sqlite": 2}
			if i%4 == 0 {
				sample["mysql"] = 1
			}
			if *chaos {
				sample = map[string]int{"mysql": 15}
			}
			for _, db := range slices.Sorted(maps.Keys(sample)) {
				for range sample[db] {
					n := 1 + dice.IntN(most)
					t.Run(fmt.Sprint(db, " ", n), func(t *testing.T) { // whose connections end with it
						if !c.failAt(t, db, name, kind, diskNight, n) {
							t.Errorf("no operation %d of %d", n, most)
						}
					})
				}
			}
		})
	}
}

// What cannot be read is not taken for something else that could be: a model of
// identities not for one nobody has trained, a returned workbook not for one that
// cannot be marked.
func TestChaosDiskFaultIsNoAnswer(t *testing.T) {
	c := everyKind(t)
	returned, err := os.ReadFile(filepath.Join(c.dirs[diskNight], "inbox", chaosDays[diskNight].String(), "compliance", "purge-list_1.xlsx"))
	must(t, err)
	for what, x := range map[string]struct {
		name  string
		least int
	}{
		"model":             {"identity/model.json", 1},
		"returned workbook": {fmt.Sprintf("%x", sha256.Sum256(returned)), 10},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			all := durabletest.Faulty{Name: x.name}
			must(t, c.place(t, "sqlite", diskNight).onDisk(t, &all, diskNight))
			if all.Ops < x.least {
				t.Fatalf("only %d operations on %s", all.Ops, what)
			}
			first, every := max(1, all.Ops-3), 1 // the import reads first, whom other trials disturb
			if *chaos {
				first, every = 1, *stride
			}
			for n := first; n <= all.Ops; n += every {
				c.failAt(t, "sqlite", "of "+what, durabletest.Faulty{Name: x.name, Err: syscall.EIO}, diskNight, n)
			}
		})
	}
}

// operations is how many operations an undisturbed night has, by kind; "": in all.
func (c *chaosNights) operations(t *testing.T) map[string]int {
	t.Helper()
	disk := durabletest.Faulty{Kinds: map[string]int{}}
	p := c.place(t, "sqlite", diskNight)
	must(t, p.onDisk(t, &disk, diskNight))
	c.compare(t, "file operation: none", p, diskNight)
	disk.Kinds[""] = disk.Ops
	return disk.Kinds
}

// An operator is told which folder it is and not whose file.
func TestDiskErrorsNameTheFolderAndNobody(t *testing.T) {
	t.Parallel()
	const name = "agents_山田太郎.csv"
	every := 31 // sorts of operations come in turn
	if *chaos {
		every = 3
	}
	for n := 1; ; n += every {
		p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
		p.Insurers = p.Insurers[:1] // the files of further ones are written alike
		p.put(t, "association/"+name, table(agentHeader, "P1,山田　太郎,,,1980-02-30,,,2020-01-01,"))
		disk := &durabletest.Faulty{N: n, Err: syscall.ENOSPC}
		err := p.onDisk(t, disk, 0)
		if !disk.Happened() {
			if must(t, err); n < 100 {
				t.Errorf("only %d operations", n)
			}
			return
		}
		if err == nil {
			continue
		}
		if s := err.Error(); strings.Contains(s, "山田") {
			t.Errorf("operation %d (%s): %s", n, disk.Hit, s)
		}
		for _, part := range []string{"inbox", "archive", "state", "outbox"} {
			if strings.Contains(err.Error(), part) {
				part = ""
			}
			if part == "" {
				break
			}
			if part == "outbox" {
				t.Errorf("operation %d (%s): %v names no folder", n, disk.Hit, err)
			}
		}
	}
}

// undisturbedDisk fails nothing.
func undisturbedDisk() *durabletest.Faulty { return &durabletest.Faulty{} }
