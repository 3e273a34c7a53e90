package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"meibo/jobs"
	"meibo/pipeline"
)

func (a *app) checkCommand() *cobra.Command {
	var sender string
	c := &cobra.Command{
		Use:   "check [FILE…]",
		Short: "Check the house, or say what an import would make of files",
		Long: `check without files looks at configuration, layouts, rules, database and the next
slot, and for files of the inbox that no run takes in. With files it says what an
import would say of each, row by row, against the register as it stands, and
writes nothing. The sender is the folder the file lies in, or --sender. It exits
3 if a file would be refused or held.`,
		Example: `  meibo check
  meibo check inbox/1001/registrations_20261121.xlsx
  meibo check --sender 1001 registrations_20261121.xlsx`,
		RunE: func(c *cobra.Command, files []string) error { return a.check(c.Context(), files, sender) },
	}
	c.Flags().StringVar(&sender, "sender", "", "sender of the files (default the folder they lie in)")
	return c
}

func (a *app) check(ctx context.Context, files []string, sender string) error {
	c, err := a.settings()
	if err != nil {
		return err
	}
	day, err := a.day(c)
	if err != nil {
		return err
	}
	for _, f := range files {
		switch info, err := os.Stat(f); {
		case err != nil:
			return usage(err, "ファイルがありません。", "no such file")
		case !info.Mode().IsRegular():
			return usage(nil, fmt.Sprintf("%s はファイルではありません。", f), f+" is not a file")
		}
	}
	a.restoredToo = true
	open := a.look
	if len(files) > 0 {
		open = a.rehearse
	}
	h, err := open(ctx, c)
	if err != nil {
		return err
	}
	defer h.Close()
	if len(files) == 0 {
		return a.checkHouse(ctx, h, day)
	}
	var all []jobs.FileCheck
	refused := false
	for _, f := range files {
		r, err := h.CheckFile(ctx, f, sender, day)
		if err != nil {
			return err
		}
		all = append(all, r)
		refused = refused || r.Verdict == pipeline.BatchRefused || r.Verdict == pipeline.BatchHeld
		if !a.json {
			a.printCheck(r)
		}
	}
	if a.json {
		writeJSON(a.out, all)
	}
	if refused {
		return outcome(exitRefused)
	}
	return nil
}

func (a *app) printCheck(r jobs.FileCheck) {
	verdicts := map[string]string{
		pipeline.BatchApplied:   a.say("受付可", "would be applied"),
		pipeline.BatchRefused:   a.say("受付不可（ファイル全体）", "would be refused whole"),
		pipeline.BatchHeld:      a.say("保留（ファイル全体）", "would be held"),
		pipeline.BatchDuplicate: a.say("受付済み（変更なし）", "was applied before; no effect"),
	}
	fmt.Fprintf(a.out, "%s: %s  %s\n", r.Path, verdicts[r.Verdict],
		fmt.Sprintf(a.say("%d 行、差戻し %d 行、重複 %d 行", "%d rows, %d rejected, %d duplicates"), r.RowsRead, r.Rejected, r.Duplicates))
	severity := map[pipeline.Severity]string{
		pipeline.SeverityError: a.say("誤り", "error"), pipeline.SeverityWarning: a.say("注意", "warning"),
	}
	for _, f := range r.Faults {
		fmt.Fprintf(a.out, "  [%s] %s (%s)\n", severity[f.Severity], a.say(f.MessageJA(), f.MessageEN()), f.Code)
	}
}

func (a *app) checkHouse(ctx context.Context, h *jobs.House, day pipeline.Date) error {
	c, err := h.Check(ctx, day)
	if err != nil {
		return err
	}
	migrate, err := a.settingsAs(accountMigrate)
	if err != nil {
		return err
	}
	if c.Accounts, err = jobs.CheckRights(ctx, h.Config, jobs.SQLAccounts{Migrate: migrate.DB}); err != nil {
		return err
	}
	if a.json {
		writeJSON(a.out, c)
		return nil
	}
	next := a.say("なし（手動のみ）", "none (by hand only)")
	if !c.NextSlot.IsZero() {
		next = c.NextSlot.Format(time.DateTime + " MST")
	}
	fmt.Fprintf(a.out, a.say("データベース: %s（構成の版 %d）\n", "database: %s (schema %d)\n"), c.Database, c.Schema)
	fmt.Fprintf(a.out, a.say("適用規則: %s（基準日 %s）\n", "rules: %s (as of %s)\n"), c.Rules, c.Day)
	fmt.Fprintln(a.out, a.say("受付できる種類:", "kinds:"), strings.Join(c.Kinds, ", "))
	fmt.Fprintf(a.out, a.say("登録された保険会社: %d 社\n", "configured insurers: %d\n"), c.Insurers)
	fmt.Fprintf(a.out, "%s %s\n", a.say("次回の実行:", "next slot:"), next)
	for _, x := range c.Accounts {
		a.printRights(x)
	}
	for _, w := range c.Warnings {
		fmt.Fprintf(a.out, "%s %s\n", a.say("注意:", "warning:"), a.say(w.JA, w.EN))
	}
	return nil
}

// printRights says whether an account of the server may do just what it needs.
func (a *app) printRights(x jobs.AccountCheck) {
	state := a.say("権限は過不足ありません", "its rights are just what it needs")
	switch {
	case !x.Reached:
		state = a.say("ログインできません", "it cannot log in")
	case len(x.Missing)+len(x.Excess) > 0:
		state = a.say("権限に過不足があります", "its rights are not what it needs")
	}
	fmt.Fprintf(a.out, a.say("データベースのアカウント %s（%s）: %s\n", "database account %s (%s): %s\n"), x.Account, strings.Join(x.Settings, "、"), state)
	for _, r := range x.Missing {
		fmt.Fprintf(a.out, "  %s %s\n", a.say("不足:", "missing:"), r)
	}
	for _, r := range x.Excess {
		fmt.Fprintf(a.out, "  %s %s\n", a.say("過剰:", "too many:"), r)
	}
}
