package intake

import (
	"errors"
	"fmt"
	"maps"
	"math/bits"
	"regexp"
	"slices"
	"strings"

	"meibo/pipeline"
)

// Threshold is how far a file may lie from the sender's earlier ones: it is
// exceeded when both parts are.
type Threshold struct {
	Percent float64 `yaml:"percent"`
	Count   int     `yaml:"count"`
}

// exceeded reports whether n is beyond the threshold, of a whole of which n
// makes percent. Both bounds are inclusive: what lies at a bound is no drift.
func (t *Threshold) exceeded(n int, percent float64) bool {
	return n > t.Count && percent > t.Percent
}

// Drift says from when on a change of content is worth a warning. A nil
// threshold is the default's.
type Drift struct {
	After     int        `yaml:"after"`      // earlier files there must be; default 4
	Rows      *Threshold `yaml:"rows"`       // data rows against the middle of the earlier files
	Empty     *Threshold `yaml:"empty"`      // empty cells of a column, in percentage points and cells
	NewValues *Threshold `yaml:"new_values"` // codes that the sender never used, in watched columns
}

// DriftWindow is how many earlier files a file is compared with, at most.
const DriftWindow = 8

func (d *Drift) prepare() error {
	for _, t := range []struct {
		threshold **Threshold
		otherwise Threshold
	}{
		{&d.Rows, Threshold{Percent: 50, Count: 100}},
		{&d.Empty, Threshold{Percent: 20, Count: 20}},
		{&d.NewValues, Threshold{}},
	} {
		if *t.threshold == nil {
			*t.threshold = &t.otherwise
		}
		if (*t.threshold).Percent < 0 || (*t.threshold).Count < 0 {
			return errors.New("drift: want percent and count from 0")
		}
	}
	if d.After == 0 {
		d.After = 4
	}
	if d.After < 1 || d.After > DriftWindow {
		return fmt.Errorf("drift: after: want 1 to %d earlier files", DriftWindow)
	}
	return nil
}

// Figures is what a file looked like, as later files are compared with it. It
// holds no personal data.
type Figures struct {
	Rows    int                      `json:"rows"` // good ones, by themselves
	Columns map[string]ColumnFigures `json:"columns"`
}

// ColumnFigures is what one column looked like in the good rows. Known is every
// code that the sender has used so far, of a column that is watched.
type ColumnFigures struct {
	Empty int      `json:"empty"`
	Known []string `json:"known,omitempty"`
}

// Earlier is an earlier file of the sender and kind.
type Earlier struct {
	Rows    int  // data rows read
	Initial bool // of a first load, whose size measures no later file
	Figures Figures
}

// tally counts what the good rows of a file, or of a stretch of it, hold.
type tally struct {
	rows    int
	columns []columnTally
}

type columnTally struct {
	written int
	codes   map[string]int // values by code; nil: not watched
	strange int            // values that are no code
}

// A code that is remembered: too short for the ID of a person, and no name. What
// else stands in a watched column is counted and forgotten.
var watchedCode = regexp.MustCompile(`^[0-9A-Z-]{1,8}$`)

// maxKnown bounds the codes remembered of one column: with more it holds no
// codes but numbers, and is not compared.
const maxKnown = 500

func newTally(l *Layout) tally {
	t := tally{columns: make([]columnTally, len(l.Columns))}
	for i := range l.Columns {
		if l.Columns[i].Watch {
			t.columns[i].codes = make(map[string]int)
		}
	}
	return t
}

// add counts the row that d holds.
func (t *tally) add(d *decoder) {
	t.rows++
	for rest := d.written; rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros64(rest)
		c := &t.columns[i]
		c.written++
		if c.codes == nil {
			continue
		}
		text := d.vals[i].text
		if n := c.codes[text]; n > 0 { // nearly always one code, and seen before
			c.codes[text] = n + 1
			continue
		}
		for code := range strings.FieldsSeq(text) {
			if watchedCode.MatchString(code) {
				c.count(code, 1)
			} else {
				c.strange++
			}
		}
	}
}

// count forgets codes beyond one too many, by which the column is known to be
// no column of codes.
func (c *columnTally) count(code string, n int) {
	if _, seen := c.codes[code]; seen || len(c.codes) <= maxKnown {
		c.codes[code] += n
	}
}

// merge adds what another stretch of the file holds and empties it.
func (t *tally) merge(o *tally) {
	t.rows += o.rows
	o.rows = 0
	for i := range o.columns {
		from, to := &o.columns[i], &t.columns[i]
		to.written, to.strange = to.written+from.written, to.strange+from.strange
		for code, n := range from.codes {
			to.count(code, n)
		}
		from.written, from.strange = 0, 0
		clear(from.codes)
	}
}

// Figures is what the file looked like, on top of what was known from the
// sender's newest file before it; earlier is newest first.
func (c *Checked) Figures(earlier []Earlier) Figures {
	f := Figures{Rows: c.seen.rows, Columns: make(map[string]ColumnFigures, len(c.seen.columns))}
	for i, t := range c.seen.columns {
		key := c.layout.Columns[i].Key
		col := ColumnFigures{Empty: c.seen.rows - t.written}
		if t.codes != nil {
			known := slices.Collect(maps.Keys(t.codes))
			if len(earlier) > 0 {
				known = append(known, earlier[0].Figures.Columns[key].Known...)
			}
			slices.Sort(known)
			known = slices.Compact(known)
			col.Known = known[:min(len(known), maxKnown+1)]
		}
		f.Columns[key] = col
	}
	return f
}

// Compare notes how far the file lies from the sender's earlier ones of its
// kind, newest first, of which the newest DriftWindow count. The file goes on
// whatever it finds.
func (c *Checked) Compare(earlier []Earlier) {
	earlier = earlier[:min(len(earlier), DriftWindow)]
	usual := slices.DeleteFunc(slices.Clone(earlier), func(e Earlier) bool { return e.Initial })
	if len(usual) >= c.layout.Drift.After {
		c.compareRows(usual)
		c.compareEmpty(usual)
	}
	if len(usual) >= c.layout.Drift.After || len(usual) < len(earlier) {
		c.compareCodes(earlier[0])
	}
	c.sort()
}

// Remark notes a finding about the file as a whole.
func (c *Checked) Remark(f *Finding) {
	c.note(placed(c.origin, "", "", f))
	c.sort()
}

func (c *Checked) remarkColumn(i int, f *Finding) {
	col := &c.layout.Columns[i]
	c.note(placed(c.origin, col.Key, col.Header, f))
}

func (c *Checked) compareRows(usual []Earlier) {
	counts := make([]int, len(usual))
	written := make([]string, len(usual))
	for i, e := range usual {
		counts[i], written[i] = e.Rows, fmt.Sprint(e.Rows)
	}
	middle := middleOf(counts)
	diff, ja, en := float64(c.RowsRead)-middle, "多く", "more"
	if diff < 0 {
		diff, ja, en = -diff, "少なく", "fewer"
	}
	percent := share(diff, middle)
	t := c.layout.Drift.Rows
	if !t.exceeded(int(diff), percent) {
		return
	}
	c.Remark(doubtful(CodeDriftRows,
		fmt.Sprintf("データは%d行です。直近%d回は新しい順に%s行、中央の値は%g行で、それより%g行（%.1f%%）%sなっています（目安は%d行または%g%%まで）。そのまま取り込みましたが、漏れや重複がないか確かめてください。",
			c.RowsRead, len(usual), strings.Join(written, "、"), middle, diff, percent, ja, t.Count, t.Percent),
		fmt.Sprintf("%d data rows; the last %d files had, newest first, %s, the middle of which is %g: %g (%.1f %%) %s, where %d rows or %g %% are usual; it was taken, but check that nothing is missing or doubled",
			c.RowsRead, len(usual), strings.Join(written, ", "), middle, diff, percent, en, t.Count, t.Percent)))
}

// middleOf is the median.
func middleOf(counts []int) float64 {
	counts = slices.Sorted(slices.Values(counts))
	n := len(counts)
	return float64(counts[(n-1)/2]+counts[n/2]) / 2
}

// share is part in percent of whole; all of it where there is no whole.
func share(part, whole float64) float64 {
	switch {
	case whole > 0:
		return 100 * part / whole
	case part > 0:
		return 100
	}
	return 0
}

func (c *Checked) compareEmpty(usual []Earlier) {
	for i, t := range c.seen.columns {
		key := c.layout.Columns[i].Key
		empty, rows := c.seen.rows-t.written, c.seen.rows
		was, of := 0, 0
		for _, e := range usual {
			if col, ok := e.Figures.Columns[key]; ok {
				was, of = was+col.Empty, of+e.Figures.Rows
			}
		}
		if rows == 0 || of == 0 {
			continue
		}
		now, before := share(float64(empty), float64(rows)), share(float64(was), float64(of))
		points, ja, en := now-before, "増えて", "up"
		if points < 0 {
			points, ja, en = -points, "減って", "down"
		}
		limit := c.layout.Drift.Empty
		if !limit.exceeded(int(points*float64(rows)/100), points) {
			continue
		}
		c.remarkColumn(i, doubtful(CodeDriftEmpty,
			fmt.Sprintf("空欄は%d行のうち%d行（%.1f%%）です。直近%d回の合計では%d行のうち%d行（%.1f%%）で、%.1fポイント%sいます（目安は%d行または%gポイントまで）。そのまま取り込みましたが、列のずれや出力の漏れがないか確かめてください。",
				rows, empty, now, len(usual), of, was, before, points, ja, limit.Count, limit.Percent),
			fmt.Sprintf("%d of %d rows are empty here (%.1f %%); in the last %d files together it were %d of %d (%.1f %%): %s by %.1f points, where %d rows or %g points are usual; it was taken, but check for shifted or missing columns",
				empty, rows, now, len(usual), was, of, before, en, points, limit.Count, limit.Percent)))
	}
}

// maxShown is how many new codes a text names.
const maxShown = 5

func (c *Checked) compareCodes(last Earlier) {
	for i, t := range c.seen.columns {
		known := last.Figures.Columns[c.layout.Columns[i].Key].Known
		if t.codes == nil || len(t.codes) > maxKnown || len(known) > maxKnown {
			continue
		}
		values, fresh := t.strange, []string(nil)
		for code, n := range t.codes {
			if _, found := slices.BinarySearch(known, code); !found {
				values, fresh = values+n, append(fresh, code)
			}
		}
		limit, percent := c.layout.Drift.NewValues, share(float64(values), float64(t.written))
		if !limit.exceeded(values, percent) {
			continue
		}
		slices.Sort(fresh)
		ja, en := shownCodes(fresh, t.strange)
		c.remarkColumn(i, doubtful(CodeDriftCodes,
			fmt.Sprintf("書かれている%d行のうち%d件（%.1f%%）が、この送信元のこれまでのファイルになかったコードです: %s（これまでのコードは%d種類、目安は%d件または%g%%まで）。そのまま取り込みましたが、書き間違いや列のずれでないか確かめてください。",
				t.written, values, percent, ja, len(known), limit.Count, limit.Percent),
			fmt.Sprintf("%d values in %d rows (%.1f %%) are codes that no earlier file of this sender had: %s (%d were known; %d values or %g %% are usual); it was taken, but check for misspelt codes and shifted columns",
				values, t.written, percent, en, len(known), limit.Count, limit.Percent)))
	}
}

func shownCodes(fresh []string, strange int) (ja, en string) {
	shown := fresh[:min(len(fresh), maxShown)]
	ja, en = strings.Join(shown, "、"), strings.Join(shown, ", ")
	if more := len(fresh) - len(shown); more > 0 {
		ja, en = fmt.Sprintf("%s ほか%d種類", ja, more), fmt.Sprintf("%s and %d more", en, more)
	}
	if strange > 0 {
		ja, en = joined(ja, "、", fmt.Sprintf("コードの形でない値が%d個", strange)), joined(en, ", ", fmt.Sprintf("%d values that are no codes", strange))
	}
	return ja, en
}

func joined(a, sep, b string) string {
	if a == "" {
		return b
	}
	return a + sep + b
}

// IsDrift reports whether a code says that a file lies far from earlier ones.
func IsDrift(code pipeline.Code) bool {
	return code == CodeDriftRows || code == CodeDriftEmpty || code == CodeDriftCodes
}
