// Command meibo keeps Japan's register of general-insurance agents: it takes in
// the night's files, works out what lapses and what must be deleted, and
// reports both with their reasons.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the zone Asia/Tokyo must exist on the barest machine

	"meibo/pipeline/source"
)

func main() {
	// A file that reaches the size limit of its process is an error of its write,
	// as on a full disk, and not the end of the process.
	signal.Ignore(syscall.SIGXFSZ)
	ctx, stop := interruptible(context.Background())
	code := Main(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// errInterrupted is the cause of a context that a signal ended.
var errInterrupted = errors.New("interrupted")

// interruptible ends the context at the first interrupt or termination, so
// that the chunk in hand is finished; a second one exits at once. Both leave a
// run that resume can finish.
func interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		if _, ok := <-signals; !ok {
			return
		}
		cancel(errInterrupted)
		if _, ok := <-signals; ok {
			os.Exit(exitInterrupted)
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}

// decryptCommand makes the program the child that opens one workbook with a
// password. It is for the program itself and stands in no help.
const decryptCommand = "decrypt-workbook"

// Main is the whole program without its process, so that tests can run it.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 1 && args[0] == decryptCommand {
		return source.DecryptMain(os.Stdin, stdout)
	}
	out := &sink{w: stdout}
	app := &app{out: out, err: stderr, env: os.Getenv}
	root := app.root()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err != nil && !app.begun {
		err = app.misused(args, err)
	}
	if err != nil && ctx.Err() != nil && errors.Is(context.Cause(ctx), errInterrupted) {
		err = errors.Join(errInterrupted, err)
	}
	code := app.finish(err)
	if lost := out.err; lost != nil && (code == exitOK || code == exitRefused || code == exitAttention) {
		app.json = false // nobody reads it there
		return app.finish(&failure{exitFailed, "処理は終わりましたが、結果を出力できません。", "done, but the result cannot be written", lost})
	}
	return code
}

// sink remembers that output was lost: a result that nobody got is a failure.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil && s.err == nil {
		s.err = err
	}
	return n, err
}
