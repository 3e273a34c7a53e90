package store

import (
	"errors"
	"testing"
	"time"

	"meibo/pipeline"
	"meibo/pipeline/purge"
)

func TestHolds(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		sample().put(t, s)
		ctx := t.Context()
		first := Hold{AgentID: "A0001", Code: "named", Reason: "調査", By: "S1", Since: day("2023-01-01"), ReviewBy: day("2023-02-01"), SystemUser: "op"}
		second := Hold{AgentID: "A0001", Code: "named", Reason: "訴訟", By: "S2", Since: day("2023-01-02")}
		write(t, s, func(tx *Tx) error {
			for i, h := range []Hold{first, second} {
				if no, err := tx.AddHold(ctx, h); err != nil || no != i+1 {
					t.Errorf("hold %d, %v; want %d", no, err, i+1)
				}
			}
			return nil
		})
		release := first
		release.No, release.ReleasedOn, release.ReleasedBy, release.ReleaseReason = 1, day("2023-01-20"), "S3", "終了"
		write(t, s, func(tx *Tx) error {
			for _, want := range []bool{true, false} { // a hold is released once
				if ok, err := tx.ReleaseHold(ctx, release, ""); err != nil || ok != want {
					t.Errorf("released: %t, %v; want %t", ok, err, want)
				}
			}
			standing, err := tx.StandingHolds(ctx, []string{"A0001", "A0002"})
			second.No = 2
			wantEqual(t, "standing in the transaction", standing, []Hold{second})
			return err
		})
		wantEqual(t, "all holds", must(s.Holds(ctx, []string{"A0001"}))(t), []Hold{release, second})
		wantEqual(t, "standing", all(t, s.StandingHolds(ctx)), []Hold{second})
	})
}

// Of a hold and a deletion of one person that come at once, one waits for the other:
// nobody is held who is gone by then, and nobody goes unseen who is held.
func TestAHoldAndADeletionWaitForEachOther(t *testing.T) {
	onEachDSN(t, waitForEachOther)
	t.Run("server at READ COMMITTED", func(t *testing.T) {
		waitForEachOther(t, newMySQL(t)+"?tx_isolation=%27READ-COMMITTED%27")
	})
}

func waitForEachOther(t *testing.T, dsn string) {
	s, other := openTest(t, dsn), openTest(t, dsn)
	sample().put(t, s)
	ctx := t.Context()
	held := func(id string) Hold {
		return Hold{AgentID: id, No: 1, Code: "named", Reason: "調査", By: "S1", Since: day("2023-01-01")}
	}
	// beside lets somebody work on a connection of their own while a transaction is
	// at work, which they must not come to an end before.
	beside := func(t *testing.T, work func() error) (end func() error) {
		ended := make(chan error, 1)
		go func() { ended <- work() }()
		select {
		case err := <-ended:
			t.Errorf("the other did not wait: %v", err)
			ended <- err
		case <-time.After(100 * time.Millisecond):
		}
		return func() error { return <-ended }
	}
	t.Run("deletion first", func(t *testing.T) {
		inv := must(LoadInventory())(t)
		var end func() error
		write(t, s, func(tx *Tx) error {
			if err := tx.LockAgents(ctx, []string{"A0001"}); err != nil {
				return err
			}
			if standing, err := tx.StandingHolds(ctx, []string{"A0001"}); err != nil || len(standing) > 0 {
				t.Errorf("standing before: %v, %v", standing, err)
			}
			end = beside(t, func() error {
				return other.Write(ctx, func(tx *Tx) error {
					_, err := tx.AddHold(ctx, held("A0001"))
					return err
				})
			})
			rows, err := tx.Extract(ctx, inv, []string{"A0001"})
			if err != nil {
				return err
			}
			_, err = tx.Erase(ctx, rows)
			return err
		})
		if err := end(); !errors.Is(err, ErrNobody) {
			t.Errorf("hold of somebody who is gone: %v, want ErrNobody", err)
		}
		wantEqual(t, "holds", must(s.Holds(ctx, []string{"A0001"}))(t), []Hold(nil))
	})
	t.Run("hold first", func(t *testing.T) {
		var end func() error
		var standing []Hold
		write(t, other, func(tx *Tx) error {
			if _, err := tx.AddHold(ctx, held("A0002")); err != nil {
				return err
			}
			end = beside(t, func() error {
				return s.Write(ctx, func(tx *Tx) (err error) {
					if err := tx.LockAgents(ctx, []string{"A0002"}); err != nil {
						return err
					}
					standing, err = tx.StandingHolds(ctx, []string{"A0002"})
					return err
				})
			})
			return nil
		})
		if err := end(); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "standing", standing, []Hold{held("A0002")})
	})
}

func TestApprovals(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		a := Approval{ListNo: 3, ListHash: "ff", By: "S1", At: moment("2023-01-02T03:04:05.000006Z"), ExpiresOn: day("2023-01-16"), SystemUser: "op", Reason: "確認済"}
		b := a
		b.By = "S2"
		write(t, s, func(tx *Tx) error { return errors.Join(tx.Approve(ctx, b), tx.Approve(ctx, a)) })
		again := a
		again.At = moment("2023-01-05T03:04:05.000006Z")
		if err := s.Write(ctx, func(tx *Tx) error { return tx.Approve(ctx, again) }); !errors.Is(err, ErrTwice) {
			t.Errorf("the same person again: %v", err)
		}
		wantEqual(t, "approvals", must(s.Approvals(ctx, 3))(t), []Approval{a, b})
		wantEqual(t, "of another list", must(s.Approvals(ctx, 4))(t), []Approval(nil))
	})
}

func TestAListMovesOnFromWhereItWasSeen(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		l := pipeline.PurgeList{No: 3, AsOf: day("2023-01-01"), Rows: 2, Hash: "ff", State: purge.ListPublished, Approvals: "[]"}
		write(t, s, func(tx *Tx) error { return tx.PutPurgeList(ctx, l) })
		move := func(what string, want bool, do func(tx *Tx) (bool, error)) {
			t.Helper()
			write(t, s, func(tx *Tx) error {
				ok, err := do(tx)
				if ok != want {
					t.Errorf("%s: %t, want %t", what, ok, want)
				}
				return err
			})
		}
		move("approved", true, func(tx *Tx) (bool, error) {
			return tx.ApprovePurgeList(ctx, 3, purge.ListPublished, purge.ListFirst, `["S1"]`)
		})
		move("from a state it left", false, func(tx *Tx) (bool, error) {
			return tx.ApprovePurgeList(ctx, 3, purge.ListPublished, purge.ListFirst, `["S2"]`)
		})
		move("to the same state", true, func(tx *Tx) (bool, error) {
			return tx.ApprovePurgeList(ctx, 3, purge.ListFirst, purge.ListFirst, `["S1"]`)
		})
		move("with a receipt", true, func(tx *Tx) (bool, error) {
			return tx.MovePurgeList(ctx, 3, purge.ListFirst, purge.ListExecuted, "R-000001")
		})
		move("no such list", false, func(tx *Tx) (bool, error) {
			return tx.MovePurgeList(ctx, 9, purge.ListPublished, purge.ListExecuting, "")
		})
		got, found, err := s.PurgeList(ctx, 3)
		l.State, l.Approvals, l.ReceiptNo = purge.ListExecuted, `["S1"]`, "R-000001"
		if wantEqual(t, "list", got, l); !found || err != nil {
			t.Error(found, err)
		}
	})
}

func TestSinceWhenARowIsListed(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		states := map[int]string{1: pipeline.PurgeDue, 3: pipeline.PurgeNotice, 4: pipeline.PurgeDue, 5: pipeline.PurgeDue, 6: pipeline.PurgeHeld}
		for no := 1; no <= 6; no++ {
			rows := samplePurge(no)[:1]
			rows[0].AgentID = "A0001"
			if states[no] == "" {
				rows = nil
			} else {
				rows[0].State = states[no]
			}
			if _, err := s.SyncPurgeList(ctx, no, pointers(rows...), Sync{Apply: true}); err != nil {
				t.Fatal(err)
			}
			write(t, s, func(tx *Tx) error {
				return tx.PutPurgeList(ctx, pipeline.PurgeList{No: no, AsOf: day("2023-01-01").AddDays(no), Approvals: "[]"})
			})
		}
		same := func(a, b *pipeline.PurgeRow) bool { return a.State == b.State }
		for no, want := range map[int]string{1: "2023-01-02", 2: "", 4: "2023-01-05", 5: "2023-01-05", 6: "2023-01-07", 7: ""} {
			got, err := s.FirstListedAs(ctx, "A0001", no, same)
			if err != nil || got.String() != want {
				t.Errorf("list %d: since %q, %v; want %q", no, got, err, want)
			}
		}
	})
}

func TestPlanAndUndo(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		row := func(id, state, code string) PlanRow {
			return PlanRow{ListNo: 3, Outcome: purge.Outcome{AgentID: id, State: state, Code: code}}
		}
		rows := []PlanRow{row("A1", purge.PlanPlanned, ""), row("A2", purge.PlanDropped, purge.DropHeld), row("A3", purge.PlanPlanned, ""), row("A4", purge.PlanPlanned, "")}
		write(t, s, func(tx *Tx) error { return tx.PutPlan(ctx, rows) })
		wantEqual(t, "next", must(s.NextPlanned(ctx, 3, 2))(t), []PlanRow{rows[0], rows[2]})
		rows[0].State, rows[0].Part = purge.PlanDeleted, 1
		part := UndoPart{ListNo: 3, Part: 1, Persons: 1, Counts: `{"agents":1}`, Sealed: "AAAA"}
		write(t, s, func(tx *Tx) error { return errors.Join(tx.PutPlan(ctx, rows[:1]), tx.PutUndo(ctx, part)) })
		wantEqual(t, "next", must(s.NextPlanned(ctx, 3, 2))(t), []PlanRow{rows[2], rows[3]})
		wantEqual(t, "counts", must(s.PlanCounts(ctx, 3))(t), map[[2]string]int{
			{purge.PlanDeleted, ""}: 1, {purge.PlanPlanned, ""}: 2, {purge.PlanDropped, purge.DropHeld}: 1,
		})
		write(t, s, func(tx *Tx) error { return tx.DropPlan(ctx, 3, purge.PlanDeleted) })
		wantEqual(t, "plan", all(t, s.Plan(ctx, 3)), rows[1:])
		wantEqual(t, "undo", all(t, s.Undo(ctx, 3)), []UndoPart{part})
		write(t, s, func(tx *Tx) error { return errors.Join(tx.DropPlan(ctx, 3), tx.DropUndo(ctx, 3)) })
		wantEqual(t, "plan", all(t, s.Plan(ctx, 3)), []PlanRow(nil))
		wantEqual(t, "undo", all(t, s.Undo(ctx, 3)), []UndoPart(nil))
	})
}

func TestGuard(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		a := Guarded{IDHMAC: "aa", ListNo: 3, PurgedOn: day("2023-01-01"), KeepUntil: day("2024-02-01")}
		b := a
		b.IDHMAC, b.KeepUntil = "bb", day("2024-03-01")
		if guarded := must(s.HasGuard(ctx))(t); guarded {
			t.Error("an empty database guards somebody")
		}
		write(t, s, func(tx *Tx) error { return tx.PutGuard(ctx, []Guarded{b, a}) })
		wantEqual(t, "guarded", must(s.Guarded(ctx, []string{"cc", "bb", "aa"}))(t), []Guarded{a, b})
		for _, step := range []struct {
			asOf string
			want int
		}{{"2024-02-01", 0}, {"2024-02-02", 1}} {
			write(t, s, func(tx *Tx) error {
				n, err := tx.ExpireGuard(ctx, day(step.asOf))
				wantEqual(t, "expired on "+step.asOf, n, step.want)
				return err
			})
		}
		write(t, s, func(tx *Tx) error { return tx.DropGuard(ctx, []string{"bb"}) })
		if guarded := must(s.HasGuard(ctx))(t); guarded {
			t.Error("a released ID is guarded")
		}
	})
}

func TestReceipts(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		r := purge.Receipt{
			No: "R-000001", Kind: purge.ReceiptPurge, ListNo: 3, AsOf: day("2023-01-05"), RuleVersion: "要領2018-10-22", ListHash: "ff",
			Persons: []purge.Count{{Of: "2", Count: 1}}, RowsDeleted: []purge.Count{{Of: "agents", Count: 1}}, Approvers: []string{"S1", "S2"},
			StartedAt: moment("2023-01-05T03:04:05.000006Z"), FinishedAt: moment("2023-01-05T03:04:06.000006Z"), Version: "v1",
			Searched: []purge.Searched{{Place: "agents", Things: 3}}, Residual: []purge.Residual{{Place: "archive", Files: 1, Until: day("2023-02-05")}},
			PreviousHash: "00", Hash: "11", KeyID: "k", Signature: "s",
		}
		next := r
		next.No, next.Approvers, next.Residual = "R-000002", nil, nil
		write(t, s, func(tx *Tx) error { return errors.Join(tx.PutReceipt(ctx, r), tx.PutReceipt(ctx, next)) })
		if err := s.Write(ctx, func(tx *Tx) error { return tx.PutReceipt(ctx, r) }); err == nil {
			t.Error("a receipt is replaced")
		}
		wantEqual(t, "receipts", must(s.Receipts(ctx))(t), []purge.Receipt{r, next})
		write(t, s, func(tx *Tx) error {
			last, found, err := tx.LastReceipt(ctx)
			wantEqual(t, "last receipt", last, next)
			wantEqual(t, "found", found, true)
			return err
		})
		if err := s.Hide(ctx); err != nil {
			t.Error(err)
		}
	})
}
