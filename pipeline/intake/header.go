package intake

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

// ignoredHeader begins the columns that a returned file carries; they are for
// its reader.
const ignoredHeader = "エラー"

// Open opens a file of this kind: the header row is the first in which all
// required headers stand. If there is none, the refusal names the headers that
// the likeliest row lacks. o.IsHeader is ignored, o.Sheet is overruled by the
// layout's.
func (l *Layout) Open(r io.ReaderAt, size int64, name string, o source.Options) (*source.Table, error) {
	var best []*Column // of all rows asked about, the one that lacks least
	fewest := len(l.Columns) + 1
	o.IsHeader = func(cells []string) bool {
		missing := l.missing(cells)
		if len(missing) < fewest {
			fewest, best = len(missing), missing
		}
		return len(missing) == 0
	}
	if o.Sheet == "" {
		o.Sheet = l.Sheet
	}
	o.Continued = l.Continued
	t, err := source.Open(r, size, name, o)
	var f *pipeline.Fault
	if errors.As(err, &f) && f.Code == source.CodeNoHeader && 0 < len(best) && len(best) < l.required() {
		return nil, missingColumns(f.Origin, best)
	}
	return t, err
}

// IsHeader reports whether all required headers stand among the cells.
func (l *Layout) IsHeader(cells []string) bool { return len(l.missing(cells)) == 0 }

// missing returns the columns whose required headers do not stand among the cells.
func (l *Layout) missing(cells []string) []*Column {
	var seen uint64
	for _, c := range cells {
		if i, ok := l.headers[foldWord(c)]; ok {
			seen |= 1 << i
		}
	}
	var missing []*Column
	for i := range l.Columns {
		if l.Columns[i].Required && seen>>i&1 == 0 {
			missing = append(missing, &l.Columns[i])
		}
	}
	return missing
}

func (l *Layout) required() (n int) {
	for i := range l.Columns {
		if l.Columns[i].Required {
			n++
		}
	}
	return n
}

// header is how a file's columns and the layout's belong together.
type header struct {
	at     []int             // column of the layout → column of the file; -1: absent
	faults []*pipeline.Fault // warnings; an unknown column does no harm
}

// match finds the layout's columns in the header of t. A missing required
// column or a doubled header refuses the file: the returned error is then a
// *pipeline.Fault.
func (l *Layout) match(t *source.Table) (header, error) {
	h := header{at: make([]int, len(l.Columns))}
	for i := range h.at {
		h.at[i] = -1
	}
	at := pipeline.Origin{File: t.Name, Sheet: t.Sheet}
	seen := make(map[string]bool, len(t.Header))
	for column, text := range t.Header {
		folded := foldWord(text)
		if folded == "" || strings.HasPrefix(folded, ignoredHeader) || l.ignored[folded] {
			continue
		}
		i, known := l.headers[folded]
		if seen[folded] || known && h.at[i] >= 0 {
			head := shownHeader(text, column)
			key := head
			if known {
				key = l.Columns[i].Key
			}
			return h, doubledColumn(at, key, head)
		}
		seen[folded] = true
		if known {
			h.at[i] = column
		} else {
			h.faults = append(h.faults, unknownColumn(at, shownHeader(text, column)))
		}
	}
	if missing := l.missing(t.Header); len(missing) > 0 {
		return h, missingColumns(at, missing)
	}
	return h, nil
}

// missingColumns refuses a file. Its one fault bears the key of the first column
// and names the headers of all.
func missingColumns(at pipeline.Origin, missing []*Column) *pipeline.Fault {
	heads := make([]string, len(missing))
	for i, c := range missing {
		heads[i] = c.Header
	}
	return placed(at, missing[0].Key, heads[0], bad(CodeMissingColumn,
		"必須の見出し「"+strings.Join(heads, "」「")+"」がありません。見出しを直して、ファイル全体を送り直してください。",
		"required headers are missing: "+strings.Join(heads, ", ")+"; correct them and send the whole file again"))
}

func headerRepeated(at pipeline.Origin) *pipeline.Fault {
	return placed(at, "", "", bad(CodeHeaderRepeated,
		"見出しの行が、データの途中にもう一度あります。この行を削除してください。",
		"the header row stands among the data once more; delete this row"))
}

func doubledColumn(at pipeline.Origin, key, head string) *pipeline.Fault {
	return placed(at, key, head, bad(CodeDoubledColumn,
		"同じ意味の見出しの列が2つあります。どちらかを削除して、ファイル全体を送り直してください。",
		"two columns have this header or a spelling of it; delete one and send the whole file again"))
}

func unknownColumn(at pipeline.Origin, head string) *pipeline.Fault {
	return placed(at, head, head, doubtful(CodeUnknownColumn,
		"この見出しの列は取り込みの対象ではないため、読み飛ばしました。見出しの書き間違いでないか確かめてください。",
		"this column is not part of the layout and was skipped; check that its header is not misspelt"))
}

// longestHeader is how much of a header is shown, in characters.
const longestHeader = 60

// shownHeader gives the header of a column (from 0) on one line and in bounds;
// different columns stay different.
func shownHeader(text string, column int) string {
	head := strings.Join(strings.Fields(trim(text)), " ")
	if runes := []rune(head); len(runes) > longestHeader {
		return fmt.Sprintf("%s…（%d列目）", string(runes[:longestHeader]), column+1)
	}
	return head
}

// placed gives a finding its place. The key of a header that is in no layout
// is the header itself.
func placed(at pipeline.Origin, key, head string, f *Finding) *pipeline.Fault {
	return &pipeline.Fault{
		Origin: at, Key: key, Header: head,
		Code: f.Code, Severity: f.Severity, JA: f.JA, EN: f.EN,
	}
}
