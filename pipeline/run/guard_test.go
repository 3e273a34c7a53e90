package run

import (
	"errors"
	"strings"
	"testing"
)

type elsewhere struct{}

func (elsewhere) Panic() (any, []byte) { return "山田　太郎", []byte("the other goroutine") }

func TestGuardTellsNothingOfWhatWasThrown(t *testing.T) {
	for _, c := range []struct {
		name  string
		throw any
		want  string
		stack string
	}{
		{"a row", "山田　太郎,1980-04-01", "internal error: string", "guard_test.go"},
		{"an error with a row", errors.New("山田　太郎"), "internal error: *errors.errorString", "guard_test.go"},
		{"from another goroutine", elsewhere{}, "internal error: string", "the other goroutine"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Guard(func() error { panic(c.throw) })
			p, ok := errors.AsType[*ErrPanic](err)
			if !ok || p.Error() != c.want || !strings.Contains(string(p.Stack), c.stack) {
				t.Fatalf("%v, want %s with a stack of %s", err, c.want, c.stack)
			}
			if strings.Contains(p.Error()+string(p.Stack), "山田") {
				t.Error("the value is told")
			}
		})
	}
	var none []int
	if err := Guard(func() error { none[3] = 1; return nil }); err == nil || !strings.Contains(err.Error(), "index out of range") {
		t.Errorf("the runtime's own fault: %v", err)
	}
	if err := Guard(func() error { return errors.ErrUnsupported }); err != errors.ErrUnsupported {
		t.Errorf("no panic: %v", err)
	}
}
