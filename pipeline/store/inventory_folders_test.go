package store

import (
	"strings"
	"testing"
)

func TestAFolderSaysWhatLiesThereAndHowLong(t *testing.T) {
	good := Folder{Root: "outbox", Path: "*/*", Holds: "報告", Term: "90日", Owner: "協会"}
	for _, c := range []struct {
		name   string
		change func(*Folder)
		want   string
	}{
		{"as it should be", func(*Folder) {}, ""},
		{"of another place", func(f *Folder) { f.Root = "home" }, "lies below none of"},
		{"everything", func(f *Folder) { f.Path = "**" }, "no pattern of one kind"},
		{"a broken pattern", func(f *Folder) { f.Path = "[" }, "no pattern of one kind"},
		{"no term", func(f *Folder) { f.Term = "" }, "does not say"},
		{"nobody's", func(f *Folder) { f.Owner = "" }, "does not say"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := good
			c.change(&f)
			err := f.check()
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestAFileIsOfTheFirstKindThatMatches(t *testing.T) {
	inv, err := LoadInventory()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"keys/undo/1.key": "purge.undo_days", "keys/signing.key": "鍵の交換まで", "archive/ab/abcd": "archive.keep_days",
		"tmp/x/y": "次の処理の開始まで", "receipts/purge-receipt_R-000001.json": "期限なし", "receipts/other.json": "",
		"archive": "", "archived/x": "", "notes.txt": "", "purge-ledger.jsonl.bak": "",
	} {
		f, found := inv.Folder("state_dir", name)
		if found != (want != "") || f.Term != want {
			t.Errorf("%s: %q, want %q", name, f.Term, want)
		}
	}
}

func TestAPlaceIsTheFolderWithoutWildcards(t *testing.T) {
	for pattern, want := range map[string]string{
		"archive/**": "state_dir/archive", "keys/undo/*.key": "state_dir/keys/undo", "purge-ledger.jsonl": "state_dir",
		"dry-run-*/**": "state_dir/dry-run", "registers/*/**": "state_dir/registers", "receipts/purge-receipt_*.json": "state_dir/receipts",
	} {
		if got := (&Folder{Root: "state_dir", Path: pattern}).Place(); got != want {
			t.Errorf("%s: %s, want %s", pattern, got, want)
		}
	}
}
