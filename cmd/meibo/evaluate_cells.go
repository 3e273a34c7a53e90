package main

import (
	"strconv"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/identity"
	"meibo/pipeline/intake"
)

// trimCell drops blanks around a cell; most have none.
func trimCell(s string) string {
	if s == "" || letterFirst(s) && (letterFirst(s[len(s)-1:]) || len(s) >= 3 && letterFirst(s[len(s)-3:])) {
		return s
	}
	return strings.TrimSpace(s)
}

// letterFirst reports whether a text surely begins with no blank: with visible
// ASCII, or with kana or kanji of three bytes. Further blanks are all below them.
func letterFirst(s string) bool {
	switch c := s[0]; {
	case c < 0x80:
		return c > ' ' && c < 0x7f
	case c == 0xe3:
		return len(s) >= 3 && s[1] > 0x80
	default:
		return c > 0xe3 && c < 0xf0 && len(s) >= 3
	}
}

// isSeveral reports whether a cell holds several values.
func isSeveral(s string) bool {
	for i := range len(s) {
		if c := s[i]; c == ';' || c == '|' || c >= 0x80 {
			return strings.ContainsAny(s[i:], separators)
		}
	}
	return false
}

// separators stand between several values in one cell.
const separators = ";；、|"

// several cuts a cell of several values.
func several(s string) []string {
	var out []string
	for _, v := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		if v = trimCell(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

func certificates(s string) []identity.Certificate {
	var out []identity.Certificate
	for _, v := range several(s) {
		if identity.NumberKey(v) != "" {
			out = append(out, identity.Certificate{Number: v})
		}
	}
	return out
}

// datesRead tells how the column of birth dates was read.
type datesRead struct {
	Order      string `json:"order,omitempty"` // day/month or month/day; empty if no date leaves it open
	DayFirst   int    `json:"day_first"`       // dates that can only be read with the day first
	MonthFirst int    `json:"month_first"`     // dates that can only be read with the month first
	Unreadable int    `json:"unreadable"`      // cells that hold something and no date
}

// The orders of day and month.
const (
	dayFirst   = "day/month"
	monthFirst = "month/day"
)

func (d *datesRead) add(o datesRead) {
	d.DayFirst, d.MonthFirst, d.Unreadable = d.DayFirst+o.DayFirst, d.MonthFirst+o.MonthFirst, d.Unreadable+o.Unreadable
}

// decide settles the order by the evidence.
func (d *datesRead) decide() {
	if d.MonthFirst > d.DayFirst {
		d.Order = monthFirst
	} else if d.DayFirst > 0 {
		d.Order = dayFirst
	}
}

// weigh counts what a cell says of the order of day and month.
func (d *datesRead) weigh(s string) {
	if _, ok := isoDate(s); ok {
		return
	}
	switch n := numbers(trimCell(s)); {
	case len(n) < 3 || n[0] > 31 || n[2] <= 31: // the year is not the last
	case n[0] > 12 && n[1] <= 12:
		d.DayFirst++
	case n[1] > 12 && n[0] <= 12:
		d.MonthFirst++
	}
}

// date reads a birth date: 2006-01-02 and other orders of three numbers, the year
// being the one of four digits; else as people in Japan write it. A day that does
// not exist is kept, since it is a slip of one that does; what is no date at all is
// none, and counted.
func (d *datesRead) date(s string) pipeline.Date {
	if day, ok := isoDate(s); ok {
		return day
	}
	s = trimCell(s)
	if s == "" {
		return 0
	}
	if day, finding := intake.ReadDate(s); finding == nil || !finding.IsError() {
		return day
	}
	n := numbers(s)
	switch {
	case len(n) < 3:
		d.Unreadable++
		return 0
	case n[0] > 31:
		return pipeline.Date(n[0]*10000 + n[1]%100*100 + n[2]%100)
	case n[0] <= 12 && (n[1] > 12 || d.Order == monthFirst): // 12/31/1999
		return pipeline.Date(n[2]*10000 + n[0]*100 + n[1]%100)
	}
	return pipeline.Date(n[2]*10000 + n[1]%100*100 + n[0])
}

// numbers are the first three in a text.
func numbers(s string) []int {
	var n []int
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
		v, err := strconv.Atoi(part)
		if err != nil || len(n) == 3 {
			break
		}
		n = append(n, v)
	}
	return n
}

// isoDate reads 2006-01-02, whether the day exists or not.
func isoDate(s string) (pipeline.Date, bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		switch c := s[i]; {
		case i == 4 || i == 7:
		case c < '0' || c > '9':
			return 0, false
		default:
			n = 10*n + int(c-'0')
		}
	}
	return pipeline.Date(n), true
}
