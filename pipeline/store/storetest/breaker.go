// Package storetest breaks databases on purpose: calls that fail, answers that
// are lost and connections that are cut, at a place of the test's choice.
package storetest

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
)

// Call is the kind of a call of a driver.
type Call string

// Calls that are counted. A roll-back is none: nothing depends on its success.
const (
	Connect Call = "connect"
	Prepare Call = "prepare"
	Begin   Call = "begin"
	Exec    Call = "exec"
	Query   Call = "query"
	Next    Call = "next" // row, and the end of rows
	Commit  Call = "commit"
)

// Kind is what happens to the call.
type Kind string

// Kinds of accident.
const (
	Fail Kind = "fail" // the database refuses the call, and nothing else happens
	Cut  Kind = "cut"  // the connection is gone before the call is sent
	Lost Kind = "lost" // the call is done, and the connection goes before its answer
	Stop Kind = "stop" // At is called, then the call is made
)

// ErrRefused is what a call that is to Fail says.
var ErrRefused = errors.New("the database refuses this call")

// ErrReset is what a call says whose connection breaks while it is under way.
var ErrReset error = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}

// Breaker counts the calls that pass through it and breaks one of them. Its
// Wrap goes into store.Options.Connector; calls of several databases count
// together.
type Breaker struct {
	Nth  int // the call that breaks, from 1; 0 breaks none
	Kind Kind
	Only Call   // counts calls of one kind only
	At   func() // for Stop

	mu    sync.Mutex
	calls []Call
	hit   Call
	down  bool
}

// Down takes the databases away for good: no call on any connection is answered
// any more, and what was not committed is gone.
func (b *Breaker) Down() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = true
}

func (b *Breaker) isDown() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.down
}

// Calls lists the calls counted so far.
func (b *Breaker) Calls() []Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Call(nil), b.calls...)
}

// Arm counts anew and lets the n-th call from here break; 0 breaks none.
func (b *Breaker) Arm(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Nth, b.calls, b.hit = n, nil, ""
}

// Hit is the call that was broken; empty as long as there was none.
func (b *Breaker) Hit() Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.hit
}

// Wrap puts the breaker between a pool and its driver.
func (b *Breaker) Wrap(c driver.Connector) driver.Connector { return &connector{c, b} }

// due counts a call and says whether it is the one to break.
func (b *Breaker) due(c Call) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Only != "" && b.Only != c {
		return false
	}
	b.calls = append(b.calls, c)
	if len(b.calls) != b.Nth {
		return false
	}
	b.hit = c
	return true
}

// broken does one call as the breaker has it.
func broken[T any](b *Breaker, c *conn, call Call, do func() (T, error)) (out T, err error) {
	switch {
	case c != nil && c.gone():
		return out, driver.ErrBadConn
	case b.isDown():
		return out, ErrReset
	}
	if !b.due(call) {
		return do()
	}
	switch b.Kind {
	case Fail:
		return out, ErrRefused
	case Cut:
		return out, c.cut(driver.ErrBadConn)
	case Lost:
		done, err := do()
		if err != nil && err != io.EOF { // the end of rows is an answer too
			return out, err
		}
		if open, ok := any(done).(io.Closer); ok { // rows, which would keep their lock
			_ = open.Close()
		}
		return out, c.cut(ErrReset)
	}
	b.At()
	return do()
}

type connector struct {
	driver.Connector
	b *Breaker
}

// Connect makes a connection; one that is cut before it is there is refused.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	return broken(c.b, nil, Connect, func() (driver.Conn, error) {
		real, err := c.Connector.Connect(ctx)
		if err != nil {
			return nil, err
		}
		return &conn{Conn: real, b: c.b}, nil
	})
}
