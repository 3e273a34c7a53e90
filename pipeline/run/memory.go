package run

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// peakRSS is the largest resident set of the process in bytes since resetPeak,
// or since its start where the kernel does not allow a reset.
func peakRSS() int64 {
	b, err := os.ReadFile("/proc/self/status")
	if err == nil {
		for line := range bytes.Lines(b) {
			if rest, ok := bytes.CutPrefix(line, []byte("VmHWM:")); ok {
				if f := bytes.Fields(rest); len(f) > 0 {
					if kb, err := strconv.ParseInt(string(f[0]), 10, 64); err == nil {
						return kb << 10
					}
				}
			}
		}
	}
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Maxrss << 10
}

// resetPeak makes peakRSS count anew; without /proc it does nothing and the
// peak is the whole process's.
func resetPeak() {
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// PeakRSS is the largest resident set of the process so far, in bytes; 0 if
// the system does not tell.
func PeakRSS() int64 { return peakRSS() }
