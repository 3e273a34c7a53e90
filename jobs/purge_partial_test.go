package jobs_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline/purge"
)

// twoCameBack executes list 1 of four persons; then the first is let in again and
// comes, and so does the second, whom a later list deletes once more.
func (p *place) twoCameBack(t *testing.T, executed func()) {
	t.Helper()
	p.purgeable(t, 4)
	p.approve(t, 1, "S1", "S2")
	p.execute(t, 1)
	executed()
	p.with(t, func(h *jobs.House) {
		for _, id := range []string{"DUE00001", "DUE00002"} {
			must(t, h.Readmit(t.Context(), id, []string{"S1", "S2"}, "再登録"))
		}
	})
	p.put(t, "2026-11-20/association/agents_1.csv", table(agentHeader,
		"DUE00001,期限 新子,キゲン シンコ,,1950-03-01,女,new1@example.com,2026-11-20,",
		"DUE00002,期限 古子,キゲン フルコ,,1951-03-02,女,new2@example.com,2020-01-02,"))
	p.night(t, sampleDays[1])
	p.approve(t, 2, "S1", "S2")
	p.execute(t, 2)
	equal(t, "on file", p.onFile(t), []string{"DUE00001", "HELD1", "LATER1", "REG1"})
}

// Somebody who cannot come back holds nobody else: undo names whom it cannot bring
// back and why, and does the rest once these are left out by name.
func TestUndoBringsBackWhomItCan(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		var restore func()
		p.twoCameBack(t, func() { restore = p.backup(t) })
		by := []string{"S1", "S3"}
		p.with(t, func(h *jobs.House) {
			var stays *jobs.ErrStays
			_, err := h.UndoPurge(t.Context(), 1, by, "取違え", 0)
			if !errors.As(err, &stays) {
				t.Fatalf("undo: %v, want those named who cannot come back", err)
			}
			var why []string
			for _, x := range stays.Persons {
				reason, _, _ := strings.Cut(x.Reason, "。")
				why = append(why, x.AgentID+" "+reason)
			}
			equal(t, "named", why, []string{
				"DUE00001 すでに登録簿に戻っています（再取込みを認めた後に、送信元のファイルで登載し直されました）",
				"DUE00002 後の一覧 2 で再び削除されています",
			})
			_, err = h.UndoPurge(t.Context(), 1, by, "取違え", 0, "DUE00001")
			if !errors.As(err, &stays) {
				t.Errorf("with one of two left out: %v", err)
			}
			for _, other := range []string{"DUE00003", "REG1"} {
				_, err = h.UndoPurge(t.Context(), 1, by, "取違え", 0, "DUE00001", "DUE00002", other)
				wrong(t, other+" left out", err, "戻せない人の募集人ID だけ")
			}
		})
		equal(t, "refused", p.listState(t, 1), purge.ListExecuted)
		r := p.takeBack(t, 1, "due00002", "DUE00001")
		equal(t, "persons", r.Persons, []purge.Count{{Of: "2", Count: 2}})
		equal(t, "left out", r.Residual, []purge.Residual{{Place: purge.NoteStayed, Files: 2}})
		for _, c := range r.RowsDeleted {
			if c.Of == "agents" && c.Count != 2 {
				t.Errorf("%d rows of agents were put back, want 2", c.Count)
			}
		}
		on := []string{"DUE00001", "DUE00003", "DUE00004", "HELD1", "LATER1", "REG1"}
		equal(t, "on file", p.onFile(t), on)
		if n := len(p.guarded(t)); n != 1 {
			t.Errorf("%d IDs are guarded, want that of the one deleted again", n)
		}
		p.mentionsNobody(t, "DUE00002", "due2@example.com", "new2@example.com")
		equal(t, "list", p.listState(t, 1), purge.ListUndone)

		restore()
		p.replay(t, "")
		equal(t, "after a restore", p.onFile(t), slices.DeleteFunc(on, func(id string) bool { return id == "DUE00001" })) // its file comes again
		if n := len(p.guarded(t)); n != 1 {
			t.Errorf("after a restore %d IDs are guarded, want one", n)
		}
		p.mentionsNobody(t, "DUE00002", "due2@example.com")
		p.put(t, "2026-11-21/association/agents_1.csv", table(agentHeader, "DUE00001,期限 新子,キゲン シンコ,,1950-03-01,女,new1@example.com,2026-11-20,"))
		p.night(t, sampleDays[2])
		if r := p.audited(t, p.publicKey()); !r.OK() || !slices.Contains(p.onFile(t), "DUE00001") {
			t.Errorf("audit %v, on file %v", r.Findings, p.onFile(t))
		}
	})
}

// Whom an undo left out stays deleted, also after a restore from before the list
// was executed: what was readmitted is the ID, not the record.
func TestWhomAnUndoLeftOutStaysDeletedAfterARestore(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 3)
		restore := p.backup(t)
		p.approve(t, 1, "S1", "S2")
		p.execute(t, 1)
		p.with(t, func(h *jobs.House) { must(t, h.Readmit(t.Context(), "DUE00001", []string{"S1", "S2"}, "再登録")) })
		p.put(t, "2026-11-20/association/agents_1.csv", table(agentHeader,
			"DUE00001,期限 新子,キゲン シンコ,,1950-03-01,女,new1@example.com,2026-11-20,"))
		p.night(t, sampleDays[1])
		p.takeBack(t, 1, "DUE00001")
		p.with(t, func(h *jobs.House) { must(t, h.InOrder(t.Context())) })
		equal(t, "on file", p.onFile(t), []string{"DUE00001", "DUE00002", "DUE00003", "HELD1", "LATER1", "REG1"})
		restore()
		p.replay(t, "")
		equal(t, "after a restore", p.onFile(t), []string{"DUE00002", "DUE00003", "HELD1", "LATER1", "REG1"}) // the new file comes again
		p.mentionsNobody(t, "due1@example.com")
	})
}

// An undo that was killed before its transaction and not done again did not happen:
// a restore from before the execution deletes its persons once more.
func TestAnUndoThatWasCutShortDidNotHappen(t *testing.T) {
	p := newPlace(t, t.TempDir(), "")
	p.DB = sqliteIn(p.dir)
	p.purgeable(t, 2)
	restore := p.backup(t)
	p.approve(t, 1, "S1", "S2")
	p.execute(t, 1)
	if !p.meibo(t, []string{"MEIBO_FAILPOINT=purge-undo-ledger:1"}, "purge", "undo", "1", "--by", "S1", "--by", "S3", "--reason", "取違え") {
		t.Fatal("the point was never passed")
	}
	p.with(t, func(h *jobs.House) { must(t, h.InOrder(t.Context())) })
	p.night(t, sampleDays[1])
	restore()
	equal(t, "persons", total(p.replay(t, "").Persons), 2)
	equal(t, "on file", p.onFile(t), []string{"HELD1", "LATER1", "REG1"})
	equal(t, "list", p.listState(t, 1), purge.ListSettled)
}

// Who was put back and stands in no copy any more is never given up in silence.
func TestAReplayThatWouldLosePersonsIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 2)
		p.approve(t, 1, "S1", "S2")
		p.execute(t, 1)
		early := p.backup(t)
		p.takeBack(t, 1)
		late := p.backup(t)
		p.night(t, sampleDays[0].AddDays(8)) // the window is over
		if _, there := tree(t, p.StateDir)["keys/undo/1.key"]; there {
			t.Error("the key outlives its window")
		}
		early()
		p.with(t, func(h *jobs.House) {
			var lost *jobs.ErrLostUndo
			if _, err := h.Replay(t.Context(), "S1"); !errors.As(err, &lost) {
				t.Fatalf("replay: %v, want it refused", err)
			}
			equal(t, "lost", lost.Lists, []jobs.LostUndo{{ListNo: 1, Persons: 2, UndoneOn: sampleDays[0]}})
			var behind *jobs.ErrRestored
			if err := h.InOrder(t.Context()); !errors.As(err, &behind) {
				t.Errorf("in order: %v, want it still behind", err)
			}
		})
		kept := p.DB
		late()
		r := p.replay(t, "S1")
		equal(t, "receipt", r.No+r.Kind, "R-000003再実行")
		equal(t, "from a later backup", p.onFile(t), []string{"DUE00001", "DUE00002", "HELD1", "LATER1", "REG1"})
		p.DB = kept
		early()
		p.with(t, func(h *jobs.House) {
			r, err := h.ReplayWithLoss(t.Context(), "S1")
			must(t, err)
			equal(t, "receipt", r.No, "R-000004")
			if !slices.Contains(r.Residual, purge.Residual{Place: purge.NoteLost, Files: 2}) {
				t.Errorf("the receipt does not count the lost: %v", r.Residual)
			}
		})
		if len(p.guarded(t)) > 0 {
			t.Error("those who were taken back may not come in again")
		}
		equal(t, "given up", p.onFile(t), []string{"HELD1", "LATER1", "REG1"})
		if r := p.audited(t, p.publicKey()); !r.OK() {
			t.Errorf("audit: %v", r.Findings)
		}
	})
}
