//go:build !linux

package source

import (
	"syscall"
	"time"
)

// limitMemory does nothing where data cannot be bounded; the runtime's own
// limit remains.
func limitMemory(uint64) error { return nil }

// limitCPU does nothing; what works for ever is given up by its parent.
func limitCPU(time.Duration) error { return nil }

func apart() *syscall.SysProcAttr { return nil }
