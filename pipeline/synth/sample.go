package synth

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"meibo/pipeline"
)

const forCast = 1000 // purpose of dice, apart from those of the background

// Sample writes the sample data of the project: out/inbox with three nights of
// input, 2026-11-19 to 2026-11-21, and out/truth.csv. A background of 1,850
// generated IDs is joined by hand-written ones, whose story is told in
// sample-data/README.md. It refuses a folder that holds sample data already.
func Sample(out string) error {
	inbox := filepath.Join(out, "inbox")
	o, err := Options{Agents: 1850, Seed: 20261121, Nights: 3, Out: inbox}.withDefaults()
	if err != nil {
		return err
	}
	r, err := newRegister(o)
	if err != nil {
		return err
	}
	c := newCast(r.words)
	g := &generator{register: r, style: sampleStyle, extra: c.play, truth: filepath.Join(out, "truth.csv")}
	if err := g.generate(o); err != nil {
		return fmt.Errorf("write sample data: %w", err)
	}
	return mishaps(inbox)
}

// newCast returns the whole script.
func newCast(words *wordbook) *cast {
	c := &cast{words: words}
	c.neverRegistered()
	c.formerlyRegistered()
	c.expiries()
	c.examResults()
	c.registrations()
	c.duplicates()
	c.writtenDates()
	c.faultyAgents()
	c.faultyExams()
	c.faultyRegistrations()
	c.faultyActivities()
	c.comeBack()
	c.asksForCorrections()
	c.accounts()
	return c
}

// play puts the lines of night n, from 0, on the shelf.
func (c *cast) play(n int, s *shelf, t *truth) error {
	for _, l := range c.rows {
		var err error
		switch {
		case l.night != n+1:
		case l.raw != nil:
			err = s.raw(l.sender, l.kind, l.raw)
		default:
			err = s.put(l.sender, l.kind, l.cells)
		}
		if err != nil {
			return err
		}
	}
	if n > 0 {
		return nil
	}
	for _, row := range c.truths {
		if err := t.add(row); err != nil {
			return err
		}
	}
	return nil
}

// Series of files beside the senders' main files; they stand in the file names.
const (
	seriesWareki = "wareki" // agents of the first night in CP932 and Japanese years
	seriesFaults = "2"      // files that hold the faulty rows
	seriesLate   = "late"   // an activities file that was forgotten for weeks
	seriesUTF16  = "utf16"
)

// sampleStyle gives each sender the habits of one kind of office.
func sampleStyle(sender string, k kind) format {
	f := format{limit: 100_000}
	switch {
	case k.name == registrations.name:
		return registrationStyle(sender, k)
	case k.name == agents.name && k.series == "":
		f.csv.encoding = utf8BOM
	case k.name == agents.name:
		f.dates, f.csv.encoding = datesEraKanji, cp932
	case k.name == exams.name && sender == examCenter && k.series == "":
		f.dates, f.csv.encoding = datesSlash, cp932
	case k.name == exams.name && sender == examCenter:
		f.dates, f.csv.lf = datesEra, true
	case k.name == exams.name:
		f.dates, f.csv.encoding = datesCompact, cp932
	case k.name == corrections.name && sender != association:
		f.workbook, f.dates, f.book = true, datesReal, bookStyle{sheet: "訂正・削除の申出"}
	case k.name == staff.name:
		f.workbook, f.book = true, bookStyle{sheet: "ログインID"}
	case k.name == managers.name:
		f.workbook, f.book = true, bookStyle{sheet: "管理者ID"}
	case k.series == seriesUTF16:
		f.csv = csvStyle{encoding: utf16LE, tab: true}
	case sender == contactCenter:
		f.dates, f.csv = datesDot, csvStyle{tab: true, lf: true}
	}
	return f
}

// registrationStyle gives each insurer a workbook as its own office makes it.
func registrationStyle(sender string, k kind) format {
	f := format{workbook: true, limit: 100_000, book: bookStyle{sheet: "Sheet1"}}
	switch sender {
	case "1001": // two title rows, real dates
		f.dates, f.book.sheet = datesReal, "登録届出データ"
		f.book.title = []string{"代理店登録・届出データ（見本損害保険株式会社 1001）", "社外秘"}
	case "1002": // headings merged over two rows, dates as text
		f.dates, f.book.shared = datesSlash, true
		f.book.groups = []group{{"代理店", 2, 4}, {"募集人", 5, 8}, {"登録", 9, 11}}
	case "1003": // Japanese years as text, and a last row that counts
		f.dates, f.book.shared, f.book.trailer = datesEraKanji, true, true
		f.book.stored = true // so that the cut file is cut at the same place by every release of Go
	default: // a hidden sheet first, real dates that count from 1904
		f.dates, f.book = datesReal, bookStyle{sheet: "登録", hidden: true, date04: true}
	}
	if k.series == seriesFaults {
		f.book.trailer = false
	}
	return f
}

// mishaps does to files what happens between a sender and an inbox: the
// workbook of 1003 of the second night is cut in the middle, and comes whole
// with the third; the contact center sends a file again under another name.
func mishaps(inbox string) error {
	night := func(d pipeline.Date, parts ...string) string {
		return filepath.Join(append([]string{inbox, d.String()}, parts...)...)
	}
	whole := night(20261120, "1003", "registrations_20261120.xlsx")
	book, err := os.ReadFile(whole)
	if err != nil {
		return fmt.Errorf("cut a workbook: %w", err)
	}
	calls, err := os.ReadFile(night(20261119, contactCenter, "activities_20261119.csv"))
	if err != nil {
		return fmt.Errorf("send a file twice: %w", err)
	}
	return errors.Join(
		write(night(20261121, "1003", "registrations_20261121_resend.xlsx"), book),
		write(whole, book[:len(book)*6/10]),
		write(night(20261120, contactCenter, "activities_20261120_copy.csv"), calls),
	)
}

func write(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o644)
}
