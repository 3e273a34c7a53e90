package jobs_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"meibo/pipeline"
)

// What sample-data/README.md says of those who ask for corrections.
func TestREADMECorrections(t *testing.T) {
	type answer struct{ name, born, acquired string }
	var people [3]map[string]answer
	ids := []string{"CORROWN01", "CORROWN02", "CORRMIS01", "CORRSENT1", "CORRWAIT1", "CORRFREE1"}
	for i := range people {
		people[i] = map[string]answer{}
		agents, err := sampleStore(t, i+1).Agents(t.Context(), ids)
		must(t, err)
		for _, a := range agents {
			people[i][a.ID] = answer{a.Name, a.BornOn.String(), a.IDAcquiredOn.String()}
		}
	}
	for id, want := range map[string][3]string{
		"CORROWN01": {"1971-03-04", "1971-03-14", "1971-03-14"}, "CORRMIS01": {"1971-03-04", "1971-03-04", "1971-03-04"},
		"CORRSENT1": {"1971-03-04", "1971-03-04", "1971-03-05"}, "CORRWAIT1": {"1971-03-04", "1971-03-04", "1971-03-04"},
	} {
		for i := range people {
			equal(t, fmt.Sprintf("birth date of %s on night %d", id, i+1), people[i][id].born, want[i])
		}
	}
	equal(t, "name", []string{people[1]["CORROWN02"].name, people[2]["CORROWN02"].name}, []string{"見本　花織", "見本　香織"})
	equal(t, "ID取得日", []string{people[0]["CORRFREE1"].acquired, people[1]["CORRFREE1"].acquired}, []string{"2026-05-10", "2026-08-10"})

	last := sampleStore(t, 3)
	names, err := last.Names(t.Context(), []string{"CORROWN02"})
	must(t, err)
	for _, want := range []string{people[0]["CORROWN02"].name, "見本　花織"} {
		if !slices.ContainsFunc(names, func(n pipeline.Name) bool { return n.Kind == pipeline.NameFormer && n.Text == want }) {
			t.Errorf("%s is not among the further names %v", want, names)
		}
	}
	passes, err := last.Qualifications(t.Context(), []string{"CORRPASS1"})
	must(t, err)
	for _, q := range passes {
		equal(t, "on file: "+q.Code, q.OnFile(), q.Code != "K13")
		if q.Code == "K10" {
			equal(t, "登載日", q.PostedOn, day("2024-04-12"))
		}
	}
	for list, want := range map[int]string{
		1: "CORRFREE1 2 対象 CORRHOLD1 2 対象", 2: "CORRFREE1 2 予告 CORRGONE1 申出 対象 CORRHOLD1 2 保留",
		3: "CORRFREE1 2 予告 CORRGONE1 申出 対象 CORRGONE2 申出 対象 CORRHOLD1 2 保留",
	} {
		var got []string
		for r, err := range last.PurgeRows(t.Context(), list) {
			must(t, err)
			if strings.HasPrefix(r.AgentID, "CORR") {
				got = append(got, r.AgentID, r.Case, r.State)
			}
		}
		equal(t, fmt.Sprintf("purge list %d", list), strings.Join(got, " "), want)
	}
	var routed []string
	for name := range nights(t).states[2].outbox {
		if strings.HasPrefix(filepath.Base(name), "correction-requests_") {
			routed = append(routed, name)
		}
	}
	slices.Sort(routed)
	equal(t, "routed", routed, []string{
		"1001/correction-requests_2026-11-20.xlsx", "1001/correction-requests_2026-11-21.xlsx",
		"association/correction-requests_2026-11-20.xlsx", "association/correction-requests_2026-11-21.xlsx",
	})
}
