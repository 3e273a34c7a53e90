package jobs_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"meibo/jobs"
	"meibo/pipeline/deadline"
	"meibo/pipeline/intake"
	"meibo/pipeline/source"
	"meibo/pipeline/store"
	"meibo/pipeline/synth"
)

// The benchmarks of this file print ratios of two ways of doing the same work,
// measured in turn in one run, because the machines are noisy: the median of
// the pairs is reported. `make bench` runs them.

// ratio runs ours and bare in turn and reports bare's time over ours: above 1
// is faster than bare.
func ratio(b *testing.B, ours, bare func() error) {
	b.Helper()
	procs := runtime.GOMAXPROCS(0)
	timed(b, procs, bare) // the file is in the page cache from here on
	var ratios []float64
	for range max(b.N, 5) {
		a := timed(b, procs, ours)
		ratios = append(ratios, timed(b, procs, bare)/a)
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "x-of-bare")
	b.ReportMetric(0, "ns/op")
}

// timed returns the seconds that f takes on so many processors. It starts
// without anybody else's garbage.
func timed(b *testing.B, procs int, f func() error) float64 {
	b.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
	runtime.GC()
	start := time.Now()
	if err := f(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start).Seconds()
}

// register makes a synthetic register's input files once per size.
func register(b *testing.B, agents int) string {
	b.Helper()
	dir := filepath.Join(shelf, "register-"+strconv.Itoa(agents))
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	_, err := synth.Generate(synth.Options{Agents: agents, Seed: 11, Out: dir, LastNight: day("2026-11-21")})
	if err != nil {
		b.Fatal(err)
	}
	must(b, os.Remove(filepath.Join(dir, "truth.csv")))
	return dir
}

// inputFile finds one of the register's files and its layout.
func inputFile(b *testing.B, dir, pattern, kind string) (string, []byte, *intake.Layout) {
	b.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*", pattern))
	if err != nil || len(names) == 0 {
		b.Fatal(pattern, err)
	}
	data, err := os.ReadFile(names[0])
	must(b, err)
	ls, err := intake.LoadLayouts()
	must(b, err)
	return filepath.Base(names[0]), data, ls[kind]
}

func checkWhole(l *intake.Layout, name string, data []byte) func() error {
	rules, err := jobs.LoadRules()
	return func() error {
		if err != nil {
			return err
		}
		kinds, err := rules.Kinds.KindsOn(day("2026-11-21"))
		if err != nil {
			return err
		}
		env := intake.Env{Sender: "1001", AsOf: day("2026-11-21"), Kinds: map[string]intake.Kind{}}
		for _, c := range kinds.Codes() {
			env.Kinds[c] = intake.Kind{}
		}
		c, err := l.Check(func() (*source.Table, error) {
			return l.Open(bytes.NewReader(data), int64(len(data)), name, source.Options{})
		}, env)
		if err == nil && (c.Refused != nil || c.RowsRead == 0) {
			err = fmt.Errorf("%s: %d rows, refused %v", name, c.RowsRead, c.Refused)
		}
		return err
	}
}

// BenchmarkRatioCSVCheckedToEncodingCSV compares reading and checking a CSV with
// splitting it by encoding/csv alone: on one processor, and on two. two-copies
// is what the machine had to give on two: how much more two encoding/csv beside
// each other do than one after the other. A machine shared with others takes a
// processor away for whole rounds; what is reported is the quickest of each.
func BenchmarkRatioCSVCheckedToEncodingCSV(b *testing.B) {
	for _, f := range []struct{ kind, pattern string }{
		{"agents", "association/agents_*.csv"}, {"exam-results", "exam-center/exam-results_*.csv"},
	} {
		b.Run(f.kind, func(b *testing.B) {
			name, data, l := inputFile(b, register(b, 100_000), f.pattern, f.kind)
			ours, bare := checkWhole(l, name, data), func() error { return splitWhole(data) }
			both := func() error {
				other := make(chan error, 1)
				go func() { other <- bare() }()
				return errors.Join(bare(), <-other)
			}
			bare1, ours1, ours2, bare2 := math.Inf(1), math.Inf(1), math.Inf(1), math.Inf(1)
			for range max(b.N, 20) {
				bare1, ours1 = min(bare1, timed(b, 1, bare)), min(ours1, timed(b, 1, ours))
				bare2, ours2 = min(bare2, timed(b, 2, both)), min(ours2, timed(b, 2, ours))
			}
			b.ReportMetric(bare1/ours1, "x-of-bare-on-1")
			b.ReportMetric(bare1/ours2, "x-of-bare-on-2")
			b.ReportMetric(ours1/ours2, "2-over-1")
			b.ReportMetric(2*bare1/bare2, "two-copies")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func splitWhole(data []byte) error {
	r := csv.NewReader(bytes.NewReader(data))
	r.ReuseRecord, r.FieldsPerRecord, r.LazyQuotes = true, -1, true
	for {
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func BenchmarkRatioXLSXCheckedToExcelize(b *testing.B) {
	name, data, l := inputFile(b, register(b, 100_000), "1001/registrations_*.xlsx", "registrations")
	ratio(b, checkWhole(l, name, data), func() error {
		f, err := excelize.OpenReader(bytes.NewReader(data))
		if err != nil {
			return err
		}
		defer f.Close()
		rows, err := f.Rows(f.GetSheetList()[0])
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if _, err := rows.Columns(excelize.Options{RawCellValue: true}); err != nil {
				return err
			}
		}
		return rows.Error()
	})
}

// BenchmarkRatioDeadlinesToBareRead compares judging everybody with reading the
// same tables, row by row in key order, and doing nothing.
func BenchmarkRatioDeadlinesToBareRead(b *testing.B) {
	p := newPlace(b, b.TempDir(), "")
	p.DB = sqliteIn(p.dir)
	must(b, os.CopyFS(p.Inbox, os.DirFS(register(b, 20_000))))
	h, err := jobs.Open(b.Context(), p.Config, jobs.Options{Version: "bench", Log: p.log, Now: p.now})
	must(b, err)
	_, err = h.Night(b.Context(), day("2026-11-21"), false)
	must(b, err)
	must(b, h.Close())
	s, err := store.Open(b.Context(), p.DB, store.Options{})
	must(b, err)
	defer s.Close()
	rules, err := jobs.LoadRules()
	must(b, err)
	settings, err := rules.Retention.RulesOn(day("2026-11-22"))
	must(b, err)
	bare, err := sql.Open("sqlite", filepath.Join(p.dir, "meibo.db"))
	must(b, err)
	defer bare.Close()
	ratio(b, func() error {
		for x, err := range s.People(b.Context()) {
			if err != nil {
				return err
			}
			_ = deadline.Judge(x, settings, deadline.Circumstances{}, day("2026-11-22"))
		}
		return nil
	}, func() error { return readTables(b.Context(), bare) })
}

func readTables(ctx context.Context, db *sql.DB) error {
	for _, t := range []string{"agents", "agent_names", "qualifications", "registrations", "activities"} {
		rows, err := db.QueryContext(ctx, "SELECT * FROM "+t+" ORDER BY agent_id")
		if err != nil {
			return err
		}
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		cells, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				return err
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkRatioDeadlinesMemory is the peak of the deadlines step at 200,000
// people over that at 20,000: it streams, so it hardly grows. The night is
// repeated in a process of its own, in which nothing was imported.
func BenchmarkRatioDeadlinesMemory(b *testing.B) {
	bin := filepath.Join(b.TempDir(), "meibo")
	if out, err := exec.Command("go", "build", "-o", bin, "meibo/cmd/meibo").CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	small, large := deadlinesPeak(b, bin, 20_000), deadlinesPeak(b, bin, 200_000)
	b.ReportMetric(float64(large)/float64(small), "x-of-20000")
	b.ReportMetric(float64(small)/(1<<20), "MiB-at-20000")
	b.ReportMetric(float64(large)/(1<<20), "MiB-at-200000")
	b.ReportMetric(0, "ns/op")
}

func deadlinesPeak(b *testing.B, bin string, agents int) int64 {
	b.Helper()
	dir := b.TempDir()
	must(b, os.CopyFS(filepath.Join(dir, "inbox"), os.DirFS(register(b, agents))))
	var peak int64
	for _, d := range []string{"2026-11-21", "2026-11-22"} {
		c := exec.Command(bin, "run", "--as-of", d, "--json", "--db", sqliteIn(dir), "--inbox", "inbox", "--outbox", "outbox")
		c.Dir = dir
		out, err := c.Output()
		var exit *exec.ExitError
		if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 5) {
			b.Fatalf("night of %s: %v", d, err)
		}
		var night struct {
			Steps []struct {
				Name string `json:"name"`
				Peak int64  `json:"peak_rss_bytes"`
			} `json:"steps"`
		}
		must(b, json.Unmarshal(out, &night))
		for _, s := range night.Steps {
			if s.Name == "deadlines" {
				peak = s.Peak
			}
		}
	}
	return peak
}
