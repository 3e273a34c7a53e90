package intake

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// small is a layout with a watched code and thresholds of its own.
func small(t *testing.T, drift string) *Layout {
	t.Helper()
	l, err := ParseLayout([]byte("kind: k\ntitle: t\nsenders: [association]\nformat: csv\nrecord: values\nrepeats: true\n" + drift + `
columns:
  - {header: コード, key: code, type: id, max: 20, watch: true}
  - {header: 備考, key: note, type: text, max: 20}
`))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func smallFile(rows int, row string) string {
	return "コード,備考\n" + strings.Repeat(row+"\n", rows)
}

func checked(t *testing.T, l *Layout, text string) *Checked {
	t.Helper()
	c, err := l.Check(opener(l, text), testEnv)
	if err != nil || c.Refused != nil {
		t.Fatal(err, c.Refused)
	}
	return c
}

// earlierFiles are what files of these numbers of rows leave, the last first.
func earlierFiles(t *testing.T, l *Layout, row string, rows ...int) (out []Earlier) {
	t.Helper()
	for _, n := range rows {
		c := checked(t, l, smallFile(n, row))
		out = append([]Earlier{{Rows: n, Figures: c.Figures(out)}}, out...)
	}
	return out
}

func TestDrift(t *testing.T) {
	const strict = "drift: {after: 2, rows: {percent: 10}, empty: {count: 3}, new_values: {count: 1}}"
	for _, x := range []struct {
		name, drift, text string
		earlier           []int
		want              []string
	}{
		{"as ever", strict, smallFile(100, "A1,x"), []int{100, 100}, nil},
		{"at the bound", strict, smallFile(90, "A1,x"), []int{100, 100}, nil},
		{"beyond the bound", strict, smallFile(89, "A1,x"), []int{100, 100}, []string{"0  drift-rows"}},
		{"more than ever", strict, smallFile(111, "A1,x"), []int{100, 100}, []string{"0  drift-rows"}},
		{"one odd file does not move the middle", strict, smallFile(100, "A1,x"), []int{100, 5, 100}, nil},
		{"nothing but the header", strict, "コード,備考\n", []int{100, 100}, []string{"0  drift-rows"}},
		{"too few earlier files", strict, smallFile(10, "B1,"), []int{100}, nil},
		{"three cells empty", strict, smallFile(97, "A1,x") + strings.Repeat("A1,\n", 3), []int{100, 100}, nil},
		{"four cells empty", strict, smallFile(96, "A1,x") + strings.Repeat("A1,\n", 4), []int{100, 100}, []string{"0 note drift-empty-cells"}},
		{"a new code once", strict, smallFile(99, "A1,x") + "B1,x\n", []int{100, 100}, nil},
		{"a new code twice", strict, smallFile(98, "A1,x") + "B1,x\nB1,x\n", []int{100, 100}, []string{"0 code drift-new-codes"}},
		{"what is no code", strict, smallFile(98, "A1,x") + "見本太郎,x\nLONGER-THAN-8,x\n", []int{100, 100}, []string{"0 code drift-new-codes"}},
		{"small files by default", "", smallFile(10, "A1,"), []int{100, 100, 100, 100}, nil},
	} {
		t.Run(x.name, func(t *testing.T) {
			l := small(t, x.drift)
			c := checked(t, l, x.text)
			c.Compare(earlierFiles(t, l, "A1,x", x.earlier...))
			if diff := cmp.Diff(x.want, faultList(c.Faults)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
			if c.Rejected > 0 {
				t.Error("drift sets rows aside")
			}
		})
	}
}

func TestFiguresRememberCodesAndNothingElse(t *testing.T) {
	l := small(t, "")
	earlier := earlierFiles(t, l, "A1,見本太郎", 3, 2)
	c := checked(t, l, "コード,備考\nB2,\nP123456789,x\n見本花子,x\n")
	want := Figures{Rows: 3, Columns: map[string]ColumnFigures{
		"code": {Known: []string{"A1", "B2"}},
		"note": {Empty: 1},
	}}
	if diff := cmp.Diff(want, c.Figures(earlier)); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
}

func TestFiguresDoNotDependOnTheNumberOfProcessors(t *testing.T) {
	var text strings.Builder
	text.WriteString("コード,備考\n")
	for i := range 20_000 {
		fmt.Fprintf(&text, "C%d,%s\n", i%7, strings.Repeat("x", i%2))
	}
	l := small(t, "")
	got := checked(t, l, text.String()).Figures(nil)
	want := Figures{Rows: 20_000, Columns: map[string]ColumnFigures{
		"code": {Known: []string{"C0", "C1", "C2", "C3", "C4", "C5", "C6"}},
		"note": {Empty: 10_000},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
}

func TestAColumnOfNumbersIsNoColumnOfCodes(t *testing.T) {
	l := small(t, "drift: {after: 1}")
	var text strings.Builder
	text.WriteString("コード,備考\n")
	for i := range 2 * maxKnown {
		fmt.Fprintf(&text, "N%d,x\n", i)
	}
	c := checked(t, l, text.String())
	c.Compare(earlierFiles(t, l, "A1,x", 2*maxKnown))
	if len(c.Faults) > 0 {
		t.Errorf("faults: %v", faultList(c.Faults))
	}
	next := checked(t, l, smallFile(2*maxKnown, "Z1,x"))
	next.Compare([]Earlier{{Rows: 2 * maxKnown, Figures: c.Figures(nil)}})
	if len(next.Faults) > 0 {
		t.Errorf("faults of the next file: %v", faultList(next.Faults))
	}
}

func TestDriftOfALayoutIsStrict(t *testing.T) {
	for _, bad := range []string{
		"drift: {rows: {percent: -1}}", "drift: {after: 9}", "drift: {after: -1}", "drift: {rowz: {count: 1}}", "list: part",
	} {
		_, err := ParseLayout([]byte("kind: k\ntitle: t\nsenders: [association]\nformat: csv\nrecord: values\nrepeats: true\n" + bad +
			"\ncolumns:\n  - {header: コード, key: code, type: id, max: 20}\n"))
		if err == nil {
			t.Errorf("%s passes", bad)
		}
	}
}
