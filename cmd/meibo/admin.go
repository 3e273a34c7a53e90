package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/run"
	"meibo/pipeline/synth"
)

func (a *app) migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schema up to this program",
		Long: `migrate creates or updates the tables and the insurers' views, in the register's
database and in the export's (MEIBO_EXPORT_DB) where there is one. SQLite migrates by itself whenever it is
opened; MySQL, MariaDB and TiDB only here, with an account that may change the
schema. Repeating it changes nothing. While a run is at work nothing is migrated, by no
command: exit 4.`,
		Example: "  MEIBO_DB='mysql:meibo:secret@tcp(db.example:3306)/meibo' meibo migrate",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := a.settingsAs(accountMigrate)
			if err != nil {
				return err
			}
			done, err := jobs.Migrate(c.Context(), cfg, time.Now)
			if err != nil {
				return err
			}
			if a.json {
				writeJSON(a.out, map[string]any{"database": done[0].Database, "schema": done[0].Schema, "databases": done})
				return nil
			}
			for _, m := range done {
				fmt.Fprintf(a.out, a.say("データベースの構成は版 %d です（%s）。\n", "the schema is at version %d (%s)\n"), m.Schema, m.Database)
			}
			return nil
		},
	}
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of the program and of the rules in force",
		Long:    "version shows which program this is and which version of the rules decides today\nor on --as-of. Equal versions write equal bytes.",
		Example: "  meibo version --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			settings, err := a.bareSettings()
			if err != nil {
				return err
			}
			if a.json {
				writeJSON(a.out, map[string]string{"version": version, "go": runtime.Version(), "rules": settings.Version})
				return nil
			}
			fmt.Fprintf(a.out, "meibo %s (%s)\n%s %s\n", version, runtime.Version(), a.say("適用規則:", "rules:"), settings.Version)
			return nil
		},
	}
}

func (a *app) generateCommand() *cobra.Command {
	var o synth.Options
	var flat string
	c := &cobra.Command{
		Use:   "generate",
		Short: "Write a synthetic register as input files, with the truth beside it",
		Long: `generate writes input files of made-up people into DIR/<YYYY-MM-DD>/<sender>/, as
an inbox would hold them, and DIR/truth.csv, which says which IDs are one
person. The same seed gives the same bytes. --as-of is the last night.

With --flat it writes one CSV for identity evaluate instead: a row for each ID
with the slips of real files, twins, shared mailboxes and the truth.`,
		Example: "  meibo generate --agents 20000 --seed 7 --out /tmp/inbox --nights 3\n  meibo generate --agents 100000 --flat /tmp/people.csv",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if flat != "" {
				return a.generateFlat(synth.FlatOptions{Records: o.Agents, Seed: o.Seed, File: flat})
			}
			if o.Out == "" || o.Agents < 1 || o.Agents > synth.MaxAgents {
				return usage(nil, fmt.Sprintf("--agents（1 から %d）と --out を指定してください。", synth.MaxAgents), fmt.Sprintf("give --agents (1 to %d) and --out", synth.MaxAgents))
			}
			if o.Nights < 1 || o.Nights > synth.MaxNights {
				return usage(nil, fmt.Sprintf("--nights は 1 から %d で指定してください。", synth.MaxNights), fmt.Sprintf("--nights: want 1 to %d", synth.MaxNights))
			}
			if a.asOf != "" {
				var err error
				if o.LastNight, err = pipeline.ParseDate(a.asOf); err != nil {
					return err
				}
			}
			sum, err := synth.Generate(o)
			if errors.Is(err, fs.ErrExist) {
				return usage(err, "出力先に同じ日のフォルダーがあります。空のフォルダーを指定してください。", "the folder holds such a night already; choose an empty one")
			}
			if err != nil {
				return err
			}
			if a.json {
				writeJSON(a.out, sum)
				return nil
			}
			fmt.Fprintf(a.out, a.say("%d 件の募集人ID（%d 人）を %d 個のファイルに作成しました: %s\n", "wrote %d IDs of %d people in %d files: %s\n"),
				sum.Agents, sum.People, sum.Files, o.Out)
			return nil
		},
	}
	f := c.Flags()
	f.IntVar(&o.Agents, "agents", 0, "number of IDs of the first night")
	f.Uint64Var(&o.Seed, "seed", 1, "chooses one register of many")
	f.StringVar(&o.Out, "out", "", "folder to write to")
	f.IntVar(&o.Nights, "nights", 1, "number of nights; later ones hold changes only")
	f.StringVar(&flat, "flat", "", "write one CSV for identity evaluate to this file instead")
	return c
}

func (a *app) generateFlat(o synth.FlatOptions) error {
	if o.Records < 1 || o.Records > synth.MaxAgents {
		return usage(nil, fmt.Sprintf("--agents は 1 から %d で指定してください。", synth.MaxAgents), fmt.Sprintf("--agents: want 1 to %d", synth.MaxAgents))
	}
	sum, err := synth.GenerateFlat(o)
	if err != nil {
		return err
	}
	if a.json {
		writeJSON(a.out, sum)
		return nil
	}
	fmt.Fprintf(a.out, a.say("%d 件の募集人ID（%d 人）を作成しました: %s\n", "wrote %d IDs of %d people: %s\n"), sum.Records, sum.People, o.File)
	return nil
}

func (a *app) statusCommand() *cobra.Command {
	var by string
	c := &cobra.Command{
		Use:   "status",
		Short: "Show last runs, late senders, overdue deletions and open reviews",
		Long: `status shows how the house stands. With --by HH:MM, the time by which the day's
run should be done, it exits 1 unless it is: call it at that time. Without it a
database that is not there is wrong use (2).`,
		Example: "  meibo status --by 06:00",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.status(c.Context(), by) },
	}
	c.Flags().StringVar(&by, "by", "", "exit 1 unless the day's run is done; HH:MM is when it should be")
	return c
}

func (a *app) status(ctx context.Context, by string) error {
	c, err := a.settings()
	if err != nil {
		return err
	}
	day, err := a.day(c)
	if err != nil {
		return err
	}
	if _, err := time.Parse("15:04", by); by != "" && err != nil {
		return usage(nil, fmt.Sprintf("--by は HH:MM で指定してください（%q）。", by), fmt.Sprintf("--by %q: want HH:MM", by))
	}
	a.restoredToo = true
	h, err := a.look(ctx, c)
	if err != nil {
		return err
	}
	defer h.Close()
	if h.StandsIn() && by == "" { // with --by, a night that never ran is one that is not done
		return a.notThere(c)
	}
	s, err := h.Status(ctx, day)
	if err != nil {
		return err
	}
	if a.json {
		writeJSON(a.out, s)
	} else {
		a.printStatus(s)
	}
	if by == "" || s.DoneToday {
		return nil
	}
	if !a.json {
		fmt.Fprintf(a.out, a.say("%s までに終わるはずの %s の処理が終わっていません。\n", "the run that should be done by %s of %s is not\n"), by, day)
	}
	return outcome(exitFailed)
}

func (a *app) printStatus(s jobs.Status) {
	done := map[bool]string{true: a.say("済み", "done"), false: a.say("未了", "not done")}
	fmt.Fprintf(a.out, "%s: %s %s\n", s.Day, a.say("本日の処理", "today's run"), done[s.DoneToday])
	if s.Restored != nil {
		f := restored(s.Restored)
		fmt.Fprintln(a.out, a.say(f.ja, f.en))
	}
	if s.AtWork != nil {
		fmt.Fprintf(a.out, "%s %s\n", a.say("実行中の処理:", "at work:"), a.holder(run.Lease{Holder: s.AtWork.Holder, Since: s.AtWork.Since}))
	}
	if s.Purge != nil {
		fmt.Fprintf(a.out, a.say("終わっていない削除の実行: %s（一覧 %d、基準日 %s。meibo resume または次の夜間処理で再開）\n", "unfinished purge: %s (list %d, as of %s; meibo resume or the next night goes on with it)\n"), s.Purge.RunID, s.Purge.ListNo, s.Purge.AsOf)
	}
	if s.Unfinished != "" {
		next, nextEN := "（meibo resume で再開）", " (meibo resume)"
		if s.AtWork != nil { // it may be this one: only who stops can be gone on with
			next, nextEN = "", ""
		}
		fmt.Fprintf(a.out, "%s %s\n", a.say("終わっていない実行"+next+":", "unfinished"+nextEN+":"), s.Unfinished)
	}
	for _, r := range s.Runs {
		fmt.Fprintf(a.out, "  %s  %s  %s %d\n", r.RunID, a.stateName(r.State), a.say("反映", "applied"), r.Counts.Applied)
	}
	for _, l := range s.Late {
		fmt.Fprintf(a.out, "%s %s\n", a.say("未着:", "late:"), l)
	}
	fmt.Fprintf(a.out, "%s %d\n", a.say("削除期限を過ぎた記録:", "overdue deletions:"), s.Overdue)
	o := s.OpenReviews
	fmt.Fprintf(a.out, a.say("審査待ち: 重複候補 %d、削除対象 %d、要判断 %d、保留 %d\n", "open reviews: duplicates %d, due %d, decisions %d, held %d\n"),
		o.Duplicates, o.Due, o.Decisions, o.Held)
}
