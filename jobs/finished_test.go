package jobs_test

import (
	"archive/zip"
	"bytes"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"meibo/jobs"
	"meibo/pipeline/agile"
	"meibo/pipeline/delivery"
	"meibo/pipeline/source"
)

// canary is somebody who belongs to one insurer alone, with all that tells them.
type canary struct{ id, name, kana, born, email string }

func (c canary) traces() []string {
	return []string{c.id, bare(c.name), bare(c.kana), c.email, c.born, strings.ReplaceAll(c.born, "-", "/")}
}

func (c canary) agent() string {
	return strings.Join([]string{c.id, c.name, c.kana, "", c.born, "", c.email, "2026-05-10", "1"}, ",")
}

func (c canary) registered(code, event string) string {
	return strings.Join([]string{code, "", "D" + code, "代理店" + code, c.id, c.name, c.born, "使用人", event, "2020-04-01", "", "自動車"}, ",")
}

func (c canary) passed(result string) string {
	return strings.Join([]string{c.id, c.name, c.born, "K10", result, "2022-11-10", "", "K10-" + c.id, "2022-11-10"}, ",")
}

// Two insurers, each with one person of its own whose flags are set.
var planted = map[string]canary{
	"1001": {"CANARY1001", "金糸 雀一", "カナリ ジャクイチ", "1971-03-05", "jakuichi@example.com"},
	"1002": {"CANARY1002", "白文 鳥二", "シロブン チョウジ", "1972-04-06", "choji@example.com"},
}

// ofReader are the passwords agreed with everybody outside.
var ofReader = map[string]string{"1001": agreed, "1002": "別の合言葉-synthetic", "exam-center": "試験-synthetic", "agent": "本人-synthetic"}

// locksmith opens a house that knows the passwords of all readers outside.
func (p *place) locksmith(t testing.TB, do func(h *jobs.House)) {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	h, err := jobs.Open(t.Context(), p.Config, jobs.Options{
		Version: shippedVersion(t), Log: p.log, Now: p.now,
		Env: func(name string) string {
			reader := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, "MEIBO_PASSWORD_"), "_", "-"))
			return ofReader[reader]
		},
		Decrypter: source.Decrypter{Command: []string{exe, decryptArgument}},
	})
	must(t, err)
	defer func() { must(t, h.Close()) }()
	do(h)
}

// plantedNight makes every kind of file that readers outside get, of two insurers
// with a canary each: reports, rosters, answers, requests, returns of CSV files and
// workbooks, statements.
func plantedNight(t testing.TB, open func(*place, testing.TB, func(h *jobs.House))) *place {
	t.Helper()
	p := empty(t)
	p.Rosters = jobs.RosterConfig{OnChange: true}
	one, two := planted["1001"], planted["1002"]
	p.put(t, "association/agents_1.csv", table(agentHeader, one.agent(), two.agent()))
	p.put(t, "association/staff_1.csv", table(staffHeader, "K01,協会 一郎,ichiro@kyokai.example,協会,"))
	p.put(t, "exam-center/exam-results_1.csv", table(examHeader, one.passed("合格"), two.passed("合格"), one.passed("多分")))
	p.put(t, "1001/registrations_1.csv", table(registrationHeader, one.registered("1001", "登録"), one.registered("1001", "何か")))
	p.put(t, "1002/registrations_1.xlsx", workbook(t, registrationHeader, two.registered("1002", "登録"), two.registered("1002", "何か")))
	p.put(t, "1001/bulk-inquiries_1.csv", table(bulkHeader, "1,,"+one.name+",,"+one.born+","))
	p.put(t, "association/corrections_1.csv", table(correctionHeader,
		"C1,"+one.id+",訂正,生年月日,,"+one.born+",1971-03-06,運転免許証,2026-11-18,協会 一郎"))
	p.pry(t, one, two)
	open(p, t, func(h *jobs.House) {
		_, err := h.Night(t.Context(), sampleDays[0], false)
		must(t, err)
		ask := jobs.StatementRequest{AgentID: one.id, ReceiptNo: "R1", RequestedOn: sampleDays[0], Proof: "運転免許証", By: "K01", Password: ofReader["agent"]}
		_, err = h.Statement(t.Context(), ask, sampleDays[0])
		must(t, err)
	})
	return p
}

// pry has the first one's insurer ask, in every way that an answer goes back, about
// the second one, of whom it knows the ID.
func (p *place) pry(t testing.TB, one, two canary) {
	t.Helper()
	guess := canary{two.id, "誰 かさん", "ダレ カサン", "1980-01-01", ""}
	p.put(t, "1001/registrations_2.csv", table(registrationHeader, guess.registered("1001", "登録")))
	p.put(t, "1001/bulk-inquiries_2.csv", table(bulkHeader, "1,"+two.id+",,,"+guess.born+",", "2,,"+one.name+",,"+guess.born+","))
	p.put(t, "1001/corrections_2.csv", table(correctionHeader,
		"C2,"+two.id+",訂正,メールアドレス,,guess@example.com,mine@example.com,運転免許証,2026-11-18,会社 一郎",
		"C3,"+two.id+",訂正,生年月日,,"+guess.born+",1980-01-02,運転免許証,2026-11-18,会社 一郎"))
}

// raw is all that stands in a file, wherever it stands and however it is cut up: its
// name, and of a workbook every part (properties, names, comments, charts) with what
// stands beside the package's parts, without marks and blanks.
func raw(t testing.TB, name, content string) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(content), int64(len(content)))
	if err != nil {
		return bare(name + "\n" + content)
	}
	all := []string{name, z.Comment}
	for _, e := range z.File {
		r, err := e.Open()
		must(t, err)
		text, err := io.ReadAll(r)
		must(t, err)
		all = append(all, e.Name, e.Comment, string(e.Extra))
		for _, attribute := range attributes.FindAllStringSubmatch(string(text), -1) {
			all = append(all, attribute[1])
		}
		all = append(all, marks.ReplaceAllString(endsOfTexts.ReplaceAllString(string(text), "\x00"), ""))
	}
	return bare(strings.Join(all, "\x00"))
}

var (
	attributes  = regexp.MustCompile(`="([^"]*)"`)
	endsOfTexts = regexp.MustCompile(`</(?:c|si|comment|author|definedName)>`)
	marks       = regexp.MustCompile(`<[^>]*>`)
)

// A name that is cut into runs of rich text, or stands in a property, is found.
func TestTheScanFindsWhatIsCutUp(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	must(t, f.SetCellRichText("Sheet1", "A1", []excelize.RichTextRun{{Text: "金"}, {Text: "糸 雀一", Font: &excelize.Font{Bold: true}}, {Text: " 様"}}))
	must(t, f.SetDocProps(&excelize.DocProperties{Keywords: "白文 鳥二"}))
	must(t, f.AddComment("Sheet1", excelize.Comment{Cell: "B2", Author: "x", Paragraph: []excelize.RichTextRun{{Text: "CANARY"}, {Text: "1001"}}}))
	must(t, f.SetDefinedName(&excelize.DefinedName{Name: "of_choji", RefersTo: "Sheet1!$A$1", Comment: "choji@example.com"}))
	must(t, f.AddDataValidation("Sheet1", &excelize.DataValidation{Type: "list", Sqref: "C1", Formula1: `"シロブン チョウジ"`}))
	var b bytes.Buffer
	must(t, f.Write(&b))
	text := raw(t, "statement_CANARY1002.xlsx", b.String())
	for _, want := range []string{"金糸雀一", "白文鳥二", "CANARY1001", "CANARY1002", "choji@example.com", "シロブンチョウジ"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not found", want)
		}
	}
}

// outside are the files of readers outside of the house, by name.
func outside(t testing.TB, p *place) map[string]string {
	t.Helper()
	out := tree(t, p.Outbox)
	maps.DeleteFunc(out, func(name, _ string) bool { _, is := ofReader[path.Dir(name)]; return !is })
	return out
}

// decrypted opens a file with its reader's password, and makes sure that no other
// password opens it.
func decrypted(t testing.TB, name, content string) string {
	t.Helper()
	if !strings.HasPrefix(content, "\xd0\xcf\x11\xe0") {
		return content
	}
	var b bytes.Buffer
	must(t, agile.Decrypt(&b, strings.NewReader(content), int64(len(content)), ofReader[path.Dir(name)]))
	if err := agile.Decrypt(&bytes.Buffer{}, strings.NewReader(content), int64(len(content)), "wrong-"+agreed); err == nil {
		t.Errorf("a %s opens with a wrong password", kindOfFile(name))
	}
	return b.String()
}

func kindOfFile(name string) string {
	kind, _, _ := strings.Cut(path.Base(name), "_")
	return path.Dir(name) + "/" + kind + path.Ext(name)
}

// Whatever leaves the house for a reader with a password is locked if it can hold
// people, names nobody of another insurer, and none of the operators' flags to
// anybody outside.
func TestFinishedFilesHoldNoForeignCanary(t *testing.T) {
	p := plantedNight(t, (*place).locksmith)
	own, kinds := map[string]int{}, map[string]bool{}
	for name, content := range outside(t, p) {
		reader, w := path.Dir(name), words{}
		plain := decrypted(t, name, content)
		w.read(t, name, plain)
		text := raw(t, path.Base(name), plain)
		kinds[kindOfFile(name)] = true
		if locked := strings.HasPrefix(content, "\xd0\xcf"); !locked && path.Ext(name) != ".json" {
			t.Errorf("a %s is not locked", kindOfFile(name))
		}
		for code, c := range planted {
			for _, s := range append(c.traces(), serialOf(t, c.born)) {
				switch {
				case !w[s] && (s == serialOf(t, c.born) || !strings.Contains(text, s)), reader == "exam-center": // which sent both
				case reader == code || reader == "agent" && code == "1001":
					own[reader]++
				case reader == "1001" && s == c.id && asks(name): // its own question
				default:
					t.Errorf("a %s shows a person of %s", kindOfFile(name), code)
				}
			}
		}
		for s := range w {
			for _, flag := range []string{"重複フラグ", "保険会社所属フラグ", "強制停止"} {
				if strings.Contains(s, flag) {
					t.Errorf("a %s tells the flag %s", kindOfFile(name), flag)
				}
			}
		}
	}
	want := []string{
		"1001/agency-roster.xlsx", "1001/bulk-answers.xlsx", "1001/correction-requests.xlsx", "1001/expiry-report.xlsx", "1001/import-report.xlsx",
		"1001/manifest.json", "1001/rejects.xlsx", "1002/agency-roster.xlsx", "1002/correction-requests.xlsx", "1002/expiry-report.xlsx", "1002/import-report.xlsx", "1002/manifest.json",
		"1002/rejects.xlsx", "agent/manifest.json", "agent/statement.xlsx", "exam-center/import-report.xlsx", "exam-center/manifest.json", "exam-center/rejects.xlsx",
	}
	equal(t, "files scanned", slices.Sorted(maps.Keys(kinds)), want)
	if own["1001"] < 5 || own["1002"] < 4 || own["agent"] < 4 {
		t.Errorf("the scan finds the readers' own people %v times", own)
	}
	for _, d := range deliveriesOf(t, p, "statement") {
		equal(t, "statement", d, "agent "+delivery.Agile+" フォルダー 事前取決め")
	}
}

// asks reports whether a file takes up what its reader asked in plantedNight.
func asks(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, "rejects_registrations_2") || strings.HasPrefix(base, "rejects_corrections_2")
}

// Without a password no file shows an ID beside its birth date, but for what a
// sender gets back of its own, and each file says which form it has.
func TestUnlockedFilesAreMinimised(t *testing.T) {
	p := plantedNight(t, (*place).with)
	for name, content := range outside(t, p) {
		if path.Dir(name) == "agent" {
			continue // under the password agreed with the person
		}
		w := words{}
		w.read(t, name, content)
		kind := kindOfFile(name)
		for _, c := range planted {
			if w[c.id] && (w[c.born] || w[serialOf(t, c.born)]) && !strings.Contains(kind, "/rejects.") {
				t.Errorf("a %s shows an ID beside its birth date in the clear", kind)
			}
		}
		if path.Ext(name) != ".xlsx" {
			continue
		}
		said := "暗号化なし（最小化した様式）"
		if strings.Contains(kind, "/rejects.") {
			said = "暗号化なし（送付されたデータの返却）"
		}
		found := false
		for s := range w {
			found = found || strings.Contains(s, said)
		}
		if !found {
			t.Errorf("a %s does not say how it is encrypted", kind)
		}
	}
}

// A CSV file of a sender with a password goes back as a locked workbook alone,
// which can be corrected and sent back under the password.
func TestALockedReturnOfACSVCanBeCorrected(t *testing.T) {
	p := plantedNight(t, (*place).locksmith)
	f := unlocked(t, p.outboxFile(t, "1001", "rejects_registrations_1_csv.xlsx"))
	rows, err := f.GetRows("データ")
	must(t, err)
	equal(t, "birth date", columnOf(rows, "生年月日"), []string{planted["1001"].born})
	at := slices.Index(rows[0], "登録事由")
	cell, err := excelize.CoordinatesToCellName(at+1, 2)
	must(t, err)
	must(t, f.SetCellStr("データ", cell, "届出"))
	var back bytes.Buffer
	must(t, f.Write(&back, excelize.Options{})) // without the password it was opened with
	p.put(t, "1001/rejects_registrations_1_csv.xlsx", underLock(t, back.String()))
	p.locksmith(t, func(h *jobs.House) {
		_, err := h.Night(t.Context(), sampleDays[1], false)
		must(t, err)
	})
	batches, err := p.store(t).BatchesOn(t.Context(), sampleDays[1])
	must(t, err)
	if b := batches[0]; b.Kind != "registrations" || b.Applied != 1 || b.Rejected != 0 {
		t.Errorf("the workbook sent back: %+v", b)
	}
	if _, err := os.Stat(filepath.Join(p.Outbox, "1001", "rejects_registrations_1.csv")); err == nil {
		t.Error("the CSV lies there in the clear")
	}
}

// serialOf is a day as a workbook stores it.
func serialOf(t testing.TB, written string) string {
	t.Helper()
	return strconv.Itoa(day(written).Sub(day("1899-12-30")))
}
