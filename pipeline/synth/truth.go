package synth

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gocarina/gocsv"

	"meibo/pipeline"
)

// truthRow is one line of truth.csv. The columns after trap repeat what the
// input files say of the ID, so that the file alone serves to measure how well
// people are told apart.
type truthRow struct {
	AgentID     string        `csv:"agent_id"`
	PersonNo    int           `csv:"person_no"` // equal for the IDs of one person
	Trap        string        `csv:"trap"`      // joined by +; empty for a plain ID
	Name        string        `csv:"name"`
	NameKana    string        `csv:"name_kana"`
	FormerName  string        `csv:"former_name"`
	BornOn      pipeline.Date `csv:"born_on"`
	Sex         string        `csv:"sex"`
	Email       string        `csv:"email"`
	AgencyNo    string        `csv:"agency_no"`
	Certificate string        `csv:"certificate_no"` // of one pass of the ID
}

func (r *register) truthRow(f folder) truthRow {
	a := f.agent
	t := truthRow{
		AgentID: a.ID, PersonNo: f.person.no, Trap: f.trap.String(), Name: a.Name, NameKana: a.NameKana,
		FormerName: a.FormerName, BornOn: a.BornOn, Sex: a.Sex, Email: a.Email,
	}
	if len(f.events) > 0 {
		t.AgencyNo = f.events[0].AgencyNo
	}
	if n := len(f.qualifications); n > 0 {
		t.Certificate = f.qualifications[n-1].CertificateNo // a pass entered again under a second ID stands last
	}
	return t
}

// truth is truth.csv being written, some rows at a time.
type truth struct {
	file *os.File
	buf  *bufio.Writer
	out  *gocsv.SafeCSVWriter
	rows []truthRow
	some bool // the header is written
}

func newTruth(path string) (*truth, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("make the folder for the truth: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, fmt.Errorf("write the truth: %w", err)
	}
	t := &truth{file: f, buf: bufio.NewWriterSize(f, 1<<16)}
	t.out = gocsv.NewSafeCSVWriter(csv.NewWriter(t.buf))
	return t, nil
}

func (t *truth) add(r truthRow) error {
	if t.rows = append(t.rows, r); len(t.rows) < 4096 {
		return nil
	}
	return t.flush()
}

func (t *truth) flush() error {
	write := gocsv.MarshalCSVWithoutHeaders
	if !t.some {
		write = gocsv.MarshalCSV
	}
	if err := write(t.rows, t.out); err != nil {
		return fmt.Errorf("write the truth: %w", err)
	}
	t.rows, t.some = t.rows[:0], true
	return nil
}

func (t *truth) close() error { return errors.Join(t.flush(), t.buf.Flush(), t.file.Close()) }
