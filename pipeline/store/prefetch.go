package store

import (
	"context"

	"meibo/pipeline/run"
)

// prefetchRows is how many rows travel together between goroutines.
const prefetchRows = 256

// prefetch reads a cursor in a goroutine of its own, a few hundred rows ahead,
// so that a database driver's work and ours use two cores. Memory is constant:
// its three slices go round.
type prefetch[T any] struct {
	full    chan []T
	empty   chan []T
	err     error // of reading; set before full is closed
	current []T
	i       int
	stop    context.CancelFunc
	done    chan struct{}
}

func startPrefetch[T any](ctx context.Context, s *Store, m mapping[T]) *prefetch[T] {
	ctx, stop := context.WithCancel(ctx)
	p := &prefetch[T]{full: make(chan []T, 1), empty: make(chan []T, 3), stop: stop, done: make(chan struct{})}
	for range cap(p.empty) {
		p.empty <- make([]T, 0, prefetchRows)
	}
	go func() {
		defer close(p.done)
		defer close(p.full)
		p.err = run.Guard(func() error { return p.read(ctx, s, m) }) // the caller's to stop for, not the process's
	}()
	return p
}

func (p *prefetch[T]) read(ctx context.Context, s *Store, m mapping[T]) error {
	c, err := open(ctx, s.db, m, m.ordered(""))
	if err != nil {
		return err
	}
	defer c.rows.Close()
	for more := true; more; {
		var batch []T
		select {
		case batch = <-p.empty:
		case <-ctx.Done():
			return ctx.Err()
		}
		batch = batch[:0]
		for len(batch) < prefetchRows {
			if more, err = c.next(); err != nil {
				return err
			}
			if !more {
				break
			}
			batch = append(batch, c.row)
		}
		select {
		case p.full <- batch:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// next returns the next row, nil after the last. The pointer holds until the
// call after it.
func (p *prefetch[T]) next() (*T, error) {
	for p.i == len(p.current) {
		if p.current != nil {
			p.empty <- p.current
		}
		p.i = 0
		var ok bool
		if p.current, ok = <-p.full; !ok {
			return nil, p.err
		}
	}
	p.i++
	return &p.current[p.i-1], nil
}

// close ends reading and waits until the connection is free again.
func (p *prefetch[T]) close() {
	p.stop()
	<-p.done
}
