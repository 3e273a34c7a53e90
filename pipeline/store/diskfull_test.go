package store

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"
)

func TestDiskFullIsKnownWhereverTheDiskIs(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want bool
	}{
		{"disk of the server", &mysql.MySQLError{Number: 1021, Message: "Disk full (/tmp/#sql); waiting for someone to free some space"}, true},
		{"table of the server", &mysql.MySQLError{Number: 1114, Message: "The table 'agents' is full"}, true},
		{"disk of this machine", syscall.ENOSPC, true},
		{"quota of the account", syscall.EDQUOT, true},
		{"limit of the process", syscall.EFBIG, true},
		{"a doubled key", &mysql.MySQLError{Number: 1062}, false},
		{"a disk that fails", syscall.EIO, false},
		{"anything else", errors.New("disk full"), false},
		{"nothing", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.err
			if err != nil {
				err = fmt.Errorf("write agents: %w", err)
			}
			if got := DiskFull(err); got != c.want {
				t.Errorf("DiskFull(%v) = %t", err, got)
			}
		})
	}
}
