package jobs_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"meibo/jobs"
	"meibo/pipeline/purge"
	"meibo/pipeline/store"
)

// A hold whose transaction has not ended when an execution comes to its person is
// waited for, and counts. SQLite lets nobody write beside it anyhow.
func TestAHoldUnderWayIsWaitedFor(t *testing.T) {
	p := newPlace(t, t.TempDir(), newMySQL(t))
	p.purgeable(t, 2)
	p.approve(t, 1, "S1", "S2")
	ledger := filepath.Join(p.StateDir, "purge-ledger.jsonl")
	o := p.options(t)
	var e jobs.Executed
	ended := make(chan error, 1)
	must(t, p.store(t).Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.AddHold(t.Context(), store.Hold{AgentID: "DUE00002", Code: "named", Reason: "調査", By: "S3", Since: sampleDays[0]})
		if err != nil {
			return err
		}
		go func() {
			h, err := jobs.Open(t.Context(), p.Config, o)
			if err == nil {
				e, err = h.ExecutePurge(t.Context(), 1, 0)
				err = errors.Join(err, h.Close())
			}
			ended <- err
		}()
		for { // until the ledger is there, which is written right before the deletion
			if _, err := os.Stat(ledger); err == nil {
				break
			}
			select {
			case err := <-ended:
				ended <- err
				return errors.New("the execution ended before it deleted anybody")
			case <-time.After(10 * time.Millisecond):
			}
		}
		time.Sleep(300 * time.Millisecond)
		return nil
	}))
	must(t, <-ended)
	if there := p.onFile(t); !slices.Contains(there, "DUE00002") || slices.Contains(there, "DUE00001") {
		t.Errorf("on file: %v, want DUE00002, who is held, and not DUE00001", there)
	}
	var dropped []string
	for _, d := range e.Dropped {
		dropped = append(dropped, d.AgentID+" "+string(d.Code))
	}
	equal(t, "dropped", dropped, []string{"DUE00002 " + string(purge.DropHeld)})
	equal(t, "deleted by the receipt", total(e.Receipt.Persons), 1)
}
