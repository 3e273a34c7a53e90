package jobs_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sent are the files of a night as they lie below the inbox.
func (p *place) sent(t testing.TB, night int) []string {
	t.Helper()
	files, err := fs.Glob(os.DirFS(p.Inbox), chaosDays[night].String()+"/*/*")
	must(t, err)
	return files
}

// send puts a copy of a file of the inbox of another place into the inbox.
func (p *place) send(t testing.TB, inbox, name, as string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(inbox, name))
	must(t, err)
	p.put(t, as, string(b))
}

// Whatever an office does with its files by mistake, the register says the same
// of people in the end: it sends each of them twice under two names, sends those
// of the night before once more, sends them in another order, or sends some a
// night late.
func TestChaosFilesTwiceSwappedAndLate(t *testing.T) {
	c := everyKind(t)
	first := filepath.Join(c.dirs[0], "inbox")
	late := []string{"contact-center/activities_1.csv", "1001/exam-results_1.csv", "1001/registrations_1.xlsx"}
	for _, x := range []struct {
		fault string
		from  int // nights done before
		send  func(t *testing.T, p *place)
	}{
		{"files twice in one night", 0, func(t *testing.T, p *place) {
			for _, name := range p.sent(t, 0) {
				ext := path.Ext(name)
				p.send(t, p.Inbox, name, strings.TrimSuffix(name, ext)+"_copy"+ext)
			}
		}},
		{"files again the next night", 1, func(t *testing.T, p *place) {
			files, err := fs.Glob(os.DirFS(first), chaosDays[0].String()+"/*/*")
			must(t, err)
			for _, name := range files {
				sender, base := path.Split(strings.Replace(name, chaosDays[0].String(), chaosDays[1].String(), 1))
				kind, rest, _ := strings.Cut(base, "_")
				// A row that was rejected and comes in now names this file.
				if sender == chaosDays[1].String()+"/exam-center/" {
					continue
				}
				p.send(t, first, name, sender+kind+"_0old_"+rest)
			}
		}},
		{"files in another order", 1, func(t *testing.T, p *place) {
			for i, name := range p.sent(t, 1) {
				at := time.Date(2026, 11, 21, 12, 0, -i, 0, time.UTC)
				must(t, os.Chtimes(filepath.Join(p.Inbox, name), at, at))
			}
		}},
		{"files a night late", 0, func(t *testing.T, p *place) {
			for _, name := range late {
				must(t, os.Remove(filepath.Join(p.Inbox, chaosDays[0].String(), name)))
			}
			p.night(t, chaosDays[0])
			for _, name := range late {
				ext := path.Ext(name)
				p.send(t, first, chaosDays[0].String()+"/"+name, chaosDays[1].String()+"/"+strings.TrimSuffix(name, ext)+"_late"+ext)
			}
		}},
	} {
		for _, db := range []string{"sqlite", "mysql"} {
			t.Run(x.fault+" "+db, func(t *testing.T) {
				t.Parallel()
				p := c.place(t, db, x.from)
				x.send(t, p)
				night := x.from
				if strings.HasSuffix(x.fault, "late") {
					night++
				}
				p.night(t, chaosDays[night])
				what := notSame(p.content(t), c.place(t, "sqlite", night+1).content(t))
				count(x.fault, p.kind(), 1, what != "")
				if what != "" {
					t.Error(what)
				}
			})
		}
	}
}

// The same bytes come once more on their day, since some of their rows can be
// taken in by now: what they brought before is unchanged to the second run, also
// if it was killed in the middle of the file.
func TestChaosKilledWhileAFileComesAgainOnItsDay(t *testing.T) {
	c := everyKind(t)
	const file = "exam-center/exam-results_1.csv" // one of its people was not on file yet
	second := func(t *testing.T) *place {
		t.Helper()
		p := c.place(t, "sqlite", 1)
		p.send(t, filepath.Join(c.dirs[0], "inbox"), chaosDays[0].String()+"/"+file, chaosDays[0].String()+"/"+file)
		p.put(t, chaosDays[0].String()+"/association/agents_0.csv", table(agentHeader, agent("LATER")))
		return p
	}
	p := second(t)
	p.meibo(t, nil, "run", "--as-of", chaosDays[0].String())
	want := p.aftermath(t)
	for _, at := range []string{"import-begun:2", "import-part:2", "import-settled:2", "step-before-import", "step-before-answers"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			p := second(t)
			p.killed(t, at, 0)
			p.goOn(t, 0)
			compareWith(t, "kill while a file comes again", p, want)
		})
	}
}
