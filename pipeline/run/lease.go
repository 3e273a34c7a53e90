package run

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// LeaseTTL is how long a lease stands without being renewed. A holder renews
// every quarter of it; one whose process is gone is replaced at once.
const LeaseTTL = 2 * time.Minute

// Holder names this process for a lease: host, process id and start, so that a
// process id that was given out again is not taken for the old holder.
func Holder() string {
	return fmt.Sprintf("%s:%d:%s", Host(), os.Getpid(), startOf(os.Getpid()))
}

// Host is the name of this host as leases bear it.
func Host() string {
	host, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return host
}

// Process is the host and the process id of the holder; ok is false for a holder
// that names none.
func (l Lease) Process() (host string, pid int, ok bool) {
	host, pid, _, ok = l.process()
	return host, pid, ok
}

// process takes what Holder writes apart.
func (l Lease) process() (host string, pid int, start string, ok bool) {
	p := strings.Split(l.Holder, ":")
	if len(p) != 3 {
		return "", 0, "", false
	}
	pid, err := strconv.Atoi(p[1])
	return p[0], pid, p[2], err == nil && pid > 0
}

// HolderGone reports whether the holder of l was a process of this host that
// no longer runs. Of another host nothing can be known: its lease must expire.
func HolderGone(l Lease) bool {
	host, pid, begun, ok := l.process()
	if here, err := os.Hostname(); err != nil || !ok || host != here {
		return false
	}
	if syscall.Kill(pid, 0) == syscall.ESRCH {
		return true
	}
	// A process may be there and what is known of it hidden from this user.
	state, start := statOf(pid)
	return state == ended || start != "" && begun != "" && start != begun
}

// startOf is the start time of a process in clock ticks since boot; empty where
// there is no /proc.
func startOf(pid int) string {
	_, start := statOf(pid)
	return start
}

// ended is the state of a process whose last thread is gone: it does nothing any
// more, but keeps its number until its parent asks how it ended, which the first
// process of a container may do late or never.
const ended = "Z"

// statOf is the state and the start time of a process, as startOf; both are empty
// where there is no /proc. A process that has ended but for threads that are still
// in a call of the system is no zombie here: they may write yet.
func statOf(pid int) (state, start string) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", ""
	}
	// The command name may hold blanks and parentheses; what follows its last one is regular.
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	const threads, startTime = 17, 19 // fields 20 and 22 of proc(5), counted from the state field
	if len(f) <= startTime {
		return "", ""
	}
	if state = f[0]; state == ended && f[threads] != "1" {
		state = ""
	}
	return state, f[startTime]
}

// Hold takes the lease name, renews it while fn works, and frees it at the end,
// whether fn returns or panics. When the lease is lost, fn's context ends with
// ErrLeaseLost as its cause.
func Hold(ctx context.Context, j Journal, name string, now func() time.Time, fn func(ctx context.Context) error) (err error) {
	l, err := j.Acquire(ctx, name, Holder(), now(), LeaseTTL, HolderGone)
	if err != nil {
		return err
	}
	work, stop := context.WithCancelCause(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() {
		if err := renew(work, j, l, now); err != nil {
			stop(fmt.Errorf("renew lease: %w", err))
		}
	})
	defer func() {
		stop(nil)
		renewing.Wait()
		if rerr := j.Release(context.WithoutCancel(ctx), l); err == nil && rerr != nil {
			err = fmt.Errorf("release lease: %w", rerr)
		}
	}()
	return fn(work)
}

// renew prolongs l until ctx ends or that does not succeed.
func renew(ctx context.Context, j Journal, l Lease, now func() time.Time) error {
	t := time.NewTicker(LeaseTTL / 4)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			if err := j.Renew(ctx, l, now(), LeaseTTL); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
}
