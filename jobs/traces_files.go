package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/durable"
	"meibo/pipeline/purge"
	"meibo/pipeline/source"
	"meibo/pipeline/store"
)

// Places of files in a receipt, as the inventory of schemas/inventory.yaml has them.
const (
	placeOutbox  = "outbox"
	placeArchive = "state_dir/archive"
	rootState    = "state_dir"
)

// fileSearch looks through every file the program writes for what should be gone.
type fileSearch struct {
	*House
	traces *purge.Traces
	inv    *store.Inventory

	searched []purge.Searched
	residual []purge.Residual
}

// searchFiles looks for the persons in every file below the outbox and the state
// folder but the keys and the database, whose tables are searched by themselves:
// in texts of any encoding and in every part of workbooks, also of those with a
// password that is configured. It tells by place how many files it looked at and
// in how many it found somebody, and how long those stay by their own term. A
// file whose content cannot be looked at counts as one that holds somebody.
func (h *House) searchFiles(ctx context.Context, t *purge.Traces) ([]purge.Searched, []purge.Residual, error) {
	inv, err := store.LoadInventory()
	if err != nil {
		return nil, nil, err
	}
	s := &fileSearch{House: h, traces: t, inv: inv}
	for _, part := range []func(context.Context) error{s.outbox, s.keptFiles, s.stateFiles} {
		if err := part(ctx); err != nil {
			return nil, nil, fmt.Errorf("search files: %w", err)
		}
	}
	return s.searched, s.residual, nil
}

// count adds what was found in a place; days are the last days of the files
// with a hit.
func (s *fileSearch) count(place string, things int, days []pipeline.Date) {
	s.searched = append(s.searched, purge.Searched{Place: place, Things: things, Hits: len(days)})
	slices.Sort(days)
	for len(days) > 0 {
		n := 1
		for n < len(days) && days[n] == days[0] {
			n++
		}
		s.residual = append(s.residual, purge.Residual{Place: place, Files: n, Until: days[0]})
		days = days[n:]
	}
}

// outbox searches what lies there for each reader.
func (s *fileSearch) outbox(ctx context.Context) error {
	readers, err := s.readerFolders()
	if err != nil {
		return err
	}
	for _, reader := range readers {
		if err := s.box(ctx, reader); err != nil {
			return fmt.Errorf("outbox of %s: %w", reader, err)
		}
	}
	return nil
}

// readerFolders are the folders of the outbox, in order.
func (h *House) readerFolders() (out []string, err error) {
	root, err := h.o.folder(folderOutbox, h.Config.Outbox, outboxDir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	entries, err := root.ReadDir(".")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.IsDir() {
			out = append(out, e.Name())
		}
	}
	return out, nil
}

func (s *fileSearch) box(ctx context.Context, reader string) (err error) {
	root, err := s.boxFolder(reader)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	days, err := s.boxDays(root)
	if err != nil {
		return err
	}
	things, hits := 0, []pipeline.Date(nil)
	err = eachFile(ctx, root, ".", nil, func(name string) error {
		things++
		hit, err := s.file(root, name, reader)
		if hit {
			hits = append(hits, s.lastDay(placeOutbox, reader+"/"+name, days.of(name)))
		}
		return err
	})
	s.count(placeOutbox+"/"+reader, things, hits)
	return err
}

// keptFiles searches the archive; a file in it bears its hash for a name.
func (s *fileSearch) keptFiles(ctx context.Context) error {
	things, hits := 0, []pipeline.Date(nil)
	err := eachFile(ctx, s.kept, ".", nil, func(name string) error {
		things++
		sum := strings.TrimSuffix(path.Base(name), ".redacted")
		batches, err := s.Store.BatchesOf(ctx, sum)
		if err != nil {
			return err
		}
		var senders []string
		for _, b := range batches {
			senders = append(senders, b.Sender)
		}
		hit, err := s.file(s.kept, name, senders...)
		if err != nil || !hit {
			return err
		}
		last, err := s.lastArchived(sum, newestOf(batches))
		hits = append(hits, last)
		return err
	})
	s.count(placeArchive, things, hits)
	return err
}

// lastDay is the last day of a file by the term that is declared of its kind, if
// it is of a day or was in use on it. Zero: it is not known.
func (s *fileSearch) lastDay(root, name string, of pipeline.Date) pipeline.Date {
	f, declared := s.inv.Folder(root, name)
	switch {
	case !declared || of.IsZero():
		return 0
	case f.Term == store.TermOutbox:
		return of.AddDays(s.Config.OutboxKeepDays)
	}
	return 0
}

// foundIn is what was met in the files of one kind.
type foundIn struct {
	things int
	hits   []pipeline.Date
}

// stateFiles searches what else lies in the state folder, kind by kind as the
// inventory declares them; what nobody declared counts under the folder itself.
func (s *fileSearch) stateFiles(ctx context.Context) error {
	skip, err := s.ownFiles()
	if err != nil {
		return err
	}
	met := map[string]*foundIn{rootState: {}}
	for i := range s.inv.Folders {
		if f := &s.inv.Folders[i]; f.Root == rootState && !f.Keys && f.Place() != placeArchive {
			met[f.Place()] = &foundIn{}
		}
	}
	err = eachFile(ctx, s.state, ".", skip, func(name string) error {
		f, declared := s.inv.Folder(rootState, name)
		if f.Keys {
			return nil
		}
		in := met[rootState]
		if declared {
			in = met[f.Place()]
		}
		in.things++
		hit, err := s.stateFile(name, f, declared)
		if hit {
			in.hits = append(in.hits, s.lastDay(rootState, name, 0))
		}
		return err
	})
	for _, place := range slices.Sorted(maps.Keys(met)) {
		s.count(place, met[place].things, met[place].hits)
	}
	return err
}

// stateFile looks into one file. What lies in the folder for temporary files is
// somebody's, whatever it says; what is sealed and declared to hold no data of a
// 募集人 is nobody's.
func (s *fileSearch) stateFile(name string, f store.Folder, declared bool) (bool, error) {
	if strings.HasPrefix(name, tempFolder+"/") {
		return true, nil
	}
	return s.look(s.state, name, !declared || f.Personal)
}

// ownFiles are the paths below the state folder that are searched otherwise, and
// the inbox, which is its senders'.
func (s *fileSearch) ownFiles() (map[string]bool, error) {
	out := map[string]bool{"archive": true}
	state, err := filepath.Abs(s.stateDir)
	if err != nil {
		return nil, err
	}
	below := func(name string, ends ...string) error {
		a, err := filepath.Abs(name)
		if err != nil {
			return err
		}
		if rel, err := filepath.Rel(state, a); err == nil && filepath.IsLocal(rel) && rel != "." {
			for _, end := range ends {
				out[filepath.ToSlash(rel)+end] = true
			}
		}
		return nil
	}
	for _, db := range []string{s.Config.DB, s.Config.Export.DB} {
		if file, ok := strings.CutPrefix(db, "sqlite:"); ok {
			if err := below(file, "", "-wal", "-shm", "-journal"); err != nil {
				return nil, err
			}
		}
	}
	return out, errors.Join(below(s.Config.Inbox, ""), below(s.Config.Outbox, ""))
}

// eachFile hands every regular file below dir to do, in order of names.
func eachFile(ctx context.Context, fsys durable.FS, dir string, skip map[string]bool, do func(name string) error) error {
	entries, err := fsys.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case skip[name]:
			continue
		case e.IsDir():
			err = eachFile(ctx, fsys, name, skip, do)
		case e.Type().IsRegular():
			err = cmp.Or(ctx.Err(), do(name))
		}
		if errors.Is(err, fs.ErrNotExist) { // of a dry run that ended meanwhile
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// file reports whether somebody stands in a file, or may: one that cannot be
// looked at is no proof. senders are whose passwords may open it.
func (s *fileSearch) file(fsys durable.FS, name string, senders ...string) (bool, error) {
	return s.look(fsys, name, true, senders...)
}

// look is file; opaque is the answer for one that cannot be looked at.
func (s *fileSearch) look(fsys durable.FS, name string, opaque bool, senders ...string) (bool, error) {
	f, err := fsys.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	hit := s.traces.In([]string{name}) != ""
	err = source.Texts(f, info.Size(), s.opener(senders), func(row []string) bool {
		hit = hit || s.traces.In(row) != ""
		return !hit
	})
	if errors.Is(err, source.ErrOpaque) {
		return hit || opaque, nil
	}
	return hit, err
}

// opener tries the passwords of the senders.
func (s *fileSearch) opener(senders []string) func(io.ReaderAt, int64) ([]byte, error) {
	return func(r io.ReaderAt, size int64) ([]byte, error) {
		for _, sender := range slices.Compact(slices.Sorted(slices.Values(senders))) {
			password := s.secrets.password(sender)
			if password == "" {
				continue
			}
			plain, err := s.o.Decrypter.Decrypt(r, size, password)
			if _, locked := errors.AsType[*pipeline.Fault](err); !locked {
				return plain, err
			}
		}
		return nil, source.ErrOpaque
	}
}

// dayAtEnd is the day at which the name of a dated report ends.
var dayAtEnd = regexp.MustCompile(`_(\d{4}-\d{2}-\d{2})\.[a-z]+$`)

// dayInName is the day of a dated report; zero of other files.
func dayInName(name string) pipeline.Date {
	if m := dayAtEnd.FindStringSubmatch(name); m != nil {
		if d, err := pipeline.ParseDate(m[1]); err == nil {
			return d
		}
	}
	return 0
}
