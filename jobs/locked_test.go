package jobs_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/agile"
	"meibo/pipeline/report"
	"meibo/pipeline/run"
	"meibo/pipeline/source"
)

const agreed = "合言葉-synthetic"

// withPassword opens a house that knows the password of 1001's workbooks.
func (p *place) withPassword(t testing.TB, do func(h *jobs.House)) {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	h, err := jobs.Open(t.Context(), p.Config, jobs.Options{
		Version: shippedVersion(t), Log: p.log, Now: p.now,
		Env:       func(name string) string { return map[string]string{"MEIBO_PASSWORD_1001": agreed}[name] },
		Decrypter: source.Decrypter{Command: []string{exe, decryptArgument}},
	})
	must(t, err)
	defer func() { must(t, h.Close()) }()
	do(h)
}

func underLock(t testing.TB, plain string) string { return lockedWith(t, plain, agreed) }

func lockedWith(t testing.TB, plain, password string) string {
	t.Helper()
	var b strings.Builder
	must(t, agile.Encrypt(&b, strings.NewReader(plain), int64(len(plain)), password, rand.Reader))
	return b.String()
}

// unlocked opens a workbook with the password, which it must have.
func unlocked(t testing.TB, content string) *excelize.File {
	t.Helper()
	if strings.HasPrefix(content, "PK") {
		t.Fatal("the workbook has no password")
	}
	f, err := excelize.OpenReader(strings.NewReader(content), excelize.Options{Password: agreed})
	must(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

// A workbook that came with a password goes back with it: whole, as its faulty
// rows, or refused. A second run of the day writes nothing anew.
func TestWhatCameWithAPasswordGoesBackWithIt(t *testing.T) {
	bad := registration("1001", "", "D1", "NOBODY", "登録", "2020-04-01", "")
	good := registration("1001", "", "D1", "P00", "登録", "2020-04-01", "")
	tests := []struct {
		name, file string
		want       string // cell A2 of the sender's sheet
	}{
		{"marked", workbook(t, registrationHeader, bad, good), "1001"},
		{"the faulty rows", workbook(t, "エラー内容,"+registrationHeader, "x,"+bad, "x,"+good), "2"},
		{"refused whole", workbook(t, strings.Replace(registrationHeader, "役割", "何か", 1), bad), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := empty(t)
			p.put(t, "association/agents_1.csv", table(agentHeader, agent("P00")))
			p.put(t, "1001/registrations_1.xlsx", underLock(t, tt.file))
			back := filepath.Join(p.Outbox, "1001", "rejects_registrations_1.xlsx")
			var first []byte
			p.withPassword(t, func(h *jobs.House) {
				_, err := h.Night(t.Context(), sampleDays[0], false)
				must(t, err)
				first, err = os.ReadFile(back)
				must(t, err)
				r, err := h.Night(t.Context(), sampleDays[0], false)
				must(t, err)
				equal(t, "rows written by a second run", r.Counts().Applied, 0)
			})
			again, err := os.ReadFile(back)
			must(t, err)
			if !bytes.Equal(first, again) {
				t.Error("a second run wrote the workbook anew")
			}
			f := unlocked(t, string(again))
			equal(t, "first sheet", f.GetSheetName(0), report.ResultSheet)
			if tt.want != "" {
				cell, err := f.GetCellValue(f.GetSheetName(1), "A2")
				must(t, err)
				equal(t, "cell A2", cell, tt.want)
			}
			if strings.Contains(p.everywhere(t), "nobody") {
				t.Error("a name of the workbook stands somewhere in clear")
			}
		})
	}
}

// Once the sender has another password, what stands there is written anew.
func TestAReturnedWorkbookFollowsItsPassword(t *testing.T) {
	p := empty(t)
	p.put(t, "1001/registrations_1.xlsx", underLock(t, workbook(t, registrationHeader, registration("1001", "", "D1", "NOBODY", "登録", "2020-04-01", ""))))
	back := filepath.Join(p.Outbox, "1001", "rejects_registrations_1.xlsx")
	p.withPassword(t, func(h *jobs.House) {
		_, err := h.Night(t.Context(), sampleDays[0], false)
		must(t, err)
		must(t, os.WriteFile(back, []byte(lockedWith(t, workbook(t, "x"), "synthetic-2")), 0o640))
		_, err = h.Night(t.Context(), sampleDays[0], false)
		must(t, err)
	})
	b, err := os.ReadFile(back)
	must(t, err)
	equal(t, "first sheet", unlocked(t, string(b)).GetSheetName(0), report.ResultSheet)
}

// An encrypted managers workbook is kept without its passwords and under the
// sender's own, goes back under it too, and can be read again.
func TestALockedManagersWorkbookIsKeptWithoutPasswords(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.managersInbox(t)
	must(t, os.RemoveAll(filepath.Join(p.Inbox, "2026-11-20")))
	const name = "2026-11-19/1001/managers_1.xlsx"
	plain, err := os.ReadFile(filepath.Join(p.Inbox, name))
	must(t, err)
	p.put(t, name, underLock(t, string(plain)))
	p.withPassword(t, func(h *jobs.House) {
		_, err := h.Night(t.Context(), sampleDays[0], false)
		must(t, err)
	})
	b := p.batches(t, sampleDays[0])[strings.TrimPrefix(name, "2026-11-19/")]
	kept := unlocked(t, tree(t, filepath.Join(p.StateDir, "archive"))[b.SHA256[:2]+"/"+b.SHA256+".redacted"])
	rows, err := kept.GetRows(kept.GetSheetName(0))
	must(t, err)
	equal(t, "kept header", strings.Join(rows[0], ","), strings.Replace(managerHeader, "パスワード,", "", 1))
	equal(t, "kept rows", len(rows), 7)
	back := unlocked(t, tree(t, p.Outbox)["1001/rejects_managers_1.xlsx"])
	for name, f := range map[string]*excelize.File{"archive": kept, "outbox": back} {
		for _, sheet := range f.GetSheetList() {
			rows, err := f.GetRows(sheet)
			must(t, err)
			for _, row := range rows {
				if strings.Contains(strings.Join(row, ","), "Geheim") {
					t.Errorf("a password stands in the workbook of the %s", name)
				}
			}
		}
	}
	if all := p.everywhere(t); strings.Contains(all, "Geheim") {
		t.Error("a password stands somewhere")
	}
	p.withPassword(t, func(h *jobs.House) {
		must(t, h.Again(t.Context(), b.SHA256))
		r, err := h.Night(t.Context(), sampleDays[0].AddDays(1), false)
		must(t, err)
		equal(t, "refused", r.Refused, []string(nil))
	})
	again := p.batches(t, sampleDays[0].AddDays(1))["1001/managers_1.xlsx"]
	equal(t, "read again", [3]any{again.State, again.RowsRead, again.Unchanged}, [3]any{pipeline.BatchApplied, 6, 1})
}

// What the program keeps of a file is in UTF-8, whatever its sender writes; of
// what it could not read nothing is kept, and that is said.
func TestRedactedFilesAreReadAgain(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.Insurers = []jobs.Insurer{{Code: "1001", Name: "見本損保", Encoding: source.EncodingUTF16LE}}
	p.put(t, "1001/managers_1.csv", utf16le(table(managerHeader, "指定管理者,1001,M2,Geheim-1,指定 花子,,,")))
	p.put(t, "1001/managers_2.csv", utf16le("会社,合言葉\n1001,Geheim-7\n"))
	p.night(t, sampleDays[0])
	first := p.batches(t, sampleDays[0])
	equal(t, "first", p.ended(t, sampleDays[0])[0], "1001/managers_1.csv applied 1=1+0-0")
	p.with(t, func(h *jobs.House) {
		must(t, h.Again(t.Context(), first["1001/managers_1.csv"].SHA256))
		if err := h.Again(t.Context(), first["1001/managers_2.csv"].SHA256); !errors.Is(err, jobs.ErrNothingKept) {
			t.Errorf("again: %v, want that nothing was kept", err)
		}
		r, err := h.Night(t.Context(), sampleDays[1], false)
		must(t, err)
		equal(t, "second night", r.Steps[1].Counts, run.Counts{Read: 1, Unchanged: 1})
	})
	equal(t, "second", p.ended(t, sampleDays[1]), []string{"1001/managers_1.csv applied 1=0+1-0"})
}

func utf16le(text string) string {
	b := []byte{0xFF, 0xFE}
	for _, r := range text { // of the basic plane
		b = append(b, byte(r), byte(r>>8))
	}
	return string(b)
}
