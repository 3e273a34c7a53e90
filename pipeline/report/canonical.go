package report

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"compress/flate"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"meibo/pipeline/failpoint"
)

// Save writes a workbook in canonical form: entries sorted by name, without
// times, compressed by one method, and the list of content types sorted, which
// excelize writes in the order of a map. It spills to tempDir (empty: the
// system's folder) and holds no entry in memory.
func Save(w io.Writer, f *excelize.File, tempDir string) error {
	p, err := newPacker(w, tempDir)
	if err != nil {
		return err
	}
	defer p.release()
	f.SetZipWriter(func(io.Writer) excelize.ZipWriter { return p })
	if _, err := f.WriteToBuffer(); err != nil { // the buffer stays empty
		return fmt.Errorf("save workbook: %w", err)
	}
	return nil
}

// Canonical rewrites the workbook of size bytes in r in the form of Save. Every
// entry is read to its end and its checksum compared.
func Canonical(w io.Writer, r io.ReaderAt, size int64, tempDir string) error {
	in, err := zip.NewReader(r, size)
	if err != nil {
		return fmt.Errorf("rewrite workbook: %w", err)
	}
	p, err := newPacker(w, tempDir)
	if err != nil {
		return err
	}
	defer p.release()
	for _, e := range in.File {
		if strings.HasSuffix(e.Name, "/") {
			continue // folders are no parts of a workbook
		}
		if err := p.copy(e); err != nil {
			return fmt.Errorf("rewrite workbook: %s: %w", e.Name, err)
		}
	}
	return p.Close()
}

// packer is an excelize.ZipWriter that takes entries in any order and writes
// them in one. Each is compressed once, into one temporary file.
type packer struct {
	out     io.Writer
	temp    *os.File
	spool   *bufio.Writer
	flate   *flate.Writer
	entries []entry
	types   bytes.Buffer // [Content_Types].xml, to be sorted
	spooled int64
}

type entry struct {
	name  string
	start int64 // in the temporary file
	size  int64 // there
	plain int64 // before compression
	crc   uint32
}

const contentTypes = "[Content_Types].xml"

func newPacker(out io.Writer, tempDir string) (*packer, error) {
	temp, err := os.CreateTemp(tempDir, "meibo-zip-*")
	if err != nil {
		return nil, fmt.Errorf("spill workbook: %w", err)
	}
	p := &packer{out: out, temp: temp}
	p.spool = bufio.NewWriterSize(counter{temp, &p.spooled}, 1<<16)
	p.flate, err = flate.NewWriter(p.spool, flate.DefaultCompression)
	return p, err
}

// counter counts what passes.
type counter struct {
	w io.Writer
	n *int64
}

func (c counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	*c.n += int64(n)
	return n, err
}

// Create begins an entry and ends the one before it.
func (p *packer) Create(name string) (io.Writer, error) {
	if err := p.end(); err != nil {
		return nil, err
	}
	if name == contentTypes {
		return &p.types, nil
	}
	if slices.ContainsFunc(p.entries, func(e entry) bool { return e.name == name }) {
		return nil, fmt.Errorf("workbook has two entries %s", name)
	}
	p.flate.Reset(p.spool)
	p.entries = append(p.entries, entry{name: name, start: p.spooled, size: -1})
	return entryWriter{p, len(p.entries) - 1}, nil
}

// entryWriter compresses the content of one entry.
type entryWriter struct {
	p *packer
	i int
}

func (w entryWriter) Write(b []byte) (int, error) {
	e := &w.p.entries[w.i]
	e.crc = crc32.Update(e.crc, crc32.IEEETable, b)
	e.plain += int64(len(b))
	return w.p.flate.Write(b)
}

// end completes the open entry, if there is one.
func (p *packer) end() error {
	if len(p.entries) == 0 || p.entries[len(p.entries)-1].size >= 0 {
		return nil
	}
	e := &p.entries[len(p.entries)-1]
	if err := errors.Join(p.flate.Close(), p.spool.Flush()); err != nil {
		return fmt.Errorf("spill workbook: %w", err)
	}
	e.size = p.spooled - e.start
	if e.plain > math.MaxUint32 {
		// Excel refuses what archive/zip writes beyond this size.
		return fmt.Errorf("workbook entry %s is larger than 4 GB", e.name)
	}
	return nil
}

func (p *packer) copy(e *zip.File) error {
	r, err := e.Open()
	if err != nil {
		return err
	}
	w, err := p.Create(e.Name)
	if err == nil {
		_, err = io.Copy(w, r)
	}
	return errors.Join(err, r.Close())
}

// AddFS is part of excelize.ZipWriter; excelize does not call it.
func (p *packer) AddFS(fs.FS) error { return errors.ErrUnsupported }

// Close writes the workbook.
func (p *packer) Close() error {
	types, err := sortTypes(p.types.Bytes())
	if err != nil {
		return err
	}
	w, err := p.Create(contentTypes + " ") // as an ordinary entry
	if err == nil {
		_, err = w.Write(types)
	}
	if err = errors.Join(err, p.end()); err != nil {
		return err
	}
	p.entries[len(p.entries)-1].name = contentTypes
	slices.SortFunc(p.entries, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	zw := zip.NewWriter(p.out)
	for _, e := range p.entries {
		raw, err := zw.CreateRaw(&zip.FileHeader{
			Name: e.name, Method: zip.Deflate, CRC32: e.crc,
			CompressedSize64: uint64(e.size), UncompressedSize64: uint64(e.plain),
		})
		if err == nil {
			_, err = io.Copy(raw, io.NewSectionReader(p.temp, e.start, e.size))
		}
		if err != nil {
			return fmt.Errorf("write workbook: %w", err)
		}
	}
	if err := zw.Close(); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

func (p *packer) release() {
	p.temp.Close()
	failpoint.Near("remove-before")
	os.Remove(p.temp.Name())
	failpoint.Near("remove-after")
}

// typesXML is the list of content types.
type typesXML struct {
	XMLName  xml.Name `xml:"http://schemas.openxmlformats.org/package/2006/content-types Types"`
	Default  []typeXML
	Override []typeXML
}

type typeXML struct {
	Extension   string `xml:",attr,omitempty"`
	PartName    string `xml:",attr,omitempty"`
	ContentType string `xml:",attr"`
}

func sortTypes(b []byte) ([]byte, error) {
	var t typesXML
	if err := xml.Unmarshal(b, &t); err != nil {
		return nil, fmt.Errorf("workbook: %s: %w", contentTypes, err)
	}
	byName := func(a, b typeXML) int {
		return cmp.Or(cmp.Compare(a.Extension, b.Extension), cmp.Compare(a.PartName, b.PartName), cmp.Compare(a.ContentType, b.ContentType))
	}
	for _, list := range []*[]typeXML{&t.Default, &t.Override} {
		slices.SortFunc(*list, byName)
		*list = slices.Compact(*list)
	}
	out, err := xml.Marshal(t)
	return append([]byte(xml.Header), out...), err
}
