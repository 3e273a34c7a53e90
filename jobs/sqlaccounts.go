package jobs

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"meibo/pipeline/store"
)

// storeOptions are how the register is opened, by whichever account.
func (c Config) storeOptions(between func(driver.Connector) driver.Connector) store.Options {
	return store.Options{TLSCA: c.TLSCA, Connector: between}
}

// exportOptions are how the database for readers is opened.
func (c Config) exportOptions(between func(driver.Connector) driver.Connector) store.Options {
	o := c.storeOptions(between)
	o.Export = true
	return o
}

// as does work by another account of the same database; dsn is its address, and
// empty or the house's own is by the account of the house. What the work writes
// stands under the lease that the house holds.
func (h *House) as(ctx context.Context, dsn string, work func(*House) error) (err error) {
	if h.rehearsal {
		return work(h)
	}
	return h.storeOf(ctx, dsn, func(s *store.Store) error {
		if s == h.Store {
			return work(h)
		}
		if err := s.Share(ctx, h.Store); err != nil {
			return err
		}
		other := *h
		other.Store, other.Config.DB = s, dsn
		return work(&other)
	})
}

// storeOf opens the database by another account for as long as do works; by that
// of the house where dsn is empty or its own.
func (h *House) storeOf(ctx context.Context, dsn string, do func(*store.Store) error) (err error) {
	if dsn == "" || dsn == h.Config.DB {
		return do(h.Store)
	}
	s, err := store.Open(ctx, dsn, h.Config.storeOptions(h.o.Connector))
	if err != nil {
		return fmt.Errorf("open store by another account: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return do(s)
}
