package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"meibo/pipeline/failpoint"
)

// ErrDenied says that the account has no right to do what was tried.
var ErrDenied = errors.New("the account has no right to do this")

// ReportExpiry is the report whose state the insurers' views of it go by.
const ReportExpiry = "expiry_report"

// insurerView is what each insurer may see of one table. Both texts hold the
// insurer's code as %; t is the table.
type insurerView struct {
	table Table
	join  string
	where string
}

// insurerViews are all tables of which an insurer may see rows, its own ones.
// The filter stands inside the view, for MySQL has no rights on rows.
func insurerViews() []insurerView {
	// A report is shown while it is complete, and not while it is being updated.
	complete := func(report string) string {
		return " JOIN `report_manifest` m ON m.`report` = '" + report + "' AND m.`reader` = '%' AND m.`state` = '" + ManifestDone + "'"
	}
	// The account of a file adds up once its last row is settled.
	settled := func(batch string) string {
		return strings.ReplaceAll("@.`sender` = '%' AND @.`rows_read` = @.`applied` + @.`unchanged` + @.`rejected` + @.`duplicates`", "@", batch)
	}
	return []insurerView{
		{expiryTable.Table, complete(ReportExpiry), "t.`insurer_code` = '%'"},
		{findingsTable.Table, complete(findingsTable.Name), "t.`insurer_code` = '%'"},
		{batchesTable.Table, "", settled("t")},
		{faultsTable.Table, " JOIN `import_batches` b ON b.`batch_id` = t.`batch_id`", settled("b")},
		{deliveriesTable, "", "t.`reader` = '%'"},
		// This one also shows 更新中: it tells an empty report from one that is being updated.
		{manifestTable.Table, "", "t.`reader` = '%'"},
	}
}

func (v insurerView) body(code string) string {
	columns := strings.ReplaceAll(quoted(v.table.all()), "`,`", "`,t.`")
	return strings.ReplaceAll("SELECT t."+columns+" FROM "+quote(v.table.Name)+" t"+v.join+" WHERE "+v.where, "%", code)
}

const viewPrefix = "v_insurer_"

func createView(name, body string) string { return "CREATE VIEW " + quote(name) + " AS " + body }

var viewCode = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z-]{0,19}$`)

// bodiesOf is the text of all views of these insurers by name. A code becomes
// part of a name and of a literal, so it must be plain; and where names differ
// only in case some servers see one view, which would show one insurer the
// other's rows.
func bodiesOf(codes []string) (map[string]string, error) {
	out, taken := map[string]string{}, map[string]string{}
	for _, code := range codes {
		if !viewCode.MatchString(code) {
			return nil, fmt.Errorf("view for insurer %q: want 1 to 20 letters, digits or hyphens", code)
		}
		lower := strings.ToLower(code)
		if other, ok := taken[lower]; ok && other != code {
			return nil, fmt.Errorf("views for insurers %q and %q: the codes differ only in case", other, code)
		}
		taken[lower] = code
		for _, v := range insurerViews() {
			out[viewPrefix+code+"_"+v.table.Name] = v.body(code)
		}
	}
	return out, nil
}

// SetInsurerViews makes the views v_insurer_<code>_<table> those of the given
// insurers: missing ones are made, those of anybody else dropped. A view shows
// its insurer's rows only, and none of a report that is being updated. One that
// is there is left alone unless its text is known to differ; anew makes them
// all again, as after a migration. What is in place needs no right; else an
// account without the right to make or drop views gets ErrDenied.
func (s *Store) SetInsurerViews(ctx context.Context, anew bool, codes ...string) error {
	want, err := bodiesOf(codes)
	if err != nil {
		return err
	}
	have, err := s.insurerViewsThere(ctx)
	if err != nil {
		return err
	}
	// First those that nobody should read any more.
	for _, name := range slices.Sorted(maps.Keys(have)) {
		if !wanted(want, name) {
			if err := s.execView(ctx, name, []string{"DROP VIEW IF EXISTS " + quote(name)}); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		text, there := have[name]
		if !there { // some servers keep names in lower case
			text, there = have[strings.ToLower(name)]
		}
		if there && !anew && (text == "" || text == createView(name, want[name])) {
			continue
		}
		if err := s.execView(ctx, name, s.dialect.replaceView(name, want[name])); err != nil {
			return err
		}
	}
	return nil
}

// wanted reports whether name is that of a view in want, in lower case where
// the server keeps it so.
func wanted(want map[string]string, name string) bool {
	if _, ok := want[name]; ok {
		return true
	}
	for w := range want {
		if strings.ToLower(w) == name {
			return true
		}
	}
	return false
}

// insurerViewsThere are the views of all insurers, by name, with the statement
// that made them where it is known.
func (s *Store) insurerViewsThere(ctx context.Context) (map[string]string, error) {
	rows, err := s.db.QueryContext(ctx, s.dialect.views())
	if err != nil {
		return nil, fmt.Errorf("list views: %w", err)
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, fmt.Errorf("list views: %w", err)
		}
		if strings.HasPrefix(strings.ToLower(name), viewPrefix) {
			out[name] = text
		}
	}
	return out, rows.Err()
}

// execView changes one view, at once for its readers where the database can. The
// statements must be safe to repeat: where a connection breaks during the commit
// they are given again, whether or not they were kept.
func (s *Store) execView(ctx context.Context, name string, statements []string) error {
	err := s.retry(ctx, func() error {
		tx, err := s.db.BeginTxx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() // a no-op once committed
		for _, q := range statements {
			if _, err := tx.ExecContext(ctx, q); err != nil {
				return err
			}
		}
		failpoint.Near("commit-before")
		err = tx.Commit()
		failpoint.Near("commit-after")
		if Unreachable(err) {
			return fmt.Errorf("%w: %w", errUnanswered, err)
		}
		return err
	})
	switch {
	case err == nil:
		return nil
	case s.dialect.denied(err):
		return fmt.Errorf("view %s: %w: %w", name, ErrDenied, err)
	}
	return fmt.Errorf("view %s: %w", name, err)
}
