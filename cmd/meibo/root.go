package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/run"
)

// version is stated in every report; equal versions write equal bytes.
const version = "0.1.0"

// app is one invocation of the program: its streams and its common flags.
type app struct {
	out, err io.Writer
	env      func(string) string

	db, config, asOf, inbox, outbox string
	logFormat, lang                 string
	json                            bool

	begun       bool // the command line was understood and its command is at work
	restoredToo bool // the command may look at a restored database

	resumable bool // what fails can be gone on with by meibo resume
	zone      *time.Location
}

// root builds the whole command line; this is the list of what meibo can do.
func (a *app) root() *cobra.Command {
	c := &cobra.Command{
		Use:   "meibo",
		Short: "名簿: the nightly batch of the general-insurance agents' register",
		Long: `meibo takes in exam results and insurers' registrations every night, finds
people who hold two IDs, works out when each qualification lapses and when each
record must be deleted (取扱要領 §10, §12), and reports both.

A database on a server is reached by the address in MEIBO_DB. Accounts with no
more rights than their work needs may have addresses of their own: MEIBO_DB_REVIEW
(identity decide and undo; purge approve, hold and release), MEIBO_DB_PURGE (purge
run, undo, replay and readmit, and what the nights delete), MEIBO_DB_MIGRATE
(migrate), MEIBO_EXPORT_DB (the readers' database). Each may instead be the one
line of a private file (mode 0600) that the variable with _FILE behind its name
names.

Exit codes: 0 done · 1 failed · 2 wrong use or configuration · 3 done, but an
input file was refused or held · 4 another run holds the lease · 5 done, with a
late sender, an overdue deletion, drift or an undelivered report · 130 interrupted, resumable.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			a.begun = true
			return a.checkFlags(c.Flags().Changed("as-of"))
		},
	}
	f := c.PersistentFlags()
	f.StringVar(&a.db, "db", "", "database: sqlite:PATH, or mysql:DSN without a password (default sqlite:var/meibo.db; a DSN with a password belongs into MEIBO_DB)")
	f.StringVar(&a.config, "config", "", "configuration file (default meibo.yaml if there)")
	f.StringVar(&a.asOf, "as-of", "", "the day to decide for, YYYY-MM-DD (default today in the configured zone)")
	f.StringVar(&a.inbox, "inbox", "", "folder of received files (default inbox)")
	f.StringVar(&a.outbox, "outbox", "", "folder of reports (default outbox)")
	f.StringVar(&a.logFormat, "log", "", "log lines as text or json (default text; on a terminal progress is drawn instead)")
	f.BoolVar(&a.json, "json", false, "print the result as one JSON document")
	f.StringVar(&a.lang, "lang", "ja", "language of messages: ja or en")
	c.AddCommand(
		a.runCommand(), a.resumeCommand(), a.scheduleCommand(),
		a.checkCommand(), a.statusCommand(), a.explainCommand(), a.lookupCommand(),
		a.deadlineCommand(), a.dateCommand(), a.identityCommand(), a.auditCommand(), a.deliverCommand(), a.accountsCommand(),
		a.purgeCommand(), a.statementCommand(), a.rosterCommand(), a.committeeCommand(),
		a.generateCommand(), a.migrateCommand(), a.versionCommand(),
	)
	return c
}

// checkFlags looks at the common flags. An --as-of that was given empty, as by an
// unset variable of a script, must not mean today.
func (a *app) checkFlags(dayGiven bool) error {
	if a.lang != "ja" && a.lang != "en" {
		lang := a.lang
		a.lang = "ja"
		return usage(nil, fmt.Sprintf("--lang は ja か en を指定してください（%q）。", lang), fmt.Sprintf("--lang %q: want ja or en", lang))
	}
	if a.logFormat != "" && a.logFormat != "text" && a.logFormat != "json" {
		return usage(nil, "--log は text か json を指定してください。", "--log: want text or json")
	}
	if jobs.HasPassword(a.db) {
		return usage(nil, "--db にパスワードを書かないでください。環境変数 MEIBO_DB で渡してください。",
			"--db holds a password; put the DSN into the environment variable MEIBO_DB")
	}
	if dayGiven || a.asOf != "" {
		if _, err := pipeline.ParseDate(a.asOf); err != nil {
			return usage(nil, fmt.Sprintf("--as-of は実在する日付を YYYY-MM-DD で指定してください（%q）。", a.asOf), "--as-of: "+err.Error())
		}
	}
	return nil
}

// say picks the words in the reader's language.
func (a *app) say(ja, en string) string {
	if a.lang == "en" {
		return en
	}
	return ja
}

// configName is the file of the configuration, which need not be there unless it
// was named.
func (a *app) configName() string { return cmp.Or(a.config, "meibo.yaml") }

// settings is the configuration with the flags laid over it.
func (a *app) settings() (jobs.Config, error) {
	c, err := jobs.LoadConfig(a.configName(), a.config == "")
	if err != nil {
		return c, usage(err, "設定ファイルに誤りがあります。", "the configuration is wrong")
	}
	if a.zone, err = c.Location(); err != nil {
		return c, err
	}
	register, err := a.address(accountRun)
	if err != nil {
		return c, err
	}
	export, err := a.address(accountExport)
	if err != nil {
		return c, err
	}
	if a.db == "" { // which goes for all
		if c.ReviewDB, err = a.address(accountReview); err != nil {
			return c, err
		}
		if c.PurgeDB, err = a.address(accountPurge); err != nil {
			return c, err
		}
	}
	for _, o := range []struct {
		flag string
		to   *string
	}{
		{register, &c.DB},
		{a.db, &c.DB},
		{a.inbox, &c.Inbox},
		{a.outbox, &c.Outbox},
		{export, &c.Export.DB},
	} {
		if o.flag != "" {
			*o.to = o.flag
		}
	}
	c.ReviewDB, c.PurgeDB = cmp.Or(c.ReviewDB, c.DB), cmp.Or(c.PurgeDB, c.DB)
	return c, nil
}

// day is --as-of, or today in the configured zone.
func (a *app) day(c jobs.Config) (pipeline.Date, error) {
	if a.asOf != "" {
		return pipeline.ParseDate(a.asOf)
	}
	zone, err := c.Location()
	if err != nil {
		return 0, err
	}
	return pipeline.DateOf(time.Now().In(zone)), nil
}

// open makes the house ready for work.
func (a *app) open(ctx context.Context, c jobs.Config) (*jobs.House, error) {
	h, err := a.opened(jobs.Open(ctx, c, a.options()))
	return a.inOrder(ctx, h, err)
}

// openToRun makes the house ready for what meibo resume goes on with.
func (a *app) openToRun(ctx context.Context, c jobs.Config) (*jobs.House, error) {
	h, err := a.open(ctx, c)
	a.resumable = err == nil // what could not be opened began no run
	return h, err
}

// look makes the house ready for a command that only looks.
func (a *app) look(ctx context.Context, c jobs.Config) (*jobs.House, error) {
	h, err := a.opened(jobs.OpenToLook(ctx, c, a.options()))
	return a.inOrder(ctx, h, err)
}

// rehearse makes the house ready for what leaves even its schema as it is.
func (a *app) rehearse(ctx context.Context, c jobs.Config) (*jobs.House, error) {
	h, err := a.opened(jobs.OpenToRehearse(ctx, c, a.options()))
	return a.inOrder(ctx, h, err)
}

// opening makes a house ready: open, openToRun, look or rehearse.
type opening func(context.Context, jobs.Config) (*jobs.House, error)

// onDay opens the house for as long as do works; day is the day it bears.
func (a *app) onDay(ctx context.Context, open opening, do func(h *jobs.House, day pipeline.Date) error) error {
	c, err := a.settings()
	if err != nil {
		return err
	}
	day, err := a.day(c)
	if err != nil {
		return err
	}
	h, err := open(ctx, c)
	if err != nil {
		return err
	}
	return errors.Join(do(h, day), h.Close())
}

// notThere is said of a database whose answer would be taken for that of an empty
// register.
func (a *app) notThere(c jobs.Config) error {
	return usage(nil, "データベース "+c.DB+" がまだありません。--db または設定の db を確かめてください（最初の meibo run で作成されます）。",
		"there is no database "+c.DB+" yet; check --db or db in the configuration (the first meibo run makes it)")
}

// warnNotThere says so where the answer is given all the same.
func (a *app) warnNotThere(h *jobs.House) {
	if h.StandsIn() {
		f := a.explainError(a.notThere(h.Config))
		fmt.Fprintln(a.err, "meibo: "+a.say(f.ja, f.en))
	}
}

func (a *app) options() jobs.Options {
	o := jobs.Options{Version: version, Log: a.logger(), Now: time.Now, Watch: a.watch(), Env: a.env}
	if exe, err := os.Executable(); err == nil { // else only workbooks with a password stay shut
		o.Decrypter.Command = []string{exe, decryptCommand}
	}
	return o
}

// opened finds the words for a house that stays shut, unless the fault has its own.
func (a *app) opened(h *jobs.House, err error) (*jobs.House, error) {
	jobs.LocateFaults(a.configName(), err)
	if err != nil && a.known(err) == nil {
		return nil, &failure{exitFailed, "データベースまたは保管フォルダーを開けません。原因を取り除いてから、もう一度実行してください。", "cannot open the database or the archive; remove the cause, then try again", err}
	}
	return h, err
}

func (a *app) logger() *slog.Logger {
	o := &slog.HandlerOptions{}
	if a.drawsBars() {
		o.Level = slog.LevelWarn // the bars say the rest
	}
	if a.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(a.err, o))
	}
	return slog.New(slog.NewTextHandler(a.err, o))
}

// drawsBars reports whether progress is drawn instead of logged: on a terminal,
// unless --log asks for lines.
func (a *app) drawsBars() bool {
	f, ok := a.err.(*os.File)
	return ok && a.logFormat == "" && term.IsTerminal(int(f.Fd()))
}

func (a *app) watch() func(string, *run.Work) func(run.StepRow) {
	if a.drawsBars() {
		return bars(a.err)
	}
	return beats(a.logger(), 10*time.Second)
}
