package jobs_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"meibo/jobs"
	"meibo/pipeline/store"
)

// damage is what becomes of a file on its way.
type damage struct {
	what  string
	bytes []byte
}

// damages are some of the ways in which b can be cut, and in which one bit of it
// can be another.
func damages(dice *rand.Rand, b []byte, each int) (out []damage) {
	for range each {
		at := dice.IntN(len(b))
		out = append(out, damage{fmt.Sprintf("cut at byte %d", at), b[:at]})
		at, bit := dice.IntN(len(b)), dice.IntN(8)
		flipped := bytes.Clone(b)
		flipped[at] ^= 1 << bit
		out = append(out, damage{fmt.Sprintf("bit %d of byte %d flipped", bit, at), flipped})
	}
	return out
}

// about are the tables on people and on what was sent of them. What else stands
// in a register tells of files and nights.
var about = []string{
	"agents", "agent_names", "qualifications", "registrations", "registration_events", "activities",
	"inquiries", "bulk_inquiries", "staff", "managers", "incidents", "deadlines", "decisions", "purge_reviews", "corrections",
}

// sourceOf says which file a value came from, with or without the row, or when.
var sourceOf = regexp.MustCompile(`[0-9]{8}-[a-z0-9-]+-[0-9a-f]{12}[^"\t]*|[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+Z|\.[0-9]{3}\.[0-9]{5}\.)`)

// content is what the register says of people, a line a row, without where and
// when the program got to know it.
func (p *place) content(t testing.TB) (lines []string) {
	t.Helper()
	name := ""
	for line := range strings.Lines(p.state(t).dump) {
		if head, ok := strings.CutPrefix(line, "# "); ok {
			name, _, _ = strings.Cut(strings.TrimSpace(head), "\t")
		} else if slices.Contains(about, name) {
			lines = append(lines, name+"\t"+sourceOf.ReplaceAllString(strings.TrimSpace(line), "source"))
		}
	}
	slices.Sort(lines)
	return lines
}

// tornNight does the night with that index with other bytes, or none, in the
// place of a file.
func (c *chaosNights) tornNight(t *testing.T, db string, night int, name string, b []byte) (*place, jobs.Result) {
	t.Helper()
	p := c.place(t, db, night)
	at := filepath.Join(p.Inbox, name)
	if b == nil {
		must(t, os.Remove(at))
	} else {
		must(t, os.WriteFile(at, b, 0o644))
	}
	return p, p.night(t, chaosDays[night])
}

// torn is one file of a night and what the register says after nights with it
// and without it.
type torn struct {
	night         int
	name          string // below the inbox
	bytes         []byte
	with, without func() []string
}

// tornFiles are all files of the first two nights.
func (c *chaosNights) tornFiles(t *testing.T) (out []torn) {
	t.Helper()
	for night := range 2 {
		with := sync.OnceValue(func() []string { return c.place(t, "sqlite", night+1).content(t) })
		inbox := os.DirFS(filepath.Join(c.dirs[night], "inbox"))
		files, err := fs.Glob(inbox, chaosDays[night].String()+"/*/*")
		must(t, err)
		for _, name := range files {
			b, err := fs.ReadFile(inbox, name)
			must(t, err)
			if len(b) == 0 { // a mark of completion
				continue
			}
			without := sync.OnceValue(func() []string {
				p, _ := c.tornNight(t, "sqlite", night, name, nil)
				return p.content(t)
			})
			out = append(out, torn{night, name, b, with, without})
		}
	}
	return out
}

// Whatever file of a night is cut or has one bit flipped on its way: the night
// is done, and of the damaged file nothing is kept or what really stands in it.
// A workbook has check sums, so that it is whole or refused. In a CSV file a
// damaged line may say something else, and a file may end where a line ends: no
// line but the damaged ones counts otherwise.
func TestChaosTornFilesInTheNight(t *testing.T) {
	c := everyKind(t)
	files := c.tornFiles(t)
	if len(files) < 25 {
		t.Fatalf("the nights have only %d files", len(files))
	}
	for i, f := range files {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			if !*chaos && i%3 != 0 {
				return
			}
			dice := rand.New(rand.NewPCG(20261121, uint64(i)))
			trials := damages(dice, f.bytes, 1)[i/3%2 : i/3%2+1]
			if *chaos {
				trials = damages(dice, f.bytes, max(2, 96/(*stride)))
			}
			for n, d := range trials {
				db := "sqlite"
				if (n/2+i)%4 == 3 { // cuts and flips
					db = "mysql"
				}
				c.takeTorn(t, db, f, d)
			}
		})
	}
}

// takeTorn does a night with a damaged file.
func (c *chaosNights) takeTorn(t *testing.T, db string, f torn, d damage) {
	t.Helper()
	fault := "file " + strings.Fields(d.what)[0]
	p, r := c.tornNight(t, db, f.night, f.name, d.bytes)
	got := p.content(t)
	what := ""
	switch sent := strings.SplitN(f.name, "/", 2)[1]; {
	case slices.Contains(r.Refused, sent), slices.Contains(r.Held, sent):
		what = notSame(got, f.without())
		fault += ", kept out"
	case strings.HasSuffix(f.name, ".xlsx"):
		what = notSame(got, f.with())
		fault += ", workbook taken"
	default:
		touched := touchedBy(f.bytes, d.bytes)
		others := func(lines []string) []string {
			return slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return mentions(line, touched) })
		}
		what = notSame(others(got), others(f.with()))
		if strange := halfRows(got, f, d.bytes); len(strange) > 0 {
			what += "\nvalues that stand in no whole row:\n" + strings.Join(strange, "\n")
		}
		fault += ", CSV taken"
	}
	count(fault, p.kind(), 1, what != "")
	if what != "" {
		t.Errorf("%s: %s\n%s", d.what, f.name, what)
	}
}

// facts are the tables whose values are written in files; the others follow from
// these.
var facts = []string{
	"agents", "agent_names", "qualifications", "registrations", "registration_events", "activities",
	"inquiries", "bulk_inquiries", "staff", "managers", "incidents", "corrections",
}

// halfRows are the rows of the register with a value that stands neither in a
// whole row of the damaged file, one with as many cells as its header, nor in the
// register after nights with the file as it was or without it. Half a row counts
// as none: nothing of it may be there.
func halfRows(got []string, f torn, damaged []byte) (out []string) {
	r := csv.NewReader(bytes.NewReader(damaged))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	rows, err := r.ReadAll()
	if err != nil || len(rows) == 0 {
		return []string{fmt.Sprintf("a file was taken that cannot be read: %v", err)}
	}
	known := map[string]bool{"": true}
	for _, row := range rows {
		for _, cell := range row {
			if len(row) == len(rows[0]) {
				known[kernel(cell)] = true
			}
		}
	}
	undamaged := map[string]bool{}
	for _, lines := range [][]string{f.with(), f.without()} {
		for _, line := range lines {
			undamaged[line] = true
			for cell := range strings.SplitSeq(line, "\t") {
				known[kernel(cell)] = true
			}
		}
	}
	for _, line := range got {
		table, row, _ := strings.Cut(line, "\t")
		if undamaged[line] || !slices.Contains(facts, table) {
			continue
		}
		for cell := range strings.SplitSeq(row, "\t") {
			if !known[kernel(cell)] && !strings.Contains(cell, "source") { // which says where others come from
				out = append(out, fmt.Sprintf("%s in %s", cell, line))
			}
		}
	}
	return out
}

// kernel is a value without what reading it may change: width, case, blanks, and
// what parts the numbers of a date.
func kernel(cell string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, norm.NFKC.String(cell))
}

func notSame(got, want []string) string {
	if slices.Equal(got, want) {
		return ""
	}
	return diffLines(strings.Join(want, "\n")+"\n", strings.Join(got, "\n")+"\n")
}

// touchedBy are all values of the lines of a CSV file that are not in both of
// its versions, and those of whoever may be one person with somebody there. From
// a quote on that was not there, and from a damaged header, all lines are.
func touchedBy(was, is []byte) map[string]bool {
	before, after := strings.Split(string(was), "\n"), strings.Split(string(is), "\n")
	same := 0
	for same < min(len(before), len(after)) && before[same] == after[same] {
		same++
	}
	tail := 0
	for tail < min(len(before), len(after))-same && before[len(before)-1-tail] == after[len(after)-1-tail] {
		tail++
	}
	if same == 0 || strings.Count(string(was), `"`) != strings.Count(string(is), `"`) {
		tail = 0
	}
	out := map[string]bool{}
	for _, lines := range [][]string{before[same : len(before)-tail], after[same : len(after)-tail]} {
		for _, line := range lines {
			for _, cell := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(",\t\r\"", r) }) {
				out[strings.ToUpper(strings.TrimSpace(cell))] = true
			}
		}
	}
	for _, pair := range [][2]string{{"N1", "N2"}, {"V1", "V2"}, {"C1", "C2"}} {
		if out[pair[0]] || out[pair[1]] {
			out[pair[0]], out[pair[1]] = true, true
		}
	}
	return out
}

// mentions reports whether an ID or a number by which a row is known is among
// the values.
func mentions(line string, values map[string]bool) bool {
	name, row, _ := strings.Cut(line, "\t")
	cells := strings.Split(row, "\t")
	for _, table := range store.Tables() {
		if table.Name != name {
			continue
		}
		i := 0
		for _, column := range table.Columns {
			if column.Clock { // not in a dump
				continue
			}
			if strings.HasSuffix(column.Name, "_id") || strings.HasSuffix(column.Name, "_no") {
				if values[strings.ToUpper(strings.Trim(cells[i], `"`))] {
					return true
				}
			}
			i++
		}
	}
	return false
}
