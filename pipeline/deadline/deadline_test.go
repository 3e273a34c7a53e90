package deadline

import (
	"encoding/csv"
	"os"
	"strconv"
	"strings"
	"testing"

	"meibo/pipeline"
)

// rules returns the shipped rules on retention, with settings changed in pairs
// of name and value.
func rules(t testing.TB, changed ...string) *Settings {
	t.Helper()
	data, err := os.ReadFile("../../schemas/rules/retention.yaml")
	if err != nil {
		t.Fatal(err)
	}
	r, err := ParseRetention("retention.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.RulesOn(day("2026-11-22"))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(changed); i += 2 {
		if s, err = s.With(changed[i], changed[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// kinds returns the shipped rules on qualifications.
func kinds(t testing.TB) *Kinds {
	t.Helper()
	data, err := os.ReadFile("../../schemas/rules/qualifications.yaml")
	if err != nil {
		t.Fatal(err)
	}
	h, err := ParseKinds("qualifications.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	k, err := h.KindsOn(day("2026-11-22"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// day reads a date; the empty string is no date.
func day(s string) pipeline.Date {
	if s == "" {
		return 0
	}
	return pipeline.MustDate(s)
}

// days reads dates separated by semicolons.
func days(s string) (out []pipeline.Date) {
	for f := range strings.SplitSeq(s, ";") {
		if f != "" {
			out = append(out, day(f))
		}
	}
	return out
}

// vectors reads a CSV file of testdata into maps by header.
func vectors(t testing.TB, name string) []map[string]string {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, r := range records[1:] {
		m := map[string]string{}
		for i, h := range records[0] {
			m[h] = r[i]
		}
		out = append(out, m)
	}
	return out
}

func number(t testing.TB, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
