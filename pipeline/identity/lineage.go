package identity

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"meibo/pipeline"
)

// Age is how old a record is: the one whose ID was acquired first is the oldest.
type Age struct {
	AgentID    string
	AcquiredOn pipeline.Date // empty: later than any day
}

// compare is below 0 if a is older.
func (a Age) compare(b Age) int {
	if a.AcquiredOn.IsZero() != b.AcquiredOn.IsZero() {
		return cmp.Compare(b.AcquiredOn, a.AcquiredOn) // the one with a day is older
	}
	return cmp.Or(cmp.Compare(a.AcquiredOn, b.AcquiredOn), strings.Compare(a.AgentID, b.AgentID))
}

// Named gives every member of the clusters the ID of its cluster: that of its
// oldest record. So of the parts that are merged the one with the oldest record
// keeps its ID, and so does the part with it when a cluster is split; and a
// record that stands alone is a cluster of its own name. The ID is a function of
// today's members: it names nobody who is gone, and the nights before do not
// show in it. An ID that names no cluster any more leads to the one in which the
// record of that name is.
func Named(clusters [][]string, acquired map[string]pipeline.Date) map[string]string {
	out := map[string]string{}
	for _, set := range clusters {
		oldest := slices.MinFunc(set, func(a, b string) int {
			return Age{a, acquired[a]}.compare(Age{b, acquired[b]})
		})
		for _, id := range set {
			out[id] = oldest
		}
	}
	return out
}

// What happens to clusters.
const (
	EventSplit = "分割" // a part left its cluster, and goes by an ID of its own
	EventMerge = "統合" // a part came into a cluster
)

// Event is one merge or split. A record that stands alone is a part too.
type Event struct {
	Kind    string
	Cluster string // that the part left, or into which it came
	Part    string // ID of the part
}

// Events tells what leads from one state of the clusters to another, both by
// member; who is missing stands alone. Splits come first, each kind in order of
// the IDs.
//
// A cluster falls into the parts that are together afterwards. The part with the
// record whose name the cluster bears keeps it; any other, and all of them if
// that record is gone, go by the record that names their new cluster, or else by
// their first.
func Events(was, is map[string]string) []Event {
	parts := map[[2]string][]string{} // members by old and new cluster
	for _, id := range slices.Sorted(maps.Keys(union(was, is))) {
		key := [2]string{clusterOf(was, id), clusterOf(is, id)}
		parts[key] = append(parts[key], id)
	}
	var splits, merges []Event
	for _, key := range slices.SortedFunc(maps.Keys(parts), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		old, now := key[0], key[1]
		part := partName(parts[key], old, now)
		if part != old {
			splits = append(splits, Event{EventSplit, old, part})
		}
		if part != now {
			merges = append(merges, Event{EventMerge, now, part})
		}
	}
	byIDs := func(a, b Event) int {
		return cmp.Or(strings.Compare(a.Cluster, b.Cluster), strings.Compare(a.Part, b.Part))
	}
	slices.SortFunc(splits, byIDs)
	slices.SortFunc(merges, byIDs)
	return append(splits, merges...)
}

// partName is the ID of a part with these members, which came out of one cluster
// and is in another now.
func partName(members []string, old, now string) string {
	switch {
	case slices.Contains(members, old):
		return old
	case slices.Contains(members, now):
		return now
	}
	return members[0]
}

func clusterOf(state map[string]string, id string) string {
	if c, ok := state[id]; ok {
		return c
	}
	return id
}

func union(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, b)
	return out
}
