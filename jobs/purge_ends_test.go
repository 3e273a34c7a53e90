package jobs_test

import (
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline/purge"
)

// Rows that stay for a term of their own are told with the last day on which one of
// them does, and a search the day after finds none.
func TestRowsWithATermOfTheirOwnAreToldWithTheirLastDay(t *testing.T) {
	for name, c := range map[string]struct {
		rows  []string
		holds string // whose records of inquiries are held
		until string
	}{
		"the later of two days counts": {[]string{
			"U-1,2026-09-10,試験 花子,03-0000-0000,DUE00001,協会 一郎,回答,2026-09-11,電話,○,○,,,",
			"U-2,2026-11-10,試験 花子,03-0000-0000,REG1,協会 一郎,DUE00001 を回答,2026-11-12,電話,○,○,,,",
			"U-3,2026-11-18,試験 花子,03-0000-0000,REG1,協会 一郎,回答,2026-11-18,電話,○,○,,,",
		}, "", "2027-02-12"},
		"one without an answer counts from its receipt": {[]string{
			"U-1,2026-10-31,試験 花子,03-0000-0000,DUE00001,協会 一郎,確認中,,電話,○,○,,,",
		}, "", "2027-01-31"},
		"one that a hold keeps has no day": {[]string{
			"U-1,2026-10-31,試験 花子,03-0000-0000,REG1,協会 一郎,DUE00001 を回答,,電話,○,○,,,",
		}, "REG1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
			p.put(t, "2026-11-19/association/inquiries_1.csv", table(inquiryHeader, c.rows...))
			p.purgeable(t, 1)
			if c.holds != "" {
				p.with(t, func(h *jobs.House) {
					_, err := h.Hold(t.Context(), jobs.HoldOrder{AgentID: c.holds, By: "S1", Code: "inquiry", Reason: "苦情の調査"})
					must(t, err)
				})
			}
			p.approve(t, 1, "S1", "S2")
			var got []purge.Residual
			for _, r := range p.execute(t, 1).Receipt.Residual {
				if strings.HasPrefix(r.Place, "表 inquiries") {
					got = append(got, r)
				}
			}
			if len(got) != 1 || got[0].Until.String() != c.until {
				t.Errorf("the records of inquiries stay: %+v, want until %q", got, c.until)
			}
		})
	}
}
