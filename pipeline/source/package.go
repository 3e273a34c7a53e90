package source

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// pkg is the ZIP package of a workbook after every one of its entries was read
// to the end: no later read can meet a damaged byte that was not met before.
type pkg struct {
	files  map[string]*zip.File // by partKey
	merges map[string]bool      // parts in which a merged cell range is mentioned, by partKey
	world  *worldReader
}

// partKey is how part names are compared: without case and leading slash.
func partKey(name string) string { return strings.ToLower(strings.TrimPrefix(name, "/")) }

// worldReader remembers an error of the file itself, so that it is not taken
// for damage of the data. It may be read and asked at once.
type worldReader struct {
	r      *io.SectionReader
	failed atomic.Pointer[error]
}

// newWorldReader reads the size bytes of a file: a false offset is damage.
func newWorldReader(r io.ReaderAt, size int64) *worldReader {
	return &worldReader{r: io.NewSectionReader(r, 0, size)}
}

func (w *worldReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := w.r.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		w.failed.Store(&err)
	}
	return n, err
}

// err is the newest error of the file itself, nil if there was none.
func (w *worldReader) err() error {
	if failed := w.failed.Load(); failed != nil {
		return *failed
	}
	return nil
}

// all reads the file from its beginning.
func (w *worldReader) all() io.Reader { return io.NewSectionReader(w, 0, w.r.Size()) }

// blame returns the error of the world behind err, or the part's damage.
func (p *pkg) blame(err error, part string) error {
	switch {
	case err == nil:
		return nil
	case p.world.err() != nil:
		return fmt.Errorf("read %s: %w", part, p.world.err())
	}
	return refuse(CodeDamaged, part)
}

// openPackage vets the ZIP: number, names and sizes of its entries, their
// checksums, and what every XML part must not hold.
func openPackage(r io.ReaderAt, size int64, l Limits) (*pkg, error) {
	p := &pkg{files: map[string]*zip.File{}, merges: map[string]bool{}, world: newWorldReader(r, size)}
	z, err := zip.NewReader(p.world, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, p.blame(err, "ZIP")
	}
	if len(z.File) > l.Entries {
		return nil, refuse(CodeBadPackage, fmt.Sprintf("ZIP > %d", l.Entries))
	}
	var total uint64
	for _, f := range z.File {
		if err := p.add(f); err != nil {
			return nil, err
		}
		total += f.UncompressedSize64
		if f.UncompressedSize64 > uint64(l.TotalBytes) || total > uint64(l.TotalBytes) {
			return nil, refuse(CodeBomb, "ZIP")
		}
	}
	v := vet{pkg: p, limits: l, buf: make([]byte, 64<<10)}
	for _, f := range z.File {
		if err := v.entry(f); err != nil {
			return nil, err
		}
	}
	if v.total > calmBytes && v.total/max(size, 1) > l.Ratio {
		return nil, refuse(CodeBomb, "ZIP")
	}
	return p, nil
}

func (p *pkg) add(f *zip.File) error {
	key := partKey(f.Name)
	switch {
	case f.Flags&1 != 0: // encrypted by ZIP itself, which Excel never does
		return refuse(CodeBadPackage, "ZIP")
	case !utf8.ValidString(f.Name), strings.ContainsAny(f.Name, "\\\x00:"), strings.HasPrefix(f.Name, "/"),
		key == "", path.Clean(f.Name) != strings.TrimSuffix(f.Name, "/"), strings.HasPrefix(f.Name, ".."):
		return refuse(CodeBadPackage, "ZIP")
	case p.files[key] != nil:
		return refuse(CodeBadPackage, "ZIP")
	}
	p.files[key] = f
	return nil
}

// calmBytes is the size below which nothing is taken for a bomb.
const calmBytes = 4 << 20

// vet reads entries to their end.
type vet struct {
	*pkg
	limits Limits
	total  int64
	buf    []byte
}

func (v *vet) entry(f *zip.File) error {
	rc, err := f.Open()
	if err != nil {
		return v.blame(err, f.Name)
	}
	defer rc.Close()
	scan := xmlVet{part: f.Name}
	ext := strings.ToLower(path.Ext(f.Name))
	isXML := ext == ".xml" || ext == ".rels"
	var n int64
	var sum uint32
	for {
		m, err := rc.Read(v.buf)
		n += int64(m)
		v.total += int64(m)
		if v.total > v.limits.TotalBytes ||
			n > calmBytes && n/int64(max(f.CompressedSize64, 1)) > v.limits.Ratio {
			return refuse(CodeBomb, f.Name)
		}
		sum = crc32.Update(sum, crc32.IEEETable, v.buf[:m])
		if isXML {
			if err := scan.add(v.buf[:m]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return v.blame(err, f.Name)
		}
	}
	// archive/zip takes a checksum of 0 for one that was never set.
	if sum != f.CRC32 || len(scan.half) > 0 {
		return refuse(CodeDamaged, f.Name)
	}
	v.merges[partKey(f.Name)] = scan.merges
	return nil
}

// xmlVet looks through XML of any size, block by block, for what no part may
// hold, and for what tells whether a sheet must be read twice.
type xmlVet struct {
	part   string
	begun  bool
	half   []byte // the beginning of a character at the end of the last block
	tail   []byte // the end of the last block, for words that lie across
	merges bool
}

func (v *xmlVet) add(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if !v.begun {
		v.begun = true
		if len(b) > 1 && (b[0] >= 0xFE || b[0] == 0 || b[1] == 0) {
			return refuse(CodeXMLEncoding, v.part)
		}
	}
	if bytes.IndexByte(b, 0) >= 0 {
		return refuse(CodeDamaged, v.part)
	}
	if err := v.characters(b); err != nil {
		return err
	}
	v.tail = append(v.tail, b[:min(len(b), 16)]...)
	if bytes.Contains(b, []byte("<!DOCTYPE")) || bytes.Contains(v.tail, []byte("<!DOCTYPE")) {
		return refuse(CodeDoctype, v.part)
	}
	v.merges = v.merges || bytes.Contains(b, []byte("mergeCell")) || bytes.Contains(v.tail, []byte("mergeCell"))
	if len(b) >= 16 {
		v.tail = v.tail[:0]
	}
	v.tail = append(v.tail, b[max(0, len(b)-16):]...)
	return nil
}

// characters checks that b goes on as UTF-8.
func (v *xmlVet) characters(b []byte) error {
	for len(v.half) > 0 && len(b) > 0 && !utf8.FullRune(v.half) {
		v.half = append(v.half, b[0])
		b = b[1:]
	}
	if len(v.half) > 0 {
		if !utf8.FullRune(v.half) {
			return nil
		}
		if !utf8.Valid(v.half) {
			return refuse(CodeXMLEncoding, v.part)
		}
		v.half = v.half[:0]
	}
	end := len(b)
	for i := max(0, end-3); i < end; i++ {
		if utf8.RuneStart(b[i]) && !utf8.FullRune(b[i:]) {
			end = i
			break
		}
	}
	if !utf8.Valid(b[:end]) {
		return refuse(CodeXMLEncoding, v.part)
	}
	v.half = append(v.half, b[end:]...)
	return nil
}

// open returns a scanner over a part, and a function that closes it.
func (p *pkg) open(part string) (*scanner, func() error, error) {
	f := p.files[partKey(part)]
	if f == nil {
		return nil, nil, refuse(CodeBadPackage, part)
	}
	rc, err := f.Open()
	if err != nil {
		return nil, nil, p.blame(err, part)
	}
	return newScanner(&partReader{rc, p, part}, part), rc.Close, nil
}

// partReader turns the errors of a part into damage or errors of the world.
type partReader struct {
	r    io.Reader
	pkg  *pkg
	part string
}

func (r *partReader) Read(b []byte) (int, error) {
	n, err := r.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = r.pkg.blame(err, r.part)
	}
	return n, err
}

// whole reads a small part: fn gets a scanner whose root was read and must read
// to the root's end.
func (p *pkg) whole(part string, limit int64, root string, namespaces []string, fn func(*scanner) error) error {
	if f := p.files[partKey(part)]; f != nil && f.UncompressedSize64 > uint64(limit) {
		return refuse(CodeBomb, part)
	}
	x, shut, err := p.open(part)
	if err != nil {
		return err
	}
	defer shut()
	if err := x.root(root, namespaces...); err != nil {
		return err
	}
	if err := fn(x); err != nil {
		return err
	}
	return x.finish()
}
