package source

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// limitMemory bounds the data of this process, in bytes. Address space, of
// which Go reserves much and uses little, is no measure.
func limitMemory(n uint64) error {
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: n, Max: n})
}

// limitCPU ends this process as one that met a damaged workbook once it has worked
// for so long, in whole seconds, on all processors together.
func limitCPU(d time.Duration) error {
	over := make(chan os.Signal, 1)
	signal.Notify(over, syscall.SIGXCPU)
	go func() {
		<-over
		os.Exit(exitDamaged)
	}()
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CPU, &l); err != nil {
		return err
	}
	l.Cur = min(uint64(d/time.Second), l.Max)
	return syscall.Setrlimit(syscall.RLIMIT_CPU, &l)
}

// apart keeps signals for the parent's group from a child.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
