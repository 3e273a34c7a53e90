package store

import "slices"

// Without returns the rows but for those that the inventory leads to from these
// persons, also where they belong to others as well: a pair of two IDs goes with
// either. What was handed in stays as it is.
func (inv *Inventory) Without(rows []Rows, agentIDs []string) []Rows {
	if len(agentIDs) == 0 {
		return rows
	}
	out := make([]Rows, 0, len(rows))
	for i := range rows {
		r := rows[i]
		theirs := inv.belongs(rows, &r, agentIDs)
		r.Keep(func(at int) bool { return !theirs(at) })
		if len(r.Rows) > 0 {
			out = append(out, r)
		}
	}
	return out
}

// belongs reports of the rows of one table, by their place, whether they belong to
// one of the persons; all are the rows of every table that were kept together.
func (inv *Inventory) belongs(all []Rows, r *Rows, agentIDs []string) func(at int) bool {
	i := slices.IndexFunc(inv.Tables, func(h Holding) bool { return h.Table == r.Table })
	if i < 0 {
		return func(int) bool { return false }
	}
	h := &inv.Tables[i]
	columns, values := h.By, agentIDs
	if h.Through.Table != "" {
		columns, values = []string{h.Through.Column}, nil
		for j := range all {
			if all[j].Table != h.Through.Table {
				continue
			}
			theirs := inv.belongs(all, &all[j], agentIDs)
			for at, value := range all[j].Texts(h.Through.Column) {
				if theirs(at) {
					values = append(values, value)
				}
			}
		}
	}
	texts := make([][]string, len(columns))
	for c := range columns {
		texts[c] = r.Texts(columns[c])
	}
	return func(at int) bool {
		return slices.ContainsFunc(texts, func(column []string) bool { return slices.Contains(values, column[at]) })
	}
}

// RowTexts are the values of one row as text; NULL is empty.
func (r *Rows) RowTexts(at int) []string {
	out := make([]string, len(r.Rows[at]))
	for i, v := range r.Rows[at] {
		out[i] = textOf(v)
	}
	return out
}
