package store

import (
	"context"
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
	tail := tx.dialect.upsert(w.table.keys(), set)
	for part := range slices.Chunk(w.args, columns*tx.rowsPerInsert(columns)) {
		if err := tx.exec(ctx, w.table.insert(len(part)/columns)+tail, part); err != nil {
			return fmt.Errorf("put into %s: %w", w.table.Name, err)
		}
	}
	return nil
}

// rowsPerInsert is the dialect's number: full statements are all alike, so the
// driver or server compiles them once.
func (tx *Tx) rowsPerInsert(columns int) int { return tx.dialect.rowsPerInsert(columns) }

func (tx *Tx) exec(ctx context.Context, statement string, args []any) error {
	_, err := tx.tx.ExecContext(ctx, statement, args...)
	return err
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

// deleteKeys deletes rows by key; keys holds the key columns of one row after
// another.
func deleteKeys(ctx context.Context, tx *Tx, t Table, keys []any) (deleted int64, err error) {
	const chunk = 100 // rows of one statement; every database plans this as 100 look-ups
	one := "(" + strings.Join(strings.Split(each(t.keys(), "%=?"), ","), " AND ") + ")"
	for part := range slices.Chunk(keys, chunk*t.Key) {
		where := strings.TrimSuffix(strings.Repeat(one+" OR ", len(part)/t.Key), " OR ")
		n, err := affected(tx.tx.ExecContext(ctx, "DELETE FROM "+quote(t.Name)+" WHERE "+where, part...))
		if err != nil {
			return deleted, fmt.Errorf("delete from %s: %w", t.Name, err)
		}
		deleted += n
	}
	return deleted, nil
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

// PutRegistrations replaces all intervals of each of the keys by those in rows.
// Registrations are folded from events whole, so an interval that is no longer
// there must go; every row must belong to one of the keys.
func (tx *Tx) PutRegistrations(ctx context.Context, keys []RegistrationKey, rows []pipeline.Registration) error {
	known := make(map[RegistrationKey]bool, len(keys))
	prefix := registrationsTable.Table
	prefix.Key = 3 // agent_id, agency_no, role
	var args []any
	for _, k := range keys {
		if !known[k] {
			known[k] = true
			args = append(args, k.AgentID, k.AgencyNo, k.Role)
		}
	}
	for _, r := range rows {
		if !known[RegistrationKey{r.AgencyNo, r.AgentID, r.Role}] {
			return fmt.Errorf("put registration of %s at %s: it is not among the keys to replace", r.AgentID, r.AgencyNo)
		}
	}
	if _, err := deleteKeys(ctx, tx, prefix, args); err != nil {
		return err
	}
	return put(ctx, tx, registrationsTable, rows, registrationsTable.values())
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
