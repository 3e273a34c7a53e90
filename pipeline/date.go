package pipeline

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Date is a calendar day with no clock and no zone, packed as yyyymmdd so that
// dates compare with < and ==. The zero Date means "no date". A deadline falls
// on a day, not at an instant, so nothing here can shift by an hour or a zone.
type Date int32

// NewDate returns the day y-m-d. It reports false for a day that does not
// exist in the Gregorian calendar or a year outside 1 to 9999.
func NewDate(y, m, d int) (Date, bool) {
	if y < 1 || y > 9999 || m < 1 || m > 12 || d < 1 || d > DaysIn(y, m) {
		return 0, false
	}
	return Date(y*10000 + m*100 + d), true
}

// ParseDate reads the form 2006-01-02 and refuses days that do not exist.
// Dates as people write them are read by intake.ReadDate.
func ParseDate(s string) (Date, error) {
	if len(s) == 10 && s[4] == '-' && s[7] == '-' {
		y, oky := digits(s[0:4])
		m, okm := digits(s[5:7])
		d, okd := digits(s[8:10])
		if oky && okm && okd {
			if day, ok := NewDate(y, m, d); ok {
				return day, nil
			}
		}
	}
	return 0, fmt.Errorf("date %q: want an existing day as YYYY-MM-DD", s)
}

// MustDate is ParseDate for constants and tests; it panics on a bad date.
func MustDate(s string) Date {
	d, err := ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// DateOf returns the day of t in t's own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date(y*10000 + int(m)*100 + d)
}

func digits(s string) (n int, ok bool) {
	for i := range len(s) {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// Year, Month and Day take the date apart; Month counts from 1.
func (d Date) Year() int  { return int(d) / 10000 }
func (d Date) Month() int { return int(d) / 100 % 100 }
func (d Date) Day() int   { return int(d) % 100 }

// IsZero reports whether d is "no date".
func (d Date) IsZero() bool { return d == 0 }

// String gives 2006-01-02, and the empty string for no date.
func (d Date) String() string {
	if d == 0 {
		return ""
	}
	var b [10]byte
	y, m, day := d.Year(), d.Month(), d.Day()
	b[0], b[1], b[2], b[3] = '0'+byte(y/1000), '0'+byte(y/100%10), '0'+byte(y/10%10), '0'+byte(y%10)
	b[4], b[5], b[6] = '-', '0'+byte(m/10), '0'+byte(m%10)
	b[7], b[8], b[9] = '-', '0'+byte(day/10), '0'+byte(day%10)
	return string(b[:])
}

// DaysIn returns the number of days of month m (1 to 12) of year y.
func DaysIn(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// DayNumber counts days from 0001-01-01, which is 0.
func (d Date) DayNumber() int {
	// Howard Hinnant's days_from_civil, with the year beginning in March.
	y, m := d.Year(), d.Month()
	if m <= 2 {
		y--
		m += 12
	}
	return 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d.Day() - 307
}

// DateFromNumber is the inverse of DayNumber.
func DateFromNumber(n int) Date {
	n += 306 // days from 0000-03-01
	era := n / 146097
	doe := n % 146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d := doy - (153*mp+2)/5 + 1
	m := mp + 3
	y := yoe + era*400
	if m > 12 {
		m -= 12
		y++
	}
	return Date(y*10000 + m*100 + d)
}

// AddDays returns the day n days after d; n may be negative.
func (d Date) AddDays(n int) Date { return DateFromNumber(d.DayNumber() + n) }

// Sub returns the number of days from e to d.
func (d Date) Sub(e Date) int { return d.DayNumber() - e.DayNumber() }

// EndOfMonth returns the last day of d's month.
func (d Date) EndOfMonth() Date { return d - Date(d.Day()) + Date(DaysIn(d.Year(), d.Month())) }

// YearMonth returns the month of d.
func (d Date) YearMonth() YearMonth { return YearMonth(int(d) / 100) }

// MarshalText and UnmarshalText use the form 2006-01-02; empty is no date.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the form 2006-01-02; empty text is no date.
func (d *Date) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*d = 0
		return nil
	}
	*d, err = ParseDate(string(b))
	return err
}

// Value stores d as text, which SQLite, MySQL, MariaDB and TiDB order alike;
// no date is NULL.
func (d Date) Value() (driver.Value, error) {
	if d == 0 {
		return nil, nil
	}
	return d.String(), nil
}

// Scan accepts NULL, text and bytes.
func (d *Date) Scan(v any) (err error) {
	switch v := v.(type) {
	case nil:
		*d = 0
	case string:
		err = d.UnmarshalText([]byte(v))
	case []byte:
		err = d.UnmarshalText(v)
	default:
		err = fmt.Errorf("date: cannot scan %T", v)
	}
	return err
}

// YearMonth is a calendar month, packed as yyyymm; zero means none.
type YearMonth int32

// NewYearMonth returns the month y-m; it reports false outside 0001-01 to 9999-12.
func NewYearMonth(y, m int) (YearMonth, bool) {
	if y < 1 || y > 9999 || m < 1 || m > 12 {
		return 0, false
	}
	return YearMonth(y*100 + m), true
}

// ParseYearMonth reads the form 2006-01.
func ParseYearMonth(s string) (YearMonth, error) {
	if len(s) == 7 && s[4] == '-' {
		y, oky := digits(s[:4])
		m, okm := digits(s[5:])
		if ym, ok := NewYearMonth(y, m); oky && okm && ok {
			return ym, nil
		}
	}
	return 0, fmt.Errorf("month %q: want YYYY-MM", s)
}

// Year and Month take the month apart; Month counts from 1.
func (m YearMonth) Year() int  { return int(m) / 100 }
func (m YearMonth) Month() int { return int(m) % 100 }

// AddMonths returns the month n months later; n may be negative.
func (m YearMonth) AddMonths(n int) YearMonth {
	k := m.Year()*12 + m.Month() - 1 + n
	return YearMonth(k/12*100 + k%12 + 1)
}

// Sub returns the number of calendar months from o to m.
func (m YearMonth) Sub(o YearMonth) int {
	return (m.Year()-o.Year())*12 + m.Month() - o.Month()
}

// String gives 2006-01, and the empty string for none.
func (m YearMonth) String() string {
	if m == 0 {
		return ""
	}
	return fmt.Sprintf("%04d-%02d", m.Year(), m.Month())
}

// MarshalText gives 2006-01; empty is none.
func (m YearMonth) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads 2006-01; empty text is none.
func (m *YearMonth) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*m = 0
		return nil
	}
	*m, err = ParseYearMonth(string(b))
	return err
}

// Value stores m as text; none is NULL.
func (m YearMonth) Value() (driver.Value, error) {
	if m == 0 {
		return nil, nil
	}
	return m.String(), nil
}

// Scan accepts NULL, text and bytes.
func (m *YearMonth) Scan(v any) (err error) {
	switch v := v.(type) {
	case nil:
		*m = 0
	case string:
		err = m.UnmarshalText([]byte(v))
	case []byte:
		err = m.UnmarshalText(v)
	default:
		err = fmt.Errorf("month: cannot scan %T", v)
	}
	return err
}
