package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/run"
)

// TooLongError says that a text does not fit its column. Intake refuses such
// values, so it names a fault of the program.
type TooLongError struct {
	Table, Column string
	Max           int // characters
}

func (e *TooLongError) Error() string {
	return fmt.Sprintf("%s.%s: text is longer than %d characters", e.Table, e.Column, e.Max)
}

// writer collects rows of one table as statement parameters.
type writer struct {
	table Table
	args  []any
	rows  int
}

// add appends one row after checking its lengths, which SQLite would not.
func (w *writer) add(fields []field) error {
	for i, f := range fields {
		v := f.value()
		if c := w.table.Columns[i]; c.tooLong(v) {
			return &TooLongError{w.table.Name, c.Name, c.Max}
		}
		w.args = append(w.args, v)
	}
	w.rows++
	return nil
}

func (w *writer) reset() { w.args, w.rows = w.args[:0], 0 }

// upsert writes the collected rows; of rows whose key exists, the columns set
// are replaced. It does not reset w, so that a transaction may be tried again.
func (w *writer) upsert(ctx context.Context, tx *Tx, set []string) error {
	columns := len(w.table.Columns)
	size := columns * tx.dialect.rowsPerInsert(columns)
	tail := tx.dialect.upsert(w.table.keys(), set)
	full := len(w.args) - len(w.args)%size
	err := tx.execEach(ctx, w.table.insert(size/columns)+tail, slices.Collect(slices.Chunk(w.args[:full], size)))
	if err == nil && full < len(w.args) {
		rest := w.args[full:]
		err = tx.exec(ctx, w.table.insert(len(rest)/columns)+tail, rest)
	}
	if err != nil {
		return fmt.Errorf("put into %s: %w", w.table.Name, err)
	}
	return nil
}

func (tx *Tx) exec(ctx context.Context, statement string, args []any) error {
	_, err := tx.tx.ExecContext(ctx, statement, args...)
	return err
}

// execEach runs one statement with several lists of arguments, compiled once
// where that saves work.
func (tx *Tx) execEach(ctx context.Context, statement string, lists [][]any) error {
	exec := tx.tx.ExecContext
	if len(lists) > 1 && tx.dialect.prepares() {
		prepared, err := tx.tx.PrepareContext(ctx, statement)
		if err != nil {
			return err
		}
		defer prepared.Close()
		exec = func(ctx context.Context, _ string, args ...any) (sql.Result, error) {
			return prepared.ExecContext(ctx, args...)
		}
	}
	for _, args := range lists {
		if _, err := exec(ctx, statement, args...); err != nil {
			return err
		}
	}
	return nil
}

// put adds rows or replaces the columns set of those whose key exists.
func put[T any](ctx context.Context, tx *Tx, m mapping[T], rows []T, set []string) error {
	var row T
	fields := m.fields(&row)
	w := writer{table: m.Table, args: make([]any, 0, len(rows)*len(m.Columns))}
	for i := range rows {
		row = rows[i]
		if err := w.add(fields); err != nil {
			return err
		}
	}
	return w.upsert(ctx, tx, set)
}

// add adds one row; a key that is taken is an error of the database. Unlike put,
// it needs no right to change rows.
func add[T any](ctx context.Context, tx *Tx, m mapping[T], row *T) error {
	w := writer{table: m.Table}
	if err := w.add(m.fields(row)); err != nil {
		return err
	}
	return tx.exec(ctx, w.table.insert(1), w.args)
}

// addBeside is add only where of holds a row whose key is that one column, and says
// how many rows it added, 0 or 1. A server locks that row for the length of the
// transaction, by no more than the right to read it.
func addBeside[T any](ctx context.Context, tx *Tx, m mapping[T], row *T, of Table, key string) (int64, error) {
	w := writer{table: m.Table}
	if err := w.add(m.fields(row)); err != nil {
		return 0, err
	}
	return affected(tx.tx.ExecContext(ctx, m.insertBeside(of), append(w.args, key)...))
}

// deleteKeys deletes rows by key; keys holds the key columns of one row after
// another.
func deleteKeys(ctx context.Context, tx *Tx, t Table, keys []any) (deleted int64, err error) {
	const chunk = 100 // rows of one statement; every database plans this as 100 look-ups
	for part := range slices.Chunk(keys, chunk*t.Key) {
		n, err := affected(tx.tx.ExecContext(ctx, "DELETE FROM "+quote(t.Name)+whereKeys(t, len(part)/t.Key), part...))
		if err != nil {
			return deleted, fmt.Errorf("delete from %s: %w", t.Name, err)
		}
		deleted += n
	}
	return deleted, nil
}

// whereKeys finds n rows by their keys.
func whereKeys(t Table, n int) string {
	one := "(" + strings.Join(strings.Split(each(t.keys(), "%=?"), ","), " AND ") + ")"
	return " WHERE " + strings.TrimSuffix(strings.Repeat(one+" OR ", n), " OR ")
}

// PutAgents adds or replaces agents. The two computed flags of an agent that
// exists stay as they are: they change by SyncDuplicateFlags and SyncAffiliated.
func (tx *Tx) PutAgents(ctx context.Context, agents []pipeline.Agent) error {
	set := slices.DeleteFunc(agentsTable.values(), func(c string) bool {
		return c == "duplicate_flag" || c == "affiliated"
	})
	return put(ctx, tx, agentsTable, agents, set)
}

// PutNames adds names; one that is on file keeps its first origin.
func (tx *Tx) PutNames(ctx context.Context, names []pipeline.Name) error {
	return put(ctx, tx, namesTable, names, nil)
}

// PutQualifications adds or replaces qualifications.
func (tx *Tx) PutQualifications(ctx context.Context, qs []pipeline.Qualification) error {
	return put(ctx, tx, qualificationsTable, qs, qualificationsTable.values())
}

// PutEvents adds or replaces registration events.
func (tx *Tx) PutEvents(ctx context.Context, events []pipeline.RegistrationEvent) error {
	return put(ctx, tx, eventsTable, events, eventsTable.values())
}

// RegistrationKey names one person at one agency in one role.
type RegistrationKey struct{ AgencyNo, AgentID, Role string }

// registrationInterval is the key of a registration.
type registrationInterval struct {
	RegistrationKey
	opened pipeline.Date
}

func intervalOf(r pipeline.Registration) registrationInterval {
	return registrationInterval{RegistrationKey{r.AgencyNo, r.AgentID, r.Role}, r.OpenedOn}
}

// PutRegistrations replaces all intervals of each of the keys by those in rows.
// Registrations are folded from events whole, so an interval that is no longer
// there must go; one that is as before is not written. Every row must belong to
// one of the keys.
func (tx *Tx) PutRegistrations(ctx context.Context, keys []RegistrationKey, rows []pipeline.Registration) error {
	known := make(map[RegistrationKey]bool, len(keys))
	agents := make([]string, len(keys))
	for i, k := range keys {
		known[k], agents[i] = true, k.AgentID
	}
	all, err := lookup(ctx, tx.tx, registrationsTable, "agent_id", agents)
	if err != nil {
		return err
	}
	stored := make(map[registrationInterval]pipeline.Registration, len(all))
	for _, r := range all {
		if i := intervalOf(r); known[i.RegistrationKey] {
			stored[i] = r
		}
	}
	var changed []pipeline.Registration
	for _, r := range rows {
		i := intervalOf(r)
		if !known[i.RegistrationKey] {
			return fmt.Errorf("put registration of %s at %s: it is not among the keys to replace", r.AgentID, r.AgencyNo)
		}
		if old, ok := stored[i]; !ok || old != r {
			changed = append(changed, r)
		}
		delete(stored, i)
	}
	var gone []any
	for _, r := range all { // in key order, unlike the map
		if _, left := stored[intervalOf(r)]; left {
			gone = append(gone, r.AgentID, r.AgencyNo, r.Role, r.OpenedOn.String())
		}
	}
	if _, err := deleteKeys(ctx, tx, registrationsTable.Table, gone); err != nil {
		return err
	}
	return put(ctx, tx, registrationsTable, changed, registrationsTable.values())
}

// PutActivities adds activities; one that is on file keeps its first origin.
func (tx *Tx) PutActivities(ctx context.Context, activities []pipeline.Activity) error {
	return put(ctx, tx, activitiesTable, activities, nil)
}

// PutAgencies adds or replaces agencies.
func (tx *Tx) PutAgencies(ctx context.Context, agencies []pipeline.Agency) error {
	return put(ctx, tx, agenciesTable, agencies, agenciesTable.values())
}

// PutRunFiles adds or replaces files of a run.
func (tx *Tx) PutRunFiles(ctx context.Context, files []run.File) error {
	return put(ctx, tx, runFilesTable, files, runFilesTable.values())
}

// UpdateRunFile replaces one file of a run: called in the transaction that
// writes the file's rows, so that progress commits with effect.
func (tx *Tx) UpdateRunFile(ctx context.Context, f run.File) error {
	return tx.PutRunFiles(ctx, []run.File{f})
}
