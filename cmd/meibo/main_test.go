package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"meibo/pipeline/delivery/smtptest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"meibo": main,
		"deaf":  deaf,
	})
}

// deaf is a program that hears the first signal and goes on working.
func deaf() {
	ctx, _ := interruptible(context.Background())
	fmt.Println("working")
	<-ctx.Done()
	fmt.Println(context.Cause(ctx))
	select {}
}

// TestSessions runs the sessions in testdata/script: they are the command
// line's specification.
func TestSessions(t *testing.T) {
	sample, err := filepath.Abs("../../sample-data")
	if err != nil {
		t.Fatal(err)
	}
	vectors, err := filepath.Abs("testdata/vectors")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("SAMPLE", sample)
			e.Setenv("VECTORS", vectors)
			e.Setenv("BOM", "\ufeff")
			return os.CopyFS(filepath.Join(e.WorkDir, "vectors"), os.DirFS(vectors))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "json": jsonIs, "listing": listing, "sample": copySample, "lock": lock, "cp932": cp932,
			"smtp": mailServer{smtptest.New(t)}.smtp, "keep": keep,
		},
		RequireExplicitExec: true,
	})
}

// exits CODE ARGS… runs meibo and wants that exit code; stdout and stderr can
// be looked at afterwards.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: exits CODE ARGS…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec("meibo", args[1:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("meibo: %v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("meibo %s: exit %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// json PATH VALUE wants stdout to be one JSON document that holds VALUE, itself
// JSON, at PATH: keys and indexes with dots between.
func jsonIs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: json PATH VALUE")
	}
	var at any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &at))
	for key := range strings.SplitSeq(args[0], ".") {
		switch v := at.(type) {
		case map[string]any:
			value, ok := v[key]
			if !ok {
				ts.Fatalf("%s: no key %s", args[0], key)
			}
			at = value
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(v) {
				ts.Fatalf("%s: no index %s in %d", args[0], key, len(v))
			}
			at = v[i]
		default:
			ts.Fatalf("%s: nothing below %v", args[0], at)
		}
	}
	got, err := json.Marshal(at)
	ts.Check(err)
	if string(got) != args[1] {
		ts.Fatalf("%s is %s, want %s", args[0], got, args[1])
	}
}

// sample NIGHT… copies these nights of the sample data to inbox.
func copySample(ts *testscript.TestScript, _ bool, nights []string) {
	for _, n := range nights {
		from := filepath.Join(ts.Getenv("SAMPLE"), "inbox", n)
		ts.Check(os.CopyFS(ts.MkAbs(filepath.Join("inbox", n)), os.DirFS(from)))
	}
}

// listing FILE EXCEPT writes every path below the current folder, with size and
// time of files, into FILE; these two names aside.
func listing(ts *testscript.TestScript, _ bool, args []string) {
	var b strings.Builder
	ts.Check(filepath.WalkDir(ts.MkAbs("."), func(path string, d os.DirEntry, err error) error {
		if err != nil || slices.Contains(args, filepath.Base(path)) {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if d.IsDir() {
			_, err = fmt.Fprintln(&b, path)
		} else {
			_, err = fmt.Fprintln(&b, path, info.Size(), info.ModTime())
		}
		return err
	}))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o600))
}

// newApp is the command line without a process around it.
func newApp(out, err io.Writer) *app {
	return &app{out: out, err: err, env: func(string) string { return "" }}
}

func TestEveryCommandShowsAnExample(t *testing.T) {
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		if c.Runnable() && c.HasParent() && (c.Example == "" || c.Short == "" || c.Long == "") {
			t.Errorf("%s: want a summary, a description and an example", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			visit(sub)
		}
	}
	visit(newApp(io.Discard, io.Discard).root())
}

// Schedulers rely on the codes: what the program says of itself, what the
// README says and what the code returns must be one.
func TestExitCodesAreDocumented(t *testing.T) {
	help := strings.Join(strings.Fields(newApp(io.Discard, io.Discard).root().Long), " ")
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for code, word := range map[int]string{
		exitOK: "done", exitFailed: "failed", exitUsage: "wrong use or configuration", exitRefused: "done, but an input file was refused",
		exitHeld: "another run holds the lease", exitAttention: "done, with a late sender", exitInterrupted: "interrupted, resumable",
	} {
		if line := fmt.Sprintf("%d %s", code, word); !strings.Contains(help, line) {
			t.Errorf("meibo --help does not say %q", line)
		}
		first, _, _ := strings.Cut(word, ",")
		if row := fmt.Sprintf("| %d | %s", code, first); !strings.Contains(string(readme), row) {
			t.Errorf("README.md has no row %q", row)
		}
	}
}
