package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// script is a job of three steps that notes what was done; act, if it knows a
// step, does what the step does beside counting.
type script struct {
	done []string
	act  map[string]func(ctx context.Context, w *Work) error
}

func (s *script) steps() []Step {
	var steps []Step
	for i, name := range []string{"import", "decide", "report"} {
		steps = append(steps, Step{Name: name, Do: func(ctx context.Context, w *Work) error {
			s.done = append(s.done, name)
			n := 10 * (i + 1)
			w.Add(Counts{Read: n, Applied: n - 3, Unchanged: 1, Rejected: 1, Duplicates: 1})
			if act := s.act[name]; act != nil {
				return act(ctx, w)
			}
			return nil
		}})
	}
	return steps
}

// states lists the steps as name=state, the run first.
func states(rep Report) string {
	s := []string{rep.Run.State}
	for i, x := range rep.Steps {
		if x.Seq != i+1 {
			s = append(s, fmt.Sprintf("seq %d at %d", x.Seq, i+1))
		}
		s = append(s, x.Name+"="+x.State)
	}
	return strings.Join(s, " ")
}

// journaled lists what the journal kept of a run, in the same way.
func journaled(t *testing.T, j Journal, id string) string {
	t.Helper()
	var rep Report
	rows, err := j.Runs(t.Context(), "nightly", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.ID == id {
			rep.Run = r
		}
	}
	if rep.Steps, err = j.Steps(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	return states(rep)
}

func TestDoEndsInTheRightState(t *testing.T) {
	fail := func(context.Context, *Work) error { return errStep }
	tests := []struct {
		name      string
		act       map[string]func(ctx context.Context, w *Work) error
		broken    string // the call of the journal that fails
		want      string
		journaled string
		err       error
	}{
		{
			name:      "all goes well",
			want:      "done import=done decide=done report=done",
			journaled: "done import=done decide=done report=done",
		},
		{
			name:      "the first step fails",
			act:       map[string]func(context.Context, *Work) error{"import": fail},
			want:      "failed import=failed decide=not-reached report=not-reached",
			journaled: "failed import=failed",
			err:       errStep,
		},
		{
			name:      "the last step fails",
			act:       map[string]func(context.Context, *Work) error{"report": fail},
			want:      "failed import=done decide=done report=failed",
			journaled: "failed import=done decide=done report=failed",
			err:       errStep,
		},
		{
			name: "a step loses count of a row",
			act: map[string]func(context.Context, *Work) error{"decide": func(_ context.Context, w *Work) error {
				w.Add(Counts{Read: 1})
				return nil
			}},
			want:      "failed import=done decide=failed report=not-reached",
			journaled: "failed import=done decide=failed",
			err:       ErrUnbalanced,
		},
		{
			name: "a step that fails may have lost count",
			act: map[string]func(context.Context, *Work) error{"decide": func(_ context.Context, w *Work) error {
				w.Add(Counts{Read: 1})
				return errStep
			}},
			want:      "failed import=done decide=failed report=not-reached",
			journaled: "failed import=done decide=failed",
			err:       errStep,
		},
		{
			name: "the journal cannot be read", broken: "steps",
			want: " import=not-reached decide=not-reached report=not-reached",
			err:  errDisk,
		},
		{
			name: "the run cannot be journaled", broken: "put run running",
			want: "running import=not-reached decide=not-reached report=not-reached",
			err:  errDisk,
		},
		{
			name: "the begin of a step cannot be journaled", broken: "put step decide running",
			want:      "failed import=done decide=not-reached report=not-reached",
			journaled: "failed import=done",
			err:       errDisk,
		},
		{
			name: "the end of a step cannot be journaled", broken: "put step decide done",
			want:      "failed import=done decide=failed report=not-reached",
			journaled: "failed import=done decide=running",
			err:       errDisk,
		},
		{
			name: "the end of the run cannot be journaled", broken: "put run done",
			want:      "running import=done decide=done report=done",
			journaled: "running import=done decide=done report=done",
			err:       errDisk,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := newMemory()
			r := newRunner(j)
			row := begin(t, r, testDay)
			j.broken = fails(tt.broken)
			rep, err := r.Do(t.Context(), row, (&script{act: tt.act}).steps())
			if !errors.Is(err, tt.err) || err == nil != (tt.err == nil) {
				t.Errorf("Do: %v, want %v", err, tt.err)
			}
			if got := states(rep); got != tt.want {
				t.Errorf("report  %s\nwant    %s", got, tt.want)
			}
			if rep.Run.FinishedAt.IsZero() == (tt.err == nil) && tt.broken != "put run done" {
				t.Errorf("finished at %v with error %v", rep.Run.FinishedAt, err)
			}
			j.broken = nil
			if got := journaled(t, j, row.ID); tt.journaled != "" && got != tt.journaled {
				t.Errorf("journal %s\nwant    %s", got, tt.journaled)
			}
		})
	}
}

func TestDoNamesTheStepThatFailed(t *testing.T) {
	r := newRunner(newMemory())
	s := script{act: map[string]func(context.Context, *Work) error{"decide": func(context.Context, *Work) error { return errStep }}}
	rep, err := r.Do(t.Context(), begin(t, r, testDay), s.steps())
	if err == nil || err.Error() != "decide: the rules file is gone" {
		t.Errorf("Do: %v", err)
	}
	if got := rep.Steps[1].Error; got != "the rules file is gone" {
		t.Errorf("the step's error is %q", got)
	}
}

func TestDoGoesOnWhereItFailed(t *testing.T) {
	tests := []struct{ broken, did, want string }{
		{"import", "import import decide report", "done import=done decide=done report=done"},
		{"decide", "import decide decide report", "done import=reused decide=done report=done"},
		{"report", "import decide report report", "done import=reused decide=reused report=done"},
	}
	for _, tt := range tests {
		t.Run("failed in "+tt.broken, func(t *testing.T) {
			j := newMemory()
			r := newRunner(j)
			row := begin(t, r, testDay)
			s := script{act: map[string]func(context.Context, *Work) error{
				tt.broken: func(context.Context, *Work) error { return errStep },
			}}
			if _, err := r.Do(t.Context(), row, s.steps()); !errors.Is(err, errStep) {
				t.Fatalf("first time: %v", err)
			}
			s.act = nil
			rep, err := r.Do(t.Context(), row, s.steps())
			if err != nil {
				t.Fatalf("second time: %v", err)
			}
			if got := strings.Join(s.done, " "); got != tt.did {
				t.Errorf("did %s, want %s", got, tt.did)
			}
			if got := states(rep); got != tt.want {
				t.Errorf("report %s, want %s", got, tt.want)
			}
			if got := journaled(t, j, row.ID); got != "done import=done decide=done report=done" {
				t.Errorf("journal: %s", got)
			}
			if want := (Counts{Read: 60, Applied: 51, Unchanged: 3, Rejected: 3, Duplicates: 3}); rep.Run.Counts != want {
				t.Errorf("the run counts %+v, want every step once: %+v", rep.Run.Counts, want)
			}
		})
	}
}

func TestDoOfAFinishedRunDoesNothingAgain(t *testing.T) {
	j := newMemory()
	r := newRunner(j)
	row := begin(t, r, testDay)
	var s script
	first, err := r.Do(t.Context(), row, s.steps())
	if err != nil {
		t.Fatal(err)
	}
	again, err := r.Do(t.Context(), first.Run, s.steps())
	if err != nil || len(s.done) != 3 {
		t.Errorf("did %v, %v", s.done, err)
	}
	if again.Run.Counts != first.Run.Counts {
		t.Errorf("counts %+v, then %+v", first.Run.Counts, again.Run.Counts)
	}
	if got := again.Counts(); got != (Counts{}) {
		t.Errorf("this process counts %+v for steps of an earlier one", got)
	}
}

func TestDoIsResumableWhenToldToStop(t *testing.T) {
	tests := []struct {
		name, stop string // in which step; empty: before the first
		deaf       bool   // the step finishes all the same
		want       string
		journaled  string
		read       int
	}{
		{
			name: "while a step works", stop: "decide",
			want:      "running import=done decide=running report=not-reached",
			journaled: "running import=done decide=running",
			read:      30,
		},
		{
			name: "while a step works that comes to its end", stop: "decide", deaf: true,
			want:      "running import=done decide=done report=not-reached",
			journaled: "running import=done decide=done",
			read:      30,
		},
		{
			name: "while the last step comes to its end", stop: "report", deaf: true,
			want:      "done import=done decide=done report=done",
			journaled: "done import=done decide=done report=done",
			read:      60,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			j := newMemory()
			r := newRunner(j)
			row := begin(t, r, testDay)
			s := script{act: map[string]func(context.Context, *Work) error{
				tt.stop: func(ctx context.Context, _ *Work) error {
					cancel(errStop)
					if tt.deaf {
						return nil
					}
					return fmt.Errorf("read a row: %w", ctx.Err())
				},
			}}
			rep, err := r.Do(ctx, row, s.steps())
			if done := rep.Run.State == StateDone; done == errors.Is(err, errStop) || done != (err == nil) {
				t.Errorf("Do: %v in state %s, want the cause unless all was done", err, rep.Run.State)
			}
			if got := states(rep); got != tt.want {
				t.Errorf("report  %s\nwant    %s", got, tt.want)
			}
			if got := journaled(t, j, row.ID); got != tt.journaled {
				t.Errorf("journal %s\nwant    %s", got, tt.journaled)
			}
			if rep.Run.Counts.Read != tt.read {
				t.Errorf("read %d rows, want %d", rep.Run.Counts.Read, tt.read)
			}
			unfinished, found, err := j.Unfinished(t.Context(), "nightly")
			if err != nil || found != (rep.Run.State != StateDone) {
				t.Fatalf("unfinished: %v, %v", found, err)
			}
			if !found {
				return
			}
			s.act = nil
			rep, err = r.Do(t.Context(), unfinished, s.steps())
			if err != nil || rep.Run.State != StateDone || rep.Run.Counts.Read != 60 {
				t.Errorf("resumed: %s with %+v, %v", states(rep), rep.Run.Counts, err)
			}
		})
	}
}

func TestDoBeforeWhichItWasToldToStop(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	r := newRunner(newMemory())
	row := begin(t, r, testDay)
	cancel(errStop)
	var s script
	rep, err := r.Do(ctx, row, s.steps())
	if err == nil || len(s.done) > 0 {
		t.Errorf("did %v, %v", s.done, err)
	}
	if got, want := states(rep), " import=not-reached decide=not-reached report=not-reached"; got != want {
		t.Errorf("report %q, want %q", got, want)
	}
}

func TestDoCollectsWarningsInOrder(t *testing.T) {
	warn := func(codes ...string) func(context.Context, *Work) error {
		return func(_ context.Context, w *Work) error {
			for _, c := range codes {
				w.Warn(Warning{Code: c})
			}
			return nil
		}
	}
	r := newRunner(newMemory())
	s := script{act: map[string]func(context.Context, *Work) error{
		"import": warn("b", "a"),
		"report": func(ctx context.Context, w *Work) error { return errors.Join(warn("c")(ctx, w), errStep) },
	}}
	rep, err := r.Do(t.Context(), begin(t, r, testDay), s.steps())
	if !errors.Is(err, errStep) {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Warning{{Code: "b"}, {Code: "a"}, {Code: "c"}}, rep.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func TestDoTellsItsWatcherOfEachStep(t *testing.T) {
	var heard []string
	r := newRunner(newMemory())
	r.Watch = func(step string, w *Work) func(StepRow) {
		heard = append(heard, "begin "+step)
		return func(o StepRow) {
			if o.Counts != w.Counts() {
				t.Errorf("step %s ended with %+v, its work says %+v", step, o.Counts, w.Counts())
			}
			heard = append(heard, o.State+" "+o.Name)
		}
	}
	s := script{act: map[string]func(context.Context, *Work) error{"decide": func(context.Context, *Work) error { return errStep }}}
	if _, err := r.Do(t.Context(), begin(t, r, testDay), s.steps()); !errors.Is(err, errStep) {
		t.Fatal(err)
	}
	want := []string{"begin import", "done import", "begin decide", "failed decide"}
	if diff := cmp.Diff(want, heard); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

func TestDoMeasuresEachStep(t *testing.T) {
	r := newRunner(newMemory())
	rep, err := r.Do(t.Context(), begin(t, r, testDay), (&script{}).steps())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range rep.Steps {
		if s.Seconds() != 1 { // by the clock of the test
			t.Errorf("step %s took %v s, want 1", s.Name, s.Seconds())
		}
		if s.PeakRSS < 1<<20 || s.PeakRSS > 1<<40 {
			t.Errorf("step %s: peak of %d bytes", s.Name, s.PeakRSS)
		}
	}
	if s := (StepRow{StartedAt: rep.Run.StartedAt}).Seconds(); s != 0 {
		t.Errorf("an unfinished step took %v s, want 0", s)
	}
}
