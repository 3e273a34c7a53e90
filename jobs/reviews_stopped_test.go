package jobs_test

import (
	"fmt"
	"strings"
	"testing"

	"meibo/jobs"
)

// An access that is stopped between the kill of a night and its resume changes
// nothing of the reviews that the night had begun to take: each row counts, once.
// The next night's reviews are refused.
func TestAReviewerStoppedWhileTheirReviewsAreTakenChangesNoRow(t *testing.T) {
	const due = 20
	dir := t.TempDir()
	p := newPlace(t, dir, sqliteIn(dir))
	p.purgeable(t, due)
	rows := []string{}
	for i := range due {
		by := "S1"
		if i%10 == 1 {
			by = "S9" // stopped when the night begins
		}
		rows = append(rows, fmt.Sprintf(",,1,DUE%05d,承認,確認した,%s", i+1, by))
	}
	header := "募集人ID A,募集人ID B,リスト番号,募集人ID,判定,理由,審査者"
	p.put(t, "2026-11-20/compliance/reviews_1.csv", table(header, rows...))
	if !p.meibo(t, []string{"MEIBO_FAILPOINT=import-begun:1"}, "run", "--as-of", "2026-11-20") {
		t.Fatal("it was never passed")
	}
	p.with(t, func(h *jobs.House) {
		_, err := h.StopAccount(t.Context(), "S1", "S2", "退職", sampleDays[1])
		must(t, err)
		_, err = h.RestartAccount(t.Context(), "S9", "S2", "復職")
		must(t, err)
	})
	p.meibo(t, nil, "resume", "--as-of", "2026-11-21")
	ended := p.ended(t, sampleDays[1])
	equal(t, "the file", ended[0], fmt.Sprintf("compliance/reviews_1.csv applied %d=%d+0-%d", due, due-2, 2))
	for _, line := range ended[1:] {
		if !strings.HasSuffix(line, "reviewer-unknown") {
			t.Errorf("another fault: %s", line)
		}
	}
	reviews, err := p.store(t).PurgeReviews(t.Context(), []string{"DUE00001", "DUE00002", "DUE00019", "DUE00020"})
	must(t, err)
	got := []string{}
	for _, r := range reviews {
		got = append(got, r.AgentID+" "+r.By)
	}
	equal(t, "reviews", got, []string{"DUE00001 S1", "DUE00019 S1", "DUE00020 S1"})

	p.put(t, "2026-11-21/compliance/reviews_2.csv", table(header, ",,1,DUE00001,保留,照会中,S1", ",,1,DUE00003,保留,照会中,S9"))
	p.night(t, sampleDays[2])
	if e := p.ended(t, sampleDays[2]); !strings.HasPrefix(e[0], "compliance/reviews_2.csv applied 2=1+0-1") {
		t.Errorf("the next night's reviews: %v", e)
	}
}
