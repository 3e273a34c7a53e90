package jobs_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/audit"
	"meibo/pipeline/purge"
	"meibo/pipeline/store"
)

// purgeable is a place with a night on which so many people are long due, one
// held by a 強制停止, one registered and one who comes due later; S1 to S3 may act.
func (p *place) purgeable(t testing.TB, due int) {
	t.Helper()
	p.Purge.MaxPercent = 100
	rows := []string{
		"HELD1,停止 一郎,,,1970-01-01,男,,2019-01-01,1", "LATER1,後日 花子,ゴジツ ハナコ,,1971-01-01,女,,2026-06-15,",
		"REG1,登録 三郎,トウロク サブロウ,,1972-02-02,男,reg@example.com,2015-01-01,",
	}
	for i := range due {
		n := i + 1
		rows = append(rows, fmt.Sprintf("DUE%05d,期限 %c%c子,キゲン %cコ,旧姓 %d,%d-03-%02d,女,due%d@example.com,2020-01-%02d,",
			n, rune('一'+n%500), rune('丁'+n/500), rune('ア'+n%80), n, 1950+n%40, 1+n%28, n, 1+n%28))
	}
	p.put(t, "2026-11-19/association/agents_1.csv", table(agentHeader, rows...))
	p.put(t, "2026-11-19/association/staff_1.xlsx", workbook(t, staffHeader,
		"S1,審査 一,s1@kyokai.example,協会,", "S2,審査 二,s2@kyokai.example,協会,", "S3,審査 三,s3@kyokai.example,協会,", "S9,退職 九,s9@kyokai.example,協会,1"))
	p.put(t, "2026-11-19/1001/registrations_1.csv", table(registrationHeader, "1001,,D1,代理店D1,REG1,登録 三郎,1972-02-02,使用人,登録,2020-04-01,,自動車"))
	p.night(t, sampleDays[0])
}

func (p *place) approve(t testing.TB, no int, who ...string) {
	t.Helper()
	p.with(t, func(h *jobs.House) {
		for _, by := range who {
			_, err := h.Approve(t.Context(), no, by, "", 0)
			must(t, err)
		}
	})
}

func (p *place) execute(t testing.TB, no int) (e jobs.Executed) {
	t.Helper()
	p.with(t, func(h *jobs.House) {
		var err error
		e, err = h.ExecutePurge(t.Context(), no, 0)
		must(t, err)
	})
	return e
}

// listState is the state of a list.
func (p *place) listState(t testing.TB, no int) string {
	t.Helper()
	l, found, err := p.store(t).PurgeList(t.Context(), no)
	must(t, err)
	if !found {
		t.Fatalf("no list %d", no)
	}
	return l.State
}

// onFile are the IDs of the register.
func (p *place) onFile(t testing.TB) (out []string) {
	t.Helper()
	for a, err := range p.store(t).People(t.Context()) {
		must(t, err)
		out = append(out, a.Agent.ID)
	}
	return out
}

func wrong(t testing.TB, what string, err error, want string) {
	t.Helper()
	var e *jobs.ErrPurge
	if !errors.As(err, &e) || !strings.Contains(e.JA, want) {
		t.Errorf("%s: %v, want refused with %q", what, err, want)
	}
}

// A hold that somebody has written but no night has read is no reason to delete.
func TestPurgeWaitsForReturnedWorkbooks(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 3)
		p.approve(t, 1, "S1", "S2")
		p.put(t, "compliance/reviews_1.csv", table("リスト番号,募集人ID,判定,理由,審査者", "1,DUE00001,保留,照会中,S1"))
		p.with(t, func(h *jobs.House) {
			_, err := h.ExecutePurge(t.Context(), 1, 0)
			wrong(t, "with a workbook in the inbox", err, "審査結果が 1 件")
		})
		equal(t, "state", p.listState(t, 1), purge.ListApproved)
		p.night(t, sampleDays[1])
		e := p.execute(t, 1)
		equal(t, "deleted", e.Planned, 2)
		equal(t, "on file", p.onFile(t), []string{"DUE00001", "HELD1", "LATER1", "REG1"})
	})
}

func TestPurgeFromListToProof(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 3)
		p.with(t, func(h *jobs.House) {
			_, err := h.ExecutePurge(t.Context(), 1, 0)
			wrong(t, "without an approval", err, "承認が必要")
		})
		p.approve(t, 1, "S1")
		equal(t, "after one", p.listState(t, 1), purge.ListFirst)
		p.approve(t, 1, "s2")
		equal(t, "after two", p.listState(t, 1), purge.ListApproved)
		e := p.execute(t, 1)
		equal(t, "state", p.listState(t, 1), purge.ListExecuted)
		equal(t, "on file", p.onFile(t), []string{"HELD1", "LATER1", "REG1"})
		if e.Receipt == nil || e.Receipt.No != "R-000001" {
			t.Fatalf("receipt: %+v", e.Receipt)
		}
		equal(t, "persons", e.Receipt.Persons, []purge.Count{{Of: "2", Count: 3}})
		equal(t, "approvers", e.Receipt.Approvers, []string{"S1", "S2"})
		for _, s := range e.Receipt.Searched {
			if strings.HasPrefix(s.Place, "表 ") && s.Hits != 0 {
				t.Errorf("hits in %s: %d", s.Place, s.Hits)
			}
		}
		p.with(t, func(h *jobs.House) {
			_, err := h.ExecutePurge(t.Context(), 1, 0)
			wrong(t, "a second time", err, "実行済")
			c, err := h.VerifyReceipts(t.Context(), p.publicKey())
			must(t, err)
			if c.Receipts != 1 || len(c.Damage) > 0 {
				t.Errorf("receipts: %+v", c)
			}
		})
		if r := p.audited(t, p.publicKey()); !r.OK() {
			t.Errorf("audit: %+v", r.Findings)
		}
		p.night(t, sampleDays[1])
		equal(t, "after the next night", p.onFile(t), []string{"HELD1", "LATER1", "REG1"})
		if n := len(p.rowsOf(t, 2)); n != 2 {
			t.Errorf("%d rows on the next list, want the held and the later one", n)
		}
	})
}

func (p *place) rowsOf(t testing.TB, no int) (out []pipeline.PurgeRow) {
	t.Helper()
	for r, err := range p.store(t).PurgeRows(t.Context(), no) {
		must(t, err)
		out = append(out, *r)
	}
	return out
}

// register is every table but those that tell of what was done.
func (p *place) registerDump(t testing.TB) string {
	t.Helper()
	return p.state(t).without(append([]string{"audit_events", "purge_approvals", "purge_lists", "purge_receipts", "leases", "run_settings"}, journal...)...).dump
}

func TestP10UndoRestoresByteEqualRowsWithinTheWindow(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 3)
		before := p.registerDump(t)
		p.approve(t, 1, "S1", "S2")
		p.execute(t, 1)
		p.with(t, func(h *jobs.House) {
			_, err := h.UndoPurge(t.Context(), 1, []string{"S1", "s1"}, "誤り", 0)
			wrong(t, "the same person twice", err, "同じ人")
			_, err = h.UndoPurge(t.Context(), 1, []string{"S1", "S9"}, "誤り", 0)
			wrong(t, "somebody stopped", err, "停止されていない")
			r, err := h.UndoPurge(t.Context(), 1, []string{"S1", "S3"}, "申請の取違え", 0)
			must(t, err)
			equal(t, "receipt", r.Kind+r.No, "取消R-000002")
		})
		equal(t, "state", p.listState(t, 1), purge.ListUndone)
		if after := p.registerDump(t); after != before {
			t.Errorf("the register differs:\n%s", diffLines(before, after))
		}
		p.night(t, sampleDays[1])
		equal(t, "a new list", p.listState(t, 2), purge.ListPublished)
	})
}

func TestP10AfterTheWindowNobodyCanUndoEvenWithTheBlob(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 2)
		p.approve(t, 1, "S1", "S2")
		p.execute(t, 1)
		key := tree(t, p.StateDir)["keys/undo/1.key"]
		if len(key) != 32 {
			t.Fatalf("the key has %d bytes", len(key))
		}
		parts, err := p.store(t).UndoCounts(t.Context(), 1)
		must(t, err)
		blob, _, err := p.store(t).UndoOf(t.Context(), 1, parts[0].Part)
		must(t, err)
		p.night(t, sampleDays[0].AddDays(7))
		equal(t, "on the last day", p.listState(t, 1), purge.ListExecuted)
		p.night(t, sampleDays[0].AddDays(8))
		equal(t, "a day later", p.listState(t, 1), purge.ListSettled)
		for name, content := range tree(t, p.StateDir) {
			if strings.Contains(content, key) {
				t.Errorf("the key still stands in %s", name)
			}
		}
		gone := 0
		for _, e := range p.chain(t) {
			if e.Action == audit.UndoKeyGone && strings.Contains(string(e.Payload), `"list":1`) {
				gone++
			}
		}
		equal(t, "events of the key's destruction", gone, 1)
		s := p.store(t)
		must(t, s.Write(t.Context(), func(tx *store.Tx) error { // somebody kept the blob
			if err := tx.PutUndo(t.Context(), blob); err != nil {
				return err
			}
			_, err := tx.MovePurgeList(t.Context(), 1, purge.ListSettled, purge.ListExecuted, "R-000001")
			return err
		}))
		p.with(t, func(h *jobs.House) {
			_, err := h.UndoPurge(t.Context(), 1, []string{"S1", "S2"}, "取違え", 0)
			wrong(t, "after the window", err, "取消可能期間")
		})
		// Whoever writes another last day into the database gets no further: what
		// would open the blob is gone.
		p.sql(t).MustExec(`UPDATE purge_receipts SET residual = REPLACE(residual, '2026-11-26', '2027-11-26')`)
		p.with(t, func(h *jobs.House) {
			_, err := h.UndoPurge(t.Context(), 1, []string{"S1", "S2"}, "取違え", 0)
			wrong(t, "with a window made longer", err, "取消用の鍵がない")
		})
		equal(t, "on file", p.onFile(t), []string{"HELD1", "LATER1", "REG1"})
	})
}

// A key whose destruction was cut short between its two halves, the overwriting and
// the removal, opens nothing and seals nothing, and is removed when its time comes.
func TestAKeyThatWasOverwrittenIsGone(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 2)
		p.approve(t, 1, "S1", "S2")
		p.execute(t, 1)
		key := filepath.Join(p.StateDir, "keys", "undo", "1.key")
		whole := read(t, key)
		overwrite := func(with []byte) { must(t, os.WriteFile(key, with, 0o600)) }
		overwrite(make([]byte, len(whole)))
		p.with(t, func(h *jobs.House) {
			_, err := h.UndoPurge(t.Context(), 1, []string{"S1", "S2"}, "取違え", 0)
			wrong(t, "with such a key", err, "取消用の鍵がない")
		})
		overwrite([]byte(whole))
		p.takeBack(t, 1)
		overwrite(make([]byte, len(whole)))
		p.night(t, sampleDays[0].AddDays(8))
		if _, err := os.Stat(key); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("after the window: %v, want it removed", err)
		}
	})
}

func TestP4TheSamePersonTwiceIsRefusedByTheDatabase(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 2)
		p.approve(t, 1, "S1")
		p.with(t, func(h *jobs.House) {
			_, err := h.Approve(t.Context(), 1, "ｓ１", "", 0)
			wrong(t, "in other letters", err, "同じ人")
			for _, by := range []string{"S9", "NOBODY", ""} {
				if _, err := h.Approve(t.Context(), 1, by, "", 0); err == nil {
					t.Errorf("%q may approve", by)
				}
			}
		})
		l, _, err := p.store(t).PurgeList(t.Context(), 1)
		must(t, err)
		err = p.store(t).Write(t.Context(), func(tx *store.Tx) error {
			return tx.Approve(t.Context(), store.Approval{ListNo: 1, ListHash: l.Hash, By: "S1", At: pipeline.InstantOf(p.now()), ExpiresOn: day("2026-12-31")})
		})
		if !errors.Is(err, store.ErrTwice) {
			t.Errorf("past the program: %v", err)
		}
		equal(t, "state", p.listState(t, 1), purge.ListFirst)
	})
}

func TestP2AnActivityBetweenApprovalAndExecutionSavesThePerson(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 0)
		p.put(t, "2026-11-20/association/agents_2.csv", table(agentHeader,
			"DUEA,期限 甲,,,1980-04-01,,,2026-05-10,", "DUEB,期限 乙,,,1980-04-02,,,2026-05-10,"))
		p.night(t, sampleDays[1])
		p.approve(t, 2, "S1", "S2")
		p.put(t, "2026-11-21/contact-center/activities_1.csv", table(activityHeader, "DUEA,照会,2026-11-09,"))
		p.night(t, sampleDays[2])
		e := p.execute(t, 2)
		equal(t, "dropped", e.Dropped[0].AgentID+" "+e.Dropped[0].Code, "DUEA "+purge.DropRegistered[:0]+purge.DropExtended)
		if all := p.onFile(t); slices.Contains(all, "DUEB") || !slices.Contains(all, "DUEA") {
			t.Errorf("on file: %v", all)
		}
	})
}

// TestP3 takes a list that goes in three parts; with -chaos, one of 10,000.
func TestP3OneHeldPersonStaysAndAllOthersGo(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p *place) {
		t.Parallel()
		if *chaos {
			p.oneOfManyIsHeld(t, 10_000)
			return
		}
		p.purgeable(t, 450)
		p.approve(t, 1, "S1", "S2")
		p.with(t, func(h *jobs.House) {
			_, err := h.Hold(t.Context(), jobs.HoldOrder{AgentID: "due00300", Reason: "苦情の調査", By: "S3"})
			must(t, err)
		})
		e := p.execute(t, 1)
		equal(t, "persons", e.Receipt.Persons, []purge.Count{{Of: "2", Count: 449}})
		equal(t, "on file", p.onFile(t), []string{"DUE00300", "HELD1", "LATER1", "REG1"})
		if x := p.explained(t, "DUE00300", sampleDays[0]); x.Purge == nil || x.Purge.State != pipeline.PurgeHeld || !strings.Contains(fmt.Sprint(x.Purge.Holds), "苦情の調査") {
			t.Errorf("explained: %+v", x.Purge)
		}
	})
}

func TestP5AChangedRowDropsOutAndTheRestStands(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 2)
		p.approve(t, 1, "S1", "S2")
		p.put(t, "2026-11-20/exam-center/exam-results_2.csv", table(examHeader, "DUE00001,期限 丁丁子,1951-03-02,K10,合格,2026-11-01,,C-1,2026-11-15"))
		p.night(t, sampleDays[1])
		e := p.execute(t, 1)
		if len(e.Dropped) != 1 || e.Dropped[0].AgentID != "DUE00001" || e.Dropped[0].Code != purge.DropExtended && e.Dropped[0].Code != purge.DropChanged {
			t.Errorf("dropped: %+v", e.Dropped)
		}
		equal(t, "persons", e.Receipt.Persons, []purge.Count{{Of: "2", Count: 1}})
	})
}

func TestP15AnApprovalOlderThanItsExpiryIsVoid(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 2)
		p.approve(t, 1, "S1")
		p.night(t, sampleDays[1])
		p.approve(t, 1, "S2")
		p.night(t, sampleDays[0].AddDays(14))
		equal(t, "on the last day", p.listState(t, 1), purge.ListApproved)
		p.night(t, sampleDays[0].AddDays(15))
		equal(t, "the first is void", p.listState(t, 1), purge.ListFirst)
		p.with(t, func(h *jobs.House) {
			_, err := h.ExecutePurge(t.Context(), 1, 0)
			wrong(t, "one approval", err, "承認が必要")
		})
		p.night(t, sampleDays[0].AddDays(16))
		equal(t, "both are void", p.listState(t, 1), purge.ListExpired)
		p.approve(t, 1, "S1", "S2")
		equal(t, "approved anew", p.listState(t, 1), purge.ListApproved)
		p.execute(t, 1)
	})
}

func TestP16AnotherDayThanTheNewestNightIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 2)
		p.night(t, sampleDays[1])
		p.approve(t, 1, "S1", "S2")
		p.with(t, func(h *jobs.House) {
			for _, d := range []pipeline.Date{sampleDays[0], sampleDays[2], sampleDays[1].AddDays(3650)} {
				_, err := h.ExecutePurge(t.Context(), 1, d)
				wrong(t, d.String(), err, "夜間処理の日")
			}
			_, err := h.Approve(t.Context(), 1, "S3", "", sampleDays[0])
			wrong(t, "an approval of the past", err, "それより前")
			e, err := h.ExecutePurge(t.Context(), 1, sampleDays[1])
			must(t, err)
			equal(t, "day", e.Receipt.AsOf, sampleDays[1])
		})
	})
}

// A list that later ones took the place of can be approved for as long as an
// approval counts; after that, if nobody stands behind it, its rows go. What is
// approved stays, and so does the newest.
func TestAListThatNobodyApprovedGivesWayToLaterOnes(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 1)
		next := func(n int) pipeline.Date { // each night with one more on the list
			d := sampleDays[0].AddDays(n)
			p.put(t, fmt.Sprintf("%s/association/agents_%d.csv", d, n+1), table(agentHeader, fmt.Sprintf("NEXT%d,後続 %c子,,,198%d-04-01,,,2020-01-01,", n, rune('一'+n), n)))
			p.night(t, d)
			return d
		}
		next(1)
		next(2)
		p.approve(t, 2, "S1")
		p.night(t, sampleDays[0].AddDays(15)) // list 1 gave way on day 1
		equal(t, "on the last day", p.listState(t, 1), purge.ListPublished)
		p.approve(t, 1, "S1")
		p.with(t, func(h *jobs.House) { // a word in time keeps it
			equal(t, "one approval", p.listState(t, 1), purge.ListFirst)
		})
		p.night(t, sampleDays[0].AddDays(16))
		equal(t, "with an approval", p.listState(t, 1), purge.ListFirst)
		p.night(t, sampleDays[0].AddDays(30))
		equal(t, "once it is void", p.listState(t, 1), purge.ListReplaced)
		equal(t, "the second", p.listState(t, 2), purge.ListReplaced)
		for no := 1; no <= 2; no++ {
			if rows := p.rowsOf(t, no); len(rows) > 0 {
				t.Errorf("list %d still has %d rows", no, len(rows))
			}
		}
		last, _, err := p.store(t).LastPurgeList(t.Context())
		must(t, err)
		if last.State != purge.ListPublished || len(p.rowsOf(t, last.No)) != last.Rows {
			t.Errorf("the newest list %d is %s, with %d of %d rows", last.No, last.State, len(p.rowsOf(t, last.No)), last.Rows)
		}
		p.with(t, func(h *jobs.House) {
			_, err := h.Approve(t.Context(), 1, "S2", "", 0)
			wrong(t, "too late", err, "差替済")
		})
		p.approve(t, last.No, "S1", "S2")
		if e := p.execute(t, last.No); total(e.Receipt.Persons) != 4 { // LATER1 is due by now
			t.Errorf("deleted: %v, want all four", e.Receipt.Persons)
		}
	})
}
