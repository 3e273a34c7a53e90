package jobs

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"meibo/pipeline"
	"meibo/pipeline/failpoint"
	"meibo/pipeline/purge"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// searchParts is how many parts of an execution are searched for at once: memory
// does not grow with the list.
const searchParts = 10

// sweepSize is how many rows of others one transaction sweeps at most.
const sweepSize = 500

// eachSearch hands the traces of the deleted persons to do, some parts at a time.
func (x *execution) eachSearch(ctx context.Context, seal *sealer, do func(*purge.Traces) error) error {
	parts, err := x.Store.UndoCounts(ctx, x.no)
	if err != nil {
		return err
	}
	parts = slices.DeleteFunc(parts, func(u store.UndoPart) bool { return u.Persons == 0 })
	for group := range slices.Chunk(parts, searchParts) {
		var persons []purge.Traced
		for _, u := range group {
			rows, err := x.openPart(ctx, seal, x.no, u.Part)
			if err != nil {
				return err
			}
			persons = append(persons, tracedIn(rows)...)
		}
		if err := x.onlyTheirs(ctx, persons); err != nil {
			return err
		}
		if err := do(purge.NewTraces(persons)); err != nil {
			return err
		}
	}
	return nil
}

// tracedIn is what the persons of a part can be found by.
func tracedIn(rows []store.Rows) []purge.Traced {
	table := func(name string) *store.Rows {
		if i := slices.IndexFunc(rows, func(r store.Rows) bool { return r.Table == name }); i >= 0 {
			return &rows[i]
		}
		return &store.Rows{}
	}
	earlier := map[string][]string{}
	names := table("agent_names")
	for i, id := range names.Texts("agent_id") {
		earlier[id] = append(earlier[id], names.Texts("name")[i])
	}
	agents := table("agents")
	out := make([]purge.Traced, len(agents.Rows))
	for i, id := range agents.Texts("agent_id") {
		p := &out[i]
		p.ID, p.Names = id, earlier[id]
		p.BornOn, _ = pipeline.ParseDate(agents.Texts("born_on")[i]) // none is zero
		for _, column := range []string{"name", "name_kana", "former_name"} {
			p.Names = append(p.Names, agents.Texts(column)[i])
		}
		if email := agents.Texts("email")[i]; email != "" {
			p.Emails = []string{email}
		}
	}
	return out
}

// wholeName is how many characters a name has at least that can be no surname alone:
// that of a shop stands beside many an ID.
const wholeName = 3

// onlyTheirs takes out what somebody who stays on file has too: a second ID of
// the same person, a shared mail box. That is now that record's own. It tells which
// names nobody who stays bears, whenever born.
func (h *House) onlyTheirs(ctx context.Context, persons []purge.Traced) error {
	mails, born, borne := map[string]bool{}, map[string][]*purge.Traced{}, map[string]bool{}
	for i := range persons {
		p := &persons[i]
		for _, name := range p.Names {
			borne[pipeline.CleanName(name)] = false
		}
		for _, e := range p.Emails {
			mails[strings.ToUpper(e)] = false
		}
		born[p.BornOn.String()] = append(born[p.BornOn.String()], p)
	}
	for who, err := range h.Store.People(ctx) {
		if err != nil {
			return err
		}
		if _, asked := mails[strings.ToUpper(who.Agent.Email)]; asked {
			mails[strings.ToUpper(who.Agent.Email)] = true
		}
		for name := range recordedNames(who) {
			if _, asked := borne[pipeline.CleanName(name)]; asked {
				borne[pipeline.CleanName(name)] = true
			}
		}
		for _, p := range born[who.Agent.BornOn.String()] {
			p.Names = slices.DeleteFunc(p.Names, func(name string) bool { return namedAlso(who, name) })
		}
	}
	for i := range persons {
		persons[i].Own = slices.DeleteFunc(slices.Clone(persons[i].Names), func(name string) bool {
			key := pipeline.CleanName(name)
			return borne[key] || utf8.RuneCountInString(key) < wholeName
		})
		persons[i].Emails = slices.DeleteFunc(persons[i].Emails, func(e string) bool { return mails[strings.ToUpper(e)] })
	}
	return nil
}

// namedAlso reports whether one of a person's names holds the name.
func namedAlso(who *pipeline.Person, name string) bool {
	key := pipeline.CleanName(name)
	for own := range recordedNames(who) {
		if key != "" && strings.Contains(pipeline.CleanName(own), key) {
			return true
		}
	}
	return false
}

// recordedNames are the names of a person on file.
func recordedNames(who *pipeline.Person) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, name := range []string{who.Agent.Name, who.Agent.NameKana, who.Agent.FormerName} {
			if !yield(name) {
				return
			}
		}
		for _, n := range who.Names {
			if !yield(n.Text) {
				return
			}
		}
	}
}

// sweep deals with the rows of others that name the deleted: those that are
// worked out anew go, all others stay without naming anybody.
func (x *execution) sweep(ctx context.Context, w *run.Work, inv *store.Inventory, seal *sealer) error {
	work, err := x.noted(ctx, othersItem)
	if err != nil {
		return err
	}
	w.Add(diffCounts(work.sum))
	_, err = x.clearOthers(ctx, w, work, inv, seal)
	return err
}

// othersItem are the rows of others, in the notes of a step's progress.
const othersItem = "rows of others"

// clearOthers clears rows of others until none is left that can be cleared, and
// reports whether there was any. Without a step that notes its progress, as in a
// replay, work is nil.
func (x *execution) clearOthers(ctx context.Context, w *run.Work, work *noted, inv *store.Inventory, seal *sealer) (some bool, err error) {
	err = x.eachSearch(ctx, seal, func(t *purge.Traces) error {
		for {
			rows, err := x.Store.Sweep(ctx, inv, t, sweepSize)
			if err != nil || len(rows) == 0 {
				return err
			}
			switch err := x.clearRows(ctx, w, work, seal, rows); {
			case errors.Is(err, store.ErrMoved): // and nothing was written: look again
			case err != nil:
				return err
			}
			some = true
		}
	})
	return some, err
}

// clearRows deletes or redacts rows of others that name persons of the list, in one
// transaction, and keeps what they were sealed as a part of its own.
func (x *execution) clearRows(ctx context.Context, w *run.Work, work *noted, seal *sealer, rows []store.Rows) error {
	part, err := x.nextPart(ctx)
	if err != nil {
		return err
	}
	var done store.Diff
	err = x.Store.Write(ctx, func(tx *store.Tx) error {
		c, err := tx.Clear(ctx, rows)
		if err != nil {
			return err
		}
		done = store.Diff{Deleted: sum(c.Deleted), Updated: sum(c.Redacted)}
		err = x.keep(ctx, tx, seal, part, 0, deletedCounts{Rows: c.Deleted, Redacted: c.Redacted}, c.Rows)
		if err != nil || work == nil {
			return err
		}
		return work.with(ctx, tx, done)
	})
	if err != nil {
		return err
	}
	if work != nil {
		work.kept(done)
	}
	w.Add(diffCounts(done))
	failpoint.Hit("purge-swept", "")
	return nil
}

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// searched is what the search for the deleted came to.
type searched struct {
	places   []purge.Searched
	residual []purge.Residual
	columns  int // where a table still tells of somebody
}

// search looks for the deleted in every table and every file. A row of another
// that names one of them by now, as one written while the deletes went on, is
// cleared too. What nothing can clear ends up in the receipt: the deletion is done,
// and somebody has to see to the rest.
func (x *execution) search(ctx context.Context, w *run.Work) error {
	if _, executing, err := x.executing(ctx); err != nil || !executing {
		return err
	}
	seal, err := x.sealer(x.no)
	if err != nil {
		return err
	}
	inv, err := store.LoadInventory()
	if err != nil {
		return err
	}
	work, err := x.noted(ctx, othersItem)
	if err != nil {
		return err
	}
	w.Add(diffCounts(work.sum))
	for again := true; again; {
		x.found = &searched{}
		err = x.eachSearch(ctx, seal, func(t *purge.Traces) error { return x.searchFor(ctx, t, inv, x.found) })
		if err != nil {
			return err
		}
		if again = x.found.columns > 0; again {
			if again, err = x.clearOthers(ctx, w, work, inv, seal); err != nil {
				return err
			}
		}
	}
	for _, p := range x.found.places {
		w.Add(run.Counts{Read: p.Things, Unchanged: p.Things})
	}
	return nil
}

// searchFor looks for some persons in every table and every file.
func (x *execution) searchFor(ctx context.Context, t *purge.Traces, inv *store.Inventory, s *searched) error {
	found, err := x.Store.Search(ctx, inv, t)
	if err != nil {
		return err
	}
	for i := range found {
		var until pipeline.Date
		if f := &found[i]; f.Table == kindInquiries && f.Hits > 0 {
			if until, err = x.inquiriesEnd(ctx, t); err != nil {
				return fmt.Errorf("end of the records of inquiries: %w", err)
			}
		}
		s.table(&found[i], until)
	}
	files, left, err := x.searchFiles(ctx, t)
	if err != nil {
		return err
	}
	for _, f := range files {
		s.place(f)
	}
	for _, r := range left {
		s.remains(r)
	}
	return nil
}

// table notes what was met in a table. Rows with a term of their own may remain
// until it ends, on a day where it has one; of all others the receipt names the
// column.
func (s *searched) table(f *store.Found, until pipeline.Date) {
	place := purge.Searched{Place: "表 " + f.Table, Things: f.Rows, Hits: f.Hits}
	switch {
	case f.Hits > 0 && f.Term != "":
		s.remains(purge.Residual{Place: place.Place + "（" + f.Term + "）", Files: f.Hits, Until: until})
		place.Hits = 0
	case f.Hits > 0:
		for _, column := range slices.Sorted(maps.Keys(f.Columns)) {
			s.remains(purge.Residual{Place: purge.InColumn(f.Table, column), Files: f.Columns[column]})
			s.columns++
		}
	}
	s.place(place)
}

// place adds up what several searches of one place met.
func (s *searched) place(p purge.Searched) {
	i := slices.IndexFunc(s.places, func(x purge.Searched) bool { return x.Place == p.Place })
	if i < 0 {
		s.places = append(s.places, p)
		return
	}
	s.places[i].Things, s.places[i].Hits = max(s.places[i].Things, p.Things), s.places[i].Hits+p.Hits
}

// remains adds up where copies may remain. A file that holds persons of several
// searches counts in each.
func (s *searched) remains(r purge.Residual) {
	i := slices.IndexFunc(s.residual, func(x purge.Residual) bool { return x.Place == r.Place && x.Until == r.Until })
	if i < 0 {
		s.residual = append(s.residual, r)
		return
	}
	s.residual[i].Files += r.Files
}
