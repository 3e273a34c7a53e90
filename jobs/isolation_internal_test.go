package jobs

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"

	"meibo/pipeline"
)

// registered answers the one question that is asked of the register: here every
// odd number belongs to 1001 and every even one to 1002.
func registered(_ context.Context, ids []string) (out []pipeline.Registration, _ error) {
	for _, id := range ids {
		insurer := "1001"
		if (id[len(id)-1]-'0')%2 == 0 {
			insurer = "1002"
		}
		out = append(out, pipeline.Registration{AgentID: id, LeadInsurer: insurer, OpenedOn: pipeline.MustDate("2020-04-01")})
	}
	return out, nil
}

func rowsOf(insurer string, ids ...string) iter.Seq2[pipeline.ExpiryRow, error] {
	return func(yield func(pipeline.ExpiryRow, error) bool) {
		for _, id := range ids {
			if !yield(pipeline.ExpiryRow{InsurerCode: insurer, AgentID: id}, nil) {
				return
			}
		}
	}
}

// A list that was worked out wrongly, or changed by somebody, stops the report
// instead of leaving with it, wherever the foreign person stands.
func TestNoForeignPersonPassesTheWriter(t *testing.T) {
	var many []string
	for i := range lookupSize + 3 {
		many = append(many, fmt.Sprintf("A%06d1", i))
	}
	tests := []struct {
		name string
		rows iter.Seq2[pipeline.ExpiryRow, error]
		want int // rows that pass
		err  error
	}{
		{"its own", rowsOf("1001", "A1", "A1", "A3"), 3, nil},
		{"more than one look-up", rowsOf("1001", many...), len(many), nil},
		{"a person of another insurer under its own code", rowsOf("1001", "A1", "B2"), 0, ErrForeign},
		{"one behind the first look-up", rowsOf("1001", append(many[:len(many):len(many)], "Z2")...), lookupSize, ErrForeign},
		{"a row with another code", rowsOf("1002", "B2"), 0, ErrForeign},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := own{insurer: "1001", asOf: pipeline.MustDate("2026-11-19"), look: registered}
			passed := 0
			var failed error
			for _, err := range o.expiry(t.Context(), tt.rows) {
				if err != nil {
					failed = err
					break
				}
				passed++
			}
			if passed != tt.want || !errors.Is(failed, tt.err) {
				t.Errorf("%d rows and %v, want %d and %v", passed, failed, tt.want, tt.err)
			}
		})
	}
}
