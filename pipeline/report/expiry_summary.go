package report

import (
	"fmt"

	"github.com/xuri/excelize/v2"
)

// chartColors are stronger than the palette of cells.
var chartColors = [steps]string{"C0504D", "E08E45", "E3C04F", "6FA3D0", "B8C4D1"}

// writeSummary fills the first sheet: boxes, counts per month and step, the
// chart of the next months and the agencies with most lapses.
func (e *expiry) writeSummary() error {
	c := e.b.canvas(summarySheet, 2, 11, 10, 10, 10, 10, 11, 10, 3, 6, 16, 32, 10, 10, 11)
	row := c.top("資格有効期限報告書", e.details.count)
	for i, place := range [][2]int{{2, 3}, {4, 5}, {6, 8}, {10, 11}} {
		c.box(place[0], place[1], row, stepTones[i], stepNames[i], e.steps[i])
	}
	c.box(12, 12, row, plain, "対象者（人）", e.people)
	c.box(13, 15, row, someTone(alarm, e.blocked), "うち募集不可（人）", e.blocked)
	e.monthTable(c, row+3)
	e.monthChart(c, row+3)
	e.worstTable(c, row+3+monthChartRows)
	return c.finish()
}

// monthTable counts qualifications per month of expiry and step.
func (e *expiry) monthTable(c *canvas, row int) {
	c.section(2, 8, row, "月別・段階別の件数（有効期限の月）")
	c.headers(2, row+1, append(append([]string{"月"}, stepNames[:]...), "計")...)
	row += 2
	var total [steps]int
	for i, counts := range e.months {
		month, label := e.b.m.AsOf.YearMonth().AddMonths(i-monthsBack), plain
		if i == monthsBack {
			label = good
		}
		c.set(2, row+i, cellStyle(asText, label, "center"), month.String())
		sum := 0
		for k, n := range counts {
			c.set(3+k, row+i, cellStyle(asCount, someTone(stepTones[k], n), ""), n)
			sum += n
			total[k] += n
		}
		c.set(3+steps, row+i, cellStyle(asCount, plain, ""), sum)
	}
	row += len(e.months)
	c.set(2, row, totalStyle(asText, "center"), "計")
	sum := 0
	for k, n := range total {
		c.set(3+k, row, totalStyle(asCount, ""), n)
		sum += n
	}
	c.set(3+steps, row, totalStyle(asCount, ""), sum)
	if total[stepLater] == 0 {
		c.set(2, row+1, noteStyle(), "※ 10か月以降に期限が来る資格は、本報告の集計に含まれていません。")
	}
}

const monthChartRows = 20

func (e *expiry) monthChart(c *canvas, row int) {
	c.section(10, 15, row, "向こう18か月に有効期限が来る資格")
	first := row + 2 + monthsBack
	last := first + monthsAhead - 1
	area := func(col string) string { return fmt.Sprintf("'%s'!$%s$%d:$%s$%d", c.name, col, first, col, last) }
	var all []series
	for i, col := range []string{"D", "E", "F", "G"} {
		all = append(all, series{fmt.Sprintf("'%s'!$%s$%d", c.name, col, row+1), chartColors[1+i], area(col)})
	}
	c.chart(frame{10, row + 1, 15, row + monthChartRows - 2}, "月別の件数", "件数（資格）", excelize.ColStacked, area("B"), all...)
}

func (e *expiry) worstTable(c *canvas, row int) {
	c.section(10, 15, row, "失効の多い代理店（上位10店）")
	c.headers(10, row+1, "順位", "代理店登録番号", "代理店名", "失効後", "当月", "募集不可(人)")
	worst := e.worst(10)
	for i, a := range worst {
		at := row + 2 + i
		c.set(10, at, cellStyle(asCount, plain, "center"), i+1)
		c.set(11, at, cellStyle(asText, plain, ""), a.no)
		c.set(12, at, cellStyle(asText, plain, ""), a.name)
		c.set(13, at, cellStyle(asCount, alarm, ""), a.steps[stepLapsed])
		c.set(14, at, cellStyle(asCount, someTone(urgent, a.steps[stepNow]), ""), a.steps[stepNow])
		c.set(15, at, cellStyle(asCount, someTone(alarm, a.blocked), ""), a.blocked)
	}
	if len(worst) == 0 {
		c.set(10, row+2, lineStyle(), "失効した資格はありません。")
	}
}
