package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"meibo/jobs"
	"meibo/pipeline"
)

// sqlAccount is one of the accounts of a server: schemas/grants/README.md.
type sqlAccount string

// The variables in which the addresses of the accounts stand. An account
// without one of its own works by that of the run.
const (
	accountRun     sqlAccount = "MEIBO_DB"
	accountMigrate sqlAccount = "MEIBO_DB_MIGRATE"
	accountReview  sqlAccount = "MEIBO_DB_REVIEW" // decisions on pairs, approvals, holds
	accountPurge   sqlAccount = "MEIBO_DB_PURGE"  // executions, and what takes them back
	accountExport  sqlAccount = "MEIBO_EXPORT_DB"
)

// address is the database address of an account: that of its variable, or of
// the private file that the variable with _FILE names; empty if neither is set.
func (a *app) address(account sqlAccount) (string, error) {
	name := a.env(string(account) + "_FILE")
	dsn := a.env(string(account))
	switch {
	case name == "":
		return dsn, nil
	case dsn != "":
		return "", usage(nil, fmt.Sprintf("%s と %s_FILE の両方が設定されています。どちらか一方にしてください。", account, account),
			fmt.Sprintf("both %s and %s_FILE are set: leave one out", account, account))
	}
	dsn, err := readPrivate(name)
	if err != nil {
		return "", usage(err, fmt.Sprintf("%s_FILE のファイルを読めません。", account), fmt.Sprintf("the file of %s_FILE cannot be read", account))
	}
	return dsn, nil
}

// readPrivate reads the one line of a file that only its owner may read.
func readPrivate(name string) (string, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", pipeline.SettingFaults{{File: name, JA: "ファイルがありません。", EN: err.Error(), Err: err}}
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return "", pipeline.SettingFaults{{
			File: name, EN: fmt.Sprintf("others may read or write it (%s); give it mode 0600", info.Mode()),
			JA: fmt.Sprintf("本人以外が読み書きできるファイルです（%s）。chmod 600 で本人だけが読めるようにしてください。", info.Mode()),
		}}
	}
	const longest = 4096 // bytes
	b, err := io.ReadAll(io.LimitReader(f, longest))
	if err != nil {
		return "", err
	}
	dsn := strings.TrimSpace(string(b))
	if dsn == "" || strings.ContainsAny(dsn, "\r\n") {
		return "", pipeline.SettingFaults{{File: name, JA: "接続先を1行だけ書いてください（空の行やほかの行は置けません）。", EN: "want one line that is not empty, and nothing else"}}
	}
	return dsn, nil
}

// settingsAs is the configuration for a command that works with another account
// of the server than the run's. --db wins, as ever.
func (a *app) settingsAs(account sqlAccount) (jobs.Config, error) {
	c, err := a.settings()
	if err != nil || a.db != "" {
		return c, err
	}
	dsn, err := a.address(account)
	if dsn != "" {
		c.DB = dsn
	}
	return c, err
}
