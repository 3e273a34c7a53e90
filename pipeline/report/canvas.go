package report

import (
	"errors"
	"math"

	"github.com/xuri/excelize/v2"
)

// canvas is a small sheet on which boxes, tables and charts stand freely. It is
// held in memory; errors are kept and answered by finish.
type canvas struct {
	b    *book
	name string
	err  error
}

// canvas fills a sheet that addSheet made.
func (b *book) canvas(name string, widths ...float64) *canvas {
	c := &canvas{b: b, name: name}
	height, custom := rowHeight, true
	c.note(b.f.SetSheetProps(name, &excelize.SheetPropsOptions{DefaultRowHeight: &height, CustomHeight: &custom}))
	for i, w := range widths {
		col, err := excelize.ColumnNumberToName(i + 1)
		c.note(err)
		c.note(b.f.SetColWidth(name, col, col, w))
	}
	return c
}

func (c *canvas) note(err error) { c.err = errors.Join(c.err, err) }

func (c *canvas) set(col, row int, st *excelize.Style, v any) {
	id, err := c.b.style(st)
	c.note(err)
	if s, ok := v.(string); ok {
		v = fit(s)
	}
	c.note(c.b.f.SetCellValue(c.name, cellName(col, row), v))
	c.note(c.b.f.SetCellStyle(c.name, cellName(col, row), cellName(col, row), id))
}

func (c *canvas) height(row int, points float64) { c.note(c.b.f.SetRowHeight(c.name, row, points)) }

// top writes the lines that every sheet begins with and returns the next row.
func (c *canvas) top(title string, rows int) int {
	c.set(2, 1, titleStyle(), title)
	c.set(2, 2, lineStyle(), c.b.m.line(rows))
	c.set(2, 3, noteStyle(), notBinding+noOtherUse)
	c.height(1, titleHeight)
	return 5
}

// span merges cells of one row and gives all of them the style.
func (c *canvas) span(from, to, row int, st *excelize.Style, v any) {
	for col := from; col <= to; col++ {
		c.set(col, row, st, nil)
	}
	c.set(from, row, st, v)
	if to > from {
		c.note(c.b.f.MergeCell(c.name, cellName(from, row), cellName(to, row)))
	}
}

// box shows one number with its label above it.
func (c *canvas) box(from, to, row int, t tone, label string, n int) {
	c.boxOf(from, to, row, t, label, n)
}

// boxOf is box with what stands in place of a number.
func (c *canvas) boxOf(from, to, row int, t tone, label string, v any) {
	c.span(from, to, row, boxLabelStyle(t), label)
	c.span(from, to, row+1, boxStyle(t), v)
	c.height(row+1, 30)
}

// section heads what stands below it, across columns from to to.
func (c *canvas) section(from, to, row int, text string) {
	for col := from; col <= to; col++ {
		c.set(col, row, sectionStyle(), nil)
	}
	c.set(from, row, sectionStyle(), text)
}

func (c *canvas) headers(from, row int, texts ...string) {
	for i, text := range texts {
		c.set(from+i, row, headerStyle(), text)
	}
}

// finish sets the printed page, one page high.
func (c *canvas) finish() error {
	c.note(c.b.page(c.name, 1))
	return c.err
}

// series is one row of numbers in a chart.
type series struct {
	name  string // the cell that holds it, e.g. '概要'!$B$2: Excel takes no bare text
	color string
	cells string // e.g. '概要'!$B$3:$B$9
}

// frame is what a chart lies over: cells from the upper left to the lower right.
type frame struct{ col, row, lastCol, lastRow int }

// size is that of the frame in the pixels of excelize, which turns them back into
// the same cells: Excel and LibreOffice measure columns differently, and a chart
// that is anchored to cells fits in both.
func (c *canvas) size(f frame) (width, height uint) {
	for col := f.col; col <= f.lastCol; col++ {
		name, err := excelize.ColumnNumberToName(col)
		c.note(err)
		w, err := c.b.f.GetColWidth(c.name, name)
		c.note(err)
		width += uint(w*8 + 0.5)
	}
	for row := f.row; row <= f.lastRow; row++ {
		h, err := c.b.f.GetRowHeight(c.name, row)
		c.note(err)
		height += uint(math.Ceil(4 / 3.4 * h))
	}
	return width - 1, height - 1 // to end in the last cells
}

// chart draws a native chart over a frame. The categories are a range of cells; the
// unit is what the numbers count.
func (c *canvas) chart(f frame, title, unit string, kind excelize.ChartType, categories string, all ...series) {
	zero := 0.0 // or a small part would look like the greater one
	font := excelize.Font{Family: fontName, Size: 9, Color: inkColor}
	width, height := c.size(f)
	ch := &excelize.Chart{
		Type:      kind,
		Dimension: excelize.ChartDimension{Width: width, Height: height},
		Legend:    excelize.ChartLegend{Position: "bottom", Font: &font},
		Title:     chartTitle(title, excelize.Font{Family: fontName, Size: 11, Bold: true, Color: headColor}),
		XAxis:     excelize.ChartAxis{Font: font, Alignment: excelize.Alignment{TextRotation: -60}},
		YAxis: excelize.ChartAxis{
			Font: font, MajorGridLines: true, Minimum: &zero, NumFmt: excelize.ChartNumFmt{CustomNumFmt: "#,##0"}, Title: chartTitle(unit, font),
		},
		Border: excelize.LineOptions{Type: excelize.LineSolid, Fill: solid(lineColor), Width: 0.75},
		Format: excelize.GraphicOptions{AltText: title},
	}
	for _, s := range all {
		ch.Series = append(ch.Series, chartSeries(kind, s, categories))
	}
	c.note(c.b.f.AddChart(c.name, cellName(f.col, f.row), ch))
}

func chartTitle(text string, font excelize.Font) excelize.ChartTitle {
	return excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: text, Font: &font}}}
}

func chartSeries(kind excelize.ChartType, s series, categories string) excelize.ChartSeries {
	out := excelize.ChartSeries{Name: s.name, Categories: categories, Values: s.cells, Fill: solid(s.color)}
	if kind == excelize.Line {
		out.Line = excelize.LineOptions{Type: excelize.LineSolid, Fill: solid(s.color), Width: 2}
		out.Marker = excelize.ChartMarker{Symbol: "none"}
	}
	return out
}
