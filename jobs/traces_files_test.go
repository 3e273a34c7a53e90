package jobs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/purge"
)

// The search follows the inventory: every kind of file that is declared is looked
// into, keys apart, and what nobody declared too.
func TestTheSearchLooksIntoEveryDeclaredFolder(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.purgeable(t, 1)
	for name, content := range map[string]string{
		"notes.txt": "DUE00001 について", "keys/other.key": "DUE00001", "receipts/purge-receipt_R-000009.json": `{"note": "DUE00001"}`,
		"tmp/half/sheet1.xml": "<x/>", "notices/1001.bin": "\x00sealed\xff\xfe\x00",
	} {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(p.StateDir, name)), 0o700))
		must(t, os.WriteFile(filepath.Join(p.StateDir, name), []byte(content), 0o600))
	}
	hits := map[string]int{}
	p.with(t, func(h *jobs.House) {
		found, left, err := h.SearchFiles(t.Context(), purge.NewTraces([]purge.Traced{{ID: "DUE00001"}}))
		must(t, err)
		for _, f := range found {
			hits[f.Place] = f.Hits
		}
		for _, r := range left {
			if r.Place == "outbox/compliance" && r.Until != sampleDays[0].AddDays(p.OutboxKeepDays) || r.Place == "state_dir/receipts" && r.Until != pipeline.Date(0) {
				t.Errorf("%s ends on %s", r.Place, r.Until)
			}
		}
	})
	want := map[string]int{
		"outbox/association": 0, "outbox/compliance": 1, "state_dir": 1, "state_dir/archive": 1, "state_dir/audit": 0, "state_dir/dry-run": 0,
		"state_dir/notices": 0, "state_dir/receipts": 1, "state_dir/registers": 0, "state_dir/tmp": 1,
	}
	for place, n := range want {
		if got, looked := hits[place]; !looked || got != n {
			t.Errorf("%s: %d hits (looked into: %v), want %d", place, got, looked, n)
		}
	}
	if _, looked := hits["state_dir/keys"]; looked {
		t.Error("keys were looked into")
	}
}

// An inbox or an outbox that lies in the folder of the state is no part of it: the
// one belongs to its senders, the other is searched by itself.
func TestASearchOfTheStateLeavesTheInboxToItsSenders(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.Inbox, p.Outbox = filepath.Join(p.StateDir, "in"), filepath.Join(p.StateDir, "out")
	must(t, os.MkdirAll(p.Inbox, 0o755))
	must(t, os.MkdirAll(p.Outbox, 0o755))
	p.purgeable(t, 2)
	p.approve(t, 1, "S1", "S2")
	boxes := 0
	for _, r := range p.execute(t, 1).Receipt.Residual {
		if r.Place == "state_dir" {
			t.Errorf("%d files of the state are said to hold somebody", r.Files)
		}
		if strings.HasPrefix(r.Place, "outbox/") {
			boxes += r.Files
		}
	}
	if boxes == 0 {
		t.Error("the outbox was not searched")
	}
}
