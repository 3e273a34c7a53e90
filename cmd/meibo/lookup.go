package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"meibo/jobs"
	"meibo/pipeline"
)

func (a *app) lookupCommand() *cobra.Command {
	var q jobs.Inquiry
	var who *jobs.Looker
	c := &cobra.Command{
		Use:   "lookup --name NAME --born DATE [--kana KANA]",
		Short: "Find a person's 募集人ID by name and birth date (取扱要領 §11)",
		Long: `lookup answers an inquiry of 要領 §11(1): it gives the 募集人ID when exactly one
ID fits, and otherwise says how many do and nothing else. The name may be the
present or any earlier one; width, case, blanks and variation selectors do not
matter, another kanji does. With --kana the reading must fit too. Two IDs of one
person are two. Whoever is due for deletion is not found. It exits 0 whatever
the answer is.`,
		Example: "  meibo lookup --name '山田 太郎' --born S55.1.1\n  meibo lookup --name '山田 太郎' --born 1980-01-01 --kana 'ヤマダ タロウ' --json",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.lookup(c.Context(), *who, q) },
	}
	who = lookerFlags(c)
	f := c.Flags()
	f.StringVar(&q.Name, "name", "", "氏名 or 旧氏名")
	f.StringVar(&q.Born, "born", "", "生年月日, in any written form")
	f.StringVar(&q.Kana, "kana", "", "氏名カナ")
	return c
}

func (a *app) lookup(ctx context.Context, who jobs.Looker, q jobs.Inquiry) error {
	return a.onDay(ctx, a.look, func(h *jobs.House, day pipeline.Date) error {
		a.warnNotThere(h)
		found, err := h.Lookup(ctx, who, q, day)
		return a.printFound(found, err)
	})
}

func (a *app) printFound(found jobs.Found, err error) error {
	var wrong *jobs.ErrLookup
	switch {
	case errors.As(err, &wrong):
		return usage(nil, wrong.JA, wrong.EN)
	case err != nil:
		return err
	case a.json:
		writeJSON(a.out, found)
	case found.Hits == 1:
		fmt.Fprintf(a.out, a.say("募集人ID: %s\n", "agent ID: %s\n"), found.AgentID)
	default:
		fmt.Fprintf(a.out, a.say(
			"該当 %d 件です。該当が 1 件の場合に限り募集人IDを回答できます（取扱要領§11(1)）。\n",
			"%d hits: an agent ID is given only when exactly one is found (要領 §11(1))\n"), found.Hits)
	}
	return nil
}
