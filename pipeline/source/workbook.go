package source

import (
	"slices"
	"strconv"
	"unicode/utf8"
)

// workbook is what the cells of every sheet refer to.
type workbook struct {
	*pkg
	sheets   []sheetRef
	date1904 bool
	strings  []string // shared strings by index
	dates    []bool   // by cell format (s of a cell): whether its numbers are dates
}

// sheetRef is one sheet of the workbook in the order of its tabs.
type sheetRef struct {
	name, part string
	hidden     bool
	cells      bool // a worksheet; charts and dialogs have no cells
}

// Content types that parts must have.
const (
	typeWorkbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
	typeSheet    = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
)

// openWorkbook reads everything but the sheets.
func openWorkbook(p *pkg, l Limits) (*workbook, error) {
	types, err := p.contentTypes(l)
	if err != nil {
		return nil, err
	}
	if err := p.forbidden(types); err != nil {
		return nil, err
	}
	roots, err := p.relations("", l)
	if err != nil {
		return nil, err
	}
	part, err := only(roots, "officeDocument")
	if err != nil {
		return nil, err
	}
	if types.of(part) != typeWorkbook {
		return nil, refuse(CodeBadPackage, "_rels/.rels")
	}
	rels, err := p.relations(part, l)
	if err != nil {
		return nil, err
	}
	w := &workbook{pkg: p}
	if err := w.read(part, rels, l); err != nil {
		return nil, err
	}
	for _, s := range w.sheets {
		if p.files[partKey(s.part)] == nil || s.cells && types.of(s.part) != typeSheet {
			return nil, refuse(CodeBadPackage, s.part)
		}
	}
	return w, w.readShared(rels, l)
}

// only returns the target of the one relationship of a kind, empty if there is
// none.
func only(rels map[string]relation, kind string) (string, error) {
	target := ""
	for _, r := range rels {
		if r.kind != kind {
			continue
		}
		if target != "" {
			return "", refuse(CodeBadPackage, kind)
		}
		target = r.target
	}
	return target, nil
}

// readShared reads what cells refer to: styles and strings.
func (w *workbook) readShared(rels map[string]relation, l Limits) error {
	styles, err := only(rels, "styles")
	if err == nil && styles != "" {
		err = w.readStyles(styles, l)
	}
	if err != nil {
		return err
	}
	strings, err := only(rels, "sharedStrings")
	if err == nil && strings != "" {
		err = w.readStrings(strings, l)
	}
	return err
}

// read takes the list of sheets and the calendar from the workbook part.
func (w *workbook) read(part string, rels map[string]relation, l Limits) error {
	return w.whole(part, l.PartBytes, "workbook", mainSpaces, func(x *scanner) error {
		return x.children(func(name []byte) error {
			switch string(name) {
			case "workbookPr":
				v, err := x.value("date1904")
				if err != nil {
					return err
				}
				w.date1904 = v == "1" || v == "true" || v == "on"
			case "sheets":
				return x.children(func(name []byte) error {
					if string(name) == "sheet" {
						if err := w.addSheet(x, rels); err != nil {
							return err
						}
					}
					return x.skip()
				})
			}
			return x.skip()
		})
	})
}

func (w *workbook) addSheet(x *scanner, rels map[string]relation) error {
	name, err := x.value("name")
	if err != nil {
		return err
	}
	state, err := x.value("state")
	if err != nil {
		return err
	}
	var id string
	for _, a := range x.attrs { // r:id, whatever the prefix
		if n := len(a.name); n > 3 && string(a.name[n-3:]) == ":id" {
			id = string(a.value)
		}
	}
	rel, ok := rels[id]
	if !ok || rel.target == "" || slices.ContainsFunc(w.sheets, func(s sheetRef) bool { return s.name == name }) {
		return refuse(CodeBadPackage, x.part)
	}
	w.sheets = append(w.sheets, sheetRef{
		name: name, part: rel.target, cells: rel.kind == "worksheet",
		hidden: state == "hidden" || state == "veryHidden",
	})
	return nil
}

// sheet returns the one to read: the one named, or the first that is visible
// and not our own note to the sender.
func (w *workbook) sheet(name string) (sheetRef, bool) {
	i := slices.IndexFunc(w.sheets, func(s sheetRef) bool {
		if name != "" {
			return s.cells && s.name == name
		}
		return s.cells && !s.hidden && s.name != resultSheet
	})
	if i < 0 {
		return sheetRef{}, false
	}
	return w.sheets[i], true
}

// readStyles notes which cell formats show numbers as dates.
func (w *workbook) readStyles(part string, l Limits) error {
	custom := map[int]string{}
	var formats []int // number format of each cell format
	err := w.whole(part, l.PartBytes, "styleSheet", mainSpaces, func(x *scanner) error {
		return x.children(func(list []byte) error {
			switch string(list) {
			case "numFmts":
				return x.children(func([]byte) error {
					id, err := x.number("numFmtId")
					if err != nil {
						return err
					}
					if custom[id], err = x.value("formatCode"); err != nil {
						return err
					}
					return x.skip()
				})
			case "cellXfs":
				return x.children(func([]byte) error {
					id, err := x.number("numFmtId")
					if err != nil {
						return err
					}
					formats = append(formats, id)
					return x.skip()
				})
			}
			return x.skip()
		})
	})
	for _, id := range formats {
		code, ok := custom[id]
		w.dates = append(w.dates, ok && isDateFormat(code) || !ok && isBuiltinDate(id))
	}
	return err
}

// number returns a whole number from an attribute; 0 if it is not there.
func (x *scanner) number(name string) (int, error) {
	v, err := x.value(name)
	if err != nil || v == "" {
		return 0, err
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		return 0, x.damaged()
	}
	return n, nil
}

// stringChunk is how much text shared strings are cut from at once: one
// allocation for many strings.
const stringChunk = 64 << 10

// readStrings reads the shared strings into memory.
func (w *workbook) readStrings(part string, l Limits) error {
	var chunk []byte
	var ends []int // of the strings in chunk
	var total int64
	cut := func() {
		s, from := string(chunk), 0
		for _, end := range ends {
			w.strings = append(w.strings, s[from:end])
			from = end
		}
		chunk, ends = chunk[:0], ends[:0]
	}
	x, shut, err := w.open(part)
	if err != nil {
		return err
	}
	defer shut()
	if err := x.root("sst", mainSpaces...); err != nil {
		return err
	}
	err = x.children(func(name []byte) error {
		if string(name) != "si" {
			return x.skip()
		}
		before := len(chunk)
		if chunk, err = x.appendRich(chunk); err != nil {
			return err
		}
		ends = append(ends, len(chunk))
		// A string header counts too: a table of empty strings is not free.
		if total += int64(len(chunk)-before) + 16; total > l.TextBytes {
			return refuse(CodeBomb, part)
		}
		if len(chunk) >= stringChunk {
			cut()
		}
		return nil
	})
	if err != nil {
		return err
	}
	cut()
	return x.finish()
}

// appendRich appends the text of a string item whose start was just returned:
// its plain text and its runs, without furigana.
func (x *scanner) appendRich(dst []byte) ([]byte, error) {
	start := len(dst)
	var err error
	text := func(name []byte) error {
		if string(name) != "t" {
			return x.skip() // rPr, rPh, phoneticPr, extensions
		}
		dst, err = x.appendContent(dst)
		return err
	}
	err2 := x.children(func(name []byte) error {
		if string(name) == "r" {
			return x.children(text)
		}
		return text(name)
	})
	if err2 != nil {
		return dst, err2
	}
	return unescapeExcel(dst, start), nil
}

// unescapeExcel replaces _xHHHH_ from start on by the character it stands for,
// which XML may not hold; _x005F_ is an underscore. Halves of a pair, which
// Excel never writes, are left as they are.
func unescapeExcel(b []byte, start int) []byte {
	out := start
	for i := start; i < len(b); {
		if b[i] == '_' && i+7 <= len(b) && b[i+1] == 'x' && b[i+6] == '_' {
			if n, err := strconv.ParseUint(string(b[i+2:i+6]), 16, 16); err == nil && (n < 0xD800 || n > 0xDFFF) {
				// At most three bytes for seven: nothing unread is overwritten.
				out += utf8.EncodeRune(b[out:i+7], rune(n))
				i += 7
				continue
			}
		}
		b[out] = b[i]
		out++
		i++
	}
	return b[:out]
}
