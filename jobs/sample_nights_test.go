package jobs_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite sample-data/expected from what the code does now")

// readerTables are the tables that others than the program read.
var readerTables = []string{
	"purge_list", "purge_lists", "expiry_report", "duplicate_list", "import_batches", "import_faults", "report_manifest",
}

// The three sample nights leave the bytes in sample-data/expected. To change
// them on purpose: go test ./jobs -run Expected -update, and read git diff.
func TestSampleNightsLeaveTheExpectedBytes(t *testing.T) {
	last := nights(t).states[2]
	got := map[string]string{}
	for name, b := range last.outbox {
		got["outbox/"+name] = b
	}
	for name, text := range tables(t, last.dump) {
		if slices.Contains(readerTables, name) {
			got["tables/"+name+".tsv"] = text
		}
	}
	dir := filepath.Join(sampleDir, "expected")
	if *update {
		must(t, os.RemoveAll(dir))
		for name, b := range got {
			must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
			must(t, os.WriteFile(filepath.Join(dir, name), []byte(b), 0o644))
		}
	}
	want := tree(t, dir)
	sameTree(t, "sample-data/expected (look, then -update)", got, want)
	for name, b := range want {
		if strings.HasSuffix(name, ".tsv") && got[name] != b {
			t.Errorf("%s:\n%s", name, diffLines(b, got[name]))
		}
	}
}

func TestSampleNightsAreTheSameBytesOnMySQL(t *testing.T) {
	want := nights(t).states
	p := newPlace(t, t.TempDir(), newMySQL(t))
	p.sampleInbox(t, sampleDays...)
	for i, d := range sampleDays {
		p.night(t, d)
		same(t, d.String(), p.state(t), want[i])
	}
}

// tables splits a dump into tables of plain text: a header row, then values
// without quotes, tabs and newlines in them written as \t and \n, NULL as -.
func tables(t testing.TB, dump string) map[string]string {
	t.Helper()
	plain := strings.NewReplacer("\t", `\t`, "\n", `\n`, "\r", `\r`)
	text := map[string]*strings.Builder{}
	name := ""
	for line := range strings.Lines(dump) {
		line = strings.TrimSuffix(line, "\n")
		if head, ok := strings.CutPrefix(line, "# "); ok {
			var columns string
			name, columns, _ = strings.Cut(head, "\t")
			text[name] = &strings.Builder{}
			text[name].WriteString(columns + "\n")
			continue
		}
		values := strings.Split(line, "\t")
		for i, v := range values {
			if strings.HasPrefix(v, `"`) {
				u, err := strconv.Unquote(v)
				must(t, err)
				values[i] = plain.Replace(u)
			}
		}
		text[name].WriteString(strings.Join(values, "\t") + "\n")
	}
	out := map[string]string{}
	for name, b := range text {
		out[name] = b.String()
	}
	return out
}
