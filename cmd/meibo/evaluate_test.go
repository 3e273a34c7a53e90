package main

import (
	"os"
	"strings"
	"testing"

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

func TestTrimCellIsTrimSpace(t *testing.T) {
	for _, edge := range []string{"", " ", "\t", "　", "\u00a0", "\u2003", "\u0085", "\u3000", "山", "ア", "a", "é", "𠮟", "々", "、", "\u2028"} {
		for _, s := range []string{edge, edge + "山田", "山田" + edge, edge + "a" + edge, edge + "é" + edge} {
			if got := trimCell(s); got != strings.TrimSpace(s) {
				t.Errorf("trimCell(%q) = %q, want %q", s, got, strings.TrimSpace(s))
			}
		}
	}
}
