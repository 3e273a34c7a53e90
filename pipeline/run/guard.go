package run

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// ErrPanic is a fault of this program: a panic, caught where the rest of the
// work can go on or stop in good order. It holds no value of the panic, which
// may be a row of somebody's file; only the runtime's own faults are told.
type ErrPanic struct {
	What  string // type of the value, or what the runtime said
	Stack []byte // functions and lines, no values
}

func (e *ErrPanic) Error() string { return "internal error: " + e.What }

// Guard does fn and turns a panic in it into *ErrPanic. A value that was handed
// on from another goroutine may say so by a method Panic, which gives what was
// thrown there and the stack of that goroutine.
func Guard(fn func() error) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		stack := debug.Stack()
		if p, ok := v.(interface{ Panic() (any, []byte) }); ok {
			v, stack = p.Panic()
		}
		what := fmt.Sprintf("%T", v)
		if r, ok := v.(runtime.Error); ok {
			what = r.Error()
		}
		err = &ErrPanic{what, stack}
	}()
	return fn()
}
