//go:build failpoint

package failpoint

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

var (
	mu     sync.Mutex
	passed = map[string]int{} // how often each point was passed
)

// Hit is passed at a place; of says at which of several alike, and may be empty.
// The point is called place-of.
func Hit(place, of string) {
	name := strings.TrimSuffix(place+"-"+of, "-")
	mu.Lock()
	defer mu.Unlock()
	passed[name]++
	if file := os.Getenv("MEIBO_FAILPOINT_LOG"); file != "" {
		note(file, name)
	}
	at, how, _ := strings.Cut(os.Getenv("MEIBO_FAILPOINT"), ":")
	nth, way, _ := strings.Cut(how, ":")
	if at != name || nth != "" && nth != strconv.Itoa(passed[name]) {
		return
	}
	if way == "panic" {
		panic(errors.New("a row of somebody's file"))
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // the signal is on its way
}

// Near is Hit at a place of an inner package: of is the function outside of the
// calling package for which the work is done.
func Near(place string) { Hit(place, purpose()) }

// note adds a line to a file. A log that cannot be written would make a test
// that enumerates points see too few of them.
func note(file, name string) {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(name + "\n")
	}
	if err != nil {
		panic(fmt.Sprintf("failpoint: log: %v", err))
	}
	f.Close()
}

// purpose is the function that called into the package of Near's caller from
// outside, by its own name. What is called back from there in between, such as an
// iterator, is passed over.
func purpose() string {
	pcs := make([]uintptr, 100)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)]) // behind Callers, purpose and Near
	first, more := frames.Next()
	inner := packageOf(first.Function)
	outside := ""
	for before := inner; more; {
		var f runtime.Frame
		f, more = frames.Next()
		pkg := packageOf(f.Function)
		if before == inner && pkg != inner {
			outside = f.Function
		}
		before = pkg
	}
	_, name, _ := strings.Cut(outside[strings.LastIndexByte(outside, '/')+1:], ".")
	return closure.ReplaceAllString(strings.NewReplacer("(*", "", ")", "", "[...]", "").Replace(name), "")
}

// closure is what the compiler adds to the name of a function for what is written
// inside of it.
var closure = regexp.MustCompile(`(\.func\d+|\.gowrap\d+|-range\d+|\.\d+)+$`)

// packageOf is the import path in the full name of a function.
func packageOf(function string) string {
	slash := strings.LastIndexByte(function, '/') + 1
	pkg, _, _ := strings.Cut(function[slash:], ".")
	return function[:slash] + pkg
}
