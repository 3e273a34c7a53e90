// Package deadline works out what lapses and what must be deleted on a given
// day, and why.
//
// It is pure: rules come in as bytes, facts as values, the day as a parameter,
// and every verdict carries its reason, its clause and the version of the rule.
package deadline

import (
	"fmt"
	"strconv"

	"meibo/pipeline"
)

// maxDate is the last day that a Date can write; no period ends later.
const maxDate = pipeline.Date(9999_12_31)

// Period returns the last day of the period of so many months after base and
// the first day after it (民法138条-143条).
//
// The base day is not counted: the period begins on the next day. If the month
// of its end has the day of its beginning, the day before that one is the last;
// if not, the last is that month's last day. A deadline that falls on a holiday
// does not move.
//
// Any base of the years 1 to 9999 and any months from 0 up are valid. A period
// that would end after 9999-12-31 ends on that day, and then firstAfter is the
// same day, since there is no later one; InRange tells beforehand. The zero
// base has no period: both results are zero.
func Period(base pipeline.Date, months int) (last, firstAfter pipeline.Date) {
	if base.IsZero() {
		return 0, 0
	}
	y, m, d := base.Year(), base.Month(), base.Day()+1 // 起算日
	if d > 28 && d > pipeline.DaysIn(y, m) {
		d = 1
		m++
	}
	k := y*12 + m - 1 + months
	y, m = k/12, k%12+1
	if y > 9999 {
		return maxDate, maxDate
	}
	if d == 1 {
		return endOfMonthBefore(y, m), ymd(y, m, 1)
	}
	if d > 28 {
		if n := pipeline.DaysIn(y, m); d > n {
			return ymd(y, m, n), dayAfter(ymd(y, m, n))
		}
	}
	return ymd(y, m, d-1), ymd(y, m, d)
}

// InRange reports whether Period can answer for base and months without running
// over the end of the calendar.
func InRange(base pipeline.Date, months int) bool {
	if base.IsZero() || months < 0 || months > 12*9999 {
		return false
	}
	last, firstAfter := Period(base, months)
	return last < firstAfter
}

// clampedPeriod is Period under the reading that most programs take: the same
// day of the month, or the month's last day where there is none.
func clampedPeriod(base pipeline.Date, months int) (last, firstAfter pipeline.Date) {
	if base.IsZero() {
		return 0, 0
	}
	k := base.Year()*12 + base.Month() - 1 + months
	y, m := k/12, k%12+1
	if y > 9999 {
		return maxDate, maxDate
	}
	last = ymd(y, m, min(base.Day(), pipeline.DaysIn(y, m)))
	return last, dayAfter(last)
}

// PeriodName writes a period as the rule book does: 半年, 10年, 3か月, 5年6か月.
func PeriodName(months int) string {
	switch y, m := months/12, months%12; {
	case months == 6:
		return "半年"
	case m == 0 && y > 0:
		return strconv.Itoa(y) + "年"
	case y == 0:
		return strconv.Itoa(m) + "か月"
	default:
		return fmt.Sprintf("%d年%dか月", y, m)
	}
}

func ymd(y, m, d int) pipeline.Date { return pipeline.Date(y*10000 + m*100 + d) }

func endOfMonthBefore(y, m int) pipeline.Date {
	if m == 1 {
		return ymd(y-1, 12, 31)
	}
	return ymd(y, m-1, pipeline.DaysIn(y, m-1))
}

// dayAfter stays on 9999-12-31, which has no day after it.
func dayAfter(d pipeline.Date) pipeline.Date {
	switch {
	case d >= maxDate:
		return maxDate
	case d.Day() < 28 || d.Day() < pipeline.DaysIn(d.Year(), d.Month()):
		return d + 1
	case d.Month() == 12:
		return ymd(d.Year()+1, 1, 1)
	default:
		return ymd(d.Year(), d.Month()+1, 1)
	}
}
