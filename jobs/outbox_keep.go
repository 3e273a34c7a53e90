package jobs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/audit"
	"meibo/pipeline/durable"
	"meibo/pipeline/report"
)

// fileDays are the days of the files in one reader's folder: the day in a file's
// name, else that of the newest manifest that names it, else that of the file.
type fileDays struct {
	listed map[string]pipeline.Date
	stamps map[string]pipeline.Date
}

func (d fileDays) of(name string) pipeline.Date {
	for _, day := range []pipeline.Date{dayInName(name), d.listed[name], d.stamps[name]} {
		if !day.IsZero() {
			return day
		}
	}
	return 0
}

// boxDays reads the manifests of a folder of the outbox.
func (h *House) boxDays(root durable.FS) (fileDays, error) {
	d := fileDays{map[string]pipeline.Date{}, map[string]pipeline.Date{}}
	entries, err := root.ReadDir(".")
	if err != nil {
		return d, err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return d, err
		}
		d.stamps[e.Name()] = pipeline.DateOf(info.ModTime().In(h.zone))
		day := dayInName(e.Name())
		if day.IsZero() || e.Name() != report.ManifestName(day) {
			continue
		}
		names, err := manifestNames(root, e.Name())
		if err != nil {
			return d, err
		}
		for _, name := range names {
			d.listed[name] = max(d.listed[name], day)
		}
	}
	return d, nil
}

func manifestNames(root durable.FS, name string) ([]string, error) {
	b, err := readAll(root, name)
	if err != nil {
		return nil, err
	}
	m, _ := report.ParseManifest(b) // one that is not ours names nothing
	var out []string
	for _, x := range m.Files {
		out = append(out, x.Name)
	}
	return out, nil
}

// permanent are files that hold nobody and stay: receipts.
func permanent(name string) bool { return strings.HasPrefix(name, receiptPrefix) }

// expireOutbox removes reports from the outbox whose day lies more than
// outbox.keep_days before the night's day: never one of this night. What is
// removed is counted in an event by day and reader.
func (n *night) expireOutbox(ctx context.Context) error {
	if n.rehearsal {
		return nil
	}
	readers, err := n.readerFolders()
	if err != nil {
		return err
	}
	old := map[string][]string{}
	var told []audit.Facts
	for _, reader := range readers {
		names, err := n.oldReports(reader)
		if err != nil {
			return fmt.Errorf("old reports for %s: %w", reader, err)
		}
		if old[reader] = names; len(names) > 0 {
			told = append(told, audit.Facts{"run": n.dayRun(), "reader": auditText(reader), "files": len(names)})
		}
	}
	if err := n.announce(ctx, audit.OutboxExpired, told); err != nil {
		return err
	}
	for _, reader := range readers {
		if err := n.removeReports(reader, old[reader]); err != nil {
			return fmt.Errorf("remove old reports for %s: %w", reader, err)
		}
	}
	return nil
}

// auditText is a folder's name in an event, which takes codes only.
func auditText(reader string) string {
	if insurerCode.MatchString(reader) {
		return reader
	}
	return "other"
}

func (n *night) oldReports(reader string) (names []string, err error) {
	root, err := n.boxFolder(reader)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	days, err := n.boxDays(root)
	if err != nil {
		return nil, err
	}
	entries, err := root.ReadDir(".")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Type().IsRegular() && !permanent(e.Name()) && days.of(e.Name()).AddDays(n.Config.OutboxKeepDays) < n.row.AsOf {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// removeReports removes manifests last: they date the files beside them.
func (n *night) removeReports(reader string, names []string) (err error) {
	if len(names) == 0 {
		return nil
	}
	root, err := n.boxFolder(reader)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	for _, manifests := range []bool{false, true} {
		for _, name := range names {
			if strings.HasPrefix(name, "manifest_") != manifests {
				continue
			}
			if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	n.o.Log.Info("old reports removed", "run", n.row.ID, "reader", auditText(reader), "files", len(names))
	return root.SyncDir(".")
}
