package source_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

// bomb is a workbook that would cost far more than its size if it were read.
type bomb struct {
	name string
	book parts
	want pipeline.Code
}

func bombs(t *testing.T) []bomb {
	t.Helper()
	b := book(head)
	blanks := strings.Repeat(" ", 200<<20) // 200 KB packed
	long := strings.Repeat("あ", 3<<20)
	return []bomb{
		{"blanks behind the sheet", b.with(t, sheet1, "</worksheet>", "</worksheet>"+blanks), source.CodeBomb},
		{"blanks in a part nobody reads", b.with(t, "xl/theme/theme1.xml", "", "<a>"+blanks+"</a>"), source.CodeBomb},
		{"blanks in the styles", b.with(t, "xl/styles.xml", "</styleSheet>", blanks+"</styleSheet>"), source.CodeBomb},
		{"a text of 9 MB", b.with(t, sheet1, "<t>id</t>", "<t>"+long+"</t>"), source.CodeBomb},
		{"a row beyond any sheet", b.with(t, sheet1, "</sheetData>", `<row r="2000000000"><c><v>1</v></c></row></sheetData>`), source.CodeBadRowNumber},
		{"a cell in the last column of 5,000 rows", b.with(t, sheet1, "</sheetData>", inLastColumn(5000)+"</sheetData>"), source.CodeTooManyColumns},
		{"entities in entities", b.with(t, sheet1, "<worksheet", entities(10)+"<worksheet"), source.CodeDoctype},
		{"entities in entities of the texts", b.with(t, "xl/sharedStrings.xml", "<sst", entities(10)+"<sst"), source.CodeDoctype},
		{"elements in elements", b.with(t, sheet1, "<sheetData>", strings.Repeat("<a>", 100_000)+"<sheetData>"), source.CodeDamaged},
	}
}

// bombFile names the workbook that a child process reads.
const bombFile = "SOURCE_TEST_BOMB"

// A bomb is refused before it has cost memory or time: by what is allocated, and
// by what a process of its own takes from the system.
func TestBombsAreRefusedWithinMemory(t *testing.T) {
	for _, tt := range bombs(t) {
		t.Run(tt.name, func(t *testing.T) {
			file := tt.book.zip(t)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			g := read(t, file, "a.xlsx", source.Options{})
			runtime.ReadMemStats(&after)
			if g.Refuse != tt.want {
				t.Errorf("refused with %q, want %q", g.Refuse, tt.want)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 {
				t.Errorf("allocated %d bytes for a file of %d", used, len(file))
			}
			path := filepath.Join(t.TempDir(), "a.xlsx")
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			child := exec.Command(os.Args[0], "-test.run", "^TestReadBomb$")
			child.Env = append(os.Environ(), bombFile+"="+path)
			out, err := child.Output()
			if err != nil {
				t.Fatalf("read in a process of its own: %v\n%s", err, out)
			}
			var code pipeline.Code
			var peak int64
			if _, err := fmt.Sscan(string(out), &code, &peak); err != nil {
				t.Fatalf("the process of its own said %q: %v", out, err)
			}
			spent := child.ProcessState.UserTime() + child.ProcessState.SystemTime()
			if code != tt.want || peak > 64<<10 || spent > time.Second {
				t.Errorf("refused with %q, %d KiB at most, %v; want %q, 64 MiB, a second", code, peak, spent, tt.want)
			}
		})
	}
}

// TestReadBomb is the child process: it prints the refusal and, where the system
// tells, the most memory that the process ever held, in KiB.
func TestReadBomb(t *testing.T) {
	path := os.Getenv(bombFile)
	if path == "" {
		return // nobody's child
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	g := read(t, file, "a.xlsx", source.Options{})
	status, err := os.ReadFile("/proc/self/status")
	if err != nil && runtime.GOOS == "linux" {
		t.Fatal(err)
	}
	peak := "0"
	if _, after, ok := strings.Cut(string(status), "VmHWM:"); ok {
		peak = strings.Fields(after)[0]
	}
	fmt.Println(g.Refuse, peak)
}

// inLastColumn is rows from the second on, with one cell each, in column XFD.
func inLastColumn(rows int) string {
	var b strings.Builder
	for i := range rows {
		fmt.Fprintf(&b, `<row r="%d"><c r="XFD%[1]d"><v>1</v></c></row>`, i+2)
	}
	return b.String()
}

// entities is a document type of so many entities, each ten times the one before.
func entities(depth int) string {
	b := "<!DOCTYPE x [<!ENTITY e0 \"ha\">"
	for i := range depth {
		b += fmt.Sprintf("<!ENTITY e%d %q>", i+1, strings.Repeat(fmt.Sprintf("&e%d;", i), 10))
	}
	return b + "]>"
}
