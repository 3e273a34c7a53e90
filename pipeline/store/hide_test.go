package store

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"meibo/pipeline"
	"meibo/pipeline/store/storetest"
)

// deletedUnderAReader is a register of which a person was deleted while somebody
// reads it, and the log of the file. Its one connection waits for nobody.
func deletedUnderAReader(t *testing.T, b *storetest.Breaker) (s *Store, reading *sqlx.Rows, log string) {
	t.Helper()
	dsn := newSQLite(t)
	s = broken(t, dsn, Options{}, b)
	s.db.SetMaxOpenConns(1)
	s.db.MustExec("PRAGMA busy_timeout = 0")
	write(t, s, putAgent(t, "A1"))
	write(t, s, func(tx *Tx) error {
		return tx.PutNames(t.Context(), []pipeline.Name{{AgentID: "A1", Kind: "氏名", Text: "消去 花子"}, {AgentID: "A1", Kind: "カナ", Text: "ショウキョ ハナコ"}})
	})
	reading = must(openTest(t, dsn).db.QueryxContext(t.Context(), "SELECT name FROM agent_names"))(t)
	t.Cleanup(func() { reading.Close() })
	if !reading.Next() {
		t.Fatal(reading.Err())
	}
	write(t, s, func(tx *Tx) error {
		_, err := deleteKeys(t.Context(), tx, namesTable.Table, []any{"A1", "氏名", "消去 花子"})
		return err
	})
	return s, reading, strings.TrimPrefix(dsn, sqliteScheme) + "-wal"
}

func inLog(t *testing.T, log string) bool {
	t.Helper()
	return bytes.Contains(must(os.ReadFile(log))(t), []byte("消去 花子"))
}

// As long as somebody reads, the log keeps what they may read: nobody is told then
// that it is gone.
func TestWhatWasDeletedIsNotHiddenWhileSomebodyReads(t *testing.T) {
	s, reading, log := deletedUnderAReader(t, &storetest.Breaker{})
	if err := s.Hide(t.Context()); !errors.Is(err, ErrReading) || !inLog(t, log) {
		t.Errorf("Hide = %v with the name in the log: %t", err, inLog(t, log))
	}
	if err := reading.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Hide(t.Context()); err != nil || inLog(t, log) {
		t.Errorf("once nobody reads: Hide = %v with the name in the log: %t", err, inLog(t, log))
	}
}

func TestHideWaitsForThoseWhoRead(t *testing.T) {
	b := &storetest.Breaker{Kind: storetest.Stop, Only: storetest.Query}
	s, reading, log := deletedUnderAReader(t, b)
	b.At = func() {
		if err := reading.Close(); err != nil {
			t.Error(err)
		}
	}
	b.Arm(tries)
	if err := s.Hide(t.Context()); err != nil || b.Hit() == "" || inLog(t, log) {
		t.Errorf("Hide = %v at the last try with the name in the log: %t", err, inLog(t, log))
	}
}
