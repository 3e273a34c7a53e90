package jobs_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/jobs"
	"meibo/pipeline/purge"
)

// Three months instead of six for No.2 make the person due who comes later, and
// nothing is written by asking.
func TestOtherRulesAreTriedWithoutWritingAnything(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.purgeable(t, 1)
	rules, err := os.ReadFile("../schemas/rules/retention.yaml")
	must(t, err)
	other := bytes.Replace(rules, []byte("{name: months_no2, value: 6,"), []byte("{name: months_no2, value: 3,"), 1)
	before, files := p.state(t), tree(t, p.StateDir)
	p.with(t, func(h *jobs.House) {
		same, err := h.WhatIf(t.Context(), "retention.yaml", rules, sampleDays[0])
		must(t, err)
		equal(t, "by the rules in force", len(same), 0)
		got, err := h.WhatIf(t.Context(), "retention.yaml", other, sampleDays[0])
		must(t, err)
		states := map[string]string{}
		for _, x := range got {
			states[x.AgentID] = x.Kind
			if x.AgentID == "LATER1" && (x.Was.State != "予告" || x.Is.State != "対象" || x.Is.LastDay != day("2026-09-15")) {
				t.Errorf("LATER1: %+v → %+v", x.Was, x.Is)
			}
		}
		equal(t, "changes", states, map[string]string{"LATER1": jobs.WhatIfChanged, "DUE00001": jobs.WhatIfChanged, "HELD1": jobs.WhatIfChanged})
		longer := bytes.Replace(rules, []byte("{name: grace_days, value: 3,"), []byte("{name: grace_days, value: 9,"), 1)
		got, err = h.WhatIf(t.Context(), "retention.yaml", longer, sampleDays[0])
		must(t, err)
		for _, x := range got {
			if x.Kind != jobs.WhatIfChanged || x.Is.Executable != x.Was.Executable.AddDays(6) || x.Is.FirstDeletable != x.Was.FirstDeletable {
				t.Errorf("six more days of grace: %s %+v → %+v", x.AgentID, x.Was, x.Is)
			}
		}
		if len(got) != 3 {
			t.Errorf("six more days of grace move %d persons, want all 3 on the list", len(got))
		}
		if _, err := h.WhatIf(t.Context(), "broken.yaml", []byte("versions: [{nonsense: 1}]"), sampleDays[0]); err == nil {
			t.Error("a file that is no retention file was taken")
		}
	})
	same(t, "after asking", p.state(t), before)
	if d := cmp.Diff(files, tree(t, p.StateDir)); d != "" {
		t.Errorf("files of the state changed:\n%s", d)
	}
}

// The receipt names where copies remain and until when; after those days a
// search finds nothing.
func TestCopiesInFilesEndOnTheDayTheReceiptSays(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.OutboxKeepDays, p.Archive.KeepDays = 5, 3
	p.purgeable(t, 1)
	p.approve(t, 1, "S1", "S2")
	e := p.execute(t, 1)
	until := map[string]string{}
	for _, r := range e.Receipt.Residual {
		until[r.Place] = r.Until.String()
	}
	equal(t, "archive", until["state_dir/archive"], "2026-11-22")
	equal(t, "outbox", until["outbox/compliance"], "2026-11-24")
	find := func() (hits int) {
		p.with(t, func(h *jobs.House) {
			found, _, err := h.SearchFiles(t.Context(), purge.NewTraces([]purge.Traced{{ID: "DUE00001", Emails: []string{"due1@example.com"}}}))
			must(t, err)
			for _, s := range found {
				hits += s.Hits
			}
		})
		return hits
	}
	if find() == 0 {
		t.Error("the archived file of last night holds nobody: the search is blind")
	}
	p.night(t, day("2026-11-25"))
	if n := find(); n != 0 {
		t.Errorf("%d files hold somebody after their last day", n)
	}
	if _, err := os.Stat(filepath.Join(p.Outbox, "compliance", "purge-receipt_R-000001.xlsx")); err != nil {
		t.Errorf("the receipt is gone: %v", err)
	}
	for name := range tree(t, p.Outbox) {
		if strings.Contains(name, "2026-11-19") {
			t.Errorf("%s lies there after its last day", name)
		}
	}
}
