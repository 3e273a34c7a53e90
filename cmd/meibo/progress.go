package main

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"meibo/pipeline/run"
)

// beats logs a line for a step that takes long, every so often.
func beats(log *slog.Logger, every time.Duration) func(string, *run.Work) func(run.StepRow) {
	return func(step string, w *run.Work) func(run.StepRow) {
		stop := poll(every, func() {
			c := w.Counts()
			log.Info("working", "step", step, "read", c.Read, "expected", w.Expected(), "applied", c.Applied, "rejected", c.Rejected)
		})
		return func(run.StepRow) { stop() }
	}
}

// bars draws one line per step with rows, rows per second and time left.
func bars(out io.Writer) func(string, *run.Work) func(run.StepRow) {
	return func(step string, w *run.Work) func(run.StepRow) {
		start := time.Now()
		p := mpb.New(mpb.WithOutput(out), mpb.WithAutoRefresh())
		bar := p.AddBar(0,
			mpb.BarWidth(30),
			mpb.PrependDecorators(decor.Name(step, decor.WC{W: 12, C: decor.DindentRight})),
			mpb.AppendDecorators(
				decor.CurrentNoUnit("%d", decor.WC{W: 10}),
				decor.Any(func(s decor.Statistics) string { return pace(s.Current, w.Expected(), time.Since(start)) }, decor.WC{W: 24}),
			))
		show := func() {
			read := int64(w.Counts().Read)
			bar.SetTotal(max(int64(w.Expected()), read+1), false)
			bar.SetCurrent(read)
		}
		stop := poll(200*time.Millisecond, show)
		return func(run.StepRow) {
			stop()
			show()
			bar.SetTotal(-1, true)
			p.Wait()
		}
	}
}

// pace says how fast rows are read and, if it is known how many there are, how
// long the rest will take.
func pace(read int64, expected int, took time.Duration) string {
	perSecond := float64(read) / max(took.Seconds(), 0.001)
	text := fmt.Sprintf("%.0f rows/s", perSecond)
	if left := int64(expected) - read; left > 0 && read > 0 {
		text += fmt.Sprintf(" %s left", time.Duration(float64(left)/perSecond*float64(time.Second)).Round(time.Second))
	}
	return text
}

// poll calls fn every so often until the returned function is called, which
// waits for a call in hand.
func poll(every time.Duration, fn func()) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		t := time.NewTicker(every)
		defer t.Stop()
		for {
			select {
			case <-quit:
				return
			case <-t.C:
				fn()
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}
