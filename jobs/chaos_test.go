package jobs_test

import (
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"text/tabwriter"
	"time"
)

// chaos asks for the full form of the tests that disturb the work: every place,
// and hundreds of moments. Without it each keeps to a sample.
var chaos = flag.Bool("chaos", false, "disturb the work at every place, and print a table of it")

// stride thins out the full form where a night has thousands of places that are
// alike: the later passings of a point, the moments of a power cut, the calls of a
// migration, what a proxy loses, and in how many places a file is torn.
var stride = flag.Int("stride", 17, "with -chaos: of places that are alike, try every so manieth")

// tally counts what the tests that disturb the work have tried.
var tally struct {
	sync.Mutex
	rows map[[2]string]*tallied
}

type tallied struct{ trials, differences int }

// count adds trials of a fault on a database to the table of the full form.
// Differs says that what stood in the end was not what an undisturbed run leaves.
func count(fault, db string, trials int, differs bool) {
	tally.Lock()
	defer tally.Unlock()
	if tally.rows == nil {
		tally.rows = map[[2]string]*tallied{}
	}
	row := tally.rows[[2]string{fault, db}]
	if row == nil {
		row = &tallied{}
		tally.rows[[2]string{fault, db}] = row
	}
	row.trials += trials
	if differs {
		row.differences++
	}
}

// tellTally prints the table every ten minutes, for hours without a word look like a
// test that hangs, and when the test is ended early: it has tried what it has tried.
func tellTally() {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, os.Interrupt, syscall.SIGTERM)
	tick := time.Tick(10 * time.Minute)
	for {
		select {
		case at := <-tick:
			fmt.Println("so far, at", at.Format(time.TimeOnly))
			printTally(os.Stdout)
		case <-ended:
			fmt.Println("ended before it was done")
			printTally(os.Stdout)
			os.Exit(130)
		}
	}
}

// printTally prints the table, one line a fault and database.
func printTally(w io.Writer) {
	tally.Lock()
	defer tally.Unlock()
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "fault\tdatabase\ttrials\tdifferences")
	keys := slices.SortedFunc(maps.Keys(tally.rows), func(a, b [2]string) int {
		return strings.Compare(a[0]+"\x00"+a[1], b[0]+"\x00"+b[1])
	})
	sum := tallied{}
	for _, k := range keys {
		r := tally.rows[k]
		fmt.Fprintf(out, "%s\t%s\t%d\t%d\n", k[0], k[1], r.trials, r.differences)
		sum.trials, sum.differences = sum.trials+r.trials, sum.differences+r.differences
	}
	fmt.Fprintf(out, "all\t\t%d\t%d\n", sum.trials, sum.differences)
	out.Flush()
}
