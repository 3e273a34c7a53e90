package engine

import (
	"runtime/debug"
	"sync"
)

// panicked is a panic of a goroutine on its way to the caller, who may know how
// to go on without ending the process. Its value may hold a person's record.
type panicked struct {
	value any
	stack []byte // of the goroutine that panicked
}

// Panic is what was thrown and where.
func (p *panicked) Panic() (any, []byte) { return p.value, p.stack }

// watched runs goroutines whose first panic comes to whoever waits for them.
type watched struct {
	all    sync.WaitGroup
	once   sync.Once
	thrown *panicked
}

// Go does fn on a goroutine of its own.
func (w *watched) Go(fn func()) {
	w.all.Go(func() {
		defer func() {
			if v := recover(); v != nil {
				w.once.Do(func() { w.thrown = &panicked{v, debug.Stack()} })
			}
		}()
		fn()
	})
}

// Wait waits for all, and panics if one did.
func (w *watched) Wait() {
	w.all.Wait()
	if w.thrown != nil {
		panic(w.thrown)
	}
}
