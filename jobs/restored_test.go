package jobs_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"meibo/jobs"
	"meibo/pipeline/purge"
	"meibo/pipeline/store"
)

// backup keeps the register as it stands; restore brings it back.
func (p *place) backup(t testing.TB) (restore func()) {
	t.Helper()
	kept := sqliteIn(t.TempDir())
	p.copyTo(t, p.DB, kept)
	return func() {
		t.Helper()
		if file, ok := strings.CutPrefix(p.DB, "sqlite:"); ok {
			for _, end := range []string{"", "-wal", "-shm"} {
				if err := os.Remove(file + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
					t.Fatal(err)
				}
			}
		} else {
			p.DB = newMySQL(t)
		}
		p.copyTo(t, kept, p.DB)
	}
}

func (p *place) copyTo(t testing.TB, from, to string) {
	t.Helper()
	src, err := store.Open(t.Context(), from, store.Options{})
	must(t, err)
	defer src.Close()
	dst, err := store.Open(t.Context(), to, store.Options{})
	must(t, err)
	defer dst.Close()
	must(t, src.CopyTo(t.Context(), dst))
	id, err := src.RegisterID(t.Context())
	must(t, err)
	if id != "" { // a backup keeps it, unlike a copy to work with
		must(t, dst.Write(t.Context(), func(tx *store.Tx) error { return tx.SetRegisterID(t.Context(), id) }))
	}
}

// P9: last week's dump is restored; nothing starts before the replay, and after
// it nobody who was deleted is there, whatever the backup held.
func TestP9ARestoredDatabaseIsReplayedBeforeAnythingElse(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 3)
		restore := p.backup(t)
		p.approve(t, 1, "S1", "S2")
		p.execute(t, 1)
		p.night(t, sampleDays[1])
		restore()
		p.with(t, func(h *jobs.House) {
			var behind *jobs.ErrRestored
			if err := h.InOrder(t.Context()); !errors.As(err, &behind) || behind.Parts != 1 || behind.Events == 0 {
				t.Errorf("in order: %v, want one part and some events unknown", err)
			}
			if _, err := h.Night(t.Context(), sampleDays[2], false); !errors.As(err, &behind) {
				t.Errorf("a night on the restored database: %v, want it refused", err)
			}
			r, err := h.Replay(t.Context(), "S1")
			must(t, err)
			if r.Kind != purge.ReceiptReplayed || r.Persons[0].Count != 3 {
				t.Errorf("receipt %+v, want three persons deleted again", r)
			}
			must(t, h.InOrder(t.Context()))
			if _, err := h.Replay(t.Context(), ""); !errors.Is(err, jobs.ErrInOrder) {
				t.Errorf("a second replay: %v, want nothing to do", err)
			}
		})
		equal(t, "on file", p.onFile(t), []string{"HELD1", "LATER1", "REG1"})
		p.night(t, sampleDays[2])
		equal(t, "after the next night", p.onFile(t), []string{"HELD1", "LATER1", "REG1"})
		report := p.audited(t, p.publicKey())
		if !report.OK() || len(report.Restores) != 1 {
			t.Errorf("audit: findings %v, restores %v, want one restore and no damage", report.Findings, report.Restores)
		}
		p.mentionsNobody(t, "DUE00001", "DUE00002", "DUE00003", "due1@example.com")
	})
}

// mentionsNobody looks for texts in every table.
func (p *place) mentionsNobody(t testing.TB, texts ...string) {
	t.Helper()
	var b bytes.Buffer
	must(t, p.store(t).Dump(t.Context(), &b))
	for _, x := range texts {
		if strings.Contains(b.String(), x) {
			t.Errorf("the dump still holds %s", x)
		}
	}
}

func TestABackupOlderThanTheLedgerReachesIsRefused(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.Purge.GuardMonths = 1
	p.purgeable(t, 1)
	restore := p.backup(t)
	p.approve(t, 1, "S1", "S2")
	p.execute(t, 1)
	p.night(t, day("2027-01-15")) // after the last day of guard and ledger
	restore()
	p.with(t, func(h *jobs.House) {
		if _, err := h.Replay(t.Context(), ""); !errors.Is(err, jobs.ErrTooOld) {
			t.Errorf("replay: %v, want it refused as too old", err)
		}
	})
	if ids := p.onFile(t); !slices.Contains(ids, "DUE00001") {
		t.Errorf("on file %v: the refused replay deleted somebody", ids)
	}
}

func TestADatabaseThatWasTamperedWithIsNotReplayed(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.purgeable(t, 1)
	p.night(t, sampleDays[1])
	restore := p.backup(t)
	p.approve(t, 1, "S1", "S2")
	p.execute(t, 1)
	p.night(t, sampleDays[2])
	restore()
	db, err := sqlx.Open("sqlite", strings.TrimPrefix(p.DB, "sqlite:"))
	must(t, err)
	db.MustExec("UPDATE audit_events SET hash = ?", strings.Repeat("0", 64))
	must(t, db.Close())
	p.with(t, func(h *jobs.House) {
		if _, err := h.Replay(t.Context(), ""); !errors.Is(err, jobs.ErrTampered) {
			t.Errorf("replay: %v, want it refused", err)
		}
	})
}

// A ledger that was lost, or cut, is noted again from what the database guards; a
// database that knows less than the receipts tell is not put in order by it.
func TestALostLedgerIsNotedAgain(t *testing.T) {
	for name, damage := range map[string]func(lines []byte) []byte{
		"lost": func([]byte) []byte { return nil },
		"cut":  func(b []byte) []byte { return b[:bytes.IndexByte(b, '\n')+1] },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
			p.Purge.MaxPercent = 100
			p.purgeable(t, 3)
			before := p.backup(t)
			p.with(t, func(h *jobs.House) {
				_, err := h.Hold(t.Context(), jobs.HoldOrder{AgentID: "DUE00003", Reason: "調査", By: "S1"})
				must(t, err)
			})
			p.approve(t, 1, "S1", "S2")
			p.execute(t, 1)
			p.with(t, func(h *jobs.House) {
				_, err := h.Release(t.Context(), "DUE00003", 0, "S2", "済んだ", 0)
				must(t, err)
			})
			p.night(t, sampleDays[1])
			p.approve(t, 2, "S1", "S2")
			p.execute(t, 2)
			after := p.backup(t)
			ledger := filepath.Join(p.StateDir, "purge-ledger.jsonl")
			b, err := os.ReadFile(ledger)
			must(t, err)
			must(t, os.WriteFile(ledger, damage(b), 0o600))

			before()
			p.with(t, func(h *jobs.House) {
				if _, err := h.Replay(t.Context(), ""); !errors.Is(err, jobs.ErrLedger) {
					t.Errorf("replay: %v, want the ledger refused", err)
				}
			})
			after()
			p.night(t, sampleDays[2])
			before()
			equal(t, "persons", p.replay(t, "S1").Persons, []purge.Count{{Of: "復元後の再削除", Count: 3}})
			equal(t, "on file", p.onFile(t), []string{"HELD1", "LATER1", "REG1"})
		})
	}
}

func TestAnAlteredLedgerStopsTheWork(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.purgeable(t, 1)
	p.approve(t, 1, "S1", "S2")
	p.execute(t, 1)
	name := filepath.Join(p.StateDir, "purge-ledger.jsonl")
	b, err := os.ReadFile(name)
	must(t, err)
	// A line torn by a power cut is none; one that says something else is.
	must(t, os.WriteFile(name, append(slices.Clone(b), `{"no":2,"kin`...), 0o600))
	p.with(t, func(h *jobs.House) { must(t, h.InOrder(t.Context())) })
	must(t, os.WriteFile(name, bytes.Replace(b, []byte(`"list_no":1`), []byte(`"list_no":7`), 1), 0o600))
	p.with(t, func(h *jobs.House) {
		if err := h.InOrder(t.Context()); !errors.Is(err, jobs.ErrLedger) {
			t.Errorf("in order: %v, want the ledger refused", err)
		}
	})
}

// P8: the insurer's and the association's files of last night come again.
func TestP8APurgedIDThatComesBackIsSetAside(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 1)
		p.approve(t, 1, "S1", "S2")
		p.execute(t, 1)
		again := func(night string) {
			p.put(t, night+"/association/agents_1.csv", table(agentHeader, "DUE00001,期限 一子,キゲン アコ,,1950-03-01,女,due1@example.com,2020-01-01,"))
			p.put(t, night+"/1001/registrations_1.csv", table(registrationHeader, "1001,,D1,代理店D1,DUE00001,期限 一子,1950-03-01,使用人,登録,2020-04-01,,自動車"))
		}
		again("2026-11-20")
		p.night(t, sampleDays[1])
		equal(t, "on file", p.onFile(t), []string{"HELD1", "LATER1", "REG1"})
		p.with(t, func(h *jobs.House) {
			rows, err := h.Returns(t.Context())
			must(t, err)
			var kinds []string
			for _, r := range rows {
				kinds = append(kinds, r.Kind)
			}
			slices.Sort(kinds)
			equal(t, "set aside", kinds, []string{"agents", "registrations"})
			wrong(t, "by one", h.Readmit(t.Context(), "DUE00001", []string{"S1"}, "再登録"), "2人")
			wrong(t, "by one twice", h.Readmit(t.Context(), "DUE00001", []string{"S1", "S1"}, "再登録"), "同じ人")
			wrong(t, "of another", h.Readmit(t.Context(), "REG1", []string{"S1", "S2"}, "再登録"), "削除済み")
			must(t, h.Readmit(t.Context(), "due00001", []string{"S1", "S2"}, "再登録"))
		})
		equal(t, "by the word alone", p.onFile(t), []string{"HELD1", "LATER1", "REG1"})
		again("2026-11-21")
		p.night(t, sampleDays[2])
		equal(t, "after the file came again", p.onFile(t), []string{"DUE00001", "HELD1", "LATER1", "REG1"})
		p.with(t, func(h *jobs.House) {
			must(t, h.InOrder(t.Context()))
			var stays *jobs.ErrStays
			if _, err := h.UndoPurge(t.Context(), 1, []string{"S1", "S3"}, "取違え", 0); !errors.As(err, &stays) || len(stays.Persons) != 1 || stays.Persons[0].AgentID != "DUE00001" {
				t.Errorf("undone with somebody back: %v, want DUE00001 named", err)
			}
			_, err := h.UndoPurge(t.Context(), 1, []string{"S1", "S3"}, "取違え", 0, "due00001")
			wrong(t, "undone for nobody", err, "取り消すものがありません")
		})
		if ledger := read(t, filepath.Join(p.StateDir, "purge-ledger.jsonl")); strings.Contains(ledger, "undone") {
			t.Errorf("the ledger takes back what was not undone:\n%s", ledger)
		}
		if r := p.audited(t, p.publicKey()); !r.OK() {
			t.Errorf("audit: %v", r.Findings)
		}
	})
}
