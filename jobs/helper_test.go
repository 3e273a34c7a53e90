package jobs_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/run"
	"meibo/pipeline/source"
	"meibo/pipeline/store"
)

// shelf holds what tests share: finished nights and the binary with failpoints.
var shelf string

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == decryptArgument {
		os.Exit(source.DecryptMain(os.Stdin, os.Stdout))
	}
	var err error
	if shelf, err = os.MkdirTemp("", "meibo-jobs-*"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if os.Getenv("GOGC") == "" {
		// Thousands of small nights, here and in child processes: rarer
		// collections save a quarter of the time.
		debug.SetGCPercent(400)
		os.Setenv("GOGC", "400")
	}
	flag.Parse()
	if *chaos {
		go tellTally()
	}
	code := m.Run()
	if *chaos {
		printTally(os.Stdout)
	}
	if err := os.RemoveAll(shelf); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

const sampleDir = "../sample-data"

// sampleDays are the nights of the sample data.
var sampleDays = []pipeline.Date{day("2026-11-19"), day("2026-11-20"), day("2026-11-21")}

func day(s string) pipeline.Date {
	d, err := pipeline.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// place is where a house stands in a test: a folder with inbox, outbox and
// state, and a database.
type place struct {
	dir string
	jobs.Config
	log *slog.Logger
	now func() time.Time
}

// newPlace is an empty place in dir; db is where its register is kept.
func newPlace(t testing.TB, dir, db string) *place {
	t.Helper()
	c, err := jobs.LoadConfig(filepath.Join(sampleDir, "meibo.yaml"), false)
	if err != nil {
		t.Fatal(err)
	}
	p := &place{dir: dir, Config: c, log: slog.New(slog.DiscardHandler), now: time.Now}
	p.DB, p.Inbox, p.Outbox, p.StateDir = db, filepath.Join(dir, "inbox"), filepath.Join(dir, "outbox"), filepath.Join(dir, "state")
	must(t, os.MkdirAll(p.Inbox, 0o755))
	must(t, os.MkdirAll(p.Outbox, 0o755))
	return p
}

func sqliteIn(dir string) string { return "sqlite:" + filepath.Join(dir, "meibo.db") }

// databases numbers those that this process made.
var databases atomic.Int64

// emptyMySQL makes a database without a table on the server that TEST_MYSQL
// names, and drops it when the test ends.
func emptyMySQL(t testing.TB) string {
	t.Helper()
	base := os.Getenv("TEST_MYSQL") // user:password@tcp(127.0.0.1:3306)/
	if base == "" {
		t.Fatal("TEST_MYSQL is not set: use make test")
	}
	admin, err := sqlx.Open("mysql", base)
	must(t, err)
	name := fmt.Sprintf("jobs_%d_%d", os.Getpid(), databases.Add(1))
	admin.MustExec("CREATE DATABASE " + name)
	t.Cleanup(func() {
		admin.MustExec("DROP DATABASE " + name)
		admin.Close()
	})
	return "mysql:" + base + name
}

// newMySQL is emptyMySQL with the schema of a register.
func newMySQL(t testing.TB) string {
	t.Helper()
	dsn := emptyMySQL(t)
	s, err := store.Open(t.Context(), dsn, store.Options{KeepSchema: true})
	must(t, err)
	defer s.Close()
	must(t, s.Migrate(t.Context()))
	return dsn
}

func (p *place) open(t testing.TB) *jobs.House {
	t.Helper()
	h, err := jobs.Open(t.Context(), p.Config, p.options(t))
	must(t, err)
	return h
}

// options are those of a house at this place.
func (p *place) options(t testing.TB) jobs.Options {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	return jobs.Options{
		Version: shippedVersion(t), Log: p.log, Now: p.now,
		Decrypter: source.Decrypter{Command: []string{exe, decryptArgument}},
	}
}

// with opens the house, hands it to do and closes it.
func (p *place) with(t testing.TB, do func(h *jobs.House)) {
	t.Helper()
	h := p.open(t)
	defer func() { must(t, h.Close()) }()
	do(h)
}

// night does one night that must not fail.
func (p *place) night(t testing.TB, d pipeline.Date) (r jobs.Result) {
	t.Helper()
	p.with(t, func(h *jobs.House) {
		var err error
		r, err = h.Night(t.Context(), d, false)
		must(t, err)
	})
	return r
}

// state is everything a night leaves for others: the register and the outbox.
type state struct {
	dump   string
	outbox map[string]string // bytes by path below the outbox
}

func (p *place) state(t testing.TB) state {
	t.Helper()
	s, err := store.Open(t.Context(), p.DB, store.Options{})
	must(t, err)
	defer s.Close()
	var b bytes.Buffer
	must(t, s.Dump(t.Context(), &b))
	return state{b.String(), tree(t, p.Outbox)}
}

// without leaves tables out of the state: those in which a second attempt
// stands beside the first.
func (s state) without(tables ...string) state {
	var b strings.Builder
	skip := false
	for line := range strings.Lines(s.dump) {
		if name, ok := strings.CutPrefix(line, "# "); ok {
			name, _, _ = strings.Cut(strings.TrimSpace(name), "\t")
			skip = slices.Contains(tables, name)
		}
		if !skip {
			b.WriteString(line)
		}
	}
	s.dump = b.String()
	return s
}

// journal are the tables that tell of runs rather than of the register.
var journal = []string{"runs", "run_steps", "run_files"}

// same reports every difference between two states, one line each.
func same(t testing.TB, what string, got, want state) {
	t.Helper()
	if got.dump != want.dump {
		t.Errorf("%s: the register differs:\n%s", what, diffLines(want.dump, got.dump))
	}
	sameTree(t, what, got.outbox, want.outbox)
}

func sameTree(t testing.TB, what string, got, want map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if b, ok := got[name]; !ok {
			t.Errorf("%s: %s is missing", what, name)
		} else if b != want[name] {
			t.Errorf("%s: the bytes of %s differ", what, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: %s should not be there", what, name)
		}
	}
}

// diffLines shows the first lines that stand in only one of two texts.
func diffLines(want, got string) string {
	w, g := map[string]int{}, map[string]int{}
	for l := range strings.Lines(want) {
		w[l]++
	}
	for l := range strings.Lines(got) {
		g[l]++
	}
	var out []string
	collect := func(sign, text string, other map[string]int) {
		for l := range strings.Lines(text) {
			if other[l]--; other[l] < 0 {
				out = append(out, sign+strings.TrimSuffix(l, "\n"))
			}
		}
	}
	collect("-", want, maps.Clone(g))
	collect("+", got, maps.Clone(w))
	if len(out) > 12 {
		out = append(out[:12], fmt.Sprintf("… %d lines more", len(out)-12))
	}
	return strings.Join(out, "\n")
}

// tree is the bytes of all files below dir by their path.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	must(t, filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		out[filepath.ToSlash(rel)] = string(b)
		return err
	}))
	return out
}

// sampleInbox puts the sample's nights into the inbox.
func (p *place) sampleInbox(t testing.TB, nights ...pipeline.Date) {
	t.Helper()
	for _, d := range nights {
		must(t, os.CopyFS(filepath.Join(p.Inbox, d.String()), os.DirFS(filepath.Join(sampleDir, "inbox", d.String()))))
	}
}

// finished is what the undisturbed sample nights left, on SQLite.
type finished struct {
	places  []string // folder of a copy of the place after each night
	states  []state
	results []jobs.Result
	log     string // every log line of the three nights
}

var undisturbed struct {
	sync.Once
	finished
	ok bool
}

// nights runs the sample nights once per test run.
func nights(t testing.TB) *finished {
	t.Helper()
	u := &undisturbed
	u.Do(func() {
		p := newPlace(t, filepath.Join(shelf, "undisturbed"), sqliteIn(filepath.Join(shelf, "undisturbed")))
		var log bytes.Buffer
		p.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		p.sampleInbox(t, sampleDays...)
		for _, d := range sampleDays {
			u.results = append(u.results, p.night(t, d))
			u.states = append(u.states, p.state(t))
			dir := filepath.Join(shelf, "after-"+d.String())
			must(t, os.CopyFS(dir, os.DirFS(p.dir)))
			u.places = append(u.places, dir)
		}
		u.log, u.ok = log.String(), true
	})
	if !u.ok {
		t.Fatal("the undisturbed nights failed")
	}
	return &u.finished
}

// after is a fresh copy of the place as it stood after that many sample nights,
// the inbox with the nights to come.
func after(t testing.TB, n int) *place {
	t.Helper()
	from := nights(t).places[n-1]
	dir := t.TempDir()
	must(t, os.CopyFS(dir, os.DirFS(from)))
	return newPlace(t, dir, sqliteIn(dir))
}

// toMySQL moves the register of a place to a MySQL database of its own.
func (p *place) toMySQL(t testing.TB) {
	t.Helper()
	p.moveTo(t, newMySQL(t))
}

// moveTo moves the register of a place to an empty one.
func (p *place) moveTo(t testing.TB, dsn string) {
	t.Helper()
	src, err := store.Open(t.Context(), p.DB, store.Options{})
	must(t, err)
	defer src.Close()
	dst, err := store.Open(t.Context(), dsn, store.Options{})
	must(t, err)
	defer dst.Close()
	must(t, src.CopyTo(t.Context(), dst))
	p.DB = dsn
}

// shippedVersion is the version stated in every report that the binary writes.
func shippedVersion(t testing.TB) string {
	t.Helper()
	pkgs, err := parser.ParseFile(token.NewFileSet(), "../cmd/meibo/root.go", nil, 0)
	must(t, err)
	found := ""
	ast.Inspect(pkgs, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && v.Names[0].Name == "version" && len(v.Values) == 1 {
			if lit, ok := v.Values[0].(*ast.BasicLit); ok {
				found, _ = strconv.Unquote(lit.Value)
			}
		}
		return true
	})
	if found == "" {
		t.Fatal("cmd/meibo/root.go states no version")
	}
	return found
}

// put writes a file below the inbox.
func (p *place) put(t testing.TB, name, content string) {
	t.Helper()
	name = filepath.Join(p.Inbox, filepath.FromSlash(name))
	must(t, os.MkdirAll(filepath.Dir(name), 0o755))
	must(t, os.WriteFile(name, []byte(content), 0o644))
}

// store opens the register of a place for a look.
func (p *place) store(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), p.DB, store.Options{})
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func textLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// breakNight does a night whose archive loses its files once they are received.
func (p *place) breakNight(t testing.TB, d pipeline.Date) {
	t.Helper()
	h, err := jobs.Open(t.Context(), p.Config, jobs.Options{
		Version: shippedVersion(t), Log: p.log, Now: p.now,
		Watch: func(name string, _ *run.Work) func(run.StepRow) {
			if name == "import" {
				must(t, os.RemoveAll(filepath.Join(p.StateDir, "archive")))
			}
			return func(run.StepRow) {}
		},
	})
	must(t, err)
	defer h.Close()
	if _, err := h.Night(t.Context(), d, false); err == nil {
		t.Error("the broken night did not fail")
	}
}
