package jobs_test

import (
	"bytes"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline/durable"
	"meibo/pipeline/run"
)

// brittle is a disk that panics, with a row in its hands, when an archived file
// is read that holds a word.
type brittle struct {
	durable.Folder
	word string
}

func (b brittle) OpenFile(name string, flag int, perm fs.FileMode) (durable.File, error) {
	f, err := b.Folder.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return brittleFile{f, b.word}, nil
}

type brittleFile struct {
	durable.File
	word string
}

func (b brittleFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := b.File.ReadAt(p, off)
	if bytes.Contains(p[:n], []byte(b.word)) {
		panic(string(p[:n]))
	}
	return n, err
}

// A fault of this program in one file refuses that file; the others are taken
// in, the operator is told, nobody's row stands in the log, and a mended program
// reads the file again.
func TestChaosPanicInOneFileStopsNoOther(t *testing.T) {
	t.Parallel()
	for _, db := range []string{"sqlite", "mysql"} {
		t.Run(db, func(t *testing.T) {
			p := everyKind(t).place(t, db, 0)
			p.Inbox = filepath.Join(p.dir, "other-inbox")
			p.put(t, "association/agents_1.csv", table(agentHeader, agent("GOOD"), agent("ALSO")))
			p.put(t, "association/agents_2.csv", table(agentHeader, agent("FRAGILE")))
			p.put(t, "contact-center/activities_1.csv", table(activityHeader, "GOOD,ログイン,2026-11-05,"))
			var log bytes.Buffer
			p.log = textLog(&log)
			o := p.options(t)
			o.Disk = func(dir string, perm fs.FileMode) (durable.Folder, error) {
				f, err := durable.RealDisk(dir, perm)
				return brittle{f, "FRAGILE"}, err
			}
			h, err := jobs.Open(t.Context(), p.Config, o)
			must(t, err)
			r, err := h.Night(t.Context(), chaosDays[0], false)
			must(t, err)
			must(t, h.Close())
			equal(t, "refused", r.Refused, []string{"association/agents_2.csv"})
			equal(t, "applied", r.Steps[1].Counts, run.Counts{Read: 3, Applied: 3})
			if len(r.Warnings) == 0 || r.Warnings[0].Code != string(jobs.CodeInternal) {
				t.Errorf("warnings %v", r.Warnings)
			}
			if s := log.String(); !strings.Contains(s, "internal error") || !strings.Contains(s, "panic_test.go") || strings.Contains(s, "試験 fragile") {
				t.Errorf("the log: %s", s)
			}
			sum := hashOfFault(t, p, jobs.CodeInternal)
			p.with(t, func(h *jobs.House) { // a mended program
				must(t, h.Again(t.Context(), sum))
				again, err := h.Night(t.Context(), chaosDays[0], false)
				must(t, err)
				equal(t, "applied later", again.Steps[1].Counts, run.Counts{Read: 1, Applied: 1})
			})
			count("panic in one file", p.kind(), 1, t.Failed())
		})
	}
}

// hashOfFault is the SHA-256 of the one file of the first night with that fault.
func hashOfFault(t *testing.T, p *place, code any) string {
	t.Helper()
	batches, err := p.store(t).BatchesOn(t.Context(), chaosDays[0])
	must(t, err)
	for _, b := range batches {
		for f, err := range p.store(t).Faults(t.Context(), b.ID) {
			must(t, err)
			if f.Code == code {
				return b.SHA256
			}
		}
	}
	t.Fatalf("no file has %v", code)
	return ""
}
