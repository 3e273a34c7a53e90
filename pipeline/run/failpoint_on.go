//go:build failpoint

package run

import (
	"os"
	"syscall"
)

// failpoint kills the process with SIGKILL at the place named by
// MEIBO_FAILPOINT, as a power cut would.
func failpoint(name string) {
	if os.Getenv("MEIBO_FAILPOINT") == name {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal is on its way
	}
}
