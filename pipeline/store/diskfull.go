package store

import (
	"errors"
	"syscall"

	"github.com/go-sql-driver/mysql"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// DiskFull reports whether err says that there is no room: on the disk of this
// process, for one of its files, or on the disk of a database.
func DiskFull(err error) bool {
	for _, e := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, e) {
			return true
		}
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		// What a limit of the process stops, SQLite calls a failed write.
		switch e.Code() {
		case sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_TRUNCATE:
			return true
		}
		return e.Code()&0xff == sqlite3.SQLITE_FULL
	}
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return e.Number == 1021 || e.Number == 1114 // disk full; table full
	}
	return false
}
