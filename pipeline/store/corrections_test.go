package store

import (
	"testing"

	"meibo/pipeline"
)

func sampleCorrections() []pipeline.Correction {
	routed := pipeline.Correction{
		AgentID: "A0001", ReceiptNo: "U-1", Item: "氏名", No: 1, Division: pipeline.DivisionCorrect,
		Before: "𠮷田 花子", After: "髙橋 花子\n", Proof: "戸籍抄本", On: day("2023-01-01"), ReceivedBy: "受付 一子",
		Sender: "association", State: pipeline.CorrectionRouted, Since: day("2023-01-02"), From: "b1//2",
	}
	applied := routed
	applied.No, applied.Sender, applied.State, applied.Since = 2, "0101", pipeline.CorrectionApplied, day("2023-01-03")
	return []pipeline.Correction{
		routed, applied,
		{
			AgentID: "A0001", ReceiptNo: "U-2", Item: "廃止年月日", Target: "T1", No: 1, Division: pipeline.DivisionCorrect, After: "2023-04-09",
			Proof: "証明書", On: day("2023-01-01"), Sender: "0101", State: pipeline.CorrectionApplied, Since: day("2023-01-02"),
			TargetCode: "T1", TargetNo: "使用人", TargetOn: day("2022-04-10"), From: "b1//3",
		},
		{
			AgentID: "A0002", ReceiptNo: "U-1", No: 1, Division: pipeline.DivisionDelete, Proof: "運転免許証", On: day("2023-01-01"),
			Sender: "association", State: pipeline.CorrectionReceived, Since: day("2023-01-02"), From: "b1//4",
		},
	}
}

func TestCorrectionsAreAHistory(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx, rows := t.Context(), sampleCorrections()
		write(t, s, func(tx *Tx) error { return tx.PutCorrections(ctx, rows) })
		wantEqual(t, "all", all(t, s.AllCorrections(ctx)), rows)
		wantEqual(t, "of one person", must(s.Corrections(ctx, []string{"A0002", "NOBODY"}))(t), rows[3:])
		before := dump(t, s)

		changed := rows[1]
		changed.State, changed.After = pipeline.CorrectionRefused, "別の値"
		write(t, s, func(tx *Tx) error { return tx.PutCorrections(ctx, []pipeline.Correction{changed}) })
		if got := dump(t, s); got != before {
			t.Errorf("a version changed:\n%s", got)
		}
		copied := openTest(t, newSQLite(t))
		if err := s.CopyTo(ctx, copied); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "copied", all(t, copied.AllCorrections(ctx)), rows)
	})
}

func TestTheNewestVersionOfEachRequestHolds(t *testing.T) {
	rows := sampleCorrections()
	wantEqual(t, "newest", pipeline.NewestVersions([]pipeline.Correction{rows[1], rows[0], rows[2], rows[3]}), rows[1:])
	wantEqual(t, "of none", pipeline.NewestVersions(nil), []pipeline.Correction(nil))
}
