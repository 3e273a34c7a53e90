package store

import (
	"testing"
)

func TestStatisticsComeInTheOrderOfIntake(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		at := func(date string, attempt, seq int) Statistics {
			return Statistics{
				Sender: "0101", Kind: "registrations", AsOf: day(date), Attempt: attempt, Seq: seq,
				Batch: "b", Initial: attempt == 1, Rows: 10*attempt + seq, Figures: `{"rows":1}`,
			}
		}
		all := []Statistics{at("2023-01-02", 2, 1), at("2023-01-02", 1, 10), at("2023-01-02", 1, 9), at("2023-01-01", 3, 1)}
		other := at("2023-01-03", 1, 1)
		other.Kind = "exam-results"
		for _, st := range append([]Statistics{all[2], all[0], all[3], all[1], other}, all...) { // again changes nothing
			write(t, s, func(tx *Tx) error { return tx.PutStatistics(t.Context(), st) })
		}
		got := must(s.LastStatistics(t.Context(), "0101", "registrations", 8))(t)
		wantEqual(t, "newest first", got, all)
		got = must(s.LastStatistics(t.Context(), "0101", "registrations", 2))(t)
		wantEqual(t, "at most two", got, all[:2])
	})
}
