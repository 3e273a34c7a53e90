package deadline

import (
	"math/rand/v2"
	"testing"
	"time"

	"meibo/pipeline"
)

func TestPeriodVectors(t *testing.T) {
	for _, v := range vectors(t, "periods.csv") {
		last, first := Period(day(v["base"]), number(t, v["months"]))
		if last.String() != v["last_day"] || first.String() != v["first_day_after"] {
			t.Errorf("%s: Period(%s, %s) = %s, %s; want %s, %s", v["id"], v["base"], v["months"], last, first, v["last_day"], v["first_day_after"])
		}
		if got := PeriodName(number(t, v["months"])); got != v["period"] {
			t.Errorf("%s: PeriodName(%s) = %s, want %s", v["id"], v["months"], got, v["period"])
		}
	}
}

// calendar is the second implementation: a written-out calendar, made by walking
// day by day with the standard library's clock, in which months and days are
// counted with a finger. It shares no arithmetic with Period or Date.
type calendar struct {
	days   []pipeline.Date       // every day in order
	at     map[pipeline.Date]int // its place
	months []int                 // place of the first day of each month in order
	month  []int32               // for each day, the place of its month
}

func walk(from, to time.Time) *calendar {
	c := &calendar{at: map[pipeline.Date]int{}}
	for t := from; t.Before(to); t = t.Add(24 * time.Hour) {
		if t.Day() == 1 {
			c.months = append(c.months, len(c.days))
		}
		d := pipeline.DateOf(t)
		c.at[d] = len(c.days)
		c.days = append(c.days, d)
		c.month = append(c.month, int32(len(c.months)-1))
	}
	return c
}

// period counts: one day on for the beginning, so many months on, then through
// that month day by day to the day of the beginning, or to the month's end.
func (c *calendar) period(base pipeline.Date, months int) (last, firstAfter pipeline.Date) {
	s := c.at[base] + 1
	begun := s - c.months[c.month[s]] // days of the month before the beginning
	target := int(c.month[s]) + months
	for i := c.months[target]; ; i++ {
		if i == c.months[target+1] || i-c.months[target] == begun {
			return c.days[i-1], c.days[i]
		}
	}
}

func TestPeriodAgreesWithCountingDayByDay(t *testing.T) {
	c := walk(time.Date(1890, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2160, 1, 1, 0, 0, 0, 0, time.UTC))
	bases := c.at[day("2110-12-31")]
	r := rand.New(rand.NewPCG(10, 12))
	for range 1_000_000 {
		base, months := c.days[r.IntN(bases)], r.IntN(481)
		last, first := Period(base, months)
		if wantLast, wantFirst := c.period(base, months); last != wantLast || first != wantFirst {
			t.Fatalf("Period(%s, %d) = %s, %s; counted %s, %s", base, months, last, first, wantLast, wantFirst)
		}
	}
}

// The laws of the rules, over every base of two leap-year borders and all
// periods to eleven years.
func TestPeriodLaws(t *testing.T) {
	for _, span := range [][2]string{{"1896-01-01", "1905-12-31"}, {"1996-01-01", "2008-12-31"}, {"2023-01-01", "2028-12-31"}} {
		for base := day(span[0]); base <= day(span[1]); base = base.AddDays(1) {
			before := pipeline.Date(0)
			for months := range 133 {
				last, first := Period(base, months)
				if first != last.AddDays(1) {
					t.Fatalf("Period(%s, %d): %s is not the day after %s", base, months, first, last)
				}
				if first < before {
					t.Fatalf("Period(%s, %d): more months end earlier, on %s", base, months, last)
				}
				if _, next := Period(base.AddDays(1), months); next < first {
					t.Fatalf("Period(%s, %d): a later base ends earlier than %s", base.AddDays(1), months, last)
				}
				if _, clamped := clampedPeriod(base, months); first < clamped {
					t.Fatalf("Period(%s, %d): %s is earlier than the clamped %s", base, months, first, clamped)
				}
				before = first
			}
		}
	}
}

// The figures of the rules: what AddDate would do over twenty years of bases.
func TestPeriodIsNotAddDate(t *testing.T) {
	for months, wantEarly := range map[int]int{6: 100, 3: 60} {
		early, late, n := 0, 0, 0
		for d := time.Date(2006, 1, 1, 0, 0, 0, 0, time.UTC); n < 7305; d = d.AddDate(0, 0, 1) {
			n++
			naive := pipeline.DateOf(d.AddDate(0, months, 1))
			switch _, first := Period(pipeline.DateOf(d), months); {
			case naive < first:
				early++
			case naive > first:
				late++
			}
		}
		if early != wantEarly || late == 0 {
			t.Errorf("%d months: AddDate is early on %d and late on %d bases, want %d early and some late", months, early, late, wantEarly)
		}
	}
}

func TestPeriodAtTheEdgesOfTheCalendar(t *testing.T) {
	tests := []struct {
		name, base  string
		months      int
		last, first string
		inRange     bool
	}{
		{"no base has no period", "", 6, "", "", false},
		{"first day there is", "0001-01-01", 6, "0001-07-01", "0001-07-02", true},
		{"no months end on the base day", "2025-03-31", 0, "2025-03-31", "2025-04-01", true},
		{"last period that fits", "9999-06-29", 6, "9999-12-29", "9999-12-30", true},
		{"the first day after would not fit", "9999-06-30", 6, "9999-12-31", "9999-12-31", false},
		{"runs over the end", "9999-12-31", 12, "9999-12-31", "9999-12-31", false},
		{"ten years over the end", "9995-05-05", 120, "9999-12-31", "9999-12-31", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			last, first := Period(day(tt.base), tt.months)
			if last.String() != tt.last || first.String() != tt.first {
				t.Errorf("Period(%s, %d) = %s, %s; want %s, %s", tt.base, tt.months, last, first, tt.last, tt.first)
			}
			if got := InRange(day(tt.base), tt.months); got != tt.inRange {
				t.Errorf("InRange(%s, %d) = %t", tt.base, tt.months, got)
			}
		})
	}
	if InRange(day("2025-01-01"), -1) {
		t.Error("a negative period is in range")
	}
}

func TestClampedPeriod(t *testing.T) {
	tests := []struct {
		base        string
		months      int
		last, first string
	}{
		{"2025-08-31", 6, "2026-02-28", "2026-03-01"},
		{"2025-06-30", 6, "2025-12-30", "2025-12-31"},
		{"2025-01-31", 11, "2025-12-31", "2026-01-01"},
		{"2016-02-29", 120, "2026-02-28", "2026-03-01"},
		{"9999-12-31", 1, "9999-12-31", "9999-12-31"},
		{"9999-11-30", 1, "9999-12-30", "9999-12-31"},
		{"", 6, "", ""},
	}
	for _, tt := range tests {
		if last, first := clampedPeriod(day(tt.base), tt.months); last != day(tt.last) || first != day(tt.first) {
			t.Errorf("clampedPeriod(%s, %d) = %s, %s; want %s, %s", tt.base, tt.months, last, first, tt.last, tt.first)
		}
	}
}

func TestPeriodName(t *testing.T) {
	for months, want := range map[int]string{0: "0か月", 3: "3か月", 6: "半年", 12: "1年", 18: "1年6か月", 60: "5年", 66: "5年6か月", 120: "10年"} {
		if got := PeriodName(months); got != want {
			t.Errorf("PeriodName(%d) = %s, want %s", months, got, want)
		}
	}
}

func BenchmarkPeriod(b *testing.B) {
	bases := make([]pipeline.Date, 1024)
	for i := range bases {
		bases[i] = day("2015-01-01").AddDays(i * 5)
	}
	var sum pipeline.Date
	for i := 0; b.Loop(); i++ {
		last, _ := Period(bases[i&1023], 6)
		sum += last
	}
	_ = sum
}
