package jobs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// pass is a row of an exam-results file with a certificate number of its own.
func pass(id, kind, number string) string {
	return fmt.Sprintf("%s,試験 %s,1980-04-01,%s,合格,2022-01-10,,%s,2022-01-10", id, strings.ToLower(id), kind, number)
}

// One certificate for two people is told on both rows, whichever comes first and
// however many rows lie between them.
func TestACertificateOfTwoPeopleIsFoundWithinAFile(t *testing.T) {
	people := make([]string, 2500)
	filler := make([]string, 2100) // more than one transaction takes
	for i := range people {
		people[i] = agent(fmt.Sprintf("P%04d", i))
	}
	for i := range filler {
		filler[i] = pass(fmt.Sprintf("P%04d", i+100), "K10", fmt.Sprintf("F-%d", i))
	}
	rows := slices.Concat([]string{
		pass("P0001", "K10", "SAME"), pass("P0002", "K11", "SAME"), // of another kind: another certificate
		pass("P0003", "K10", "TWICE"), pass("P0003", "K10", "TWICE"), // the same person
		strings.Replace(pass("P0004", "K12", "FAILED"), "合格", "不合格", 1), pass("P0005", "K12", "FAILED"),
		pass("NOBODY", "K13", "STRANGE"), pass("P0006", "K13", "STRANGE"),
	}, filler, []string{pass("P0007", "K10", "SAME"), pass("P0008", "K10", "SAME")})
	last := len(rows) + 1
	tests := []struct {
		name string
		rows []string
		want []string
	}{
		{"in the order of the register", rows, []string{
			"  2 certificate_no certificate-reused", "  8 agent_id unknown-agent",
			fmt.Sprintf("  %d certificate_no certificate-reused", last-1), fmt.Sprintf("  %d certificate_no certificate-reused", last),
		}},
		{"the other way round", reversed(rows), []string{
			"  2 certificate_no certificate-reused", "  3 certificate_no certificate-reused",
			fmt.Sprintf("  %d agent_id unknown-agent", last+2-8), fmt.Sprintf("  %d certificate_no certificate-reused", last),
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := empty(t)
			p.put(t, "association/agents_1.csv", table(agentHeader, people...))
			p.put(t, "exam-center/exam-results_1.csv", table(examHeader, tt.rows...))
			p.night(t, sampleDays[0])
			equal(t, "faults", p.ended(t, sampleDays[0])[2:], tt.want)
		})
	}
}

func reversed(rows []string) []string {
	rows = slices.Clone(rows)
	slices.Reverse(rows)
	return rows
}

// Across the files of one night and of later ones the register tells, once a row.
func TestACertificateOfTwoPeopleIsFoundAcrossFiles(t *testing.T) {
	p := empty(t)
	p.put(t, "association/agents_1.csv", table(agentHeader, agent("P1"), agent("P2"), agent("P3"), agent("P4")))
	p.put(t, "exam-center/exam-results_1.csv", table(examHeader, pass("P1", "K10", "SAME"), pass("P1", "K11", "SAME")))
	p.put(t, "exam-center/exam-results_2.csv", table(examHeader, pass("P2", "K10", "SAME"), pass("P2", "K12", "SAME")))
	p.night(t, sampleDays[0])
	equal(t, "faults of the night", p.ended(t, sampleDays[0])[1:], []string{
		"exam-center/exam-results_1.csv applied 2=2+0-0",
		"exam-center/exam-results_2.csv applied 2=2+0-0", "  2 certificate_no certificate-reused",
	})
	p.put(t, "exam-center/exam-results_3.csv", table(examHeader, pass("P3", "K10", "SAME"), pass("P4", "K10", "SAME")))
	p.night(t, sampleDays[1])
	equal(t, "faults of the next night", p.ended(t, sampleDays[1]), []string{
		"exam-center/exam-results_3.csv applied 2=2+0-0", "  2 certificate_no certificate-reused", "  3 certificate_no certificate-reused",
	})
}
