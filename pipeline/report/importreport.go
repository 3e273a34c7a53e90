package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"meibo/pipeline"
)

// ImportedFile is one file of the day, for its sender.
type ImportedFile struct {
	Batch    pipeline.Batch
	Kind     string // in Japanese
	Errors   int
	Warnings int
	Faults   []FaultCount
	Returned []string         // names of what went back, if anything did
	Earlier  []pipeline.Batch // of the same kind on days before, newest first
}

// FaultCount is how often a file has one fault in one column.
type FaultCount struct {
	Severity pipeline.Severity
	Header   string
	Code     pipeline.Code
	N        int
	Example  string // the first one's text
}

// CountFaults counts faults by severity, column and code: errors first, then
// what is most frequent.
func CountFaults(faults []Spot) []FaultCount {
	type key struct {
		severity pipeline.Severity
		header   string
		code     pipeline.Code
	}
	at := map[key]int{}
	var out []FaultCount
	for _, f := range faults {
		k := key{f.Severity, f.Header, f.Code}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, FaultCount{f.Severity, f.Header, f.Code, 0, f.JA})
		}
		out[i].N++
	}
	slices.SortFunc(out, func(a, b FaultCount) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), cmp.Compare(b.N, a.N), cmp.Compare(a.Header, b.Header), cmp.Compare(a.Code, b.Code))
	})
	return out
}

// ImportReport writes what became of a sender's files of the day: one row a
// file, its difference from the last files of its kind, and what was wrong.
func ImportReport(w io.Writer, m Meta, files []ImportedFile) (st Stats, err error) {
	defer wrap("import report", &err)
	b, err := newBook(m, "取込結果報告")
	if err != nil {
		return st, err
	}
	defer b.close()
	for _, sheet := range []func([]ImportedFile) error{b.importedFiles, b.importFaults, b.earlierFiles} {
		if err := sheet(files); err != nil {
			return st, err
		}
	}
	return Stats{Rows: len(files)}, b.save(w)
}

func (b *book) importedFiles(files []ImportedFile) error {
	s, err := b.table(layout{
		name: "取込状況", title: b.title, rows: len(files), fixed: 1, filter: true,
		lines: []string{"件数の差は、同じ種類のこれまでのファイル（直近8回）と比べたものです。大きく違うときは、抜けや重複がないか確かめてください。"},
		columns: []column{
			{header: "ファイル名", width: 36},
			{header: "種類", width: 16},
			{header: "結果", width: 17, align: "center"},
			{header: "受信\n（行）", width: 9},
			{header: "反映", width: 9},
			{header: "変更なし", width: 9},
			{header: "重複", width: 9},
			{header: "差し戻し", width: 9},
			{header: "エラー\n（件）", width: 9},
			{header: "警告\n（件）", width: 9},
			{header: "前回との差\n（行）", width: 11, align: "right"},
			{header: "直近の平均\nとの差", width: 11, align: "right"},
			{header: "返却したファイル", width: 38},
		},
	})
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := s.imported(f); err != nil {
			return err
		}
	}
	return s.finish()
}

func (s *sheet) imported(f ImportedFile) error {
	x := f.Batch
	t, word := outcome(x)
	s.wrap(plain, x.FileName)
	s.text(plain, cmp.Or(f.Kind, "不明"))
	s.text(t, word)
	for _, n := range []int{x.RowsRead, x.Applied, x.Unchanged, x.Duplicates} {
		s.count(plain, n)
	}
	s.count(toneIf(alarm, x.Rejected > 0), x.Rejected)
	s.count(toneIf(alarm, f.Errors > 0), f.Errors)
	s.count(toneIf(notice, f.Warnings > 0), f.Warnings)
	before := comparableFiles(f.Earlier)
	if len(before) == 0 || x.State == pipeline.BatchDuplicate || x.RowsRead == 0 && x.State == pipeline.BatchRefused {
		s.text(muted, "比較なし")
		s.text(muted, "比較なし")
	} else {
		s.text(plain, signed(x.RowsRead-before[0].RowsRead))
		share, far := fromMean(x.RowsRead, before)
		s.text(toneIf(notice, far), share)
	}
	s.wrap(plain, joined("\n", f.Returned...))
	return s.end()
}

func toneIf(t tone, on bool) tone {
	if on {
		return t
	}
	return plain
}

// outcome is what became of a file, in a word.
func outcome(b pipeline.Batch) (tone, string) {
	switch {
	case b.State == pipeline.BatchRefused:
		return alarm, "全体を差し戻し"
	case b.State == pipeline.BatchDuplicate:
		return calm, "受信済みと同じ"
	case b.State == pipeline.BatchHeld:
		return notice, "確認のため保留"
	case b.Rejected > 0:
		return notice, "一部を差し戻し"
	}
	return good, "取り込み済み"
}

// comparableFiles leaves out files whose size says nothing about the next one.
func comparableFiles(all []pipeline.Batch) (out []pipeline.Batch) {
	for _, b := range all {
		if b.State == pipeline.BatchApplied {
			out = append(out, b)
		}
	}
	return out
}

// signed writes a difference; none is ±0.
func signed(n int) string {
	switch {
	case n > 0:
		return "+" + thousands(n)
	case n == 0:
		return "±0"
	}
	return thousands(n)
}

// fromMean is how far a number of rows lies from the mean of earlier files. It
// is far at half of it or more.
func fromMean(rows int, before []pipeline.Batch) (share string, far bool) {
	sum := 0
	for _, b := range before {
		sum += b.RowsRead
	}
	if sum == 0 {
		return signed(rows), rows > 0
	}
	mean := float64(sum) / float64(len(before))
	percent := (float64(rows) - mean) / mean * 100
	return fmt.Sprintf("%+.0f%%", percent), percent <= -50 || percent >= 50
}

func (b *book) importFaults(files []ImportedFile) error {
	n := 0
	for _, f := range files {
		n += len(f.Faults)
	}
	s, err := b.table(layout{
		name: "指摘の内訳", title: "指摘の内訳", rows: n, fixed: 1, filter: true,
		lines: []string{"1件ずつの場所と直し方は、返却したファイルの「" + ResultSheet + "」シートを見てください。警告だけのファイルは取り込み済みで、返却していません。"},
		columns: []column{
			{header: "ファイル名", width: 42},
			{header: "区分", width: 11, align: "center"},
			{header: "項目", width: 22},
			{header: "件数", width: 9},
			{header: "内容と直し方（例）", width: 78},
			{header: "コード", width: 24},
		},
	})
	if err != nil {
		return err
	}
	for _, f := range files {
		for _, c := range f.Faults {
			t, word := notice, "警告"
			if c.Severity == pipeline.SeverityError {
				t, word = alarm, "エラー"
			}
			s.text(plain, f.Batch.FileName)
			s.text(t, word)
			s.text(plain, cmp.Or(c.Header, "（行・ファイル全体）"))
			s.count(plain, c.N)
			s.wrap(plain, c.Example)
			s.text(muted, string(c.Code))
			if err := s.end(); err != nil {
				return err
			}
		}
	}
	return s.finish()
}

func (b *book) earlierFiles(files []ImportedFile) error {
	var all []pipeline.Batch
	kinds, done := map[string]string{}, map[string]bool{}
	for _, f := range files {
		kinds[f.Batch.Kind] = f.Kind
		all = append(all, f.Batch)
		if !done[f.Batch.Kind] {
			done[f.Batch.Kind] = true
			all = append(all, f.Earlier...)
		}
	}
	slices.SortStableFunc(all, func(a, b pipeline.Batch) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(b.AsOf, a.AsOf), cmp.Compare(a.FileName, b.FileName), cmp.Compare(a.ID, b.ID))
	})
	s, err := b.table(layout{
		name: "これまでのファイル", title: "これまでのファイル（種類ごとに直近8回まで）", rows: len(all), fixed: 0, filter: true,
		columns: []column{
			{header: "種類", width: 20},
			{header: "基準日", width: 12, align: "center"},
			{header: "ファイル名", width: 42},
			{header: "結果", width: 20, align: "center"},
			{header: "受信\n（行）", width: 10},
			{header: "反映", width: 10},
			{header: "変更なし", width: 10},
			{header: "重複", width: 10},
			{header: "差し戻し", width: 10},
		},
	})
	if err != nil {
		return err
	}
	for _, x := range all {
		t, word := outcome(x)
		s.text(plain, cmp.Or(kinds[x.Kind], "不明"))
		s.date(plain, x.AsOf)
		s.text(plain, x.FileName)
		s.text(t, word)
		for _, n := range []int{x.RowsRead, x.Applied, x.Unchanged, x.Duplicates, x.Rejected} {
			s.count(plain, n)
		}
		if err := s.end(); err != nil {
			return err
		}
	}
	return s.finish()
}
