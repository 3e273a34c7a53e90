package jobs_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline/store"
)

// Nothing lies in inbox, outbox or state_dir, after the sample nights, a training,
// a purge, its undo and its settlement, that the inventory does not declare, and nearly
// everything that it declares was there: it is no list of wishes.
func TestEveryFileThatIsWrittenIsDeclared(t *testing.T) {
	inv, err := store.LoadInventory()
	must(t, err)
	met := map[string]bool{}
	look := func(p *place) {
		t.Helper()
		for root, dir := range map[string]string{"inbox": p.Inbox, "outbox": p.Outbox, "state_dir": p.StateDir} {
			for _, name := range slices.Sorted(maps.Keys(tree(t, dir))) {
				f, declared := inv.Folder(root, name)
				if !declared {
					t.Errorf("%s/%s is not declared", root, name)
				}
				met[f.Root+"/"+f.Path] = true
			}
		}
	}
	q := after(t, 3)
	q.train(t, true)
	look(q) // with a model of its own
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.put(t, "2026-11-19/1001/registrations_9.csv", table(registrationHeader, "1001,,D1,代理店D1,NOBODY1,不明 一郎,1972-02-02,使用人,登録,2020-04-01,,自動車"))
	must(t, os.MkdirAll(p.StateDir, 0o700))
	look(p) // with what was sent
	p.purgeable(t, 2)
	p.approve(t, 1, "S1", "S2")
	p.execute(t, 1)
	look(p) // with the key of the undo window
	p.with(t, func(h *jobs.House) {
		_, err := h.UndoPurge(t.Context(), 1, []string{"S1", "S3"}, "取違え", 0)
		must(t, err)
	})
	p.night(t, sampleDays[1])
	look(p)
	for i := range inv.Folders {
		f := &inv.Folders[i]
		switch pattern := f.Root + "/" + f.Path; {
		case met[pattern]:
		case strings.HasPrefix(f.Term, "送付まで"), strings.HasPrefix(f.Path, "tmp/"), strings.HasPrefix(f.Path, "dry-run"), strings.HasPrefix(f.Path, "registers/"):
			// gone once their work is done, or of another register
		default:
			t.Errorf("%s is declared, but nothing of its kind was met", pattern)
		}
	}
	if _, declared := inv.Folder("state_dir", "notes.txt"); declared {
		t.Error("a file of no known kind passes")
	}
}
