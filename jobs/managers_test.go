package jobs_test

import (
	"archive/zip"
	"bytes"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/run"
	"meibo/pipeline/source"
	"meibo/pipeline/store"
)

const managerHeader = "管理者種別,保険会社コード,管理者ID,パスワード,氏名(漢字),所属部署,メールアドレス,停止"

// everywhere is all that is kept below the place in plain bytes, workbooks
// unpacked.
func (p *place) everywhere(t testing.TB) string {
	t.Helper()
	var all strings.Builder
	files := tree(t, p.dir)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		b := []byte(files[name])
		all.Write(b)
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			continue // no workbook
		}
		for _, e := range z.File {
			r, err := e.Open()
			must(t, err)
			_, err = io.Copy(&all, r)
			must(t, err)
		}
	}
	return all.String() + p.state(t).dump
}

func (p *place) managersInbox(t testing.TB) {
	p.Insurers = nil
	p.put(t, "2026-11-19/1001/managers_1.xlsx", workbook(t, managerHeader,
		"特別管理者,1001,,,特別 太郎,本社,toku@1001.example,",
		"特別管理者,1001,,,特別 太郎,支社,toku@1001.example,",
		"特別管理者,1001,M1,Geheim-0,特別 二郎,,,",
		"指定管理者,1001,m 2,Geheim-1,指定 花子,,,",
		"一般管理者,1001,,Geheim-2,一般 一郎,,,",
		"一般管理者,1002,M3,Geheim-3,一般 二郎,,,"))
	p.put(t, "2026-11-19/association/managers_2.csv", table("パスワ一ド,"+managerHeader,
		"Geheim-4,特別管理者,1001,,,特別 三郎,,saburo@1001.example,有",
		"Geheim-4,特別管理者,1001,,,特別 四郎,,shiro@1001.example,",
		"Geheim-4,一般管理者,1002,M4,Geheim-5,\"一般\r\n三郎\",,,",
		"Geheim-4,一般管理者,1002,M5,Geheim-6,一般 四郎,一課"))
	p.put(t, "2026-11-19/association/managers_3.csv", "会社,合言葉\n1001,Geheim-7\n")
	p.put(t, "2026-11-20/1001/managers_4.csv", table(managerHeader,
		"特別管理者,1001,,,特別　三郎,,saburo2@1001.example,", "一般管理者,1001,M2,Geheim-8,指定 花子,,,0"))
}

func TestManagersAreKnownAndTheirPasswordsKeptNowhere(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.managersInbox(t)
		p.night(t, sampleDays[0])
		equal(t, "first night", p.ended(t, sampleDays[0]), []string{
			"1001/managers_1.xlsx applied 6=1+0-5",
			"  2 name special-manager-twice", "  3 name special-manager-twice",
			"  4 email required", "  4 manager_id must-be-empty", "  4 password must-be-empty",
			"  6 manager_id required", "  7 insurer not-their-company",
			"association/managers_2.csv applied 4=2+0-2",
			"  0 パスワ一ド unknown-column", "  4 name control-character", "  6  cell-count",
			"association/managers_3.csv refused 0=0+0-0", "  0  no-header-row",
		})
		p.night(t, sampleDays[1])
		p.again(t, sampleDays[1])
		rows, err := p.store(t).Managers(t.Context(), []string{"1001", "1002"})
		must(t, err)
		wantRows(t, "managers", rows, []store.Manager{
			{Insurer: "1001", ID: "M2", Role: "一般管理者", Name: "指定 花子", Stopped: pipeline.FlagNo},
			{Insurer: "1001", ID: "SP-1001-01", Role: "特別管理者", Name: "特別　三郎", Email: "saburo2@1001.example", Stopped: pipeline.FlagYes},
			{Insurer: "1001", ID: "SP-1001-02", Role: "特別管理者", Name: "特別 四郎", Email: "shiro@1001.example"},
		})
		if strings.Contains(p.everywhere(t), "Geheim") {
			t.Error("a password stands somewhere")
		}
	})
}

// TestArchivedManagersStayReadable looks for what is kept in the archive: the
// other columns of good rows, each on its row.
func TestArchivedManagersStayReadable(t *testing.T) {
	dir := t.TempDir()
	p := newPlace(t, dir, sqliteIn(dir))
	p.managersInbox(t)
	p.night(t, sampleDays[0])
	kept := tree(t, filepath.Join(p.StateDir, "archive"))
	s := p.store(t)
	read := func(sender, file string) (out []string) {
		batches, err := s.BatchesOn(t.Context(), sampleDays[0])
		must(t, err)
		for _, b := range batches {
			if b.Sender != sender || b.FileName != file {
				continue
			}
			content := kept[b.SHA256[:2]+"/"+b.SHA256+".redacted"]
			if content == "" {
				return nil
			}
			table, err := source.Open(strings.NewReader(content), int64(len(content)), file, source.Options{})
			must(t, err)
			out = append(out, strings.Join(table.Header, ","))
			for row, err := range table.Rows() {
				must(t, err)
				line := []string{}
				for _, c := range row.Cells {
					line = append(line, c.Text)
				}
				out = append(out, strings.Repeat(" ", row.Number)+strings.Join(line, ","))
			}
		}
		return out
	}
	header := strings.Replace(managerHeader, "パスワード,", "", 1)
	equal(t, "workbook", read("1001", "managers_1.xlsx"), []string{
		header,
		"  特別管理者,1001,,特別 太郎,本社,toku@1001.example,", "   特別管理者,1001,,特別 太郎,支社,toku@1001.example,",
		"    特別管理者,1001,M1,特別 二郎,,,", "     指定管理者,1001,m 2,指定 花子,,,",
		"      一般管理者,1001,,一般 一郎,,,", "       一般管理者,1002,M3,一般 二郎,,,",
	})
	equal(t, "CSV without its faulty line", read("association", "managers_2.csv"), []string{
		header, "  特別管理者,1001,,特別 三郎,,saburo@1001.example,有", "   特別管理者,1001,,特別 四郎,,shiro@1001.example,",
		"    一般管理者,1002,M4,一般\n三郎,,,",
	})
	equal(t, "unreadable", read("association", "managers_3.csv"), nil)
}

// A night that is cut short reads the files as they came, and then forgets the
// passwords all the same.
func TestPasswordsAreForgottenByANightThatWasKilled(t *testing.T) {
	want := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	want.managersInbox(t)
	want.night(t, sampleDays[0])
	for _, at := range []string{"import-begun:1", "import-settled:2", "import-cleared:3", "step-after-import"} {
		t.Run(at, func(t *testing.T) {
			dir := t.TempDir()
			p := newPlace(t, dir, sqliteIn(dir))
			p.managersInbox(t)
			p.killAndResume(t, at, sampleDays[0])
			same(t, "after resume", p.state(t), want.state(t))
			for name := range tree(t, filepath.Join(p.StateDir, "archive")) {
				if !strings.HasSuffix(name, ".redacted") {
					t.Errorf("%s stays in the archive as it came", name)
				}
			}
		})
	}
}

// The same bytes once more have no effect, and do not stay either.
func TestPasswordsThatCameBeforeAreForgottenAgain(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.Insurers = nil
	for _, d := range sampleDays[:2] {
		p.put(t, d.String()+"/1001/managers_1.csv", table(managerHeader, "指定管理者,1001,M2,Geheim-1,指定 花子,,,"))
	}
	p.night(t, sampleDays[0])
	p.with(t, func(h *jobs.House) {
		r, err := h.Night(t.Context(), sampleDays[1], false)
		must(t, err)
		if got := r.Steps[1].Counts; got != (run.Counts{Read: 1, Duplicates: 1}) {
			t.Errorf("second night: %+v", got)
		}
	})
	if strings.Contains(p.everywhere(t), "Geheim") {
		t.Error("a password stands somewhere")
	}
}
