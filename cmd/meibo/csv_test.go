package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// invoke is one invocation in this process.
func invoke(t *testing.T, args ...string) (code int, stdout string) {
	t.Helper()
	var out, err bytes.Buffer
	code = Main(t.Context(), args, &out, &err)
	if err.Len() > 0 {
		t.Logf("meibo %s: %s", strings.Join(args, " "), err.String())
	}
	return code, out.String()
}

func table(t *testing.T, text string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func tableText(t *testing.T, rows [][]string) string {
	t.Helper()
	var b strings.Builder
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// without drops the named columns.
func without(rows [][]string, names ...string) [][]string {
	var out [][]string
	for _, r := range rows {
		var kept []string
		for i, cell := range r {
			if !slices.Contains(names, rows[0][i]) {
				kept = append(kept, cell)
			}
		}
		out = append(out, kept)
	}
	return out
}

// The committed vectors are questions with their answers. Answered again with
// the answers in place they stay as they are; asked without them the answers
// come back, every row and every column; and what is wrong is put right.
func TestVectorsAreAnswered(t *testing.T) {
	tests := []struct {
		file, command string
		answers       []string
		messages      bool // answered with a message besides, in words that are not part of the vectors
	}{
		{"periods.csv", "deadline", []string{"last_day", "first_day_after"}, false},
		{"retention-cases.csv", "deadline", []string{"case", "last_day", "first_deletable"}, false},
		{"written-dates.csv", "date", []string{"date", "outcome"}, true},
	}
	for _, tt := range tests {
		vectors, err := os.ReadFile(filepath.Join("testdata/vectors", tt.file))
		if err != nil {
			t.Fatal(err)
		}
		want := table(t, string(vectors))
		wrong := table(t, string(vectors))
		for _, r := range wrong[1:] {
			for i := range r {
				if slices.Contains(tt.answers, wrong[0][i]) {
					r[i] = "wrong"
				}
			}
		}
		bare := without(want, tt.answers...)
		for name, ask := range map[string][][]string{"with the answers": want, "without them": bare, "with wrong ones": wrong} {
			t.Run(tt.file+" "+name, func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "in.csv")
				if err := os.WriteFile(file, []byte(tableText(t, ask)), 0o600); err != nil {
					t.Fatal(err)
				}
				code, out := invoke(t, tt.command, "--csv", file)
				if code != exitOK {
					t.Fatalf("exit %d, want 0", code)
				}
				if strings.HasPrefix(out, "\ufeff") || strings.Contains(out, "\r") {
					t.Error("the answer has a BOM or CR, want neither")
				}
				got := table(t, out)
				if tt.messages {
					checkMessages(t, got)
					got = without(got, "message")
				}
				if diff := cmp.Diff(byHeader(want), byHeader(got)); diff != "" {
					t.Errorf("answers (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// checkMessages wants a message exactly where the outcome is not ok.
func checkMessages(t *testing.T, rows [][]string) {
	t.Helper()
	var outcomes, messages []string
	for _, r := range rows {
		for i, cell := range r {
			switch rows[0][i] {
			case "outcome":
				outcomes = append(outcomes, cell)
			case "message":
				messages = append(messages, cell)
			}
		}
	}
	for i := range outcomes[1:] {
		if (outcomes[i+1] == "ok") != (messages[i+1] == "") {
			t.Errorf("row %v: outcome %s with message %q", rows[i+1], outcomes[i+1], messages[i+1])
		}
	}
}

// byHeader is rows as one map a row, so that the place of a column does not matter.
func byHeader(rows [][]string) (out []map[string]string) {
	for _, r := range rows[1:] {
		m := map[string]string{}
		for i, cell := range r {
			m[rows[0][i]] = cell
		}
		out = append(out, m)
	}
	return out
}

// A hundred thousand rows are answered while one waits.
func TestManyRows(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,base,months,note\n")
	const rows = 100_000
	for i := range rows {
		fmt.Fprintf(&b, "D%d,2025-08-31,%d,\"some, text\"\n", i, i%1200+1)
	}
	file := filepath.Join(t.TempDir(), "many.csv")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	code, out := invoke(t, "deadline", "--csv", file)
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("%d rows took %s", rows, took)
	}
	if lines := strings.Count(out, "\n"); code != exitOK || lines != rows+1 {
		t.Errorf("exit %d with %d lines, want 0 with %d", code, lines, rows+1)
	}
}

// full is an output that takes nothing, such as a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no room") }

func TestLostOutputIsAFailure(t *testing.T) {
	for _, args := range [][]string{
		{"version"},
		{"version", "--json"},
		{"date", "H30.4.1"},
		{"deadline", "--csv", "testdata/vectors/periods.csv"},
		{"--help"},
	} {
		var said bytes.Buffer
		if code := Main(t.Context(), args, full{}, &said); code != exitFailed || !strings.Contains(said.String(), "no room") {
			t.Errorf("meibo %s into nothing: exit %d saying %q, want %d", strings.Join(args, " "), code, said.String(), exitFailed)
		}
	}
}
