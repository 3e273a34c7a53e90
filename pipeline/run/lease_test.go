package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meibo/pipeline"
)

func hold(t *testing.T, j Journal, fn func(ctx context.Context) error) error {
	t.Helper()
	return Hold(t.Context(), j, "nightly", time.Now, fn)
}

func TestHoldKeepsASecondRunOut(t *testing.T) {
	j := newMemory()
	err := hold(t, j, func(context.Context) error {
		return hold(t, j, func(context.Context) error {
			t.Error("both work")
			return nil
		})
	})
	var held *ErrHeld
	if !errors.As(err, &held) || held.Lease.Holder != Holder() || held.Lease.Since.IsZero() {
		t.Fatalf("second run: %v, want that it is held, by whom and since when", err)
	}
	if text := err.Error(); !strings.Contains(text, Holder()) || !strings.Contains(text, held.Lease.Since.String()) {
		t.Errorf("the message %q does not say who and since when", text)
	}
	if l, _ := j.held("nightly"); l.Holder != "" {
		t.Errorf("still held by %s", l.Holder)
	}
}

func TestHoldFreesTheLeaseHoweverWorkEnds(t *testing.T) {
	tests := []struct {
		name  string
		fn    func(context.Context) error
		err   error
		panic any
	}{
		{"well", func(context.Context) error { return nil }, nil, nil},
		{"with an error", func(context.Context) error { return errStep }, errStep, nil},
		{"with a panic", func(context.Context) error { panic("index out of range") }, nil, "index out of range"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := newMemory()
			for token := range int64(2) {
				func() {
					defer func() {
						if p := recover(); p != tt.panic {
							t.Errorf("panic %v, want %v", p, tt.panic)
						}
					}()
					if err := hold(t, j, tt.fn); !errors.Is(err, tt.err) {
						t.Errorf("Hold: %v, want %v", err, tt.err)
					}
				}()
				if l, _ := j.held("nightly"); l.Holder != "" || l.Token != token+1 {
					t.Errorf("lease %+v, want it free with token %d", l, token+1)
				}
			}
		})
	}
}

func TestHoldFreesTheLeaseWhenToldToStop(t *testing.T) {
	j := newMemory()
	ctx, cancel := context.WithCancelCause(t.Context())
	err := Hold(ctx, j, "nightly", time.Now, func(ctx context.Context) error {
		cancel(errStop)
		<-ctx.Done()
		return context.Cause(ctx)
	})
	if !errors.Is(err, errStop) {
		t.Errorf("Hold: %v, want %v", err, errStop)
	}
	if l, _ := j.held("nightly"); l.Holder != "" {
		t.Errorf("still held by %s", l.Holder)
	}
}

func TestHoldTellsOfAJournalThatFails(t *testing.T) {
	works := func(context.Context) error { return nil }
	tests := []struct {
		call string
		fn   func(context.Context) error
		want error
	}{
		{"acquire", works, errDisk},
		{"release", works, errDisk},
		{"release", func(context.Context) error { return errStep }, errStep},
	}
	for _, tt := range tests {
		j := newMemory()
		j.broken = fails(tt.call)
		if err := hold(t, j, tt.fn); !errors.Is(err, tt.want) {
			t.Errorf("%s fails: %v, want %v", tt.call, err, tt.want)
		}
	}
}

func TestHoldRenewsWhileWorkGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newMemory()
		err := hold(t, j, func(ctx context.Context) error {
			for range 100 {
				time.Sleep(LeaseTTL / 2)
				l, _ := j.held("nightly")
				if left := time.Until(l.ExpiresAt.Time()); left < LeaseTTL/2 {
					t.Fatalf("the lease has %v left", left)
				}
			}
			return ctx.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
		_, renews := j.held("nightly")
		if renews < 190 || renews > 210 {
			t.Errorf("renewed %d times in %v", renews, 50*LeaseTTL)
		}
		time.Sleep(10 * LeaseTTL)
		if _, again := j.held("nightly"); again != renews {
			t.Errorf("renewed %d times after the end", again-renews)
		}
	})
}

func TestHoldEndsWorkWhenTheLeaseIsLost(t *testing.T) {
	tests := []struct {
		name string
		lose func(j *memory)
		want error
	}{
		{"taken over by another host", func(j *memory) {
			j.leases["nightly"] = Lease{Name: "nightly", Holder: "another-host:1:1", Token: 2, ExpiresAt: pipeline.InstantOf(time.Now().Add(LeaseTTL))}
		}, ErrLeaseLost},
		{"the journal does not answer", func(j *memory) { j.broken = fails("renew") }, errDisk},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := newMemory()
				var after time.Duration
				err := hold(t, j, func(ctx context.Context) error {
					j.mu.Lock()
					tt.lose(j)
					j.mu.Unlock()
					lost := time.Now()
					<-ctx.Done()
					after = time.Since(lost)
					return context.Cause(ctx)
				})
				if !errors.Is(err, tt.want) {
					t.Errorf("Hold: %v, want %v", err, tt.want)
				}
				if after >= LeaseTTL {
					t.Errorf("told after %v, when the lease had run out", after)
				}
				if l, _ := j.held("nightly"); tt.want == ErrLeaseLost && l.Holder != "another-host:1:1" {
					t.Errorf("lease %+v: freed the lease of another", l)
				}
			})
		})
	}
}

// unreaped is a process that was killed and still has its number.
func unreaped(t *testing.T) (pid int, start string) {
	t.Helper()
	c := exec.Command("cat")
	in, err := c.StdinPipe() // it reads until it is killed
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = c.Wait() // says that it was killed
	})
	pid = c.Process.Pid
	if start = startOf(pid); start == "" {
		t.Fatalf("nothing is known of process %d while it runs", pid)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for state := ""; state != ended; state, _ = statOf(pid) {
		if t.Context().Err() != nil {
			t.Fatal("the process never ended")
		}
	}
	return pid, start
}

func TestHolderGone(t *testing.T) {
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	me := os.Getpid()
	killed, startOfKilled := unreaped(t)
	tests := []struct {
		name, holder string
		want         bool
	}{
		{"this process", Holder(), false},
		{"a process that has ended", fmt.Sprintf("%s:%d:1", host, dead.Process.Pid), true},
		{"a process that was killed, and nobody asked how it ended", fmt.Sprintf("%s:%d:%s", host, killed, startOfKilled), true},
		{"its number was given out again", fmt.Sprintf("%s:%d:1", host, me), true},
		{"another user's process", fmt.Sprintf("%s:1:%s", host, startOf(1)), false},
		{"nothing is known of its start", fmt.Sprintf("%s:%d:", host, me), false},
		{"another host", fmt.Sprintf("not-%s:%d:1", host, dead.Process.Pid), false},
		{"nobody", "", false},
		{"no start", fmt.Sprintf("%s:%d", host, dead.Process.Pid), false},
		{"no number", host + ":x:1", false},
		{"the number of all processes", host + ":-1:1", false},
		{"the number of the own group", host + ":0:1", false},
		{"too many parts", fmt.Sprintf("%s:%d:1:1", host, dead.Process.Pid), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := HolderGone(Lease{Holder: tt.holder}); got != tt.want {
				t.Errorf("HolderGone(%q) = %t, want %t", tt.holder, got, tt.want)
			}
		})
	}
}

func TestHolderIsTheSameForOneProcess(t *testing.T) {
	if a, b := Holder(), Holder(); a != b {
		t.Errorf("%s, then %s", a, b)
	}
	if p := strings.Split(Holder(), ":"); len(p) != 3 || p[1] != fmt.Sprint(os.Getpid()) || p[2] == "" {
		t.Errorf("Holder() = %s, want host, number and start", Holder())
	}
}
