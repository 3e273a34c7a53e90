package jobs_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
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
	return p.onMachine(t, o, night)
}

// diskStriker lets operations on files fail.
type diskStriker struct {
	name string
	kind durabletest.Faulty // how
	disk *durabletest.Faulty
	gone bool // a disk that is gone was told of
}

func (d *diskStriker) begin(o *jobs.Options) {
	disk := d.kind
	d.disk, d.gone = &disk, false
	o.Disk = disk.Disk
	o.Block = 1 << 10 // the files are so small that one block would hold each
}

func (d *diskStriker) arm(n int) {
	if d.kind.Sticky && d.disk.Hit != "" { // it stays away
		d.gone = true
		return
	}
	d.disk.Arm(n)
}

func (d *diskStriker) done() []string { return d.disk.Done }

func (d *diskStriker) ordered(stretch) bool { return true }

func (d *diskStriker) retried() bool { return false }

func (d *diskStriker) hit() string {
	if d.gone {
		return ""
	}
	return d.disk.Hit
}

func (d *diskStriker) fault() string { return "file operation: " + d.name }

func (d *diskStriker) judge(t *testing.T, what string, err error) {
	t.Helper()
	var told *jobs.DiskError
	var path *fs.PathError
	switch {
	case err == nil: // the night did without
	case !errors.Is(err, d.kind.Err):
		t.Errorf("%s: %s: error %v, want %v", d.name, what, err, d.kind.Err)
	case errors.As(err, &path) && path.Op == durabletest.OpMake: // which names the whole path
	case !errors.As(err, &told):
		t.Errorf("%s: %s: error %v does not tell the folder", d.name, what, err)
	}
}

// noHalfFiles says that every file of the outbox is whole: as it was before the
// night or as it is to be after it.
func noHalfFiles(t *testing.T, what string, p *place, before, after aftermath) {
	t.Helper()
	for name, content := range tree(t, p.Outbox) {
		if strings.Contains(name, ".meibo-") {
			continue // swept by the next run; no final name
		}
		old, was := before.outbox[name]
		fresh, is := after.outbox[name]
		if !(was && content == old) && !(is && content == fresh) {
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
	kinds := durabletest.Kinds()
	var ways []string // in which any operation can fail
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		if kinds[name].Only == "" {
			ways = append(ways, name)
		}
	}
	for i, name := range slices.Sorted(maps.Keys(kinds)) {
		for _, x := range []struct {
			db    string
			night int
			short bool // in short form too
			thin  int  // in full form, of how many operations one
			own   int  // of those of the one kind that fails, of how many one
		}{{"sqlite", diskNight, true, 1, 1}, {"sqlite", 0, false, 4, 4}, {"mysql", diskNight, i%4 == 0, 1, 4}} {
			if !*chaos && !x.short {
				continue
			}
			t.Run(fmt.Sprintf("%s, night %d, %s", x.db, x.night+1, name), func(t *testing.T) {
				t.Parallel()
				campaign := newCampaign(t, c, x.db, x.night, &diskStriker{name: name, kind: kinds[name]})
				if least := 20; campaign.size() < least {
					t.Fatalf("a night has only %d operations, want %d and more", campaign.size(), least)
				}
				way := slices.Index(ways, name)
				switch {
				case *chaos && way < 0:
					campaign.every(t, x.own, i%x.own)
				case *chaos && name == "input/output error": // by which no other operation fails, nor anything else
					campaign.every(t, x.thin, 0)
				case *chaos:
					campaign.every(t, 4*x.thin, way)
				default:
					campaign.some(t, rand.New(rand.NewPCG(20261121, uint64(i))), 1, "")
				}
			})
		}
	}
}

// What cannot be read is not taken for something else that could be: a model of
// identities not for one nobody has trained, a returned workbook not for one that
// cannot be marked, one with a password not for a damaged one.
func TestChaosDiskFaultIsNoAnswer(t *testing.T) {
	c := everyKind(t)
	archived := func(name string) string {
		b, err := os.ReadFile(filepath.Join(c.dirs[diskNight], "inbox", chaosDays[diskNight].String(), name))
		must(t, err)
		return fmt.Sprintf("%x", sha256.Sum256(b))
	}
	type file struct {
		name  string
		least int
	}
	files := map[string]file{
		"model":             {"identity/model.json", 1},
		"returned workbook": {archived("compliance/purge-list_1.xlsx"), 10},
	}
	if *chaos {
		files["locked workbook"] = file{archived("1002/registrations_2.xlsx"), 20}
	}
	for what, x := range files {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			all := newCampaign(t, c, "sqlite", diskNight, &diskStriker{name: "of " + what, kind: durabletest.Faulty{Name: x.name, Err: syscall.EIO}})
			if all.size() < x.least {
				t.Fatalf("only %d operations on %s", all.size(), what)
			}
			if *chaos {
				all.every(t, 1, 0)
			} else { // the import reads first, whom other trials disturb
				all.strike(t, func(s stretch, i int) bool {
					return s.step != "receive" && s.step != "import" && i >= len(all.stretches[s])-4
				})
			}
		})
	}
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
