package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"meibo/pipeline/intake"
)

func (a *app) dateCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "date [TEXT…]",
		Short: "Show how a written date is read",
		Long: `date shows how a written date is read: as ISO day, with a warning, or not at
all, and why. With --csv a whole file is answered: given the columns id and
written it adds date, outcome (ok, warning or error) and message.`,
		Example: `  meibo date 平成30年10月22日 H31.4.30 令和元年5月1日
  meibo date --csv written-dates.csv`,
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case file != "" && len(args) > 0, file == "" && len(args) == 0:
				return usage(nil, "日付か --csv のどちらか一方を指定してください。", "give either dates or --csv")
			case file != "":
				return a.dateCSV(file)
			}
			return a.dates(args)
		},
	}
	c.Flags().StringVar(&file, "csv", "", "CSV file with the columns id,written")
	return c
}

// reading is how one written date is read.
type reading struct {
	Written string `json:"written"`
	Date    string `json:"date"`
	Outcome string `json:"outcome"`
	Message string `json:"message,omitempty"`
}

func (a *app) read(text string) reading {
	d, outcome, ja, en := intake.Written(text)
	return reading{text, d.String(), outcome, a.say(ja, en)}
}

func (a *app) dates(texts []string) error {
	var all []reading
	bad := false
	for _, t := range texts {
		r := a.read(t)
		all = append(all, r)
		bad = bad || r.Outcome == intake.OutcomeError
	}
	if a.json {
		writeJSON(a.out, all)
	} else {
		for _, r := range all {
			day := r.Date
			if day == "" {
				day = "-"
			}
			fmt.Fprintf(a.out, "%s\t%s\t%s", r.Written, day, r.Outcome)
			if r.Message != "" {
				fmt.Fprintf(a.out, "\t%s", r.Message)
			}
			fmt.Fprintln(a.out)
		}
	}
	if bad {
		return outcome(exitFailed)
	}
	return nil
}

// dateCSV answers a file. An unreadable date is an answer (outcome error), not
// a bad row, so it gets no column error and the command exits 0.
func (a *app) dateCSV(file string) error {
	s, err := readSheet(file)
	if err != nil {
		return err
	}
	q := question{needs: []string{"written"}, answers: []string{"date", "outcome", "message"}}
	if !s.has(q.needs...) {
		return usage(nil, "CSV に列 written がありません。", "the CSV has no column written")
	}
	q.fill = func(s *sheet, i int) error {
		r := a.read(s.get(i, "written"))
		s.set(i, "date", r.Date)
		s.set(i, "outcome", r.Outcome)
		s.set(i, "message", r.Message)
		return nil
	}
	return a.answer(s, q)
}
