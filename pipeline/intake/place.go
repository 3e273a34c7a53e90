package intake

import (
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

// ColumnOf finds the column of t, from 0, that a fault in a file of this kind
// is about. It reports false where the fault is about the whole row or file, or
// about a column that the file does not have.
func (l *Layout) ColumnOf(t *source.Table, f *pipeline.Fault) (int, bool) {
	for column, text := range t.Header {
		if i, known := l.headers[foldWord(text)]; known && f.Key != "" && l.Columns[i].Key == f.Key {
			return column, true
		}
	}
	for column, text := range t.Header {
		if f.Header != "" && shownHeader(text, column) == f.Header {
			return column, true
		}
	}
	return 0, false
}

// Means reports whether the header of a file names the column that the layout calls
// by another of its spellings, such as 生年月日.
func (l *Layout) Means(written, header string) bool {
	a, known := l.headers[foldWord(written)]
	b, column := l.headers[foldWord(header)]
	return known && column && a == b
}

// OursToIgnore reports whether a column was added to a returned file for its
// reader; intake passes it over.
func OursToIgnore(header string) bool { return strings.HasPrefix(foldWord(header), ignoredHeader) }
