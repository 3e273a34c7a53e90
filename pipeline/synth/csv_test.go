package synth

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCSVIsWrittenAsTheOfficeDoes(t *testing.T) {
	row := []cell{text("髙﨑㍻"), date(20261121), text(`a"b,c`)}
	for _, tt := range []struct {
		name string
		f    format
		want string
	}{
		{"UTF-8 with CRLF", format{}, "髙﨑㍻,2026-11-21,\"a\"\"b,c\"\r\n"},
		{"UTF-8 with BOM and LF", format{csv: csvStyle{encoding: utf8BOM, lf: true}}, "\ufeff髙﨑㍻,2026-11-21,\"a\"\"b,c\"\n"},
		{"tabs", format{csv: csvStyle{tab: true}}, "髙﨑㍻\t2026-11-21\t\"a\"\"b,c\"\r\n"},
		{
			"CP932 with the letters of IBM and NEC",
			format{dates: datesEra, csv: csvStyle{encoding: cp932}},
			"\xfb\xfc\xfa\xb1\x87\x7e,R8.11.21,\"a\"\"b,c\"\r\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.csv")
			c, err := newCSV(path, tt.f)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.row(row); err != nil {
				t.Fatal(err)
			}
			if err := c.close(); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCP932FallsBackToTheUsualLetter(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"𠮷田", "吉田"}, {"髙﨑", "髙﨑"}, {"𩸽", "〓"}, {"Abc", "Abc"}, {"濵田", "濵田"}, {"渡邉\U000E0101", "渡邉"},
	} {
		if got := inCP932(tt.in); got != tt.want {
			t.Errorf("inCP932(%s) = %s, want %s", tt.in, got, tt.want)
		}
	}
}
