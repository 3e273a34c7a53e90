package jobs_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/xuri/excelize/v2"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// chaosDays are the nights that are disturbed, and one more after them.
var chaosDays = []pipeline.Date{day("2026-11-19"), day("2026-11-21"), day("2026-11-22")}

// chaosPassword opens the workbooks of insurer 1002.
const chaosPassword = "synthetic-chaos"

// chaosNights are small nights with a file of every kind and every fate, done
// once without a disturbance. What a disturbed place must end as is compared
// with them.
type chaosNights struct {
	dirs []string    // copies of the place after so many nights
	want []aftermath // what it looked like then
}

// aftermath is all that stands at a place: the register, the outbox, what is
// left in inbox, archive and temporary folders, and the database for readers.
type aftermath struct {
	state
	disk   map[string]string
	export string
}

var chaosOnce struct {
	sync.Once
	chaosNights
	ok bool
}

// everyKind builds the nights at its first call.
func everyKind(t testing.TB) *chaosNights {
	t.Helper()
	c := &chaosOnce
	c.Do(func() {
		p := newPlace(t, filepath.Join(shelf, "chaos"), sqliteIn(filepath.Join(shelf, "chaos")))
		p.chaosConfig(t)
		p.chaosFirst(t)
		p.chaosLater(t)
		aside := filepath.Join(shelf, "chaos-answers")
		c.keep(t, p)
		p.meibo(t, nil, "run", "--as-of", chaosDays[0].String())
		p.chaosAnswers(t)
		must(t, os.CopyFS(aside, os.DirFS(filepath.Join(p.Inbox, chaosDays[1].String(), jobs.SenderCompliance))))
		// What reviewers answer lies in the inbox from the beginning, so that a
		// first night that is done again finds what this one leaves.
		must(t, os.CopyFS(filepath.Join(c.dirs[0], "inbox", chaosDays[1].String(), jobs.SenderCompliance), os.DirFS(aside)))
		// The house draws its keys once; with others it would sign otherwise.
		must(t, os.CopyFS(filepath.Join(c.dirs[0], "state", "keys"), os.DirFS(filepath.Join(p.StateDir, "keys"))))
		c.keep(t, p)
		for _, d := range chaosDays[1:] {
			p.meibo(t, nil, "run", "--as-of", d.String())
			c.keep(t, p)
		}
		c.ok = true
	})
	if !c.ok {
		t.Fatal("the undisturbed nights failed")
	}
	return &c.chaosNights
}

// keep puts a copy of the place aside.
func (c *chaosNights) keep(t testing.TB, p *place) {
	t.Helper()
	dir := filepath.Join(shelf, fmt.Sprintf("chaos-%d", len(c.dirs)))
	must(t, os.CopyFS(dir, os.DirFS(p.dir)))
	c.dirs = append(c.dirs, dir)
	c.want = append(c.want, p.aftermath(t))
}

// place is a fresh copy of the place after so many nights, on "sqlite" or "mysql".
func (c *chaosNights) place(t testing.TB, db string, nights int) *place {
	t.Helper()
	dir := t.TempDir()
	must(t, os.CopyFS(dir, os.DirFS(c.dirs[nights])))
	p := newPlace(t, dir, sqliteIn(dir))
	p.chaosConfig(t)
	if db == "mysql" {
		p.toServer(t, nights > 0)
	}
	return p
}

// toServer moves the place to two databases on a server: the register, if it has
// begun, and what readers have of it.
func (p *place) toServer(t testing.TB, begun bool) {
	t.Helper()
	old := p.DB
	p.DB, p.Export.DB = emptyMySQL(t), emptyMySQL(t)
	_, err := jobs.Migrate(t.Context(), p.Config, p.now)
	must(t, err)
	if !begun {
		return
	}
	src, err := store.Open(t.Context(), old, store.Options{})
	must(t, err)
	defer src.Close()
	readers, err := store.Open(t.Context(), p.Export.DB, store.Options{Export: true})
	must(t, err)
	defer readers.Close()
	must(t, src.CopyTo(t.Context(), p.store(t)))
	_, err = src.ExportTo(t.Context(), readers, store.ExportOptions{})
	must(t, err)
}

// kind is the database of a place, for the tally.
func (p *place) kind() string {
	kind, _, _ := strings.Cut(p.DB, ":")
	return kind
}

func (p *place) chaosConfig(t testing.TB) {
	t.Helper()
	p.Insurers = p.Insurers[:3]
	p.Export.DB = "sqlite:" + filepath.Join(p.dir, "export.db")
	p.Offices = map[string]jobs.Office{jobs.SenderExamCenter: {Full: []string{"exam-results"}}}
	p.Archive.KeepDays = 1 // so that the second night removes files of the first
	p.SecretsFile = filepath.Join(p.dir, "secrets.yaml")
	must(t, os.WriteFile(p.SecretsFile, []byte(`"1002": "`+chaosPassword+"\"\n"), 0o600))
	must(t, os.Chmod(p.SecretsFile, 0o600)) // of a copied place it is the umask's
	keys, err := filepath.Glob(filepath.Join(p.StateDir, "keys", "*"))
	must(t, err)
	for _, name := range keys {
		must(t, os.Chmod(name, 0o600))
	}
}

func locked(t testing.TB, workbook string) string {
	t.Helper()
	b, err := excelize.Encrypt([]byte(workbook), &excelize.Options{Password: chaosPassword})
	must(t, err)
	return string(b)
}

// chaosFirst is a night of twenty people that brings a file of every kind there
// is before anybody has answered a list.
func (p *place) chaosFirst(t testing.TB) {
	t.Helper()
	in := func(name, content string) { p.put(t, chaosDays[0].String()+"/"+name, content) }
	named := func(id, name, kana string) string { return id + "," + name + "," + kana + ",,1980-04-01,,,2018-04-01," }
	people := []string{
		"DUE,試験 due,,,1980-04-01,,,2020-01-01,", "SOON,試験 soon,,,1980-04-01,,,2026-06-10,",
		named("N1", "試験　花子", "シケン　ハナコ"), named("N2", "試験　花子", "シケン　ハナコ"),
		named("V1", "髙橋　一", "タカハシ　ハジメ"), named("V2", "高橋　一", "タカハシ　ハジメ"),
		named("C1", "佐藤　明美", "サトウ　アケミ"), named("C2", "清水　明美", "シミズ　アケミ"),
	}
	for i := range 12 {
		people = append(people, agent(fmt.Sprintf("P%02d", i)))
	}
	in("association/agents_1.csv", table(agentHeader, people...))
	in("exam-center/exam-results_1.csv", table(examHeader,
		exam("P00", "K10", "2021-11-10"), exam("P01", "K10", "2016-11-20"), exam("LATER", "K10", "2022-01-10"),
		"C1,佐藤　明美,1980-04-01,K10,合格,2024-05-01,,H-1,2024-05-25", "C2,清水　明美,1980-04-01,K10,合格,2024-05-01,,H-1,2024-05-25"))
	in("1001/exam-results_1.csv", table(examHeader, exam("P02", "C01", "2024-01-10")))
	in("1001/registrations_1.xlsx", workbook(t, registrationHeader,
		registration("1001", "1002", "D1", "P00", "登録", "2020-04-01", ""),
		registration("1001", "1002", "D1", "P02", "登録", "2020-04-01", "2026-05-20"),
		registration("1001", "", "D2", "NOBODY", "登録", "2021-04-01", "")))
	in("1002/registrations_1.xlsx", locked(t, workbook(t, registrationHeader,
		registration("1002", "", "D3", "P03", "登録", "2021-04-01", ""))))
	in("contact-center/activities_1.csv", table(activityHeader, "P04,ログイン,2026-11-05,", "P05,照会,2026-10-05,"))
	in("association/inquiries_1.csv", table(inquiryHeader,
		"U-0,2026-08-19,試験 花子,03-0000-0000,P01,協会 一郎,回答,2026-08-20,電話,○,○,,,", // over with the second night
		"U-1,2026-11-18,試験 花子,03-0000-0000,P01,協会 一郎,回答,2026-11-19,電話,○,○,,,", "U-2,2026-11-18,,,P01,協会 一郎,,,電話,,,,,"))
	in("1001/bulk-inquiries_1.xlsx", workbook(t, bulkHeader, "1,P01,,,,", "2,,試験 花子,,1980-04-01,", "3,,,,1980-04-01,"))
	in("1001/incidents_1.csv", table(incidentHeader, "J-1,漏えい,2026-11-18,2026-11-18,2026-11-18,,安全管理者,保険会社,M-1,2026-11-19,協会,2026-11-18", "J-2,,,,,,,,,,,"))
	in("association/staff_1.xlsx", workbook(t, staffHeader, "K01,協会 一郎,ichiro@kyokai.example,協会,", "K02,窓口 二子,,協会,", "K03,配布 三子,sanko@kyokai.example,協会,"))
	in("1001/managers_1.xlsx", workbook(t, managerHeader,
		"特別管理者,1001,,,特別 太郎,本社,toku@1001.example,", "一般管理者,1001,M1,Geheim-1,一般 花子,,,", "一般管理者,1001,,Geheim-2,一般 一郎,,,"))
	in("association/managers_2.csv", table(managerHeader, "一般管理者,1002,M2,Geheim-3,一般 三郎,,,"))
	in("1003/registrations_1.xlsx", workbook(t, registrationHeader, registration("1003", "", "D4", "P06", "登録", "2021-04-01", ""))[:700])
	in("stranger/agents_1.csv", table(agentHeader, agent("STRANGE")))
}

// chaosLater are the nights after: corrections on their way back, a full list
// that shrank, bytes that came before, a file of more rows than a transaction
// takes.
func (p *place) chaosLater(t testing.TB) {
	t.Helper()
	in := func(name, content string) { p.put(t, chaosDays[1].String()+"/"+name, content) }
	in("association/agents_2.csv", table(agentHeader, agent("LATER"), "P05,試験 改名,,,1980-04-01,,,,", agent("P12")))
	in("exam-center/rejects_exam-results_1.csv", table(examHeader, exam("LATER", "K10", "2022-01-10")))
	in("exam-center/exam-results_2.csv", table(examHeader, exam("P00", "K10", "2021-11-10")))
	in("1001/registrations_2.xlsx", workbook(t, registrationHeader,
		registration("1001", "", "D2", "P07", "登録", "2026-11-20", ""), registration("1001", "1002", "D1", "P00", "廃止", "2026-11-20", "2026-11-20")))
	in("1002/registrations_2.xlsx", locked(t, workbook(t, registrationHeader,
		registration("1002", "", "D3", "P03", "変更", "2026-11-20", ""), registration("1002", "", "D3", "P08", "登録", "2026-11-20", ""))))
	in("1003/registrations_1.xlsx", workbook(t, registrationHeader, registration("1003", "", "D4", "P09", "登録", "2021-04-01", ""))[:900])
	in("association/agents_2.csv.done", "")
	in("contact-center/activities_1_again.csv", table(activityHeader, "P04,ログイン,2026-11-05,", "P05,照会,2026-10-05,"))
	var many []string
	for d := day("2018-01-01"); len(many) < 2100; d = d.AddDays(1) {
		many = append(many, fmt.Sprintf("P%02d,照会,%s,", len(many)%12, d))
	}
	in("contact-center/activities_2.csv", table(activityHeader, many...))
	in("association/inquiries_2.csv", table(inquiryHeader, "U-3,2026-11-20,試験 花子,03-0000-0000,P02,協会 一郎,回答,,書面,○,,,,"))
	in("1001/bulk-inquiries_2.csv", table(bulkHeader, "1,P01,,,,", "4,P02,,,,"))
	in("association/staff_2.csv", table(staffHeader, "K01,協会 一朗,ichiro@kyokai.example,協会,有"))
	in("1001/managers_2.xlsx", workbook(t, managerHeader, "一般管理者,1001,M1,Geheim-4,一般 花子,一課,,"))
	in("association/corrections_1.csv", table(correctionHeader,
		asked("U1", "P10", "訂正", "氏名", "", "試験 p10", "見本 花子", "2026-11-18"),
		asked("U2", "P11", "削除", "", "", "", "", "2026-11-18"),
		asked("U3", "P10", "訂正", "氏名カナ", "", "ちがう", "ミホン ハナコ", "2026-11-18")))
	p.put(t, chaosDays[2].String()+"/association/activities_3.csv", table(activityHeader, "P09,ログイン,2026-11-06,"))
}

// chaosAnswers are the lists of the first night as reviewers send them back.
func (p *place) chaosAnswers(t testing.TB) {
	t.Helper()
	in := chaosDays[1].String() + "/compliance/"
	pairs := fmt.Sprintf("duplicates_%s.xlsx", chaosDays[0])
	p.put(t, in+pairs, p.answered(t, pairs, map[string][3]string{
		"N1N2": {"同一人", "本人に確認", "C0001"}, "V1V2": {"別人", "照会した", "C0001"},
	}))
	p.put(t, in+"purge-list_1.xlsx", p.answered(t, "purge-list_1.xlsx", map[string][3]string{"DUE": {"承認", "期限経過", "C0001"}}))
	p.put(t, in+"reviews_1.csv", table("リスト番号,募集人ID,判定,理由,審査者", "1,DUE,承認,期限経過,C0002", "9,DUE,承認,期限経過,C0002"))
}

// aftermath looks at all of a place.
func (p *place) aftermath(t testing.TB) aftermath {
	t.Helper()
	a := aftermath{p.state(t), map[string]string{}, p.exported(t)}
	for name, content := range tree(t, p.dir) {
		top, _, _ := strings.Cut(name, "/")
		if strings.HasSuffix(name, "/audit/register") {
			continue // the identity of a register is drawn
		}
		if strings.HasSuffix(name, "/purge-ledger.jsonl") { // half a line, which a full disk left, is passed over
			lines := slices.DeleteFunc(strings.SplitAfter(content, "\n"), func(l string) bool { return !strings.HasSuffix(l, "}\n") })
			content = strings.Join(lines, "")
		}
		if top == filepath.Base(p.Inbox) || top == filepath.Base(p.StateDir) {
			a.disk[name] = content
		}
	}
	return a
}

// exported is all that stands in the database for readers.
func (p *place) exported(t testing.TB) string {
	t.Helper()
	s, err := store.Open(t.Context(), p.Export.DB, store.Options{Export: true})
	must(t, err)
	defer s.Close()
	var b strings.Builder
	must(t, s.Dump(t.Context(), &b))
	return b.String()
}

// recoverAndCompare does what an operator does after a fault in the night with
// that index: resume, or run if the night was never begun. Then everything must
// stand as if nothing had happened. The trial is counted for the tally.
func (c *chaosNights) recoverAndCompare(t testing.TB, fault string, p *place, night int) {
	t.Helper()
	p.goOn(t, night)
	c.compare(t, fault, p, night)
}

// goOn resumes a night of the chaos, or begins it.
func (p *place) goOn(t testing.TB, night int) {
	t.Helper()
	p.meibo(t, nil, "resume", "--as-of", chaosDays[len(chaosDays)-1].String())
	if !p.isDone(t, chaosDays[night]) {
		p.meibo(t, nil, "run", "--as-of", chaosDays[night].String())
	}
}

func (p *place) isDone(t testing.TB, d pipeline.Date) bool {
	t.Helper()
	s := p.store(t)
	defer s.Close() // a test that asks for each of its lives would use up the server's connections
	rows, err := s.Runs(t.Context(), jobs.Nightly, 1)
	must(t, err)
	return len(rows) == 1 && rows[0].AsOf == d && rows[0].State == run.StateDone
}

// compare holds a place against the undisturbed one after the night with that
// index.
func (c *chaosNights) compare(t testing.TB, fault string, p *place, night int) {
	t.Helper()
	compareWith(t, fault, p, c.want[night+1])
}

// undisturbed says that a night which was only looked at is the one it should be.
func (c *chaosNights) undisturbed(t testing.TB, p *place, night int) {
	t.Helper()
	if differsFrom(t, "undisturbed", p, c.want[night+1]) {
		t.FailNow()
	}
}

// compareWith holds a place against what it must be, counts a trial for the tally
// and tells every difference.
func compareWith(t testing.TB, fault string, p *place, want aftermath) {
	t.Helper()
	count(fault, p.kind(), 1, differsFrom(t, fault, p, want))
}

// differsFrom holds a place against what it must be and tells every difference.
func differsFrom(t testing.TB, fault string, p *place, want aftermath) bool {
	t.Helper()
	got := p.aftermath(t)
	differs := got.dump != want.dump || got.export != want.export || !maps.Equal(got.outbox, want.outbox) || !maps.Equal(got.disk, want.disk)
	if differs {
		same(t, fault, got.state, want.state)
		same(t, fault+", for readers", state{dump: got.export}, state{dump: want.export})
		sameTree(t, fault, got.disk, want.disk)
	}
	return differs
}

// The nights hold what they promise: every kind that has a layout, and every
// fate a file can have.
func TestChaosNightsHoldEveryKindAndFate(t *testing.T) {
	c := everyKind(t)
	p := c.place(t, "sqlite", len(chaosDays))
	kinds, fates := map[string]bool{}, map[string]bool{}
	for _, d := range chaosDays {
		batches, err := p.store(t).BatchesOn(t.Context(), d)
		must(t, err)
		for _, b := range batches {
			fates[b.State] = true
			if b.State == pipeline.BatchApplied {
				kinds[b.Kind] = true
			}
		}
	}
	files, err := fs.Glob(os.DirFS("../schemas/layouts"), "*.yaml")
	must(t, err)
	for _, name := range files {
		if kind := strings.TrimSuffix(name, ".yaml"); !kinds[kind] {
			t.Errorf("no applied file of kind %s", kind)
		}
	}
	equal(t, "fates", slices.Sorted(maps.Keys(fates)),
		slices.Sorted(slices.Values([]string{pipeline.BatchApplied, pipeline.BatchRefused, pipeline.BatchHeld, pipeline.BatchDuplicate})))
}

// The nights leave the same on a server.
func TestChaosNightsAreTheSameOnMySQL(t *testing.T) {
	t.Parallel()
	c := everyKind(t)
	p := c.place(t, "mysql", 0)
	for i := range chaosDays {
		p.goOn(t, i)
		c.compare(t, "none", p, i)
	}
}
