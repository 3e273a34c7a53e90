package report

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"meibo/pipeline"
)

// The monthly list by person counts what stands on the first sheet, and nothing of
// records that name nobody; what is let pass is no breach for as long as that holds.
func TestConductIsCountedByMonthAndAccount(t *testing.T) {
	finding := func(on, staff, verdict, clause string) ConductRow {
		var acted pipeline.Date
		if on != "" {
			acted = pipeline.MustDate(on)
		}
		return ConductRow{ConductFinding: pipeline.ConductFinding{
			RuleID: "R", Subject: "1", On: acted, StaffID: staff, Verdict: verdict, Clause: clause, Insurer: "0001",
		}}
	}
	passed := func(r ConductRow, until string) ConductRow {
		r.WaivedBy, r.WaivedUntil = "C1", pipeline.MustDate(until)
		return r
	}
	rows := []ConductRow{
		finding("2026-10-31", "M1", pipeline.VerdictBreach, "要領§8(3)"),
		finding("2026-11-01", "M1", pipeline.VerdictBreach, "要領§8(3)"),
		finding("2026-11-02", "M1", pipeline.VerdictBreach, "要領§9(2)"),
		finding("2026-11-03", "M1", pipeline.VerdictReview, "要領§9(2)"),
		passed(finding("2026-11-04", "M1", pipeline.VerdictBreach, "要領§8(3)"), "2026-11-21"),
		passed(finding("2026-11-05", "M1", pipeline.VerdictBreach, "要領§8(3)"), "2026-11-20"),
		finding("2026-11-06", "M2", pipeline.VerdictUnknown, "要領§8(3)"),
		finding("", "M1", pipeline.VerdictUnknown, "要領§9(2)"),
		finding("2026-11-07", "", pipeline.VerdictBreach, "要領§11(1)"),
	}
	m := sampleMeta()
	m.AsOf, m.Reader, m.Columns = pipeline.MustDate("2026-11-21"), "0001", shippedDisclosure().For("insurer")
	var out bytes.Buffer
	if _, err := Conduct(&out, m, rows); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	cells, err := f.GetRows("対象者別")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"2026-11", "M1", "0001", "要領§8(3)、要領§9(2)", "3", "1", "0", "1"},
		{"2026-11", "M2", "0001", "要領§8(3)", "0", "0", "1", "0"},
		{"2026-10", "M1", "0001", "要領§8(3)", "1", "0", "0", "0"},
		{"日付なし", "M1", "0001", "要領§9(2)", "0", "0", "1", "0"},
	}
	if diff := cmp.Diff(want, cells[len(cells)-len(want):]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
