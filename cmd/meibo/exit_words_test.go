package main

import (
	"bytes"
	"testing"

	"meibo/pipeline/purge"
)

// Whom a receipt's notes count are people, and what was written meanwhile are rows.
func TestNotesOfAReceiptCountPeopleAsPeople(t *testing.T) {
	var out bytes.Buffer
	a := &app{out: &out, lang: "ja"}
	a.printNotes(&purge.Receipt{Residual: []purge.Residual{
		{Place: purge.NotePutBack, Files: 4}, {Place: purge.NoteWritten, Files: 2}, {Place: "state_dir/archive", Files: 1},
	}})
	want := "  " + purge.NotePutBack + ": 4 人\n  " + purge.NoteWritten + ": 2 行\n"
	if out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
	out.Reset()
	a.lang = "en"
	a.printNotes(&purge.Receipt{Residual: []purge.Residual{{Place: purge.NotePutBack, Files: 4}}})
	if want := "  " + purge.NotePutBack + ": 4\n"; out.String() != want {
		t.Errorf("in English %q, want %q", out.String(), want)
	}
}
