//go:build !linux

package source

import "syscall"

// limitMemory does nothing where data cannot be bounded; the runtime's own
// limit remains.
func limitMemory(uint64) error { return nil }

func apart() *syscall.SysProcAttr { return nil }
