package main

import (
	"fmt"

	"meibo/pipeline/identity/engine"
)

// strange is the drift from which a model is said not to fit.
const strange = 0.25

// evaluated prints the outcome.
func (a *app) evaluated(r *evaluated) {
	if a.json {
		writeJSON(a.out, r)
		return
	}
	say := func(ja, en string, args ...any) { fmt.Fprintf(a.out, a.say(ja, en)+"\n", args...) }
	say("%d 件を照合し、%d 組を比べました。", "%d records, %d pairs compared", r.Records, r.Pairs)
	for _, q := range []struct {
		ja, en string
		q      *engine.Quality
	}{{"既定のしきい値", "own threshold", r.Own}, {"最良のしきい値", "best threshold", r.Best}} {
		if q.q != nil {
			say("%s（%.2f ビット）: 適合率 %.4f、再現率 %.4f、F1 %.4f", "%s (%.2f bits): precision %.4f, recall %.4f, F1 %.4f",
				a.say(q.ja, q.en), q.q.Threshold, q.q.Precision, q.q.Recall, q.q.F1)
		}
	}
	say("人が確かめる組: %d 組（件数の %.2f%%）", "pairs for people to look at: %d (%.2f%% of the records)", r.Review.Pairs, 100*r.Review.Share)
	if r.Own != nil {
		say("すべて正しく答えたときの再現率: %.4f", "recall if all are answered rightly: %.4f", r.Review.Answered)
	}
	for _, x := range r.Alarms {
		if x.Sampled {
			say("警告: %s を含む %d 件は内容がほとんど同じで、すべての組は比べていません。比べた組だけでまとめました。",
				"warning: %[2]d records with %[1]s are so alike that not all pairs were compared; they were clustered by those that were", x.FirstID, x.Records)
			continue
		}
		say("警告: %s を含む %d 件がつながりすぎています。%.0f ビット以上のつながりだけに切り分けました。",
			"warning: %[2]d records with %[1]s hang together; only ties of %.0[3]f bits and more were kept", x.FirstID, x.Records, x.Floor)
	}
	if r.Dates.Unreadable > 0 {
		say("警告: 日付として読めない生年月日が %d 件あり、空欄として扱いました。", "warning: %d birth dates could not be read and count as missing", r.Dates.Unreadable)
	}
	if d := r.Dates; d.Order != "" {
		order := map[string]string{dayFirst: a.say("日/月/年", "day/month/year"), monthFirst: a.say("月/日/年", "month/day/year")}[d.Order]
		say("どちらともとれる生年月日は %s の順に読みました（初めの行のうち、日が先とわかるもの %d 件、月が先とわかるもの %d 件）。",
			"birth dates that can be read either way were read as %s (of the first rows %d surely have the day first, %d the month)", order, d.DayFirst, d.MonthFirst)
	}
	a.drifted(r, say)
	for _, s := range []struct{ key, ja string }{
		{"read", "読込み"}, {"normalise", "正規化"}, {"block", "候補探し"}, {"compare", "比較"}, {"train", "学習"}, {"cluster", "分類"}, {"measure", "測定"}, {"write", "書出し"}, {"total", "合計"},
	} {
		say("%s: %.2f 秒", "%s: %.2f s", a.say(s.ja, s.key), r.Seconds[s.key])
	}
	say("最大メモリー: %d MiB", "peak memory: %d MiB", r.Peak>>20)
}

// drifted prints how far a given model is from the data.
func (a *app) drifted(r *evaluated, say func(ja, en string, args ...any)) {
	if r.Drift == nil {
		return
	}
	say("モデルとのずれ: %.3f", "drift from the model: %.3f", *r.Drift)
	if *r.Drift < strange {
		return
	}
	say("警告: モデルがこのデータに合いません。--model なしで学習し直してください。", "warning: the model does not fit this data; train anew without --model")
	for _, s := range r.Shifts {
		say("  %s「%s」: %.3f → %.3f", "  %s, %s: %.3f → %.3f", s.Comparison, s.Level, s.Was, s.Now)
	}
}
