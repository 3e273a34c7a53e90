package intake

import (
	"slices"

	"meibo/pipeline/source"
)

// HasSecrets reports whether files of this kind may hold what must not be kept.
func (l *Layout) HasSecrets() bool {
	return slices.ContainsFunc(l.Columns, func(c Column) bool { return c.Type == TypeSecret })
}

// Kept says of each column of t whether it may be kept where there are secrets.
// A column that the layout does not know may not: it may be a secret under a
// misspelt header.
func (l *Layout) Kept(t *source.Table) []bool {
	kept := make([]bool, len(t.Header))
	for column, text := range t.Header {
		i, known := l.headers[foldWord(text)]
		kept[column] = known && l.Columns[i].Type != TypeSecret
	}
	return kept
}
