package store

import (
	"context"

	"meibo/pipeline"
)

// Statistics is what one applied file looked like, for comparison with the
// sender's next files of the kind. Its order is the order of intake.
type Statistics struct {
	Sender  string
	Kind    string
	AsOf    pipeline.Date
	Attempt int // of the run
	Seq     int // of the file within the run
	Batch   string
	Initial bool   // of a first load, whose size measures no later file
	Rows    int    // data rows read
	Figures string // JSON of intake's own, without personal data
}

var statisticsTable = mapping[Statistics]{
	Table{Name: "import_statistics", Key: 5, Columns: []Column{
		col("sender", maxSender), col("kind", maxKind), col("as_of", maxDate), col("attempt", 0), col("seq", 0),
		col("batch_id", maxBatch), col("initial", 0), col("rows_read", 0), col("figures", 0),
	}},
	func(s *Statistics) []field {
		return []field{
			(*text)(&s.Sender), (*text)(&s.Kind),
			date{&s.AsOf},
			integer[int]{&s.Attempt},
			integer[int]{&s.Seq},
			(*text)(&s.Batch),
			(*yes)(&s.Initial),
			integer[int]{&s.Rows},
			(*text)(&s.Figures),
		}
	},
}

// LastStatistics returns those of the newest files of a sender and kind, newest
// first; at most limit.
func (s *Store) LastStatistics(ctx context.Context, sender, kind string, limit int) ([]Statistics, error) {
	return collect(stream(ctx, s.db, statisticsTable,
		statisticsTable.query("WHERE sender = ? AND kind = ? ORDER BY as_of DESC, attempt DESC, seq DESC LIMIT ?"), sender, kind, limit))
}

// PutStatistics adds or replaces what a file looked like.
func (tx *Tx) PutStatistics(ctx context.Context, st Statistics) error {
	return put(ctx, tx, statisticsTable, []Statistics{st}, statisticsTable.values())
}
