package main

import (
	"os"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/text/encoding/japanese"
)

// cp932 writes a file in UTF-8 anew as Japanese Windows has it: cp932 FROM TO.
func cp932(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: cp932 FROM TO")
	}
	text, err := japanese.ShiftJIS.NewEncoder().String(ts.ReadFile(args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}
