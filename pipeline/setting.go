package pipeline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// SettingFault is what is wrong with one setting of a configuration or of a file
// of rules, in the words of whoever has to mend it. It shows no secret.
type SettingFault struct {
	File    string // as it was named; empty: the setting is of a flag or the environment
	Line    int    // from 1; 0: not known
	Key     string // such as insurers[0].code; empty: the file as a whole
	JA, EN  string // what is wrong and what to do
	Excerpt string // the line, where it says more than the words; may be empty
	Err     error  // the cause; may be nil
}

func (f SettingFault) english() string {
	var where []string
	switch {
	case f.File != "" && f.Line > 0:
		where = append(where, fmt.Sprintf("%s:%d", f.File, f.Line))
	case f.File != "":
		where = append(where, f.File)
	}
	if f.Key != "" {
		where = append(where, f.Key)
	}
	return strings.Join(append(where, f.EN), ": ") + f.excerpt()
}

func (f SettingFault) japanese() string {
	where := f.File
	if f.Line > 0 {
		where += fmt.Sprintf(" %d行目", f.Line)
	}
	if f.Key != "" {
		where = strings.TrimSpace(where + " " + f.Key)
	}
	if where != "" {
		where += ": "
	}
	return where + f.JA + f.excerpt()
}

func (f SettingFault) excerpt() string {
	if f.Excerpt == "" {
		return ""
	}
	return fmt.Sprintf("\n%5d | %s", f.Line, f.Excerpt)
}

// SettingFaults are all that was found wrong at once, in order of their lines.
type SettingFaults []SettingFault

// Error tells them in English, each on a line of its own.
func (s SettingFaults) Error() string { return s.lines(SettingFault.english) }

// Japanese tells them in Japanese, each on a line of its own.
func (s SettingFaults) Japanese() string { return s.lines(SettingFault.japanese) }

func (s SettingFaults) lines(say func(SettingFault) string) string {
	out := make([]string, len(s))
	for i, f := range s {
		out[i] = say(f)
	}
	return strings.Join(out, "\n")
}

// Unwrap gives the causes.
func (s SettingFaults) Unwrap() []error {
	var causes []error
	for _, f := range s {
		if f.Err != nil {
			causes = append(causes, f.Err)
		}
	}
	return causes
}

// Sort puts the faults in order of their lines.
func (s SettingFaults) Sort() {
	slices.SortStableFunc(s, func(a, b SettingFault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Key, b.Key), cmp.Compare(a.EN, b.EN))
	})
}

// OrNil sorts the faults and returns them as an error; none is none.
func (s SettingFaults) OrNil() error {
	if len(s) == 0 {
		return nil
	}
	s.Sort()
	return s
}
