package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

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
			return err
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
	if first <= last {
		return errBeyond
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

// errBeyond says that a period would run over the end of the calendar.
var errBeyond = usage(nil, "期間が西暦 9999 年を超えます。", "the period runs over the year 9999")

func period(base pipeline.Date, months int) (last, first pipeline.Date, err error) {
	if months < 1 || months > 1200 {
		return 0, 0, usage(nil, fmt.Sprintf("months は 1 から 1200 で指定してください（%d）。", months), fmt.Sprintf("months %d: want 1 to 1200", months))
	}
	if !deadline.InRange(base, months) {
		return 0, 0, errBeyond
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
	day, err := a.day(jobs.DefaultConfig())
	if err != nil {
		return nil, err
	}
	settings, err := rules.Retention.RulesOn(day)
	if err != nil {
		return nil, usage(err, "この日に有効な規則がありません。--as-of を確認してください。", "no rules are in force on that day; check --as-of")
	}
	return settings, nil
}

// deadlineCSV answers a file of periods or of retention cases, whichever its
// columns say.
func (a *app) deadlineCSV(file string) error {
	s, err := readSheet(file)
	if err != nil {
		return err
	}
	periods := question{[]string{"base", "months"}, []string{"last_day", "first_day_after"}, answerPeriod}
	cases := question{
		needs:   []string{"id_acquired", "qualification_posted", "closed", "open_registration", "events"},
		answers: []string{"case", "last_day", "first_deletable"},
	}
	switch {
	case s.has(periods.needs...):
		return a.answer(s, periods)
	case s.has(cases.needs...):
		settings, err := a.bareSettings()
		if err != nil {
			return err
		}
		cases.fill = func(s *sheet, i int) error { return answerCase(s, settings, i) }
		return a.answer(s, cases)
	}
	return usage(nil,
		"列 base,months か、列 id_acquired,qualification_posted,closed,open_registration,events が必要です。",
		"want the columns base,months or id_acquired,qualification_posted,closed,open_registration,events")
}

func answerPeriod(s *sheet, i int) error {
	base, baseErr := cellDay("base", s.get(i, "base"))
	months, err := strconv.Atoi(s.get(i, "months"))
	if err != nil {
		err = badRow(fmt.Sprintf("months: %q は整数ではありません。", s.get(i, "months")), fmt.Sprintf("months %q: want a whole number", s.get(i, "months")))
	}
	if err := errors.Join(baseErr, err); err != nil {
		return err
	}
	last, first, err := period(base, months)
	if err != nil {
		return err
	}
	s.set(i, "last_day", last.String())
	s.set(i, "first_day_after", first.String())
	return nil
}

func cellDay(column, text string) (pipeline.Date, error) {
	d, err := pipeline.ParseDate(text)
	if err != nil {
		return 0, badRow(fmt.Sprintf("%s: %q は実在する日付 YYYY-MM-DD ではありません。", column, text), fmt.Sprintf("%s: %v", column, err))
	}
	return d, nil
}

// caseFacts are the cells of one row of retention cases.
type caseFacts struct {
	acquired, posted, closed, events []pipeline.Date
	open                             bool
}

func readCase(s *sheet, i int) (f caseFacts, err error) {
	var errs []error
	days := func(column string) (out []pipeline.Date) {
		for text := range strings.SplitSeq(s.get(i, column), ";") {
			if text = strings.TrimSpace(text); text == "" {
				continue
			}
			d, err := cellDay(column, text)
			errs = append(errs, err)
			out = append(out, d)
		}
		return out
	}
	f.acquired, f.posted, f.closed, f.events = days("id_acquired"), days("qualification_posted"), days("closed"), days("events")
	if len(f.acquired) > 1 {
		errs = append(errs, badRow("id_acquired: 日付は 1 つだけ書いてください。", "id_acquired: want one day"))
	}
	switch v := s.get(i, "open_registration"); v {
	case "yes":
		f.open = true
	case "no":
	default:
		errs = append(errs, badRow(fmt.Sprintf("open_registration: %q は yes か no にしてください。", v), fmt.Sprintf("open_registration %q: want yes or no", v)))
	}
	return f, errors.Join(errs...)
}

func answerCase(s *sheet, settings *deadline.Settings, i int) error {
	f, err := readCase(s, i)
	if err != nil {
		return err
	}
	var acquired pipeline.Date
	if len(f.acquired) == 1 {
		acquired = f.acquired[0]
	}
	no, last, deletable := settings.Case(acquired, f.posted, f.closed, f.open, f.events)
	if !last.IsZero() && deletable <= last {
		return errBeyond
	}
	s.set(i, "case", no)
	s.set(i, "last_day", last.String())
	s.set(i, "first_deletable", deletable.String())
	return nil
}
