package jobs_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/run"
)

// point is one passing of a failpoint.
type point struct {
	name string
	n    int // the how manieth
}

func (x point) String() string { return fmt.Sprintf("%s:%d", x.name, x.n) }

// sort is what kind of point it is, for the tally.
func (x point) sort() string {
	parts := strings.SplitN(x.name, "-", 3)
	return strings.Join(parts[:min(2, len(parts))], "-")
}

// passedPoints are the points that a night passes, in order. It is done once for
// each database and night.
func passedPoints(t testing.TB, c *chaosNights, db string, night int) []point {
	t.Helper()
	p := c.place(t, db, night)
	log := filepath.Join(p.dir, "points")
	p.meibo(t, []string{"MEIBO_FAILPOINT_LOG=" + log}, "run", "--as-of", chaosDays[night].String())
	return numbered(read(t, log))
}

// numbered are the points in a log of them.
func numbered(log string) (out []point) {
	passed := map[string]int{}
	for _, name := range strings.Fields(log) {
		passed[name]++
		out = append(out, point{name, passed[name]})
	}
	return out
}

// allSteps is the sparsest sample that has the end of every step in it.
const allSteps = 11

// sample is, in full form, each name at its first and last passing and of the
// points between every so manieth; else each name at one of its passings, and of
// those only every so manieth. Where all of a step was done and nothing says so
// yet, its counts could be lost: that is always tried on the night with all steps.
func sample(points []point, every int) (out []point) {
	last := map[string]int{}
	var names []string
	for _, x := range points {
		if last[x.name] == 0 {
			names = append(names, x.name)
		}
		last[x.name] = x.n
	}
	if *chaos {
		for i, x := range points {
			if x.n == 1 || x.n == last[x.name] || i%*stride == 0 {
				out = append(out, x)
			}
		}
		return out
	}
	for i, name := range names {
		if i%every == every-1 || every <= allSteps && strings.HasPrefix(name, "step-before-") {
			out = append(out, point{name, 1 + (i*7)%last[name]}) // some early, some late
		}
	}
	return out
}

// Killed at each point that a night passes, it is gone on with to the very end
// an undisturbed one has. The points are those really passed, so that a new
// commit, renaming or removal is tried without a line here.
func TestChaosKilledAtEveryPoint(t *testing.T) {
	c := everyKind(t)
	for _, x := range []struct {
		db    string
		night int
		every int // in short form
	}{{"sqlite", 0, 24}, {"sqlite", 1, allSteps}, {"mysql", 1, 40}} {
		points := passedPoints(t, c, x.db, x.night)
		t.Run(fmt.Sprintf("%s/night %d", x.db, x.night+1), func(t *testing.T) {
			for _, at := range sample(points, x.every) {
				t.Run(at.String(), func(t *testing.T) {
					t.Parallel()
					p := c.place(t, x.db, x.night)
					p.killed(t, at.String(), x.night)
					noHalfFiles(t, at.String(), p, c.want[x.night], c.want[x.night+1])
					c.recoverAndCompare(t, "kill at "+at.sort(), p, x.night)
				})
			}
		})
	}
}

// Killed inside a file, a night goes on behind the rows whose effect is there:
// nothing of the file is applied a second time.
func TestChaosGoesOnInsideAFile(t *testing.T) {
	t.Parallel()
	c := everyKind(t)
	points := passedPoints(t, c, "sqlite", 1)
	part := func(x point) bool { return x.name == "import-part" }
	inside, all := point{}, 0
	for i, x := range points {
		if part(x) {
			all++
		}
		if part(x) && part(points[i+3]) && points[i+1].sort() == "commit-before" { // the next part is of the same file
			inside = x
		}
	}
	if inside.n == 0 {
		t.Fatal("no file of the night has two parts")
	}
	p := c.place(t, "sqlite", 1)
	p.killed(t, inside.String(), 1)
	log := filepath.Join(p.dir, "points")
	p.meibo(t, []string{"MEIBO_FAILPOINT_LOG=" + log}, "resume", "--as-of", chaosDays[1].String())
	again := slices.DeleteFunc(numbered(read(t, log)), func(x point) bool { return !part(x) })
	equal(t, "parts behind the kill", len(again), all-inside.n)
	c.compare(t, "kill inside a file", p, 1)
}

// killed does a night of the chaos that dies at a point.
func (p *place) killed(t testing.TB, at string, night int) {
	t.Helper()
	p.killedOn(t, at, chaosDays[night])
}

func (p *place) killedOn(t testing.TB, at string, d pipeline.Date) {
	t.Helper()
	if !p.meibo(t, []string{"MEIBO_FAILPOINT=" + at}, "run", "--as-of", d.String()) {
		t.Fatalf("%s was never passed", at)
	}
}

// A killed night goes on with the files it had listed: what comes in between is
// for the next one.
func TestChaosFilesAfterAKillAreForTheNextNight(t *testing.T) {
	t.Parallel()
	c := everyKind(t)
	p := c.place(t, "sqlite", 1)
	p.killed(t, "step-before-receive:1", 1)
	const late = "association/agents_9.csv"
	p.put(t, chaosDays[1].String()+"/"+late, table(agentHeader, agent("TOOLATE")))
	p.goOn(t, 1)
	files, err := p.store(t).RunFiles(t.Context(), run.RunID(jobs.Nightly, chaosDays[1], 1))
	must(t, err)
	if slices.ContainsFunc(files, func(f run.File) bool { return strings.HasSuffix(f.Path, late) }) {
		t.Error("the night took a file that came after its list")
	}
	if _, err := os.Stat(filepath.Join(p.Inbox, chaosDays[1].String(), late)); err != nil {
		t.Errorf("the file waits no more: %v", err)
	}
}

// Without what was taken in, a night says so and stops; once the archive is back,
// it goes on.
func TestANightWaitsForItsArchive(t *testing.T) {
	t.Parallel()
	c := everyKind(t)
	p := c.place(t, "sqlite", 1)
	p.killed(t, "step-before-receive:1", 1)
	archive := filepath.Join(p.StateDir, "archive")
	must(t, os.Rename(archive, archive+"-away"))
	p.with(t, func(h *jobs.House) {
		if _, _, err := h.Resume(t.Context()); !errors.Is(err, jobs.ErrNotArchived) {
			t.Errorf("without its archive: %v", err)
		}
	})
	must(t, os.RemoveAll(archive))
	must(t, os.Rename(archive+"-away", archive))
	c.recoverAndCompare(t, "archive away", p, 1)
}
