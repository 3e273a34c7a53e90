package jobs

import (
	"context"
	"errors"
	"fmt"

	"meibo/pipeline"
	"meibo/pipeline/purge"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// Purge is the name of the job that executes purge lists.
const Purge = "purge"

// execution is one run of the job purge: of one list, on the day of a night.
type execution struct {
	*House
	row   run.Row
	no    int       // of the list
	found *searched // what the search came to, once it was done in this process
}

// steps is the whole execution on one page. Killed at any moment and done again,
// it comes to the same end, with one receipt.
func (x *execution) steps() []run.Step {
	steps := []run.Step{
		{Name: "plan", Do: x.plan},       // every row judged anew; what may go is noted
		{Name: "delete", Do: x.remove},   // part by part, each kept sealed for the undo window
		{Name: "search", Do: x.search},   // nothing of the deleted is left in any table or file
		{Name: "receipt", Do: x.certify}, // numbered, signed, chained
	}
	if x.Config.Export.DB != "" {
		steps = append(steps, run.Step{Name: "export", Do: x.hideFromReaders})
	}
	return append(steps, run.Step{Name: "settle", Do: func(ctx context.Context, w *run.Work) error {
		return x.settle(ctx, w, x.row.AsOf)
	}})
}

// Executed is what became of an execution.
type Executed struct {
	run.Report
	ListNo  int
	Planned int           // 0: nothing was to be deleted, and no run was begun
	Dropped []DroppedText // rows that stay, and why
	Receipt *purge.Receipt
}

// droppedShown bounds the rows of which a result tells why they stay.
const droppedShown = 1000

// ExecutePurge executes an approved list as of the day of the newest finished
// night; another day is refused. An execution that was cut short is gone on with.
// One that would delete nobody does not begin: the list stays as it is. *ErrPurge
// is wrong use, *purge.TooManyError a list that is too long: nothing was done.
func (h *House) ExecutePurge(ctx context.Context, no int, asOf pipeline.Date) (e Executed, err error) {
	err = h.alone(ctx, func(ctx context.Context) error {
		earlier, found, err := h.resumePurge(ctx)
		if err != nil || found && earlier.ListNo == no {
			e = earlier
			return err
		}
		day, err := h.purgeDay(ctx, asOf)
		if err != nil {
			return err
		}
		if n, err := h.unreadReviews(); err != nil {
			return err
		} else if n > 0 {
			return wrongPurge("受信箱に、審査担当からのまだ取り込んでいない審査結果が %d 件あります。保留が書かれているかもしれないため、何も削除していません。次の夜間処理で取り込んでから、もう一度実行してください。",
				"%d returned workbooks in the inbox are not taken in yet and may hold somebody: nothing was deleted; run the next night first", n)
		}
		return h.as(ctx, h.Config.PurgeDB, func(h *House) error {
			e, err = h.executeOn(ctx, no, day)
			return err
		})
	})
	return e, err
}

// purgeDay is the day of an execution: that of the newest finished night, so
// that a clock set forward deletes nobody early (reliability.md P16).
func (h *House) purgeDay(ctx context.Context, asOf pipeline.Date) (pipeline.Date, error) {
	if row, found, err := h.Store.Unfinished(ctx, Nightly); err != nil {
		return 0, err
	} else if found {
		return 0, wrongPurge("終わっていない夜間処理（%s）があります。先に meibo resume を実行してください。", "the night %s is not finished; do meibo resume first", row.ID)
	}
	day, err := h.workDay(ctx, 0)
	if err == nil && !asOf.IsZero() && asOf != day {
		err = wrongPurge("削除は、最後に完了した夜間処理の日（%s）でのみ実行できます（指定: %s）。", "a purge runs as of the newest finished night (%s), not of %s", day, asOf)
	}
	return day, err
}

// unreadReviews counts the workbooks of compliance that no night has taken in yet,
// whatever night they are for: a hold written in one is not known.
func (h *House) unreadReviews() (n int, err error) {
	in, err := h.openInbox()
	if err != nil {
		return 0, err
	}
	defer in.Close()
	files, err := in.list(anyDay)
	for _, f := range files {
		if f.sender == SenderCompliance && f.kind == kindReviews && !h.cleared[f.path] {
			n++
		}
	}
	return n, err
}

func (h *House) executeOn(ctx context.Context, no int, day pipeline.Date) (Executed, error) {
	e, err := h.weigh(ctx, no, day)
	if err != nil || e.Planned == 0 {
		return e, err
	}
	return h.carryOut(ctx, e, day)
}

// weigh checks that a list may be executed on a day and counts what would be
// deleted.
func (h *House) weigh(ctx context.Context, no int, day pipeline.Date) (e Executed, err error) {
	e.ListNo = no
	if err := h.listStates(ctx, day); err != nil {
		return e, err
	}
	list, err := h.purgeListOf(ctx, no)
	if err != nil {
		return e, err
	}
	automatic := h.Config.Purge.Mode == purge.ModeAutomatic && list.State == purge.ListPublished
	switch {
	case !purge.Live(list.State):
		return e, wrongPurge("一覧 %d は「%s」のため実行できません。", "list %d is %s and cannot be executed", no, list.State)
	case list.State != purge.ListApproved && !automatic:
		return e, wrongPurge("一覧 %d は「%s」です。異なる%d人の有効な承認が必要です。", "list %d is %s: it needs the standing approvals of %d different people", no, list.State, purge.Approvers)
	}
	p, err := h.planning(ctx, list, day)
	if err != nil {
		return e, err
	}
	e.Planned, e.Dropped, err = p.size(ctx, droppedShown)
	return e, err
}

// carryOut begins the execution of a list that was weighed.
func (h *House) carryOut(ctx context.Context, e Executed, day pipeline.Date) (Executed, error) {
	hash, err := h.configHash(day)
	if err != nil {
		return e, err
	}
	row, err := h.runner().Begin(ctx, Purge, day, h.o.Version, hash)
	if err != nil {
		return e, err
	}
	row.DecisionNo = e.ListNo
	if err := h.keepSettings(ctx, row); err != nil {
		return e, err
	}
	return h.execute(ctx, row, e)
}

func (h *House) execute(ctx context.Context, row run.Row, e Executed) (Executed, error) {
	x := &execution{House: h, row: row, no: row.DecisionNo}
	rep, err := h.runner().Do(ctx, row, x.steps())
	e.Report, e.ListNo = rep, x.no
	if err != nil {
		return e, err
	}
	if e.Receipt, err = h.receiptOf(ctx, x.no); err != nil || e.Receipt == nil {
		return e, err
	}
	if err := h.purgeCheckpoint(ctx, row); err != nil {
		return e, err
	}
	e.Dropped, err = h.dropped(ctx, x.no, droppedShown) // who was held meanwhile, too
	return e, err
}

// dropped are the rows that an execution left alone, at most so many, in the order of
// their IDs; empty before it is planned.
func (h *House) dropped(ctx context.Context, no, most int) ([]DroppedText, error) {
	out := []DroppedText{}
	for p, err := range h.Store.Plan(ctx, no) {
		if err != nil {
			return nil, err
		}
		if p.State == purge.PlanDropped {
			if len(out) == most {
				break
			}
			out = append(out, DroppedText{p.AgentID, p.Code, p.Reason})
		}
	}
	return out, nil
}

// resumePurge goes on with an execution that was cut short or failed; found is
// false if there is none.
func (h *House) resumePurge(ctx context.Context) (e Executed, found bool, err error) {
	row, found, err := h.Store.Unfinished(ctx, Purge)
	if err != nil || !found {
		return e, false, err
	}
	e.ListNo = row.DecisionNo
	err = h.as(ctx, h.Config.PurgeDB, func(h *House) error {
		if row, err = h.sameConfig(ctx, row); err != nil {
			return err
		}
		e, err = h.execute(ctx, row, e)
		return err
	})
	return e, true, err
}

// finishPurge goes on with an unfinished execution before a night; a rehearsal only
// tells of it.
func (h *House) finishPurge(ctx context.Context) (w []run.Warning, err error) {
	if h.rehearsal {
		row, found, err := h.Store.Unfinished(ctx, Purge)
		if err != nil || !found {
			return nil, err
		}
		return []run.Warning{{
			Code: "purge-would-go-on",
			JA:   fmt.Sprintf("実際の夜間処理では、終わっていない一覧 %d の削除を先に完了します（試行では行っていません）。", row.DecisionNo),
			EN:   fmt.Sprintf("the night would finish the unfinished purge %s of list %d first, which a rehearsal does not", row.ID, row.DecisionNo),
		}}, nil
	}
	e, found, err := h.resumePurge(ctx)
	if !found {
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	return append([]run.Warning{{
		Code: "finished-purge",
		JA:   fmt.Sprintf("終わっていなかった一覧 %d の削除（%s）を先に完了しました。", e.ListNo, e.Run.ID),
		EN:   fmt.Sprintf("finished the unfinished purge %s of list %d first", e.Run.ID, e.ListNo),
	}}, warnLeft(e.Receipt)...), nil
}

// warnLeft tells compliance what an execution could not take out of the tables.
func warnLeft(r *purge.Receipt) (out []run.Warning) {
	if r == nil {
		return nil
	}
	for _, x := range r.Left() {
		out = append(out, run.Warning{
			Code: "purge-left",
			JA:   fmt.Sprintf("削除証明書 %s: %s に、削除した人を指す値が %d 行残っています（ほかの人の記録のため消去していません）。登録元に訂正を依頼してください。", r.No, x.Place, x.Files),
			EN:   fmt.Sprintf("receipt %s: %d rows of others still tell of a deleted person (%s); have them corrected at their source", r.No, x.Files, x.Place),
		})
	}
	return out
}

// purgeAutomatically is the job after a night in mode automatic: what stood long
// enough on the lists goes without a word (要領 §10 自動的に). A list that is too
// long is a warning. It is owed no longer then.
func (h *House) purgeAutomatically(ctx context.Context, night run.Row) (told []run.Warning, err error) {
	if list, found, err := h.Store.LastPurgeList(ctx); err != nil {
		return nil, err
	} else if found && h.Config.Purge.Mode == purge.ModeAutomatic && list.State == purge.ListPublished {
		if told, err = h.purgeSilently(ctx, list.No, night.AsOf); err != nil {
			return nil, err
		}
	}
	return told, h.Store.Write(ctx, func(tx *store.Tx) error { return tx.DropNotes(ctx, night.ID, Purge) })
}

// purgeSilently executes a list that nobody need approve, and tells what became of
// it. A rehearsal only tells whom it would delete.
func (h *House) purgeSilently(ctx context.Context, no int, day pipeline.Date) ([]run.Warning, error) {
	var e Executed
	unread := 0
	err := h.as(ctx, h.Config.PurgeDB, func(h *House) (err error) {
		if e, err = h.weigh(ctx, no, day); err != nil || e.Planned == 0 {
			return err
		}
		if unread, err = h.unreadReviews(); err != nil || unread > 0 || h.rehearsal {
			return err
		}
		e, err = h.carryOut(ctx, e, day)
		return err
	})
	many := new(purge.TooManyError)
	switch {
	case errors.As(err, &many):
		return []run.Warning{{
			Code: "purge-too-many",
			JA:   fmt.Sprintf("一覧 %d は %d 人の記録を削除することになり、上限（%d 人）を超えるため実行しませんでした。", no, many.Planned, many.Max),
			EN:   fmt.Sprintf("list %d was not executed: %v", no, many),
		}}, nil
	case err != nil:
		return nil, err
	case unread > 0:
		return []run.Warning{{
			Code: "purge-waits",
			JA:   fmt.Sprintf("受信箱にまだ取り込んでいない審査結果が %d 件あるため、一覧 %d を実行しませんでした。取り込んだ後の夜間処理で実行します。", unread, no),
			EN:   fmt.Sprintf("list %d was not executed: %d returned workbooks in the inbox are not taken in yet", no, unread),
		}}, nil
	case h.rehearsal && e.Planned > 0:
		return []run.Warning{{
			Code: "purge-would-delete",
			JA:   fmt.Sprintf("実際の夜間処理では、続けて一覧 %d を自動で実行し、%d 人の記録を削除します（試行では行っておらず、変更の一覧にも含まれていません）。", no, e.Planned),
			EN:   fmt.Sprintf("the night would then execute list %d and delete %d records; a rehearsal does not, and the changes are not among those told", no, e.Planned),
		}}, nil
	case e.Receipt == nil:
		return nil, nil
	}
	return append([]run.Warning{{
		Code: "purged",
		JA:   fmt.Sprintf("一覧 %d を自動で実行し、%d 人の記録を削除しました（削除証明書 %s）。", no, total(e.Receipt.Persons), e.Receipt.No),
		EN:   fmt.Sprintf("list %d was executed: %d records deleted (receipt %s)", no, total(e.Receipt.Persons), e.Receipt.No),
	}}, warnLeft(e.Receipt)...), nil
}

// hideFromReaders brings the tables for readers in a database of their own up to
// the execution: those who were deleted stand there no longer.
func (x *execution) hideFromReaders(ctx context.Context, w *run.Work) error {
	n, err := x.asNight()
	if err != nil {
		return err
	}
	return n.export(ctx, w)
}

func (x *execution) asNight() (*night, error) {
	kinds, settings, err := x.rulesOn(x.row.AsOf)
	return &night{House: x.House, row: x.row, kinds: kinds, settings: settings}, err
}
