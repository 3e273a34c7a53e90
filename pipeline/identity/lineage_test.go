package identity

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"meibo/pipeline"
)

func TestTheOldestRecordNamesTheCluster(t *testing.T) {
	acquired := map[string]pipeline.Date{"B": day("2005-04-01"), "C": day("2001-04-01"), "D": day("2001-04-01"), "F": day("2020-01-01")}
	got := Named([][]string{{"A", "B"}, {"C", "D", "E"}}, acquired)
	want := map[string]string{"A": "B", "B": "B", "C": "C", "D": "C", "E": "C"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("Named (-want +got):\n%s", d)
	}
}

func TestEvents(t *testing.T) {
	of := func(sets ...string) map[string]string {
		out := map[string]string{}
		for _, set := range sets {
			for _, r := range set {
				out[string(r)] = set[:1]
			}
		}
		return out
	}
	tests := []struct {
		name    string
		was, is map[string]string
		want    []Event
	}{
		{"nothing happens", of("AB"), of("AB"), nil},
		{"two records become one person", nil, of("AB"), []Event{{EventMerge, "A", "B"}}},
		{"a third joins", of("AB"), of("ABC"), []Event{{EventMerge, "A", "C"}}},
		{"an older one joins, and its name stays", of("BC"), of("ABC"), []Event{{EventMerge, "A", "B"}}},
		{"two clusters merge: the part with the oldest record keeps its name", of("AB", "CD"), of("ABCD"), []Event{{EventMerge, "A", "C"}}},
		{"a cluster is split: the part with the oldest record keeps its name", of("ABCD"), of("AB", "CD"), []Event{{EventSplit, "A", "C"}}},
		{"one leaves", of("ABC"), of("AC"), []Event{{EventSplit, "A", "B"}}},
		{"the oldest leaves", of("ABC"), of("BC"), []Event{{EventSplit, "A", "B"}}},
		{"all part", of("AB"), nil, []Event{{EventSplit, "A", "B"}}},
		{"one changes sides", of("ABC", "DE"), of("AB", "CDE"), []Event{{EventSplit, "A", "C"}, {EventMerge, "C", "D"}}},
		{
			"another record turns out to be the oldest",
			map[string]string{"A": "A", "B": "A"},
			map[string]string{"A": "B", "B": "B"},
			[]Event{{EventMerge, "B", "A"}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, Events(tt.was, tt.is), cmpopts.EquateEmpty()); d != "" {
				t.Errorf("Events (-want +got):\n%s", d)
			}
		})
	}
}

// There are events exactly where something happened, and each tells of records
// that moved.
func TestEventsTellWhatHappened(t *testing.T) {
	ids := []string{"A", "B", "C", "D", "E", "F"}
	draw := func(t *rapid.T) map[string]string {
		acquired := map[string]pipeline.Date{}
		sets := map[int][]string{}
		for _, id := range ids {
			acquired[id] = pipeline.Date(20000101 + rapid.IntRange(0, 3).Draw(t, "day"))
			at := rapid.IntRange(0, 3).Draw(t, "set")
			sets[at] = append(sets[at], id)
		}
		var clusters [][]string
		for _, set := range sets {
			if len(set) > 1 {
				clusters = append(clusters, set)
			}
		}
		return Named(clusters, acquired)
	}
	rapid.Check(t, func(t *rapid.T) {
		was, is := draw(t), draw(t)
		events := Events(was, is)
		moved := map[string]bool{}
		for _, id := range ids {
			if clusterOf(was, id) != clusterOf(is, id) {
				moved[clusterOf(was, id)], moved[clusterOf(is, id)] = true, true
			}
		}
		if len(moved) == 0 && len(events) > 0 || len(moved) > 0 && len(events) == 0 {
			t.Fatalf("from %v to %v: %v", was, is, events)
		}
		for _, e := range events {
			if !moved[e.Cluster] || e.Cluster == e.Part {
				t.Fatalf("from %v to %v nothing happened to %s, but %v", was, is, e.Cluster, e)
			}
		}
	})
}
