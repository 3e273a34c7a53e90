package jobs_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"golang.org/x/text/encoding/japanese"

	"meibo/jobs"
	"meibo/pipeline/access"
	"meibo/pipeline/source"
)

// words are the texts of a file: whole cells, and the IDs, numbers and addresses
// that stand in any text of it.
type words map[string]bool

var wordlike = regexp.MustCompile(`[0-9A-Za-z][0-9A-Za-z@._-]*`)

func (w words) add(text string) {
	w[bare(text)] = true
	for _, s := range wordlike.FindAllString(text, -1) {
		w[strings.TrimRight(s, ".")] = true
	}
}

var blanks = strings.NewReplacer(" ", "", "　", "", "\n", "")

// bare is a name without its blanks.
func bare(s string) string { return blanks.Replace(s) }

// read adds the texts of a file, whatever it is: a workbook with every part of
// its package, a CSV file in any encoding, other text as it is.
func (w words) read(t testing.TB, name, content string) {
	t.Helper()
	b := []byte(content)
	if z, err := zip.NewReader(bytes.NewReader(b), int64(len(b))); err == nil {
		for _, e := range z.File {
			r, err := e.Open()
			must(t, err)
			text, err := io.ReadAll(r)
			must(t, err)
			for _, s := range strings.FieldsFunc(string(text), func(c rune) bool { return c == '<' || c == '>' || c == '"' }) {
				w.add(s)
			}
		}
		return
	}
	if strings.HasPrefix(content, "\xd0\xcf\x11\xe0") {
		t.Fatalf("%s is locked: nobody can tell what it holds", path.Ext(name))
	}
	if strings.EqualFold(path.Ext(name), ".csv") {
		if table, err := source.Open(bytes.NewReader(b), int64(len(b)), name, source.Options{}); err == nil {
			defer table.Close()
			for _, h := range table.Header {
				w.add(h)
			}
			for row, err := range table.Rows() {
				if err != nil {
					break // the raw text is read below
				}
				for _, c := range row.Cells {
					w.add(c.Text)
				}
			}
		}
	}
	if decoded, err := japanese.ShiftJIS.NewDecoder().String(content); err == nil {
		content += "\n" + decoded
	}
	for _, s := range strings.FieldsFunc(content, func(c rune) bool { return strings.ContainsRune(",\"\n\r\t{}[]:", c) }) {
		w.add(s)
	}
}

// canaries are people who were ever registered for one insurer alone, by that
// insurer: what tells each of them from everybody else.
func canaries(t testing.TB, p *place) map[string]words {
	t.Helper()
	all := tables(t, p.state(t).dump)
	insurers := map[string]words{} // of each ID
	for _, name := range []string{"registrations", "registration_events"} {
		each(all[name], func(row map[string]string) {
			id := row["agent_id"]
			if insurers[id] == nil {
				insurers[id] = words{}
			}
			insurers[id].add(row["lead_insurer"])
			insurers[id].add(row["other_insurers"])
			delete(insurers[id], "")
		})
	}
	traces, seen := map[string][]string{}, map[string]int{}
	note := func(id string, texts ...string) {
		for _, s := range texts {
			if s = bare(s); len([]rune(s)) >= 4 {
				traces[id] = append(traces[id], s)
				seen[s]++
			}
		}
	}
	each(all["agents"], func(row map[string]string) {
		note(row["agent_id"], row["agent_id"], row["name"], row["name_kana"], row["email"])
	})
	each(all["qualifications"], func(row map[string]string) { note(row["agent_id"], row["certificate_no"]) })
	out := map[string]words{}
	for id, of := range insurers {
		codes := slices.DeleteFunc(slices.Collect(maps.Keys(of)), func(s string) bool { return len(s) != 4 })
		if len(codes) != 1 {
			continue
		}
		if out[codes[0]] == nil {
			out[codes[0]] = words{}
		}
		for _, s := range traces[id] {
			if seen[s] == 1 {
				out[codes[0]][s] = true
			}
		}
	}
	return out
}

// each yields the rows of a table by column.
func each(text string, yield func(row map[string]string)) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	columns := strings.Split(lines[0], "\t")
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, v := range strings.Split(line, "\t") {
			row[columns[i]] = v
		}
		yield(row)
	}
}

// shown are the words that each reader gets: the files of its folder, and what
// its views show.
func (p *place) shown(t testing.TB) map[string]words {
	t.Helper()
	out := map[string]words{}
	to := func(reader string) words {
		if out[reader] == nil {
			out[reader] = words{}
		}
		return out[reader]
	}
	for name, content := range tree(t, p.Outbox) {
		reader, file, _ := strings.Cut(name, "/")
		to(reader).read(t, file, content)
	}
	db, err := sqlx.Open("sqlite", strings.TrimPrefix(p.DB, "sqlite:"))
	must(t, err)
	defer db.Close()
	var views []string
	must(t, db.Select(&views, "SELECT name FROM sqlite_master WHERE type = 'view' AND name LIKE 'v_insurer_%'"))
	if len(views) < 6*len(p.Insurers) {
		t.Errorf("%d views of %d insurers", len(views), len(p.Insurers))
	}
	for _, v := range views {
		code, _, _ := strings.Cut(strings.TrimPrefix(v, "v_insurer_"), "_")
		rows, err := db.Queryx("SELECT * FROM `" + v + "`")
		must(t, err)
		columns, err := rows.Columns()
		must(t, err)
		for _, c := range columns {
			to(code).add(c)
		}
		for rows.Next() {
			values, err := rows.SliceScan()
			must(t, err)
			for _, x := range values {
				to(code).add(fmt.Sprint(x))
			}
		}
		must(t, rows.Err())
	}
	return out
}

// sent are the words of what each sender of the sample sent itself.
func sent(t testing.TB) map[string]words {
	t.Helper()
	out := map[string]words{}
	for name, content := range tree(t, filepath.Join(sampleDir, "inbox")) {
		parts := strings.Split(name, "/") // day, sender, file
		if out[parts[1]] == nil {
			out[parts[1]] = words{}
		}
		out[parts[1]].read(t, parts[2], content)
	}
	return out
}

// strangers counts for each insurer what tells people of others in what it is
// shown, but not what it sent itself.
func strangers(shown, sent, canaries map[string]words) map[string]int {
	found := map[string]int{}
	for reader := range canaries {
		for of, traces := range canaries {
			for s := range traces {
				if of != reader && shown[reader][s] && !sent[reader][s] {
					found[reader]++
				}
			}
		}
	}
	return found
}

// Somebody who was only ever registered for one insurer stands in nothing of
// another one's.
func TestNothingOfAnotherInsurersPeopleIsShown(t *testing.T) {
	p := after(t, 3)
	p.handOver(t)
	canaries, shown, sent := canaries(t, p), p.shown(t), sent(t)
	for _, i := range p.Insurers {
		own := 0
		for s := range canaries[i.Code] {
			if shown[i.Code][s] {
				own++
			}
		}
		if len(canaries[i.Code]) < 200 || own < 20 {
			t.Errorf("insurer %s: %d traces of its own people, %d of them in what it is shown", i.Code, len(canaries[i.Code]), own)
		}
	}
	equal(t, "traces of others' people", strangers(shown, sent, canaries), map[string]int{})

	// The search finds what leaks, in any kind of file and in a view.
	leak := slices.Sorted(maps.Keys(canaries["1001"]))
	sjis, err := japanese.ShiftJIS.NewEncoder().String(table("募集人ID,氏名", leak[0]+",試験 花子"))
	must(t, err)
	for name, content := range map[string]string{
		"1002/leak.xlsx": workbook(t, "募集人ID,注記", "X,照会先は "+leak[0]+" です"),
		"1003/leak.csv":  sjis,
		"1004/leak.json": `{"agents":["` + leak[0] + `"]}`,
	} {
		must(t, os.WriteFile(filepath.Join(p.Outbox, name), []byte(content), 0o600))
	}
	db, err := sqlx.Open("sqlite", strings.TrimPrefix(p.DB, "sqlite:"))
	must(t, err)
	defer db.Close()
	db.MustExec("CREATE VIEW `v_insurer_1003_leak` AS SELECT '" + leak[1] + "' AS agent_id")
	equal(t, "planted", strangers(p.shown(t), sent, canaries), map[string]int{"1002": 1, "1003": 2, "1004": 1})
}

// flagged lists the readers that are shown a column, a line or a key of one of
// the three flags of 要領§5(1)注, unless they are 運営者 inside of the house.
func flagged(t testing.TB, p *place) (out []string) {
	t.Helper()
	inside := []string{access.RoleAssociation, access.RoleOperator, access.RoleCompliance}
	for reader, w := range p.shown(t) {
		if slices.Contains(inside, jobs.ReaderRole(reader)) {
			continue
		}
		for s := range w {
			for _, flag := range []string{"重複フラグ", "保険会社所属フラグ", "強制停止フラグ", "duplicate_flag", "affiliated", "suspended"} {
				if strings.Contains(s, flag) {
					out = append(out, reader+" "+flag)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// The three flags are for 運営者 (要領§5(1)注): no file and no view for an agency,
// an agent or anybody else outside names them.
func TestTheThreeFlagsLeaveTheHouseNowhere(t *testing.T) {
	p := after(t, 3)
	p.handOver(t)
	set := map[string]int{}
	each(tables(t, p.state(t).dump)["agents"], func(row map[string]string) {
		for _, c := range []string{"duplicate_flag", "affiliated", "suspended"} {
			if row[c] != "0" && row[c] != "" {
				set[c]++
			}
		}
	})
	if set["duplicate_flag"] == 0 || set["affiliated"] == 0 || set["suspended"] == 0 {
		t.Errorf("the sample sets the flags of %v people", set)
	}
	equal(t, "shown", flagged(t, p), nil)
	for name, content := range map[string]string{
		"agency-D1/roster.csv":        table("募集人ID,重複フラグ", "A1,1"),
		"agent-A1/statement.json":     `{"affiliated":true}`,
		"exam-center/candidates.xlsx": workbook(t, "募集人ID,強制停止フラグ", "A1,有"),
	} {
		must(t, os.MkdirAll(filepath.Join(p.Outbox, path.Dir(name)), 0o700))
		must(t, os.WriteFile(filepath.Join(p.Outbox, name), []byte(content), 0o600))
	}
	equal(t, "planted", flagged(t, p), []string{"agency-D1 重複フラグ", "agent-A1 affiliated", "exam-center 強制停止フラグ"})
}
