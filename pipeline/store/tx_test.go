package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sql-driver/mysql"

	"meibo/pipeline"
)

func putAgent(t testing.TB, id string) func(tx *Tx) error {
	return func(tx *Tx) error { return tx.PutAgents(t.Context(), []pipeline.Agent{{ID: id}}) }
}

func TestWriteKeepsAllOrNothing(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		stop := errors.New("stop")
		err := s.Write(t.Context(), func(tx *Tx) error {
			return errors.Join(putAgent(t, "A1")(tx), stop)
		})
		if !errors.Is(err, stop) {
			t.Errorf("Write = %v, want the error of its function", err)
		}
		func() {
			defer func() { recover() }()
			_ = s.Write(t.Context(), func(tx *Tx) error {
				_ = putAgent(t, "A2")(tx)
				panic("half way")
			})
		}()
		write(t, s, putAgent(t, "A3"))
		got := must(s.Agents(t.Context(), []string{"A1", "A2", "A3"}))(t)
		wantEqual(t, "agents", got, []pipeline.Agent{{ID: "A3"}})
	})
}

// TestADeadlockIsTriedAgain: two transactions lock two rows in opposite order,
// each waiting for the other once. The server ends one of them with error 1213.
func TestADeadlockIsTriedAgain(t *testing.T) {
	s := openTest(t, newMySQL(t))
	write(t, s, putAgent(t, "A1"))
	write(t, s, putAgent(t, "A2"))
	var tries atomic.Int32
	var meet sync.WaitGroup // both hold their first row
	meet.Add(2)
	var both sync.WaitGroup
	for _, order := range [][]string{{"A1", "A2"}, {"A2", "A1"}} {
		both.Go(func() {
			var once sync.Once
			err := s.Write(t.Context(), func(tx *Tx) error {
				tries.Add(1)
				if err := putAgent(t, order[0])(tx); err != nil {
					return err
				}
				once.Do(func() { meet.Done(); meet.Wait() })
				return putAgent(t, order[1])(tx)
			})
			if err != nil {
				t.Errorf("Write %v: %v", order, err)
			}
		})
	}
	both.Wait()
	if tries.Load() < 3 {
		t.Errorf("%d tries: there was no deadlock", tries.Load())
	}
}

func TestOtherErrorsAreNotTriedAgain(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		tries := 0
		_ = s.Write(t.Context(), func(*Tx) error { tries++; return io.ErrUnexpectedEOF })
		if tries != 1 {
			t.Errorf("%d tries, want 1", tries)
		}
	})
}

func TestWhatMayPassIsTriedFiveTimes(t *testing.T) {
	for _, number := range []uint16{1020, 1205, 1213, 8022, 8028, 9007} {
		synctest.Test(t, func(t *testing.T) { // the pauses take no time in here
			s := &Store{dialect: mysqlDialect{}}
			start, tries := time.Now(), 0
			err := s.retry(t.Context(), func() error { tries++; return &mysql.MySQLError{Number: number} })
			if tries != 5 || mysqlCode(err) != number {
				t.Errorf("error %d: %d tries, then %v", number, tries, err)
			}
			if got, want := time.Since(start), 600*time.Millisecond; got != want {
				t.Errorf("error %d: paused for %s, want %s", number, got, want)
			}
		})
	}
}

// TestABusySQLiteIsWaitedFor: two processes on one file, here two stores.
func TestABusySQLiteIsWaitedFor(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "t.db")
	a, b := openTest(t, dsn), openTest(t, dsn)
	var both sync.WaitGroup
	for i, s := range []*Store{a, b} {
		both.Go(func() {
			for j := range 50 {
				if err := s.Write(t.Context(), putAgent(t, string(rune('A'+i))+string(rune('a'+j)))); err != nil {
					t.Errorf("store %d: %v", i, err)
				}
			}
		})
	}
	both.Wait()
	n := 0
	for _, err := range a.People(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 100 {
		t.Errorf("%d agents, want 100", n)
	}
}

// TestACommitWithoutAnAnswerIsUnknown cuts the connection after COMMIT was sent.
func TestACommitWithoutAnAnswerIsUnknown(t *testing.T) {
	dsn := newMySQL(t)
	direct := openTest(t, dsn)
	cfg, err := mysql.ParseDSN(strings.TrimPrefix(dsn, "mysql:"))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Addr = cutAtCommit(t, cfg.Addr)
	s, err := Open(t.Context(), "mysql:"+cfg.FormatDSN(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	tries := 0
	err = s.Write(t.Context(), func(tx *Tx) error { tries++; return putAgent(t, "A1")(tx) })
	var unknown *CommitUnknownError
	if !errors.As(err, &unknown) {
		t.Fatalf("Write = %v, want a CommitUnknownError", err)
	}
	if tries != 1 {
		t.Errorf("%d tries: a commit of unknown outcome must not be repeated blindly", tries)
	}
	// Here the server did keep it, which only reading can tell.
	if got := must(direct.Agents(t.Context(), []string{"A1"}))(t); len(got) != 1 {
		t.Errorf("the row is not there: %v", got)
	}
}

// cutAtCommit listens for one kind of accident: it passes everything on to the
// server until a COMMIT, passes that on too, and drops the answer.
func cutAtCommit(t *testing.T, server string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				client.Close()
				return
			}
			var cutting atomic.Bool
			go forward(client, upstream, &cutting, true)
			go forward(upstream, client, &cutting, false)
		}
	}()
	return l.Addr().String()
}

func forward(from, to net.Conn, cutting *atomic.Bool, watch bool) {
	defer from.Close()
	defer to.Close()
	buf := make([]byte, 1<<16)
	for {
		n, err := from.Read(buf)
		if watch && bytes.Contains(buf[:n], []byte("COMMIT")) {
			cutting.Store(true)
		}
		if !watch && cutting.Load() {
			return // the server has answered, so it has committed
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func TestACancelledWriteIsNotUnknown(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		err := s.Write(ctx, func(tx *Tx) error {
			defer cancel()
			return tx.PutAgents(ctx, []pipeline.Agent{{ID: "A1"}})
		})
		var unknown *CommitUnknownError
		if err == nil || errors.As(err, &unknown) {
			t.Errorf("Write = %v, want an error that says nothing was kept", err)
		}
		if got := must(s.Agents(t.Context(), []string{"A1"}))(t); len(got) != 0 {
			t.Error("a cancelled transaction was kept")
		}
	})
}

func TestOpenOfAFolderThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(t.Context(), "sqlite:"+file+"/meibo.db", Options{}); err == nil {
		s.Close()
		t.Error("a database below a file was opened")
	}
}
