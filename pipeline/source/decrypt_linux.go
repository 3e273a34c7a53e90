package source

import "syscall"

// limitMemory bounds the data of this process, in bytes. Address space, of
// which Go reserves much and uses little, is no measure.
func limitMemory(n uint64) error {
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: n, Max: n})
}

// apart keeps signals for the parent's group from a child.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
