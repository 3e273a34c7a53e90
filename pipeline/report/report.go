// Package report makes the workbooks and tables people read.
//
// Every workbook is canonical: the same input gives the same bytes in every
// process, so that a repeated night delivers the same files. All of them look
// alike; how they look is said in look.go and nowhere else.
package report

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"meibo/pipeline"
)

// Meta is what every report says about itself.
type Meta struct {
	AsOf       pipeline.Date // 基準日: the day the report is about
	Slot       time.Time     // the day's scheduled slot, shown in its own location; never the clock
	Version    string        // of the program
	Reader     string        // folder of the outbox: an insurer's code, association, compliance, …
	ReaderName string        // as people call the reader; may be empty

	// Encrypted says that the caller encrypts the file before anyone gets it.
	// Without it 募集人ID and 生年月日 do not stand together (rules §6: the real
	// system's first password is the birth date).
	Encrypted bool

	// Names calls senders and kinds of files as people do; what it lacks is called
	// by its code.
	Names map[string]string

	// Insurers are the names of insurers by code, for readers who do not know their
	// codes.
	Insurers map[string]string

	// Columns is what this reader may see; without it no sheet is written.
	Columns *Columns

	// Form is told under every title if it is not empty: how the file is
	// encrypted, to readers outside of the association.
	Form string

	// SheetRows is how many rows of a table go on one sheet before the next begins;
	// 0 is 1,000,000.
	SheetRows int

	// TempDir is where big reports spill, in a private folder that is removed
	// before the call returns; empty is the system's folder. What is spilled is
	// not encrypted.
	TempDir string
}

// ErrOtherReader says that a row of a report is another reader's: nothing is written.
var ErrOtherReader = errors.New("a row for another reader")

// Stats is what a report holds, for its manifest and delivery record.
type Stats struct {
	Rows    int // rows of its main table
	Guarded int // cells of a CSV file that pipeline.Guard changed
}

// Forms of a file for a reader outside (rules §6).
const (
	FormEncrypted = "暗号化 AES-256（パスワード付き）"
	FormMinimised = "暗号化 なし（最小化した様式）"
	FormOwnData   = "暗号化 なし（送付されたデータの返却）"
)

// The sentences that every report carries.
const (
	notBinding = "本資料は参考情報であり、保険会社の判断を拘束するものではありません（取扱要領§6）。"
	noOtherUse = "取扱要領に定める目的以外での利用・提供を禁止します（取扱要領§8）。"
)

func (m Meta) check() error {
	var errs []error
	if m.AsOf.IsZero() {
		errs = append(errs, errors.New("no as-of day"))
	}
	if m.Slot.IsZero() {
		errs = append(errs, errors.New("no scheduled slot"))
	}
	if m.Reader == "" {
		errs = append(errs, errors.New("no reader"))
	}
	if m.Version == "" {
		errs = append(errs, errors.New("no version"))
	}
	return errors.Join(errs...)
}

// line is the line under every title.
func (m Meta) line(rows int) string {
	return joined("　｜　",
		"基準日 "+m.AsOf.String(),
		"件数 "+thousands(rows)+"件",
		"提供先 "+m.reader(),
		"作成 "+m.Slot.Format("2006-01-02 15:04"),
		"meibo "+m.Version,
		m.Form,
	)
}

func (m Meta) reader() string {
	if m.ReaderName == "" {
		return m.Reader
	}
	return m.ReaderName + "（" + m.Reader + "）"
}

// called is what people call a sender or a kind of files.
func (m Meta) called(code string) string { return cmp.Or(m.Names[code], code) }

// company is an insurer by name and code, or whoever else is called by the code.
func (m Meta) company(code string) string {
	if name := m.Insurers[code]; name != "" {
		return name + "（" + code + "）"
	}
	return m.called(code)
}

// companies are several codes, a blank between them.
func (m Meta) companies(codes string) string {
	var out []string
	for code := range strings.FieldsSeq(codes) {
		out = append(out, m.company(code))
	}
	return strings.Join(out, "、")
}

// thousands writes n with a comma every three digits.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// wrap says which report an error belongs to.
func wrap(report string, err *error) {
	if *err != nil {
		*err = fmt.Errorf("%s: %w", report, *err)
	}
}
