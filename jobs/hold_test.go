package jobs_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/run"
)

// agentList is an agents file of n people.
func agentList(n int) string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = agent(fmt.Sprintf("P%03d", i))
	}
	return table(agentHeader, rows...)
}

// fullAgents is a place whose association sends all agents every time.
func fullAgents(t *testing.T, db string) *place {
	p := empty(t)
	if db == "mysql" {
		p.DB = newMySQL(t)
	}
	p.Offices = map[string]jobs.Office{"association": {Full: []string{"agents"}}}
	return p
}

func hashOf(t *testing.T, p *place, d pipeline.Date, file string) string {
	t.Helper()
	b, ok := p.batches(t, d)[file]
	if !ok {
		t.Fatalf("no batch of %s on %s", file, d)
	}
	return b.SHA256
}

func warned(r jobs.Result) (codes []string) {
	for _, w := range r.Warnings {
		codes = append(codes, w.Code)
	}
	return codes
}

func TestAFullListThatShrankIsHeldUntilItIsAccepted(t *testing.T) {
	for _, db := range []string{"sqlite", "mysql"} {
		t.Run(db, func(t *testing.T) {
			p := fullAgents(t, db)
			p.put(t, "association/agents_1.csv", agentList(10))
			p.night(t, sampleDays[0])
			p.put(t, "association/agents_2.csv", agentList(8)) // at the bound
			if r := p.night(t, sampleDays[1]); len(r.Held) > 0 {
				t.Errorf("20 %% fewer rows were held: %v", r.Held)
			}

			const short = "association/agents_3.csv"
			p.put(t, short, agentList(6))
			before := p.state(t).without(slices.Concat(journal, []string{"import_batches", "import_faults", "deadlines"})...)
			r := p.night(t, sampleDays[2])
			equal(t, "held", r.Held, []string{short})
			equal(t, "warnings", warned(r), []string{"file-held"})
			equal(t, "inbox", p.waiting(t), []string{short})
			b := p.batches(t, sampleDays[2])[short]
			equal(t, "batch", [4]any{b.State, b.RowsRead, b.Applied, b.Rejected}, [4]any{pipeline.BatchHeld, 6, 0, 6})
			equal(t, "faults", p.faults(t, b), []string{"list-shrunk"})
			after := p.state(t).without(slices.Concat(journal, []string{"import_batches", "import_faults", "deadlines"})...)
			if a, b := agentsOf(before.dump), agentsOf(after.dump); a != b {
				t.Errorf("the held file left something:\n%s", diffLines(a, b))
			}

			r = p.night(t, sampleDays[2])
			equal(t, "held again", r.Held, []string{short})
			equal(t, "rows written by a second run", r.Counts().Applied, 0)

			p.with(t, func(h *jobs.House) {
				c, err := h.CheckFile(t.Context(), filepath.Join(p.Inbox, short), "", sampleDays[2])
				must(t, err)
				equal(t, "check", c.Verdict, pipeline.BatchHeld)
				if len(c.Messages) == 0 || !strings.Contains(c.Messages[0].JA, "データは6行で、前回（2026-11-20）の8行より2行（25.0%）少なく") {
					t.Errorf("check says %+v", c.Messages)
				}

				must(t, h.Accept(b.SHA256[:12]))
				r, err = h.Night(t.Context(), sampleDays[2], false)
				must(t, err)
			})
			equal(t, "held once accepted", r.Held, []string(nil))
			equal(t, "inbox once accepted", p.waiting(t), []string(nil))
			b = p.batches(t, sampleDays[2])[short]
			equal(t, "accepted batch", [3]any{b.State, b.RowsRead, b.Unchanged}, [3]any{pipeline.BatchApplied, 6, 6})

			p.put(t, "association/agents_4.csv", agentList(5)) // against the 6 of the accepted list
			if r := p.night(t, sampleDays[2].AddDays(1)); len(r.Held) > 0 {
				t.Errorf("the accepted list is no measure: %v", r.Held)
			}
		})
	}
}

// agentsOf is the table of agents in a dump.
func agentsOf(dump string) string {
	_, rest, _ := strings.Cut(dump, "# agents\t")
	table, _, _ := strings.Cut(rest, "\n# ")
	return table
}

func TestWhatIsNoFullListIsNeverHeld(t *testing.T) {
	for name, x := range map[string]struct {
		full []string
		file string
	}{
		"changes only":                      {nil, "agents_2.csv"},
		"another kind is full":              {[]string{"activities"}, "agents_2.csv"},
		"corrected rows on their way back":  {[]string{"agents"}, "rejects_agents_1.csv"},
		"a list under which more rows hold": {[]string{"agents"}, "agents_more.csv"},
	} {
		t.Run(name, func(t *testing.T) {
			p := fullAgents(t, "sqlite")
			p.Offices["association"] = jobs.Office{Full: x.full}
			p.put(t, "association/agents_1.csv", agentList(20))
			p.night(t, sampleDays[0])
			rows := 3
			if strings.Contains(x.file, "more") {
				rows = 40
			}
			p.put(t, "association/"+x.file, agentList(rows))
			if r := p.night(t, sampleDays[1]); len(r.Held) > 0 || len(p.waiting(t)) > 0 {
				t.Errorf("held %v, waiting %v", r.Held, p.waiting(t))
			}
		})
	}
}

func TestAHeldFileIsLookedAtEveryNight(t *testing.T) {
	p := fullAgents(t, "sqlite")
	p.put(t, "association/agents_1.csv", agentList(10))
	p.night(t, sampleDays[0])
	p.put(t, "association/agents_2.csv", agentList(5))
	p.night(t, sampleDays[1])
	p.Import.ShrinkPercent = 50
	if r := p.night(t, sampleDays[2]); len(r.Held) > 0 || len(p.waiting(t)) > 0 {
		t.Errorf("held %v, waiting %v although the limit allows it now", r.Held, p.waiting(t))
	}
}

func TestAcceptAndAgainWantAHash(t *testing.T) {
	p := empty(t)
	p.with(t, func(h *jobs.House) {
		for _, hash := range []string{"", "3f5a", "no hash at all", strings.Repeat("0", 65)} {
			if err := h.Accept(hash); !errors.Is(err, jobs.ErrNoSuchFile) {
				t.Errorf("accept %q: %v", hash, err)
			}
		}
		if err := h.Again(t.Context(), strings.Repeat("0", 64)); !errors.Is(err, jobs.ErrNoSuchFile) {
			t.Errorf("again: %v", err)
		}
		must(t, h.Accept(strings.Repeat("0", 12)))
		r, err := h.Night(t.Context(), sampleDays[0], false)
		must(t, err)
		equal(t, "warnings", warned(r), []string{"nothing-to-accept"})
	})
}

func TestAnArchivedFileIsReadAgain(t *testing.T) {
	p := empty(t)
	const first = "association/agents_1.csv"
	p.put(t, first, table(agentHeader, "P01,旧姓 花子,,,1980-04-01,,,2026-05-10,"))
	p.night(t, sampleDays[0])
	hash := hashOf(t, p, sampleDays[0], first)
	p.put(t, "association/agents_2.csv", table(agentHeader, "P01,新姓 花子,,,1980-04-01,,,2026-05-10,"))
	p.night(t, sampleDays[1])
	again := func(d pipeline.Date) (r jobs.Result) {
		p.with(t, func(h *jobs.House) {
			must(t, h.Again(t.Context(), hash))
			var err error
			r, err = h.Night(t.Context(), d, false)
			must(t, err)
		})
		return r
	}
	again(sampleDays[2])
	b := p.batches(t, sampleDays[2])[first]
	equal(t, "batch", [3]any{b.State, b.RowsRead, b.Applied}, [3]any{pipeline.BatchApplied, 1, 1})
	agents, err := p.store(t).Agents(t.Context(), []string{"P01"})
	must(t, err)
	equal(t, "name", agents[0].Name, "旧姓 花子")
	equal(t, "rows written by reading it twice", again(sampleDays[2]).Counts().Applied, 0)
}

func TestAFileOfAnEarlierNameIsACorrection(t *testing.T) {
	p := empty(t)
	p.put(t, "association/agents.csv", agentList(2))
	r := p.night(t, sampleDays[0])
	equal(t, "first night", warned(r), []string(nil))
	p.put(t, "association/agents.csv", agentList(3))
	r = p.night(t, sampleDays[1])
	equal(t, "second night", warned(r), []string{"corrected-file"})
	p.put(t, "association/agents.csv", agentList(3))
	r = p.night(t, sampleDays[2])
	equal(t, "the same bytes again", warned(r), []string(nil))
}

func TestTheArchiveKeepsFilesAsLongAsItSays(t *testing.T) {
	p := fullAgents(t, "sqlite")
	p.Archive.KeepDays = 2
	p.put(t, "association/agents_1.csv", agentList(10))
	p.night(t, sampleDays[0])
	first := hashOf(t, p, sampleDays[0], "association/agents_1.csv")
	p.put(t, "association/agents_2.csv", agentList(5))
	p.night(t, sampleDays[1])
	held := hashOf(t, p, sampleDays[1], "association/agents_2.csv")
	orphan := filepath.Join(p.StateDir, "archive", "ab", strings.Repeat("ab", 32))
	must(t, os.MkdirAll(filepath.Dir(orphan), 0o700))
	must(t, os.WriteFile(orphan, []byte("left by a killed run"), 0o600))
	must(t, os.Chtimes(orphan, time.Time{}, noon(t, p, sampleDays[0])))

	kept := func() []string {
		var sums []string
		for name := range maps.Keys(tree(t, filepath.Join(p.StateDir, "archive"))) {
			sums = append(sums, filepath.Base(name))
		}
		slices.Sort(sums)
		return sums
	}
	p.night(t, sampleDays[2])
	equal(t, "on the last day", kept(), slices.Sorted(slices.Values([]string{first, held, filepath.Base(orphan)})))
	for d := sampleDays[2].AddDays(1); d < sampleDays[2].AddDays(5); d = d.AddDays(1) {
		p.night(t, d)
		equal(t, "on "+d.String(), kept(), []string{held})
	}
	p.with(t, func(h *jobs.House) {
		if err := h.Again(t.Context(), first); !errors.Is(err, jobs.ErrNoSuchFile) {
			t.Errorf("an expired file can be read again: %v", err)
		}
	})
}

func TestWhatKilledDryRunsLeftIsRemoved(t *testing.T) {
	p := empty(t)
	folder := func(who string) string {
		dir := filepath.Join(p.StateDir, "dry-run-"+who)
		must(t, os.MkdirAll(dir, 0o700))
		return dir
	}
	mine := strings.ReplaceAll(run.Holder(), ":", "_")
	host, err := os.Hostname()
	must(t, err)
	atWork, elsewhere := folder(mine+"_1"), folder("other-host_1_1_2")
	gone, old := folder(host+"_999999999_1_3"), folder("123456")
	p.night(t, sampleDays[0])
	for dir, want := range map[string]bool{atWork: true, elsewhere: true, gone: false, old: false} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("%s is there: %t", filepath.Base(dir), err == nil)
		}
	}
}

func TestDriftIsWarnedOf(t *testing.T) {
	for _, db := range []string{"sqlite", "mysql"} {
		t.Run(db, func(t *testing.T) {
			p := empty(t)
			if db == "mysql" {
				p.DB = newMySQL(t)
			}
			p.put(t, "association/agents_1.csv", agentList(200))
			file := func(n int, kind, poster string) string {
				rows := make([]string, n)
				for i := range rows {
					rows[i] = exam(fmt.Sprintf("P%03d", i%200), kind, "2022-01-10") + "," + poster
				}
				return table(examHeader+",情報登載会社", rows...)
			}
			d := sampleDays[0]
			for i := range 4 {
				p.put(t, "exam-center/exam-results_1.csv", file(150+i, "K10", "1001"))
				r := p.night(t, d)
				equal(t, "an even night", r.Drifted, []string(nil))
				d = d.AddDays(1)
			}
			p.put(t, "exam-center/exam-results_9.csv", file(30, "K11", ""))
			r := p.night(t, d)
			equal(t, "drift", r.Drifted, []string{"exam-center/exam-results"})
			b := p.batches(t, d)["exam-center/exam-results_9.csv"]
			equal(t, "state", b.State, pipeline.BatchApplied)
			got := map[string]string{}
			for f, err := range p.store(t).Faults(t.Context(), b.ID) {
				must(t, err)
				if f.Row == 0 {
					got[string(f.Code)+" "+f.Key] = f.JA
				}
			}
			equal(t, "warnings", got, map[string]string{
				"drift-rows ":                   "データは30行です。直近4回は新しい順に153、152、151、150行、中央の値は151.5行で、それより121.5行（80.2%）少なくなっています（目安は100行または50%まで）。そのまま取り込みましたが、漏れや重複がないか確かめてください。",
				"drift-empty-cells posted_by":   "空欄は30行のうち30行（100.0%）です。直近4回の合計では606行のうち0行（0.0%）で、100.0ポイント増えています（目安は20行または20ポイントまで）。そのまま取り込みましたが、列のずれや出力の漏れがないか確かめてください。",
				"drift-new-codes qualification": "書かれている30行のうち30件（100.0%）が、この送信元のこれまでのファイルになかったコードです: K11（これまでのコードは1種類、目安は0件または0%まで）。そのまま取り込みましたが、書き間違いや列のずれでないか確かめてください。",
			})
			looks, err := p.store(t).LastStatistics(t.Context(), "exam-center", "exam-results", 9)
			must(t, err)
			equal(t, "files remembered", len(looks), 5)
		})
	}
}
