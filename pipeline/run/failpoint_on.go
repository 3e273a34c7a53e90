//go:build failpoint

package run

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

var passed atomic.Int64 // how often the named place was passed

// Failpoint kills the process with SIGKILL at the place that MEIBO_FAILPOINT
// names, as a power cut would; NAME:3 means the third time it is passed.
func Failpoint(name string) {
	place, nth, _ := strings.Cut(os.Getenv("MEIBO_FAILPOINT"), ":")
	if place != name {
		return
	}
	if n, err := strconv.ParseInt(nth, 10, 64); err == nil && passed.Add(1) < n {
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // the signal is on its way
}
