package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

func (a *app) runCommand() *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use:   "run [nightly]",
		Short: "Do one night: receive, import, identity, deadlines, lists, reports",
		Long: `run takes in what lies in the inbox, finds people with two IDs, works out what
lapses and what must be deleted, and writes tables and workbooks. An unfinished
run is finished first, on its own day. A day before the newest finished one is
refused, unless with --dry-run, which does the night on a throw-away copy,
keeps nothing, and prints for each table how many rows the night would insert,
change and remove, with a few keys (the purpose log and the audit events aside);
of the purge that would follow it in mode automatic only how many records of
which list. --from and --to do several days, both inclusive. Interrupted in a
night, the same command ends it and does the days behind it; after meibo resume,
or between two nights, --from is the day after the newest finished one.

A full list that lost many rows is held: it stays in the inbox until the sender
sends another or --accept lets it in. --again reads an archived file once more,
as what its sender says on that day. Both take a SHA-256 or its first 12 digits.`,
		Example: `  meibo run --as-of 2026-11-21
  meibo run --dry-run
  meibo run --from 2026-11-19 --to 2026-11-21 --json
  meibo run --accept 3f5a9c0d17e2`,
		Args: cobra.MatchAll(cobra.MaximumNArgs(1), func(_ *cobra.Command, args []string) error {
			if len(args) == 1 && args[0] != jobs.Nightly {
				return usage(nil, fmt.Sprintf("%q という処理はありません。実行できるのは nightly です。", args[0]), fmt.Sprintf("no job %q; there is nightly", args[0]))
			}
			return nil
		}),
		RunE: func(c *cobra.Command, _ []string) error { return a.run(c.Context(), o) },
	}
	c.Flags().StringVar(&o.from, "from", "", "first of several days, YYYY-MM-DD")
	c.Flags().StringVar(&o.to, "to", "", "last of several days, YYYY-MM-DD")
	c.Flags().BoolVar(&o.dry, "dry-run", false, "show what would change and keep nothing")
	c.Flags().StringSliceVar(&o.accept, "accept", nil, "let a held file in, by its SHA-256")
	confirmFlag(c, &o.confirm)
	c.Flags().StringSliceVar(&o.again, "again", nil, "read an archived file again, by its SHA-256")
	return c
}

type runOptions struct {
	from, to      string
	dry           bool
	accept, again []string
	confirm       bool // --confirm-config
}

// confirmFlag is the flag of commands that may go on with an unfinished run.
func confirmFlag(c *cobra.Command, to *bool) {
	c.Flags().BoolVar(to, "confirm-config", false, "go on with an unfinished run although the configuration has changed since it began")
}

func (a *app) run(ctx context.Context, o runOptions) error {
	c, err := a.settings()
	if err != nil {
		return err
	}
	days, err := a.days(c, o.from, o.to)
	if err != nil {
		return err
	}
	if len(days) > 1 && len(o.again) > 0 {
		return usage(nil, "--again は1日分の処理でだけ使えます。", "--again is for a single day")
	}
	open := a.openToRun
	if o.dry {
		open = a.rehearse
	}
	h, err := open(ctx, c)
	if err != nil {
		return err
	}
	defer h.Close()
	if o.confirm {
		h.ConfirmConfig()
	}
	if err := a.wish(ctx, h, o); err != nil {
		return err
	}
	results, err := a.nights(ctx, h, days, o.dry)
	if err != nil {
		return err
	}
	if a.json {
		all := make([]nightJSON, len(results))
		for i, r := range results {
			all[i] = jsonOf(r)
		}
		if o.from == "" {
			writeJSON(a.out, all[0])
		} else {
			writeJSON(a.out, all)
		}
	}
	return verdict(results)
}

// nights does the days, or rehearses them, and prints each as it ends.
func (a *app) nights(ctx context.Context, h *jobs.House, days []pipeline.Date, dry bool) (results []jobs.Result, err error) {
	done := func(r jobs.Result) {
		results = append(results, r)
		switch {
		case a.json:
		case r.Run.State != run.StateDone:
			a.printUnfinished(r)
		default:
			a.printNight(r, dry)
			if dry {
				a.printChanges(r.Changes)
			}
		}
	}
	if dry {
		err = h.DryRunDays(ctx, days, done)
		return results, err
	}
	for len(days) > 0 {
		r, err := h.Night(ctx, days[0], false)
		done(r)
		next := 1
		if errors.Is(err, run.ErrBackward) {
			next, err = a.wentOn(ctx, h, days, r, err)
		}
		if err != nil {
			a.resumable = r.Run.ID != "" // it had begun
			return results, err
		}
		days = days[next:]
	}
	return results, nil
}

// wentOn is how many of the days are done now that refused says that the first of
// them is: the same days were asked for before and interrupted in a night that r has
// ended just now. refused itself if they were not.
func (a *app) wentOn(ctx context.Context, h *jobs.House, days []pipeline.Date, r jobs.Result, refused error) (int, error) {
	last := slices.Index(days, r.Run.AsOf)
	if r.Run.ID == "" || last < 0 {
		return 0, refused
	}
	switch all, err := h.AllDone(ctx, days[:last+1]); {
	case err != nil:
		return 0, err
	case !all:
		return 0, refused
	}
	return last + 1, nil
}

// wish tells the house which files to let in and which to read again.
func (a *app) wish(ctx context.Context, h *jobs.House, o runOptions) error {
	var errs []error
	for _, hash := range o.accept {
		errs = append(errs, h.Accept(hash))
	}
	for _, hash := range o.again {
		errs = append(errs, h.Again(ctx, hash))
	}
	err := errors.Join(errs...)
	if errors.Is(err, jobs.ErrNothingKept) {
		return usage(err, "このファイルは、パスワードを含む種類なのに内容を読み取れなかったため、保管していません。送信元に送り直しを依頼してください。", "nothing was kept of this file, which may have held passwords and could not be read; ask its sender for it again")
	}
	if errors.Is(err, jobs.ErrNoSuchFile) {
		return usage(err, "--accept・--again には、ファイルの SHA-256（先頭12桁以上）を指定してください。", "--accept and --again take the SHA-256 of a file, or its first 12 digits or more")
	}
	return err
}

// days are the days to run, in order.
func (a *app) days(c jobs.Config, from, to string) ([]pipeline.Date, error) {
	if (from == "") != (to == "") || from != "" && a.asOf != "" {
		return nil, usage(nil, "--from と --to は両方指定し、--as-of とは一緒に使わないでください。", "give both --from and --to, and neither with --as-of")
	}
	if from == "" {
		d, err := a.day(c)
		return []pipeline.Date{d}, err
	}
	first, err := a.writtenDay("--from", from)
	if err != nil {
		return nil, err
	}
	last, err := a.writtenDay("--to", to)
	if err != nil {
		return nil, err
	}
	if last < first {
		return nil, usage(nil, "--to は --from 以後の日付にしてください。", "--to lies before --from")
	}
	var days []pipeline.Date
	for d := first; d <= last; d = d.AddDays(1) {
		days = append(days, d)
	}
	return days, nil
}

// verdict is the exit code of nights that were done: the first of 3, 5 and 0.
func verdict(results []jobs.Result) error {
	code := exitOK
	for _, r := range results {
		switch {
		case len(r.Refused) > 0 || len(r.Held) > 0:
			return outcome(exitRefused)
		case len(r.Late) > 0 || r.Overdue > 0 || len(r.Drifted) > 0 || len(r.Behind) > 0:
			code = exitAttention
		}
	}
	if code == exitOK {
		return nil
	}
	return outcome(code)
}

func (a *app) resumeCommand() *cobra.Command {
	var confirm bool
	c := &cobra.Command{
		Use:   "resume",
		Short: "Go on with the unfinished run, on its own day",
		Long: `resume finds the run that was interrupted or failed and goes on behind its last
finished step, with the day, the files and the --accept and --again that run began
with, whatever day it is today. In mode automatic it also does the purge that
belongs to that night. Without an unfinished run it says so and does nothing. If the
configuration is no longer the one it began with, resume shows what has changed
and stops; --confirm-config goes on with the new one.`,
		Example: "  meibo resume\n  meibo resume --confirm-config",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := a.settings()
			if err != nil {
				return err
			}
			h, err := a.openToRun(c.Context(), cfg)
			if err != nil {
				return err
			}
			defer h.Close()
			if confirm {
				h.ConfirmConfig()
			}
			r, found, err := h.Resume(c.Context())
			switch {
			case err != nil:
				a.printUnfinished(r)
				return err
			case !found && a.json:
				writeJSON(a.out, map[string]any{"run_id": nil, "state": "nothing-to-resume"})
				return nil
			case !found:
				fmt.Fprintln(a.out, a.say("再開する実行はありません。まだ始まっていない夜間処理は meibo run で実行してください。", "there is no unfinished run; a night that has not begun is done by meibo run"))
				return nil
			case a.json:
				writeJSON(a.out, jsonOf(r))
			default:
				a.printNight(r, false)
			}
			return verdict([]jobs.Result{r})
		},
	}
	confirmFlag(c, &confirm)
	return c
}

// nightJSON is what run --json prints for one night.
type nightJSON struct {
	RunID    string        `json:"run_id"`
	Job      string        `json:"job"`
	AsOf     pipeline.Date `json:"as_of"`
	State    string        `json:"state"`
	Steps    []stepJSON    `json:"steps"`
	Refused  []string      `json:"refused_files"`
	Held     []string      `json:"held_files"`
	Drifted  []string      `json:"drift"`
	Late     []string      `json:"late_senders"`
	Overdue  int           `json:"overdue_deletions"`
	Behind   []string      `json:"undelivered"`
	Warnings []run.Warning `json:"warnings"`

	Changes []store.TableChanges `json:"changes,omitzero"` // of a dry run
}

type stepJSON struct {
	Name    string  `json:"name"`
	State   string  `json:"state"`
	Seconds float64 `json:"seconds"`
	run.Counts
	PeakRSS int64 `json:"peak_rss_bytes"`
}

func jsonOf(r jobs.Result) nightJSON {
	j := nightJSON{
		RunID: r.Run.ID, Job: r.Run.Job, AsOf: r.Run.AsOf, State: r.Run.State, Steps: []stepJSON{},
		Refused: append([]string{}, r.Refused...), Late: append([]string{}, r.Late...), Overdue: r.Overdue,
		Held: append([]string{}, r.Held...), Drifted: append([]string{}, r.Drifted...),
		Behind:   append([]string{}, r.Behind...),
		Warnings: append([]run.Warning{}, r.Warnings...), Changes: r.Changes,
	}
	for _, s := range r.Steps {
		j.Steps = append(j.Steps, stepJSON{s.Name, s.State, s.Seconds(), s.Counts, s.PeakRSS})
	}
	return j
}

// stepNames are the steps as operators call them.
var stepNames = map[string]string{
	"receive": "受領", "import": "取込", "inquiries": "照会記録", "answers": "照会回答", "conduct": "規程点検", "identity": "名寄せ", "deadlines": "期限計算", "lists": "一覧作成", "reports": "帳票", "deliver": "配布", "export": "提供",
	"plan": "削除計画", "delete": "削除", "search": "残存検索", "receipt": "削除証明書", "settle": "期限の処理",
}

// stateNames are the states of runs and steps in Japanese.
var stateNames = map[string]string{
	run.StateRunning: "途中", run.StateDone: "完了", run.StateFailed: "失敗", run.StateReused: "済み", run.StateNotReached: "未着手",
}

// stateName is a state in the reader's language.
func (a *app) stateName(state string) string {
	if name := stateNames[state]; a.lang == "ja" && name != "" {
		return name
	}
	return state
}

// printNight is the table of the night; it holds no personal data.
func (a *app) printNight(r jobs.Result, dry bool) {
	title := a.say("夜間処理", "night")
	if r.Run.Job == jobs.Purge {
		title = a.say("一覧の実行", "purge")
	}
	if dry {
		title = a.say("夜間処理の試行（何も変更していません）", "rehearsal of the night (nothing was changed)")
	}
	fmt.Fprintf(a.out, "%s %s  %s\n", title, r.Run.AsOf, r.Run.ID)
	table := [][]string{strings.Fields(a.say("工程 状態 秒 読込 反映 変更なし 差戻し 重複行", "step state seconds read applied unchanged rejected duplicates"))}
	written := 0
	for _, s := range r.Steps {
		name := s.Name
		if a.lang == "ja" && stepNames[name] != "" {
			name = stepNames[name]
		}
		row := []string{name, a.stateName(s.State), fmt.Sprintf("%.1f", s.Seconds())}
		for _, n := range []int{s.Counts.Read, s.Counts.Applied, s.Counts.Unchanged, s.Counts.Rejected, s.Counts.Duplicates} {
			row = append(row, strconv.Itoa(n))
		}
		table = append(table, row)
		if s.State == run.StateDone {
			written += s.Counts.Applied
		}
	}
	printTable(a.out, table)
	if written == 0 && !dry && r.Run.State == run.StateDone {
		fmt.Fprintln(a.out, a.say("変更はありません（書き込み 0 行）。", "nothing changed (0 rows written)"))
	}
	for _, f := range r.Refused {
		fmt.Fprintf(a.out, "%s %s\n", a.say("受付不可:", "refused:"), f)
	}
	for _, f := range r.Held {
		fmt.Fprintf(a.out, "%s %s\n", a.say("保留:", "held:"), f)
	}
	for _, d := range r.Drifted {
		fmt.Fprintf(a.out, "%s %s\n", a.say("これまでと違う内容:", "drift:"), d)
	}
	for _, l := range r.Late {
		fmt.Fprintf(a.out, "%s %s\n", a.say("未着:", "late:"), l)
	}
	for _, b := range r.Behind {
		fmt.Fprintf(a.out, "%s %s\n", a.say("未提供:", "undelivered:"), a.say(jobs.BehindJA(b), b))
	}
	if r.Overdue > 0 {
		fmt.Fprintf(a.out, a.say("削除期限を過ぎた記録: %d 件\n", "records past their day of deletion: %d\n"), r.Overdue)
	}
	for _, x := range r.Warnings {
		fmt.Fprintf(a.out, "%s %s\n", a.say("注意:", "warning:"), a.say(x.JA, x.EN))
	}
}

// printUnfinished shows how far a run came that stopped.
func (a *app) printUnfinished(r jobs.Result) {
	if a.json || r.Run.ID == "" || len(r.Steps) == 0 {
		return
	}
	a.printNight(r, false)
}

func (a *app) scheduleCommand() *cobra.Command {
	var confirm bool
	c := &cobra.Command{
		Use:   "schedule",
		Short: "Run the jobs at their slots, until stopped",
		Long: `schedule waits for the slots of the configuration (five cron fields, in the
configured zone) and runs the night at each. After a standstill the latest
missed slot is run once; earlier ones are only counted. Stopped while it waits
it exits with 0, in the middle of a night with 130.

The configuration is read once, when schedule starts. If a run is unfinished that
was begun with another one, schedule says so at once and at each slot, with what
has changed; it does no night then, and goes on waiting: the slot after somebody
has settled it, by meibo resume --confirm-config beside it or by restoring the
old settings and starting anew, is done as ever. --confirm-config lets it go on
itself, at its first slot, with the runs that are unfinished when it starts; it
confirms nothing that comes later. A night that fails for another reason is
logged with what to do, too, and gone on with at the next slot.`,
		Example: "  meibo schedule --log json\n  meibo schedule --confirm-config",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.schedule(c.Context(), confirm) },
	}
	confirmFlag(c, &confirm)
	return c
}

func (a *app) schedule(ctx context.Context, confirm bool) error {
	cfg, err := a.settings()
	if err != nil {
		return err
	}
	if cfg.Schedule.Nightly == "" {
		return usage(nil, "schedule.nightly が空です。実行時刻を設定してください。", "schedule.nightly is empty; set a slot")
	}
	if a.logFormat == "" {
		a.logFormat = "text" // a daemon logs, also when started from a terminal
	}
	h, err := a.openToRun(ctx, cfg)
	if err != nil {
		return err
	}
	defer h.Close()
	log := a.logger()
	log.Info("waiting for slots", "nightly", cfg.Schedule.Nightly, "zone", cfg.Zone)
	if confirm {
		err = h.ConfirmUnfinished(ctx)
	} else {
		err = a.warnUnfinished(ctx, log, h)
	}
	if err != nil && ctx.Err() == nil {
		return err
	}
	return h.Serve(ctx, func(r jobs.Result, err error) { a.logNight(log, r, err) })
}

// warnUnfinished tells of a run that no slot will go on with until somebody says
// that the settings of today may be used.
func (a *app) warnUnfinished(ctx context.Context, log *slog.Logger, h *jobs.House) error {
	err := h.UnfinishedConfig(ctx)
	var changed *jobs.ErrConfigChanged
	if !errors.As(err, &changed) {
		return err
	}
	log.Warn("no night is done until this is settled", "run", changed.Run, "err", err, "advice", a.explainError(err).en)
	return nil
}

// logNight tells the operator of a daemon how a night ended and, if it failed,
// what to do, as a command would.
func (a *app) logNight(log *slog.Logger, r jobs.Result, err error) {
	if err != nil {
		log.Error("night", "run", r.Run.ID, "err", err, "advice", a.explainError(err).en)
		return
	}
	log.Info("night", "run", r.Run.ID, "refused", len(r.Refused), "late", len(r.Late), "overdue", r.Overdue, "held", len(r.Held), "drift", len(r.Drifted))
}
