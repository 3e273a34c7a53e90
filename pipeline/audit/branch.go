package audit

import "slices"

// standing drops of the lines, in the order of their file, those that sign events
// which a later line says were lost with a restore. What one gave up and a later one
// took back is no gap.
func standing(sound []Checkpoint) (stand []Checkpoint, gaps []Gap) {
	for i, c := range sound {
		if x := c.Restore; x != nil {
			if x.Of > 0 {
				stand, gaps = standing(until(sound[:i], x.Of))
			}
			stand = slices.DeleteFunc(slices.Clone(stand), func(earlier Checkpoint) bool { return earlier.Count > x.Kept })
			gaps = append(gaps, Gap{Line: c.Number, First: x.Kept + 1, Last: x.Lost, Of: x.Of})
		}
		stand = append(stand, c)
	}
	return stand, gaps
}

// until are the lines up to a number.
func until(lines []Checkpoint, number int) []Checkpoint {
	n := slices.IndexFunc(lines, func(c Checkpoint) bool { return c.Number > number })
	if n < 0 {
		return lines
	}
	return lines[:n]
}

// Branch finds the lines that signed a database brought back from a backup, which
// holds count events: those that stand now, or, with the number of the newest of
// them (Restore.Of), those that stood before an earlier restore gave their events
// up. For these the backup must hold at least one event that was given up, and no
// line may sign another event than it holds; signed tells whether the event of a
// line is the one that the backup holds. ok is false if the backup is neither.
func Branch(lines []Checkpoint, count int, signed func(Checkpoint) (bool, error)) (of int, ok bool, err error) {
	now, _ := standing(lines)
	if ok, err = begins(now, count, signed); ok || err != nil {
		return 0, ok, err
	}
	for i := len(lines) - 1; i > 0; i-- {
		if lines[i].Restore == nil {
			continue
		}
		then, _ := standing(lines[:i])
		after, _ := standing(lines[:i+1])
		given := func(c Checkpoint) bool {
			return c.Count <= count && !slices.ContainsFunc(after, func(o Checkpoint) bool { return o.Number == c.Number })
		}
		if !slices.ContainsFunc(then, given) {
			continue
		}
		if ok, err = begins(then, count, signed); ok || err != nil {
			return lines[i-1].Number, ok, err
		}
	}
	return 0, false, nil
}

// begins reports whether a chain of count events is the beginning of what the
// lines signed.
func begins(lines []Checkpoint, count int, signed func(Checkpoint) (bool, error)) (bool, error) {
	for _, c := range lines {
		if c.Count == 0 || c.Count > count {
			continue
		}
		if same, err := signed(c); err != nil || !same {
			return false, err
		}
	}
	return true, nil
}
