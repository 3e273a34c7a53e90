package jobs_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/purge"
)

// An empty file is archived like any other, and refused. Nobody stands in it, so it
// keeps no execution from its end.
func TestAnEmptyFileStopsNoPurge(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 2)
		p.put(t, "association/agents_9.csv", "")
		p.night(t, sampleDays[1])
		p.approve(t, 1, "S1", "S2")
		equal(t, "deleted", total(p.execute(t, 1).Receipt.Persons), 2)
	})
}

// P7: once the undo window and the terms of archive and outbox have ended, no
// table, no file and no line of the log holds an ID, an address, a name or a birth
// date of a deleted person.
func TestP7NothingOfTheDeletedIsLeftAnywhere(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		var log bytes.Buffer
		p.log = textLog(&log)
		p.OutboxKeepDays, p.Archive.KeepDays = 5, 3
		p.purgeable(t, 3)
		traces := []string{"DUE0000", "due1@", "due2@", "due3@", "丁丁子", "キゲン", "旧姓 1", "1951-03-02", "1952-03-03", "1953-03-04"}
		holds := func(what, content string) (some bool) {
			for _, trace := range traces {
				if strings.Contains(content, trace) {
					some = true
					t.Logf("%s holds %q", what, trace)
				}
			}
			return some
		}
		if !holds("the dump of the first night", p.state(t).dump) || !holds("its list", p.textsOf(t, filepath.Join(p.Outbox, "compliance", "purge-list_1.xlsx"))) {
			t.Fatal("nobody is found who is there: the search is blind")
		}
		p.approve(t, 1, "S1", "S2")
		p.execute(t, 1)
		p.night(t, sampleDays[0].AddDays(8))
		if holds("the dump", p.state(t).dump) || holds("the log", log.String()) {
			t.Error("something of the deleted is left")
		}
		for _, dir := range []string{p.dir, filepath.Dir(strings.TrimPrefix(p.DB, "sqlite:"))} {
			if !filepath.IsAbs(dir) {
				continue // no file on this machine
			}
			for name, content := range tree(t, dir) {
				if holds(name, content) || strings.HasSuffix(name, ".xlsx") && holds(name, p.textsOf(t, filepath.Join(dir, name))) {
					t.Errorf("%s still holds something of the deleted", name)
				}
			}
		}
	})
}

// P13: who is due stands in no insurer's report, from the first deletable day on.
func TestP13DuePeopleStandInNoInsurersReport(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.put(t, "2026-11-19/association/agents_1.csv", table(agentHeader, "P1,試験 一子,,,1980-04-01,女,,2015-01-01,", "P2,試験 二子,,,1980-04-02,女,,2015-01-01,"))
		p.put(t, "2026-11-19/exam-center/exam-results_1.csv", table(examHeader,
			"P1,試験 一子,1980-04-01,K10,合格,2021-05-10,,C-1,2021-05-15", "P2,試験 二子,1980-04-02,K10,合格,2021-05-10,,C-2,2021-05-15"))
		p.put(t, "2026-11-19/1001/registrations_1.csv", table(registrationHeader,
			"1001,,D1,代理店D1,P1,試験 一子,1980-04-01,使用人,登録,2015-04-01,2016-04-01,自動車", "1001,,D1,代理店D1,P2,試験 二子,1980-04-02,使用人,登録,2015-04-01,,自動車"))
		p.night(t, sampleDays[0])
		for _, r := range p.rowsOf(t, 1) {
			rows, err := p.store(t).ExpiryOf(t.Context(), r.AgentID)
			must(t, err)
			if r.State == pipeline.PurgeDue && len(rows) > 0 {
				t.Errorf("%s is due and stands in %d rows", r.AgentID, len(rows))
			}
		}
		if rows, err := p.store(t).ExpiryOf(t.Context(), "P2"); err != nil || len(rows) == 0 {
			t.Errorf("the registered one stands in no report: %v", err)
		}
	})
}

// P17: the receipt verifies with the public key alone, and holds nothing of a
// person; every damage is named, in the register and in its files.
func TestP17TheReceiptProvesItselfAndNamesNobody(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 3)
		p.approve(t, 1, "S1", "S2")
		p.execute(t, 1)
		const file = "purge-receipt_R-000001.json"
		inOutbox, inState := filepath.Join(p.Outbox, "compliance", file), filepath.Join(p.StateDir, "receipts", file)
		content, err := os.ReadFile(inOutbox)
		must(t, err)
		for i := range 3 {
			for _, planted := range []string{fmt.Sprintf("DUE%05d", i+1), fmt.Sprintf("due%d@", i+1), "期限", "キゲン", fmt.Sprintf("%d-03-%02d", 1951+i, 2+i)} {
				if bytes.Contains(content, []byte(planted)) {
					t.Errorf("the receipt holds %q", planted)
				}
			}
		}
		public := filepath.Join(t.TempDir(), "public.pub")
		b, err := os.ReadFile(p.publicKey())
		must(t, err)
		must(t, os.WriteFile(public, b, 0o600))
		verified := func() (damage []purge.Damage) {
			p.with(t, func(h *jobs.House) {
				c, err := h.VerifyReceipts(t.Context(), public)
				must(t, err)
				damage = c.Damage
			})
			return damage
		}
		equal(t, "undamaged", verified(), []purge.Damage{})
		altered := bytes.Replace(content, []byte(`"count": 3`), []byte(`"count": 2`), 1)
		must(t, os.WriteFile(inOutbox, altered, 0o600))
		must(t, os.WriteFile(inState, bytes.Replace(content, []byte(`"key_id"`), []byte(`"note": "済", "key_id"`), 1), 0o600))
		equal(t, "both files altered", verified(), []purge.Damage{
			{No: "R-000001", Kind: purge.DamageAltered, Place: "outbox/compliance/" + file},
			{No: "R-000001", Kind: purge.DamageAltered, Place: "state_dir/receipts/" + file},
		})
		must(t, os.WriteFile(inState, content, 0o600))
		must(t, os.Remove(inOutbox)) // somebody took it
		equal(t, "taken from the outbox", verified(), []purge.Damage{})
		db := p.sql(t)
		db.MustExec(`UPDATE purge_receipts SET persons = '[{"of":"2","count":2}]'`)
		equal(t, "altered", verified(), []purge.Damage{{No: "R-000001", Kind: purge.DamageAltered}, {No: "R-000001", Kind: purge.DamageAltered, Place: "state_dir/receipts/" + file}})
		db.MustExec(`DELETE FROM purge_receipts`)
		equal(t, "cut", verified(), []purge.Damage{{No: "R-000001", Kind: purge.DamageCut}})
	})
}

// sql is the database of a place past the program.
func (p *place) sql(t testing.TB) *sqlx.DB {
	t.Helper()
	driver, dsn, _ := strings.Cut(p.DB, ":")
	db, err := sqlx.Open(driver, dsn)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

// The JSON files alone, with the public key and no database, show whatever was
// done to them.
func TestReceiptFilesVerifyByThemselves(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.purgeable(t, 2)
	for no := 1; no <= 2; no++ { // each executed and taken back: four receipts
		p.approve(t, no, "S1", "S2")
		p.execute(t, no)
		p.with(t, func(h *jobs.House) {
			_, err := h.UndoPurge(t.Context(), no, []string{"S1", "S3"}, "取違え", 0)
			must(t, err)
		})
		p.night(t, sampleDays[no])
	}
	name := func(n int) string { return "purge-receipt_" + purge.ReceiptNo(n) + ".json" }
	keys := []string{p.publicKey()}
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   []purge.Damage
	}{
		{"as they are", func(*testing.T, string) {}, []purge.Damage{}},
		{"other blanks", func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, name(2)), "\n", "\r\n")
		}, []purge.Damage{}},
		{"one altered", func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, name(2)), `"count": 2`, `"count": 3`)
		}, []purge.Damage{{No: "R-000002", Kind: purge.DamageAltered, Place: name(2)}}},
		{"something added", func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, name(2)), `"kind": "取消"`, `"kind": "取消", "kind": "取消"`)
		}, []purge.Damage{{No: "R-000002", Kind: purge.DamageAltered, Place: name(2)}}},
		{"no receipt any more", func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, name(4)), []byte("済"), 0o600))
		}, []purge.Damage{{No: "R-000004", Kind: purge.DamageAltered, Place: name(4)}, {No: "R-000004", Kind: purge.DamageOrder, Place: name(4)}}},
		{"one dropped", func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, name(2))))
		}, []purge.Damage{{No: "R-000003", Kind: purge.DamageMissing, Place: name(3)}}},
		{"the first dropped", func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, name(1))))
		}, []purge.Damage{{No: "R-000002", Kind: purge.DamageMissing, Place: name(2)}}},
		{"two exchanged", func(t *testing.T, dir string) {
			must(t, os.Rename(filepath.Join(dir, name(2)), filepath.Join(dir, "x")))
			must(t, os.Rename(filepath.Join(dir, name(3)), filepath.Join(dir, name(2))))
			must(t, os.Rename(filepath.Join(dir, "x"), filepath.Join(dir, name(3))))
		}, []purge.Damage{
			{No: "R-000003", Kind: purge.DamageName, Place: name(2)},
			{No: "R-000002", Kind: purge.DamageName, Place: name(3)},
			{No: "R-000003", Kind: purge.DamageMissing, Place: name(2)},
			{No: "R-000002", Kind: purge.DamageOrder, Place: name(3)},
			{No: "R-000004", Kind: purge.DamageOrder, Place: name(4)},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.CopyFS(dir, os.DirFS(filepath.Join(p.Outbox, "compliance"))))
			c.damage(t, dir)
			r, err := jobs.VerifyReceiptFiles([]string{dir}, keys)
			must(t, err)
			equal(t, "damage", r.Damage, c.want)
		})
	}
	inBox := func(names ...string) []string {
		for i := range names {
			names[i] = filepath.Join(p.Outbox, "compliance", names[i])
		}
		return names
	}
	for _, c := range []struct {
		name  string
		files []string
		want  jobs.ReceiptsChecked
	}{
		{"the first by itself", inBox(name(1)), jobs.ReceiptsChecked{Receipts: 1, Last: "R-000001"}},
		{"one from the middle", inBox(name(3)), jobs.ReceiptsChecked{Receipts: 1, Last: "R-000003", Unchained: []string{"R-000003"}}},
		{"one twice", inBox(name(1), name(1)), jobs.ReceiptsChecked{Receipts: 1, Last: "R-000001", Duplicates: 1}},
		{"two apart, backwards", inBox(name(4), name(2)), jobs.ReceiptsChecked{Receipts: 2, Last: "R-000004", Unchained: []string{"R-000002", "R-000004"}}},
		{"two that follow each other", inBox(name(2), name(3)), jobs.ReceiptsChecked{Receipts: 2, Last: "R-000003", Unchained: []string{"R-000002"}}},
		{"folder and file", []string{filepath.Join(p.StateDir, "receipts"), filepath.Join(p.Outbox, "compliance")}, jobs.ReceiptsChecked{Receipts: 4, Last: "R-000004", Duplicates: 4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.want.Damage = []purge.Damage{}
			r, err := jobs.VerifyReceiptFiles(c.files, keys)
			must(t, err)
			equal(t, "checked", r, c.want)
		})
	}
	t.Run("another one under the same number", func(t *testing.T) {
		dir := t.TempDir()
		must(t, os.CopyFS(dir, os.DirFS(filepath.Join(p.Outbox, "compliance"))))
		changed := filepath.Join(dir, name(2))
		edit(t, changed, `"previous_hash": "`, `"previous_hash": "0`)
		r, err := jobs.VerifyReceiptFiles(append(inBox(name(2)), changed), keys)
		must(t, err)
		if !slices.Contains(r.Damage, purge.Damage{No: "R-000002", Kind: purge.DamageAltered, Place: name(2)}) {
			t.Errorf("damage %v, want the second one named", r.Damage)
		}
	})
	for _, file := range []string{"purge-receipt_R-000001.xlsx", "purge-list_1.xlsx"} {
		var no *jobs.ErrNotReceipt
		if _, err := jobs.VerifyReceiptFiles(inBox(file), keys); !errors.As(err, &no) || !no.Workbook {
			t.Errorf("%s: %v, want it refused as a workbook", file, err)
		}
	}
	var no *jobs.ErrNotReceipt
	if _, err := jobs.VerifyReceiptFiles([]string{p.publicKey()}, keys); !errors.As(err, &no) || no.Workbook {
		t.Errorf("a file of another kind: %v, want it refused", err)
	}
	other := filepath.Join(t.TempDir(), "other.pub")
	must(t, os.WriteFile(other, []byte(strings.Repeat("0a", 32)), 0o600))
	r, err := jobs.VerifyReceiptFiles([]string{filepath.Join(p.Outbox, "compliance", name(1))}, []string{other})
	must(t, err)
	equal(t, "another key", r.Damage, []purge.Damage{{No: "R-000001", Kind: purge.DamageUnknown, Place: name(1)}})
	if _, err := jobs.VerifyReceiptFiles([]string{filepath.Join(p.Outbox, "nothing")}, keys); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// edit replaces a text in a file, which must hold it.
func edit(t testing.TB, name, was, is string) {
	t.Helper()
	b, err := os.ReadFile(name)
	must(t, err)
	if !bytes.Contains(b, []byte(was)) {
		t.Fatalf("%s does not hold %q", name, was)
	}
	must(t, os.WriteFile(name, bytes.ReplaceAll(b, []byte(was), []byte(is)), 0o600))
}
