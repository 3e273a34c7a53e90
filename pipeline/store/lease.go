package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"meibo/pipeline"
	"meibo/pipeline/failpoint"
	"meibo/pipeline/run"
)

// held is a lease in this process's hands. Each transaction under it leaves its
// mark in the lease's row, so that one whose commit was not answered can be told
// from one that never happened.
type held struct {
	run.Lease
	// Transactions go one at a time, as they would in the database, where each
	// locks the lease's row: the next would overwrite the mark that says what
	// became of this one.
	mu   sync.Mutex
	mark int64 // of the newest transaction begun; never used twice
}

// Acquire takes the lease if it is free, expired at now, or if takeOver says
// that its holder is gone; otherwise it returns *run.ErrHeld. From then on
// every Write of this store proves that the lease is still its own.
//
// The row is taken by compare-and-set on its token, so of two who try at once
// one wins, and the token only ever rises.
func (s *Store) Acquire(ctx context.Context, name, holder string, now time.Time, ttl time.Duration, takeOver func(run.Lease) bool) (run.Lease, error) {
	var lease run.Lease
	err := s.retry(ctx, func() error {
		err := s.write(ctx, nil, func(tx *Tx) (err error) {
			lease, err = acquire(ctx, tx, name, holder, now, ttl, takeOver)
			return err
		})
		return s.settle(ctx, err, func(ctx context.Context) (bool, error) { return s.holds(ctx, lease) })
	})
	if err != nil {
		return run.Lease{}, fmt.Errorf("acquire lease %s: %w", name, err)
	}
	s.lease.Store(&held{Lease: lease})
	return lease, nil
}

// holds reports whether the lease is in the hands that l says.
func (s *Store) holds(ctx context.Context, l run.Lease) (bool, error) {
	now, _, err := s.LeaseState(ctx, l.Name)
	return now.Holder == l.Holder && now.Token == l.Token, err
}

func acquire(ctx context.Context, tx *Tx, name, holder string, now time.Time, ttl time.Duration, takeOver func(run.Lease) bool) (run.Lease, error) {
	row, found, err := readLease(ctx, tx.tx, name)
	l := row.Lease
	if err != nil {
		return l, err
	}
	taken := run.Lease{
		Name: name, Holder: holder, Token: l.Token + 1,
		Since: pipeline.InstantOf(now), ExpiresAt: pipeline.InstantOf(now.Add(ttl)),
	}
	if !found {
		return taken, insertLease(ctx, tx, taken)
	}
	free := l.Holder == "" || !now.Before(l.ExpiresAt.Time()) || takeOver != nil && takeOver(l)
	if !free {
		return l, &run.ErrHeld{Lease: l}
	}
	n, err := affected(tx.tx.ExecContext(ctx,
		"UPDATE leases SET holder = ?, token = ?, since = ?, expires_at = ?, mark = 0 WHERE name = ? AND token = ?",
		taken.Holder, taken.Token, taken.Since, taken.ExpiresAt, name, l.Token))
	if err == nil && n == 0 { // somebody was faster
		return l, heldNow(ctx, tx, l)
	}
	return taken, err
}

// insertLease makes the first row of a lease, which two may try at once.
func insertLease(ctx context.Context, tx *Tx, l run.Lease) error {
	w := writer{table: leasesTable.Table}
	if err := w.add(leasesTable.fields(&leaseRow{Lease: l})); err != nil {
		return err
	}
	err := tx.exec(ctx, w.table.insert(1), w.args)
	if err != nil && tx.dialect.duplicate(err) {
		return fmt.Errorf("%w: %w", errRace, err) // to be looked at anew
	}
	return err
}

// heldNow says who holds the lease after somebody else was faster; l is what
// is known if the other's row cannot be seen from this transaction.
func heldNow(ctx context.Context, tx *Tx, l run.Lease) error {
	if now, found, err := readLease(ctx, tx.tx, l.Name); err == nil && found {
		l = now.Lease
	}
	return &run.ErrHeld{Lease: l}
}

func readLease(ctx context.Context, q queryer, name string) (leaseRow, bool, error) {
	return one(stream(ctx, q, leasesTable, leasesTable.query("WHERE name = ?"), name))
}

// LeaseState returns the lease of that name, and false if nobody ever held it.
// A free one has no holder.
func (s *Store) LeaseState(ctx context.Context, name string) (run.Lease, bool, error) {
	row, found, err := readLease(ctx, s.db, name)
	return row.Lease, found, err
}

// Share lets s, the same database by another account, write under the lease that
// lender holds, one transaction at a time. It is an error if s does not see that
// lease: it is another database then.
func (s *Store) Share(ctx context.Context, lender *Store) error {
	h := lender.lease.Load()
	if h == nil {
		return nil
	}
	same, err := s.holds(ctx, h.Lease)
	if err == nil && !same {
		err = fmt.Errorf("%w: %s is not the database that is at work", ErrAddress, s.address)
	}
	if err != nil {
		return fmt.Errorf("share lease %s: %w", h.Name, err)
	}
	s.lease.Store(h)
	return nil
}

// Renew prolongs l to now+ttl; run.ErrLeaseLost if it was taken over.
func (s *Store) Renew(ctx context.Context, l run.Lease, now time.Time, ttl time.Duration) error {
	return s.setLease(ctx, l, "UPDATE leases SET expires_at = ? WHERE name = ? AND token = ? AND holder = ?",
		pipeline.InstantOf(now.Add(ttl)), l.Name, l.Token, l.Holder)
}

func (s *Store) setLease(ctx context.Context, l run.Lease, statement string, args ...any) error {
	return s.retry(ctx, func() error {
		n, err := affected(s.db.ExecContext(ctx, statement, args...))
		if err != nil {
			return fmt.Errorf("lease %s: %w", l.Name, err)
		}
		if n == 0 {
			return fmt.Errorf("lease %s: %w", l.Name, run.ErrLeaseLost)
		}
		return nil
	})
}

// Release frees the lease if l still holds it, and ends the proof that Write
// asks for. The row stays, for its token must go on rising.
func (s *Store) Release(ctx context.Context, l run.Lease) error {
	if h := s.lease.Load(); h != nil && h.Name == l.Name && h.Token == l.Token {
		s.lease.CompareAndSwap(h, nil)
	}
	return s.retry(ctx, func() error {
		failpoint.Near("commit-before")
		_, err := s.db.ExecContext(ctx,
			"UPDATE leases SET holder = '', expires_at = NULL WHERE name = ? AND token = ? AND holder = ?",
			l.Name, l.Token, l.Holder)
		failpoint.Near("commit-after")
		if err != nil {
			return fmt.Errorf("release lease %s: %w", l.Name, err)
		}
		return nil
	})
}

// StillHolds is the proof that Write asks for, on its own: for what is written
// elsewhere under the lease. It is nil for a store that holds none.
func (s *Store) StillHolds(ctx context.Context) error {
	if s.lease.Load() == nil {
		return nil
	}
	return s.Write(ctx, func(*Tx) error { return nil })
}
