package conduct

import (
	"fmt"

	"meibo/pipeline"
)

// calendar knows on which days an office is closed: weekends, the days listed
// and, if so set, from 29 December to 3 January. Holidays of years that the
// rules do not list yet count as business days, which is the stricter reading.
type calendar struct {
	holidays map[pipeline.Date]bool
	yearEnd  bool
}

func newCalendar(days []string, yearEnd bool) (calendar, error) {
	c := calendar{map[pipeline.Date]bool{}, yearEnd}
	for _, text := range days {
		d, err := pipeline.ParseDate(text)
		if err != nil {
			return c, fmt.Errorf("holidays: %w", err)
		}
		c.holidays[d] = true
	}
	return c, nil
}

func (c calendar) closed(d pipeline.Date) bool {
	w, md := weekday(d), d.Month()*100+d.Day()
	return w == 0 || w == 6 || c.holidays[d] || c.yearEnd && (md >= 1229 || md <= 103)
}

// weekday is 0 for Sunday to 6 for Saturday.
func weekday(d pipeline.Date) int {
	sunday, _ := pipeline.NewDate(2026, 11, 22)
	return ((d.Sub(sunday) % 7) + 7) % 7
}

// businessDays counts the business days after from up to and with to: 0 on the
// day itself and on the closed days that follow it. Before from it is 0, too.
func (c calendar) businessDays(from, to pipeline.Date) (n int) {
	for d := from.AddDays(1); d <= to; d = d.AddDays(1) {
		if !c.closed(d) {
			n++
		}
	}
	return n
}
