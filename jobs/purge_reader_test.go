package jobs_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"testing"

	"meibo/jobs"
	"meibo/pipeline/purge"
	"meibo/pipeline/store"
)

// impatient makes connections of SQLite that wait for nobody.
type impatient struct{ driver.Connector }

func (c impatient) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err == nil {
		_, err = conn.(driver.ExecerContext).ExecContext(ctx, "PRAGMA busy_timeout = 0", nil)
	}
	return conn, err
}

// whileRead does work while somebody else reads the register, who ends after it.
func (p *place) whileRead(t testing.TB, work func(h *jobs.House) error) error {
	t.Helper()
	rows, err := p.sql(t).Queryx("SELECT agent_id FROM agents")
	must(t, err)
	defer rows.Close()
	if !rows.Next() {
		t.Fatal("nobody is on file:", rows.Err())
	}
	o := p.options(t)
	o.Connector = func(c driver.Connector) driver.Connector { return impatient{c} }
	h, err := jobs.Open(t.Context(), p.Config, o)
	must(t, err)
	defer func() { must(t, h.Close()) }()
	return work(h)
}

// For whoever reads, SQLite's log keeps what was deleted: until they have ended no
// receipt says that it is gone, and no step that it is done.
func TestNothingIsSaidToBeGoneWhileSomebodyReads(t *testing.T) {
	p := newPlace(t, t.TempDir(), "")
	p.DB = sqliteIn(p.dir)
	p.purgeable(t, 2)
	p.approve(t, 1, "S1", "S2")
	resumed := func(h *jobs.House) error { _, _, err := h.Resume(t.Context()); return err }
	still := func(work func(h *jobs.House) error) {
		t.Helper()
		for _, try := range []func(h *jobs.House) error{work, resumed} { // it is said each time
			if err := p.whileRead(t, try); !errors.Is(err, store.ErrReading) {
				t.Errorf("while somebody reads: %v", err)
			}
		}
	}
	still(func(h *jobs.House) error { _, err := h.ExecutePurge(t.Context(), 1, 0); return err })
	receipts, err := p.store(t).Receipts(t.Context())
	must(t, err)
	equal(t, "receipts meanwhile", len(receipts), 0)
	equal(t, "list meanwhile", p.listState(t, 1), purge.ListExecuting)
	p.with(t, func(h *jobs.House) { must(t, resumed(h)) })
	equal(t, "list", p.listState(t, 1), purge.ListExecuted)

	still(func(h *jobs.House) error { _, err := h.Night(t.Context(), sampleDays[0].AddDays(8), false); return err })
	p.with(t, func(h *jobs.House) { must(t, resumed(h)) })
	equal(t, "list after its window", p.listState(t, 1), purge.ListSettled)
	equal(t, "night", p.isDone(t, sampleDays[0].AddDays(8)), true)
}
