package audit

// structure looks for damage that the chain itself shows, whoever signed what;
// most is a number that no event can have passed.
//
// Hashes cannot be made to fit by moving events about, so the true chain is
// found first, by the hashes alone: from the beginning, event by event, whatever
// numbers they bear and wherever they stand.
func structure(events []Event, most int) (Finding, bool) {
	chain := genuine(events)
	if len(chain) == len(events) {
		for i, at := range chain {
			if at != i || events[i].Seq != i+1 {
				return Finding{Damage: Reordered, Number: i + 1}, true
			}
		}
		return Finding{}, false
	}
	belongs := make([]bool, len(events))
	for _, at := range chain {
		belongs[at] = true
	}
	for i := range events {
		if belongs[i] {
			continue
		}
		if n := len(chain); n > 0 && chain[n-1] > i { // the chain goes on behind it
			return Finding{Damage: Inserted, Number: i + 1}, true
		}
		break
	}
	for i, at := range chain {
		if at != i {
			return Finding{Damage: Reordered, Number: i + 1}, true
		}
	}
	return broken(events, len(chain), most), true
}

// genuine is the longest chain that the hashes give, as places in events. Of two
// of one length it is the one that stands further back.
func genuine(events []Event) []int {
	after := map[string][]int{} // hash → events that follow it
	for i := range events {
		after[events[i].Prev] = append(after[events[i].Prev], i)
	}
	before := make([]int, len(events)) // place of the event before in its chain
	used := make([]bool, len(events))
	last := -1
	for seq, heads := 1, map[string]int{Genesis: -1}; len(heads) > 0; seq++ {
		next := map[string]int{}
		furthest := -1
		for hash, from := range heads {
			for _, i := range after[hash] {
				if used[i] || events[i].digest(seq) != events[i].Hash {
					continue
				}
				if j, twice := next[events[i].Hash]; twice && j > i {
					continue // the same event twice
				}
				used[i], before[i], next[events[i].Hash] = true, from, i
				furthest = max(furthest, i)
			}
		}
		if furthest >= 0 {
			last = furthest
		}
		heads = next
	}
	var chain []int
	for ; last >= 0; last = before[last] {
		chain = append(chain, last)
	}
	for i, j := 0, len(chain)-1; i < j; i, j = i+1, j-1 {
		chain[i], chain[j] = chain[j], chain[i]
	}
	return chain
}

// broken says what is wrong at place n, up to which the chain holds.
func broken(events []Event, n, most int) Finding {
	e, want := &events[n], n+1
	if e.intact() {
		switch follows := n+1 == len(events) || events[n+1].Prev == e.Hash; {
		case e.Seq > want:
			return Finding{Damage: Dropped, Number: want}
		case e.Seq < want:
			return Finding{Damage: Reordered, Number: want}
		case n > 0 && follows:
			// It holds, and the chain behind it: the one before was stamped anew.
			return Finding{Damage: Altered, Number: n}
		}
		return Finding{Damage: Altered, Number: want}
	}
	switch seq := numberOf(e, most+1); {
	case seq > want:
		return Finding{Damage: Dropped, Number: want} // and those behind it renumbered
	case seq > 0:
		return Finding{Damage: Reordered, Number: want}
	}
	return Finding{Damage: Altered, Number: want}
}

// numberOf is the number under which an event was hashed; 0 if it is none up to
// most.
func numberOf(e *Event, most int) int {
	for seq := 1; seq <= most; seq++ {
		if e.digest(seq) == e.Hash {
			return seq
		}
	}
	return 0
}
