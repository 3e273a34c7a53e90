package jobs_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"meibo/jobs"
	"meibo/pipeline/purge"
)

// moment is what the register is like after an act in the life of its lists.
type moment struct {
	name    string
	dir     string // everything as it stood
	on      []string
	guard   []string // whom no file brings back
	numbers map[string]string
}

// life is a register with a moment after each kind of act that gives a number or
// moves a list.
func life(t *testing.T) (out []moment) {
	t.Helper()
	p := newPlace(t, t.TempDir(), "")
	p.DB = sqliteIn(p.dir)
	p.put(t, "2026-11-19/association/inquiries_1.csv", table(receivedHeader,
		"Q1,2026-08-10,照会 太郎,090-0000-0000,REG1,回答 花子,回答,2026-08-20,電話,1"))
	p.purgeable(t, 3)
	p.approve(t, 1, "S1", "S2")
	at := func(name string) { out = append(out, p.moment(t, name)) }
	at("approved")
	p.execute(t, 1)
	at("executed")
	p.takeBack(t, 1)
	at("taken back")
	p.night(t, sampleDays[1]) // with a receipt of 要領 §12
	at("a night later")
	p.approve(t, 2, "S1", "S2")
	p.execute(t, 2)
	at("executed again")
	p.with(t, func(h *jobs.House) { must(t, h.Readmit(t.Context(), "DUE00001", []string{"S1", "S2"}, "再登録")) })
	at("one let in again")
	p.night(t, sampleDays[1].AddDays(8))
	at("settled")
	return out
}

func (p *place) moment(t *testing.T, name string) moment {
	t.Helper()
	m := moment{name: name, dir: t.TempDir(), on: p.onFile(t), guard: p.guarded(t), numbers: p.numbers(t)}
	must(t, os.CopyFS(m.dir, os.DirFS(p.dir)))
	return m
}

func (p *place) takeBack(t testing.TB, no int, except ...string) (r *purge.Receipt) {
	t.Helper()
	p.with(t, func(h *jobs.House) {
		var err error
		r, err = h.UndoPurge(t.Context(), no, []string{"S1", "S3"}, "取違え", 0, except...)
		must(t, err)
	})
	return r
}

// guarded are the guarded IDs with their lists, as the database holds them.
func (p *place) guarded(t testing.TB) (out []string) {
	t.Helper()
	must(t, p.sql(t).Select(&out, `SELECT id_hmac FROM purge_guard ORDER BY id_hmac`))
	return out
}

// numbers are the receipts on file by their number, each as what was signed.
func (p *place) numbers(t testing.TB) map[string]string {
	t.Helper()
	all, err := p.store(t).Receipts(t.Context())
	must(t, err)
	out := map[string]string{}
	for i := range all {
		out[all[i].No] = all[i].Kind + " " + all[i].Hash
	}
	return out
}

// restoredFrom is the place as it stood at one moment, with the database of an
// earlier one.
func restoredFrom(t *testing.T, now, backup moment, db string) *place {
	t.Helper()
	dir := t.TempDir()
	must(t, os.CopyFS(dir, os.DirFS(now.dir)))
	p := newPlace(t, dir, sqliteIn(dir))
	p.Purge.MaxPercent = 100
	p.bringBack(t, backup, db)
	return p
}

func (p *place) bringBack(t *testing.T, backup moment, db string) {
	t.Helper()
	if db == "mysql" {
		p.DB = newMySQL(t)
		p.copyTo(t, sqliteIn(backup.dir), p.DB)
		return
	}
	for _, end := range []string{"", "-wal", "-shm"} {
		name := "meibo.db" + end
		if err := os.Remove(filepath.Join(p.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(backup.dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		must(t, err)
		must(t, os.WriteFile(filepath.Join(p.dir, name), b, 0o600))
	}
}

// Whenever a backup is made and whenever it is restored: nothing works before the
// replay, which brings the register to what ledger and receipts tell; and no
// number is given to two receipts.
func TestNoRestoreLosesAPersonOrGivesANumberTwice(t *testing.T) {
	moments := life(t)
	for j, now := range moments {
		for i, backup := range moments[:j] {
			dbs := []string{"sqlite"}
			if j-i == 1 && j%2 == 0 || i == 1 && j == 3 {
				dbs = append(dbs, "mysql")
			}
			for _, db := range dbs {
				t.Run(fmt.Sprintf("%s/a backup as it was %s, restored when %s", db, backup.name, now.name), func(t *testing.T) {
					p := restoredFrom(t, now, backup, db)
					given := now.numbers
					// In the window the sealed rows bring back who was taken back; the
					// restore is noticed however often it is done.
					for range 1 + i%2 {
						p.bringBack(t, backup, db)
						p.replayed(t, now, given)
						given = p.numbers(t)
					}
					p.night(t, sampleDays[1].AddDays(9))
					equal(t, "after the next night", p.onFile(t), now.on)
				})
			}
		}
	}
}

// Somebody who restored an old backup, and finds a later one after the replay, may
// restore that: it is no beginning of the chain as it goes on now, but of the one
// that the first restore gave up.
func TestALaterBackupIsRestoredBehindAReplay(t *testing.T) {
	moments := life(t)
	last := moments[len(moments)-1]
	p := restoredFrom(t, last, last, "sqlite")
	p.night(t, sampleDays[1].AddDays(9)) // without a receipt
	now := p.moment(t, "a night after all of it")
	moments = append(moments, now)
	for _, c := range []struct{ first, then int }{{0, len(moments) - 1}, {1, 3}} {
		first, then := moments[c.first], moments[c.then]
		t.Run(fmt.Sprintf("first as it was %s, then as it was %s", first.name, then.name), func(t *testing.T) {
			p := restoredFrom(t, now, first, "sqlite")
			p.replayed(t, now, now.numbers)
			p.night(t, sampleDays[1].AddDays(10))
			given := p.numbers(t)
			p.bringBack(t, then, "sqlite")
			p.replayed(t, now, given)
			if r := p.audited(t, p.publicKey()); len(r.Restores) != 1 || r.Restores[0].Of == 0 {
				t.Errorf("restores %v, want the second, of what the first gave up", r.Restores)
			}
			// And so it may be once more, with the first.
			given = p.numbers(t)
			p.bringBack(t, first, "sqlite")
			p.replayed(t, now, given)
			p.night(t, sampleDays[1].AddDays(11))
			equal(t, "after the next night", p.onFile(t), now.on)
			if r := p.audited(t, p.publicKey()); !r.OK() {
				t.Errorf("audit: %v", r.Findings)
			}
		})
	}
}

// replayed puts a restored place in order and compares it with the moment at
// which it was restored.
func (p *place) replayed(t *testing.T, now moment, given map[string]string) {
	t.Helper()
	p.with(t, func(h *jobs.House) {
		var behind *jobs.ErrRestored
		if err := h.InOrder(t.Context()); !errors.As(err, &behind) {
			t.Fatalf("in order: %v, want the restore noticed", err)
		}
		if _, err := h.Night(t.Context(), sampleDays[2], false); !errors.As(err, &behind) {
			t.Errorf("a night on the restored database: %v, want it refused", err)
		}
		r, err := h.Replay(t.Context(), "S1")
		must(t, err)
		equal(t, "number", r.No, purge.ReceiptNo(len(given)+1))
		must(t, h.InOrder(t.Context()))
		c, err := h.VerifyReceipts(t.Context(), p.publicKey())
		must(t, err)
		equal(t, "damage", c.Damage, []purge.Damage{})
	})
	equal(t, "on file", p.onFile(t), now.on)
	equal(t, "guarded", p.guarded(t), now.guard)
	after := p.numbers(t)
	for no, was := range given {
		if after[no] != was {
			t.Errorf("%s is %q, was given to %q", no, after[no], was)
		}
	}
	if r := p.audited(t, p.publicKey()); !r.OK() {
		t.Errorf("audit: %v", r.Findings)
	}
}
