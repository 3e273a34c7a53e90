package jobs_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"meibo/jobs"
	"meibo/pipeline/purge"
)

// receiptNos are the numbers of the receipts on file.
func (p *place) receiptNos(t testing.TB) (out []string) {
	t.Helper()
	all, err := p.store(t).Receipts(t.Context())
	must(t, err)
	for i := range all {
		out = append(out, all[i].No+all[i].Kind)
	}
	return out
}

func (p *place) replay(t testing.TB, by string) (r purge.Receipt) {
	t.Helper()
	p.with(t, func(h *jobs.House) {
		var err error
		r, err = h.Replay(t.Context(), by)
		must(t, err)
	})
	return r
}

// No restore lets a number be given twice, or a receipt be written over: those of
// the lost time are taken back from their files, and where that cannot be, their
// numbers stay theirs.
func TestAReplayKeepsTheReceiptsOfTheLostTime(t *testing.T) {
	const inOutbox, inState = "compliance/purge-receipt_R-000001.json", "receipts/purge-receipt_R-000001.json"
	spoil := func(name string) func(testing.TB) {
		return func(t testing.TB) {
			b, err := os.ReadFile(name)
			must(t, err)
			must(t, os.WriteFile(name, []byte(strings.Replace(string(b), `"count": 2`, `"count": 1`, 1)), 0o600))
		}
	}
	for _, c := range []struct {
		name   string
		damage func(t testing.TB, p *place)
		want   []string
		verify []purge.Damage
	}{
		{"both files are there", func(testing.TB, *place) {}, []string{"R-000001削除", "R-000002再実行"}, []purge.Damage{}},
		{"the outbox was emptied", func(t testing.TB, p *place) {
			must(t, os.RemoveAll(filepath.Join(p.Outbox, "compliance")))
		}, []string{"R-000001削除", "R-000002再実行"}, []purge.Damage{}},
		{"the copy was altered", func(t testing.TB, p *place) {
			spoil(filepath.Join(p.StateDir, inState))(t)
		}, []string{"R-000001削除", "R-000002再実行"}, []purge.Damage{}},
		{"both were altered", func(t testing.TB, p *place) {
			spoil(filepath.Join(p.StateDir, inState))(t)
			spoil(filepath.Join(p.Outbox, inOutbox))(t)
		}, []string{"R-000002再実行"}, []purge.Damage{{No: "R-000002", Kind: purge.DamageMissing}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
			p.purgeable(t, 2)
			restore := p.backup(t)
			p.approve(t, 1, "S1", "S2")
			p.execute(t, 1)
			c.damage(t, p)
			before := tree(t, p.Outbox)[inOutbox]
			restore()
			equal(t, "number", p.replay(t, "S1").No, "R-000002")
			equal(t, "receipts", p.receiptNos(t), c.want)
			p.with(t, func(h *jobs.House) {
				r, err := h.VerifyReceipts(t.Context(), p.publicKey())
				must(t, err)
				equal(t, "damage", r.Damage, c.verify)
			})
			p.night(t, sampleDays[1])
			if after := tree(t, p.Outbox)[inOutbox]; before != "" && after != before || before == "" && after == "" {
				t.Error("the file of the first receipt is another one, or gone")
			}
			l, _, err := p.store(t).PurgeList(t.Context(), 1)
			must(t, err)
			equal(t, "list 1", l.State, purge.ListSettled)
			p.with(t, func(h *jobs.House) {
				_, err := h.UndoPurge(t.Context(), 1, []string{"S1", "S2"}, "取違え", 0)
				wrong(t, "an undo", err, "復元後に meibo purge replay で削除し直しました")
			})
		})
	}
}

// A backup from after an execution still knows it: it can be taken back behind the
// replay, and stays so.
func TestAnUndoBehindAReplayStands(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 2)
		p.approve(t, 1, "S1", "S2")
		p.execute(t, 1)
		restore := p.backup(t)
		p.night(t, sampleDays[1])
		restore()
		equal(t, "persons", p.replay(t, "S1").Persons, []purge.Count{{Of: "復元後の再削除", Count: 0}})
		p.takeBack(t, 1)
		on := []string{"DUE00001", "DUE00002", "HELD1", "LATER1", "REG1"}
		equal(t, "on file", p.onFile(t), on)
		p.with(t, func(h *jobs.House) {
			must(t, h.InOrder(t.Context()))
			if _, err := h.Replay(t.Context(), ""); !errors.Is(err, jobs.ErrInOrder) {
				t.Errorf("a second replay: %v, want nothing to do", err)
			}
		})
		// And behind a restore of what was before the undo.
		restore()
		p.replay(t, "S1")
		equal(t, "on file again", p.onFile(t), on)
		p.night(t, sampleDays[2])
		equal(t, "after a night", p.onFile(t), on)
	})
}

// Of receipts of the lost time one whose files are gone hides no later one.
func TestALostReceiptHidesNoLaterOne(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.purgeable(t, 2)
	restore := p.backup(t)
	p.approve(t, 1, "S1", "S2")
	p.execute(t, 1)
	p.takeBack(t, 1)
	for _, name := range []string{filepath.Join(p.StateDir, "receipts"), filepath.Join(p.Outbox, "compliance")} {
		must(t, os.Remove(filepath.Join(name, "purge-receipt_R-000001.json")))
	}
	restore()
	equal(t, "number", p.replay(t, "S1").No, "R-000003")
	equal(t, "receipts", p.receiptNos(t), []string{"R-000002取消", "R-000003再実行"})
	equal(t, "list 1", p.listState(t, 1), purge.ListUndone)
	p.with(t, func(h *jobs.House) {
		r, err := h.VerifyReceipts(t.Context(), p.publicKey())
		must(t, err)
		equal(t, "damage", r.Damage, []purge.Damage{{No: "R-000002", Kind: purge.DamageMissing}})
	})
}

// What was taken back in the lost time stays taken back.
func TestAReplayKnowsWhatWasTakenBack(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 2)
		restore := p.backup(t)
		p.approve(t, 1, "S1", "S2")
		p.execute(t, 1)
		p.with(t, func(h *jobs.House) {
			_, err := h.UndoPurge(t.Context(), 1, []string{"S1", "S3"}, "取違え", 0)
			must(t, err)
		})
		restore()
		if r := p.replay(t, ""); r.Persons[0].Count != 0 {
			t.Errorf("%d persons were deleted who had been put back", r.Persons[0].Count)
		}
		equal(t, "receipts", p.receiptNos(t), []string{"R-000001削除", "R-000002取消", "R-000003再実行"})
		equal(t, "list 1", p.listState(t, 1), purge.ListUndone)
		equal(t, "on file", p.onFile(t), []string{"DUE00001", "DUE00002", "HELD1", "LATER1", "REG1"})
	})
}

// A mail box that somebody shares who stays is no trace of the deleted.
func TestAReplayLeavesRowsOfWhoStays(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.put(t, "2026-11-19/association/agents_9.csv", table(agentHeader, "DUESHARED,期限 共子,キゲン トモコ,,1949-05-05,女,reg@example.com,2020-01-05,"))
	p.purgeable(t, 1)
	note := func(row int, text string) {
		db, err := sqlx.Open("sqlite", strings.TrimPrefix(p.DB, "sqlite:"))
		must(t, err)
		defer db.Close()
		db.MustExec(`INSERT INTO import_faults (batch_id, row_no, column_key, code, severity, sheet, header, message_ja, message_en)
			SELECT batch_id, ?, 'email', 'bad-email', 'warning', '', '', ?, '' FROM import_batches ORDER BY batch_id LIMIT 1`, row, text)
	}
	note(901, "reg@example.com へ届かない")
	note(902, "due1@example.com へ届かない")
	restore := p.backup(t)
	p.approve(t, 1, "S1", "S2")
	p.execute(t, 1)
	restore()
	equal(t, "persons", p.replay(t, "").Persons[0].Count, 2)
	dump := p.state(t).dump
	if !strings.Contains(dump, "reg@example.com へ届かない") {
		t.Error("the note on the shared mail box is gone")
	}
	if strings.Contains(dump, "due1@example.com") || strings.Contains(dump, "DUESHARED") {
		t.Error("a trace of the deleted is left")
	}
}

func TestOnlyAccountsMayReplay(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.purgeable(t, 1)
	restore := p.backup(t)
	p.approve(t, 1, "S1", "S2")
	p.execute(t, 1)
	restore()
	p.with(t, func(h *jobs.House) {
		for _, by := range []string{"S9", "NOBODY"} {
			_, err := h.Replay(t.Context(), by)
			wrong(t, by, err, "停止されていない")
		}
		var behind *jobs.ErrRestored
		if err := h.InOrder(t.Context()); !errors.As(err, &behind) {
			t.Errorf("in order: %v, want it still behind", err)
		}
	})
	equal(t, "approvers", p.replay(t, "ｓ１").Approvers, []string{"S1"})
	p.with(t, func(h *jobs.House) {
		wrong(t, "somebody stopped", h.Readmit(t.Context(), "DUE00001", []string{"S1", "S9"}, "再登録"), "停止されていない")
	})
}

// Killed at any of its transactions and done again, a replay deletes the same
// people, looks for all of them, and its receipt counts the whole of it.
func TestAReplayThatWasCutShortCountsAllOfIt(t *testing.T) {
	base := newPlace(t, t.TempDir(), "")
	base.DB = sqliteIn(base.dir)
	base.purgeable(t, 203) // two parts
	restore := base.backup(t)
	base.approve(t, 1, "S1", "S2")
	base.execute(t, 1)
	restore()
	again := func(t *testing.T) *place {
		t.Helper()
		dir := t.TempDir()
		must(t, os.CopyFS(dir, os.DirFS(base.dir)))
		p := newPlace(t, dir, sqliteIn(dir))
		p.Purge = base.Purge
		return p
	}
	last := func(t *testing.T, p *place) (r purge.Receipt) {
		t.Helper()
		all, err := p.store(t).Receipts(t.Context())
		must(t, err)
		return all[len(all)-1]
	}
	undisturbed := again(t)
	undisturbed.meibo(t, nil, "purge", "replay")
	want := last(t, undisturbed)
	equal(t, "persons", want.Persons, []purge.Count{{Of: "復元後の再削除", Count: 203}})
	for _, at := range []string{
		"purge-key-after:1", "commit-after-replay.remove:1", "commit-before-replay.remove:2", "commit-after-replay.remove:2",
		"commit-before-replay.certify:1", "commit-after-replay.certify:1", "purge-key-removed:1",
	} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			p := again(t)
			if !p.meibo(t, []string{"MEIBO_FAILPOINT=" + at}, "purge", "replay") {
				t.Fatal("the point was never passed")
			}
			p.meibo(t, nil, "purge", "replay")
			got := last(t, p)
			equal(t, "receipt", got.No+got.Kind, want.No+want.Kind)
			equal(t, "persons", got.Persons, want.Persons)
			equal(t, "rows", got.RowsDeleted, want.RowsDeleted)
			equal(t, "searched", len(got.Searched), len(want.Searched))
			equal(t, "receipts", p.receiptNos(t), undisturbed.receiptNos(t))
			equal(t, "on file", p.onFile(t), []string{"HELD1", "LATER1", "REG1"})
			for name := range tree(t, p.StateDir) {
				if strings.HasPrefix(name, "keys/undo/") {
					t.Errorf("%s is left", name)
				}
			}
			if parts, err := p.store(t).UndoCounts(t.Context(), 0); err != nil || len(parts) > 0 {
				t.Errorf("%d parts are left, %v", len(parts), err)
			}
			p.with(t, func(h *jobs.House) { must(t, h.InOrder(t.Context())) })
			if r := p.audited(t, p.publicKey()); !r.OK() {
				t.Errorf("audit: %v", r.Findings)
			}
		})
	}
}
