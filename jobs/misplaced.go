package jobs

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/durable"
	"meibo/pipeline/run"
)

// spot is a folder of the inbox that senders may write to.
type spot struct {
	night  pipeline.Date // of a folder for one night; else 0
	sender string        // empty: the folder holds senders' folders
	dir    string        // below the inbox, with slashes
}

// walk visits what lies in senders' folders, and what lies beside those, for
// days up to asOf. What a desktop leaves behind is passed over.
func (in *inbox) walk(asOf pipeline.Date, visit func(spot, fs.DirEntry) error) error {
	sender := func(at spot) error {
		return in.each(at, func(e fs.DirEntry) error { return visit(at, e) })
	}
	holder := func(at spot, folder func(name string) error) error {
		return in.each(at, func(e fs.DirEntry) error {
			if e.IsDir() {
				return folder(e.Name())
			}
			return visit(at, e)
		})
	}
	return holder(spot{dir: "."}, func(name string) error {
		night, err := pipeline.ParseDate(name)
		switch {
		case err != nil:
			return sender(spot{sender: name, dir: name})
		case night > asOf:
			return nil
		}
		return holder(spot{night: night, dir: name}, func(s string) error {
			return sender(spot{night, s, path.Join(name, s)})
		})
	})
}

func (in *inbox) each(at spot, do func(fs.DirEntry) error) error {
	entries, err := in.dir(at.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if isDropping(e.Name()) {
			continue
		}
		if err := do(e); err != nil {
			return err
		}
	}
	return nil
}

// isDropping reports whether a file or folder is none that a person put there:
// hidden ones, notes of Windows and macOS on a folder, lock files of Excel, and
// completion marks.
func isDropping(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") || strings.HasSuffix(name, doneSuffix) ||
		name == "thumbs.db" || name == "ehthumbs.db" || name == "desktop.ini"
}

// strays counts the files that no run takes in, by where they lie: beside the
// senders' folders, in folders within those, and links.
func (in *inbox) strays(asOf pipeline.Date) (map[spot]int, error) {
	found := map[spot]int{}
	err := in.walk(asOf, func(at spot, e fs.DirEntry) error {
		if at.sender != "" && e.Type().IsRegular() {
			return nil // a delivery
		}
		if n := in.countFiles(path.Join(at.dir, e.Name()), e, maxDepth); n > 0 {
			found[at] += n
		}
		return nil
	})
	return found, err
}

// maxDepth is how far down a folder is searched for files.
const maxDepth = 8

// countFiles counts the files in what should not be there. A folder that cannot
// be looked into counts as one: it does not stop the night.
func (in *inbox) countFiles(name string, e fs.DirEntry, depth int) (n int) {
	if !e.IsDir() || depth == 0 {
		return 1
	}
	entries, err := in.root.ReadDir(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 1
	}
	for _, inner := range entries {
		if !isDropping(inner.Name()) {
			n += in.countFiles(path.Join(name, inner.Name()), inner, depth-1)
		}
	}
	return n
}

// strayWarnings tells the operator where files lie that no run takes in. Names
// of files and of unknown folders may hold a person's name and are not told.
func (h *House) strayWarnings(in *inbox, asOf pipeline.Date) ([]run.Warning, error) {
	found, err := in.strays(asOf)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	type text struct{ ja, en string }
	counts := map[text]int{}
	total := 0
	for at, n := range found {
		ja, en := "受信フォルダーの直下", "in the inbox itself"
		if at.night != 0 {
			ja, en = "日付フォルダー"+at.night.String()+"の直下", "in the folder of "+at.night.String()+" itself"
		}
		if at.sender != "" {
			ja, en = "登録のない送信元のフォルダーの中", "in folders or links of unknown senders"
			if role, _ := h.Config.role(at.sender); role != "" {
				ja, en = at.sender+"のフォルダーの中のフォルダーまたはリンク", "in folders or links of "+at.sender
			}
		}
		counts[text{ja, en}] += n
		total += n
	}
	places := make([]text, 0, len(counts))
	for p := range counts {
		places = append(places, p)
	}
	slices.SortFunc(places, func(a, b text) int { return cmp.Compare(a.ja, b.ja) })
	ja, en := make([]string, len(places)), make([]string, len(places))
	for i, p := range places {
		ja[i] = fmt.Sprintf("%s %d件", p.ja, counts[p])
		en[i] = fmt.Sprintf("%d %s", counts[p], p.en)
	}
	return []run.Warning{{
		Code: "misplaced-file",
		JA: fmt.Sprintf("送信元のフォルダーの直下にないため取り込まなかったファイルが%d件あります（%s）。送信元のフォルダーの直下に移すか、不要であれば削除してください。",
			total, strings.Join(ja, "、")),
		EN: fmt.Sprintf("%d files lie where no run takes them in (%s); move them into their sender's folder, or delete them", total, strings.Join(en, ", ")),
	}}, nil
}

// strayNow is strayWarnings for a look at the inbox, which need not be there.
func (h *House) strayNow(asOf pipeline.Date) ([]run.Warning, error) {
	root, err := durable.OpenRoot(h.Config.Inbox)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	in := &inbox{root}
	defer in.Close()
	return h.strayWarnings(in, asOf)
}
