package pipeline

import "fmt"

// Code names a kind of fault. Codes are stable: limits, statistics, returned
// workbooks and documentation refer to them.
type Code string

// Severity tells what a fault does to its row.
type Severity string

// An error sets the row aside; a warning is stored and shown, and the row goes on.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// Fault is one thing that is wrong in one row of a file, or in the file itself
// (Row 0). It is a value, not an interruption: the row is set aside or warned
// about and the file goes on. It implements error for the edges that yield it.
//
// The texts are for the sender of the file, who may see what the file holds;
// they hold no value of the register, save that of a correction's mismatch, whose
// sender answers for the person; and no fault text goes into a log.
type Fault struct {
	Origin
	Key      string // column key of the layout; the header where a kind has no keys; empty for the row or file
	Header   string // column header as it stands in the file
	Code     Code
	Severity Severity
	JA, EN   string // what is wrong and what to do, without the position
}

// Error gives position, column, text and code in English, for programs' logs of
// their own tests; it is not written to meibo's log.
func (f *Fault) Error() string {
	return fmt.Sprintf("%s: %s: %s (%s)", f.Origin, f.Header, f.EN, f.Code)
}

// MessageJA is the whole message for a Japanese reader: file, sheet, row,
// column, what is wrong and what to do.
func (f *Fault) MessageJA() string {
	s := f.File
	if f.Sheet != "" {
		s += "［" + f.Sheet + "］"
	}
	if f.Row > 0 {
		s += fmt.Sprintf(" %d行目", f.Row)
	}
	if f.Header != "" {
		s += "「" + f.Header + "」"
	}
	return s + ": " + f.JA
}

// MessageEN is MessageJA in English.
func (f *Fault) MessageEN() string {
	s := f.File
	if f.Sheet != "" {
		s += " [" + f.Sheet + "]"
	}
	if f.Row > 0 {
		s += fmt.Sprintf(" row %d", f.Row)
	}
	if f.Header != "" {
		s += " column " + f.Header
	}
	return s + ": " + f.EN
}
