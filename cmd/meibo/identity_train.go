package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"meibo/jobs"
	"meibo/pipeline"
)

func (a *app) identityTrain() *cobra.Command {
	var by string
	var dry, force bool
	c := &cobra.Command{
		Use:   "train --by WHO",
		Short: "Learn from the register what agreement is worth, for the nights that follow",
		Long: `train learns from the whole register how often values agree in records of one
person and of strangers, and puts the model into force: state_dir/identity/model.json,
or the file of identity.model in meibo.yaml. Each model stays beside it under its
day and hash. It tells how far the register has moved from the former model, which
weights changed, and how many pairs either model asks about; --dry-run only tells. A
register with fewer than 100 pairs of one person, by the model's own reckoning, has
too little to teach: then the model stays (exit 2) unless --force is given.

No night trains. Training waits for none either: while a run is at work it exits
4, and an unfinished one is to be finished first. A model is a setting that
decides: to resume a night with another one wants a confirmation. Before the
first training the model shipped with the program is in force.`,
		Example: "  meibo identity train --by C0001 --dry-run\n  meibo identity train --by C0001",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.inHouse(c.Context(), accountRun, func(h *jobs.House, p pairPage, day pipeline.Date) error {
				t, err := h.Train(c.Context(), day, by, jobs.TrainOptions{Write: !dry, Force: force})
				if err != nil {
					return misjudged(err)
				}
				if a.json {
					writeJSON(a.out, t)
					return nil
				}
				a.trained(p, t)
				return nil
			})
		},
	}
	c.Flags().StringVar(&by, "by", "", "who trains: an active account (login ID or manager ID)")
	c.Flags().BoolVar(&force, "force", false, "replace the model even if there was little to learn from")
	c.Flags().BoolVar(&dry, "dry-run", false, "tell what would come of it, and write nothing")
	return c
}

// trained prints what came of a training.
func (a *app) trained(p pairPage, t jobs.Training) {
	if t.File == "" {
		p.line("%s", a.say("試しに学習しました。モデルは変えていません。", "trained on trial; the model in force stays"))
	} else {
		p.line(a.say("学習したモデルを %s に保存しました。次の夜間処理から使います。", "saved the model as %s; the next night goes by it"), t.File)
	}
	p.line(a.say("モデル %.12s（%s、%d 件、同一人の組の見込み %.0f）", "model %.12s (%s, %d records, about %.0f pairs of one person)"), t.Model, t.TrainedOn, t.Records, t.Pairs)
	p.line(a.say("これまでのモデル %.12s との差（最大の割合の差）: %.3f", "drift from the former model %.12s (greatest difference of a share): %.3f"), t.Was, t.Drift)
	p.line(a.say("重みから審査を求める組: これまで %d 組 → 今回 %d 組", "pairs the model asks about: %d before, %d now"), t.Listed[0], t.Listed[1])
	for _, s := range t.Shifts {
		p.line("  %s", fmt.Sprintf("%s「%s」 %+.2f → %+.2f bit", s.Comparison, s.Level, s.Was, s.Is))
	}
	if t.Pairs < jobs.FewPairs {
		p.line("%s", a.say("注意: 同一人の組が少ないため、重みの多くは出荷時の割合に近いままです。", "note: with so few pairs most weights stay near those shipped"))
	}
}
