package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/deadline"
)

func (a *app) deadlineCommand() *cobra.Command {
	var q deadlineQuestion
	c := &cobra.Command{
		Use:   "deadline",
		Short: "Work out a last day and the first day after it, by the bare rule",
		Long: `deadline shows the bare rule, for checking by hand: a period of months from a
base day (民法138–143), or one of the cases 1 to 4 of 取扱要領 §10 with the
activities that extend it. It prints the last day of the period and the first
day after, which is the earliest day of deletion.

With --csv a whole file is answered. Given the columns id,base,months it adds
last_day and first_day_after; given id,id_acquired,qualification_posted,closed,
open_registration,events (lists separated by ;) it adds case, last_day and
first_deletable. Further columns pass through.`,
		Example: `  meibo deadline --base 2025-08-31 --months 6
  meibo deadline --case 2 --base 2025-03-31 --event 2025-08-31
  meibo deadline --csv retention-cases.csv`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			q.hasMonths = c.Flags().Changed("months")
			return a.deadline(q)
		},
	}
	f := c.Flags()
	f.StringVar(&q.no, "case", "", "case of 要領 §10: 1, 2, 3 or 4")
	f.StringVar(&q.base, "base", "", "base day, YYYY-MM-DD; it is not counted itself")
	f.IntVar(&q.months, "months", 0, "length of the period in months (1 to 1200)")
	f.StringArrayVar(&q.events, "event", nil, "day of an activity, YYYY-MM-DD; may be given again")
	f.StringVar(&q.csv, "csv", "", "CSV file to answer")
	return c
}

type deadlineQuestion struct {
	no, base, csv string
	months        int
	hasMonths     bool
	events        []string
}

func (a *app) deadline(q deadlineQuestion) error {
	if q.csv != "" {
		if q.no != "" || q.base != "" || q.hasMonths || len(q.events) > 0 {
			return usage(nil, "--csv はほかの指定と一緒に使えません。", "--csv goes with no other flag of this command")
		}
		return a.deadlineCSV(q.csv)
	}
	if q.base == "" || (q.no == "") == !q.hasMonths {
		return usage(nil, "--base と、--case か --months のどちらか一方を指定してください。", "give --base and either --case or --months")
	}
	base, err := a.writtenDay("--base", q.base)
	if err != nil {
		return err
	}
	if q.hasMonths {
		if len(q.events) > 0 {
			return usage(nil, "--event は --case と一緒に使ってください。", "--event goes with --case")
		}
		last, first, err := period(base, q.months)
		if err != nil {
			return usage(err, "計算できる範囲を超えています。", "out of range")
		}
		return a.printDeadline(last, first)
	}
	var events []pipeline.Date
	for _, e := range q.events {
		d, err := a.writtenDay("--event", e)
		if err != nil {
			return err
		}
		events = append(events, d)
	}
	settings, err := a.bareSettings()
	if err != nil {
		return err
	}
	last, first, err := settings.Deadline(q.no, base, events)
	if err != nil {
		return usage(err, "--case は 1 から 4 で指定してください。", "--case: want 1 to 4")
	}
	return a.printDeadline(last, first)
}

func (a *app) writtenDay(flag, text string) (pipeline.Date, error) {
	d, err := pipeline.ParseDate(text)
	if err != nil {
		return 0, usage(nil, fmt.Sprintf("%s は実在する日付を YYYY-MM-DD で指定してください（%q）。", flag, text), flag+": "+err.Error())
	}
	return d, nil
}

func period(base pipeline.Date, months int) (last, first pipeline.Date, err error) {
	if months < 1 || months > 1200 || !deadline.InRange(base, months) {
		return 0, 0, fmt.Errorf("%d months from %s: want 1 to 1200 months that end before the year 10000", months, base)
	}
	last, first = deadline.Period(base, months)
	return last, first, nil
}

func (a *app) printDeadline(last, first pipeline.Date) error {
	if a.json {
		writeJSON(a.out, map[string]pipeline.Date{"last_day": last, "first_day_after": first})
		return nil
	}
	fmt.Fprintf(a.out, "%s %s\n%s %s\n", a.say("満了日（最後の日）", "last day"), last, a.say("削除できる最初の日", "first day after"), first)
	return nil
}

// bareSettings are the rules in force on the as-of day, or today.
func (a *app) bareSettings() (*deadline.Settings, error) {
	rules, err := jobs.LoadRules()
	if err != nil {
		return nil, err
	}
	day := pipeline.DateOf(time.Now())
	if a.asOf != "" {
		if day, err = pipeline.ParseDate(a.asOf); err != nil {
			return nil, err
		}
	}
	return rules.Retention.RulesOn(day)
}

// deadlineCSV answers a file of periods or of retention cases, whichever its
// columns say.
func (a *app) deadlineCSV(file string) error {
	s, err := readSheet(file)
	if err != nil {
		return err
	}
	cases := []string{"id_acquired", "qualification_posted", "closed", "open_registration", "events"}
	switch {
	case s.column("base") >= 0 && s.column("months") >= 0:
		return s.answer(a.out, []string{"last_day", "first_day_after"}, s.answerPeriod)
	case !slices.ContainsFunc(cases, func(c string) bool { return s.column(c) < 0 }):
		settings, err := a.bareSettings()
		if err != nil {
			return err
		}
		return s.answer(a.out, []string{"case", "last_day", "first_deletable"}, func(i int) error { return s.answerCase(settings, i) })
	}
	return usage(nil,
		"列 base,months か、列 id_acquired,qualification_posted,closed,open_registration,events が必要です。",
		"want the columns base,months or id_acquired,qualification_posted,closed,open_registration,events")
}

func (s *sheet) answerPeriod(i int) error {
	base, err := pipeline.ParseDate(strings.TrimSpace(s.get(i, "base")))
	if err != nil {
		return fmt.Errorf("base: %w", err)
	}
	months, err := strconv.Atoi(strings.TrimSpace(s.get(i, "months")))
	if err != nil {
		return fmt.Errorf("months %q: want a whole number", s.get(i, "months"))
	}
	last, first, err := period(base, months)
	if err != nil {
		return err
	}
	s.set(i, "last_day", last.String())
	s.set(i, "first_day_after", first.String())
	return nil
}

func (s *sheet) answerCase(settings *deadline.Settings, i int) error {
	var errs []error
	days := func(column string) (out []pipeline.Date) {
		for text := range strings.SplitSeq(s.get(i, column), ";") {
			if text = strings.TrimSpace(text); text == "" {
				continue
			}
			d, err := pipeline.ParseDate(text)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", column, err))
			}
			out = append(out, d)
		}
		return out
	}
	acquired := days("id_acquired")
	posted, closed, events := days("qualification_posted"), days("closed"), days("events")
	if len(acquired) > 1 {
		errs = append(errs, errors.New("id_acquired: want one day"))
	}
	var open bool
	switch v := strings.TrimSpace(s.get(i, "open_registration")); v {
	case "yes":
		open = true
	case "no":
	default:
		errs = append(errs, fmt.Errorf("open_registration %q: want yes or no", v))
	}
	if err := errors.Join(errs...); err != nil {
		return errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	var first pipeline.Date
	if len(acquired) == 1 {
		first = acquired[0]
	}
	no, last, deletable := settings.Case(first, posted, closed, open, events)
	s.set(i, "case", no)
	s.set(i, "last_day", last.String())
	s.set(i, "first_deletable", deletable.String())
	return nil
}
