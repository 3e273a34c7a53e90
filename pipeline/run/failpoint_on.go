//go:build failpoint

package run

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

var passed atomic.Int64 // how often the named place was passed

// Failpoint kills the process with SIGKILL at the place that MEIBO_FAILPOINT
// names, as a power cut would; NAME:3 means the third time it is passed. With
// NAME:3:panic it panics instead, as a fault of this program would.
func Failpoint(name string) {
	place, how, _ := strings.Cut(os.Getenv("MEIBO_FAILPOINT"), ":")
	nth, way, _ := strings.Cut(how, ":")
	if place != name {
		return
	}
	if n, err := strconv.ParseInt(nth, 10, 64); err == nil && passed.Add(1) < n {
		return
	}
	if way == "panic" {
		panic(errors.New("a row of somebody's file"))
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // the signal is on its way
}
