package main

import (
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/width"
)

// printTable prints rows with every column flush right, as a terminal shows
// them: Japanese letters are two cells wide.
func printTable(w io.Writer, rows [][]string) {
	var widest []int
	for _, r := range rows {
		for i, text := range r {
			if i == len(widest) {
				widest = append(widest, 0)
			}
			widest[i] = max(widest[i], cells(text))
		}
	}
	for _, r := range rows {
		for i, text := range r {
			fmt.Fprintf(w, "  %s%s", strings.Repeat(" ", widest[i]-cells(text)), text)
		}
		fmt.Fprintln(w)
	}
}

// cells is how many cells of a terminal a text takes.
func cells(text string) int {
	n := 0
	for _, r := range text {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}
