package source

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// scanner pulls the elements out of a part of a workbook. It reads bytes, not
// runes, which makes it many times faster than encoding/xml, and it forgives
// nothing: every element is closed by its own name, and behind the root stands
// nothing. The vet has seen to it before that the bytes are UTF-8.
//
// Elements in a namespace other than the root's have no name here, so that
// extensions are passed over by whoever does not look for them.
type scanner struct {
	r        io.Reader
	part     string // for faults
	buf      []byte
	pos, end int
	eof      bool

	prefix  []byte // of the root's namespace, with its colon
	space   []byte // the root's namespace
	names   []byte // qualified names of the open elements, one behind the other
	starts  []int  // where each begins in names
	closing bool   // the start just returned closes itself
	rooted  bool

	// The current token, valid until the next call.
	name  []byte // of a start or end without its prefix; nil in a foreign namespace
	attrs []attr
	text  []byte // raw character data
	cdata bool   // text is taken literally
}

// attr is an attribute as written: its value may hold entities.
type attr struct{ name, value []byte }

type token uint8

const (
	tokStart token = iota
	tokEnd
	tokText
	tokEOF
)

const (
	maxToken = 4 << 20 // bytes of one tag or piece of text
	maxDepth = 256
	maxAttrs = 256
)

var errMore = errors.New("token is longer than the buffer")

func newScanner(r io.Reader, part string) *scanner {
	return &scanner{r: r, part: part, buf: make([]byte, 64<<10)}
}

// damaged refuses the part as not well-formed.
func (x *scanner) damaged() error { return refuse(CodeDamaged, x.part) }

// root reads up to the root element, which must be called local and stand in
// one of the namespaces.
func (x *scanner) root(local string, namespaces ...string) error {
	if err := x.declaration(); err != nil {
		return err
	}
	for {
		tok, err := x.next()
		if err != nil {
			return err
		}
		if tok == tokStart {
			break
		}
	}
	for _, ns := range namespaces {
		if string(x.name) == local && string(x.space) == ns {
			return nil
		}
	}
	return refuse(CodeBadPackage, x.part)
}

// declaration takes byte order mark and XML declaration, which must say UTF-8.
func (x *scanner) declaration() error {
	if err := x.fill(); err != nil {
		return err
	}
	b := x.buf[x.pos:x.end]
	if bytes.HasPrefix(b, []byte("\xEF\xBB\xBF")) {
		x.pos += 3
		b = b[3:]
	}
	if !bytes.HasPrefix(b, []byte("<?xml")) {
		return nil
	}
	end := bytes.Index(b, []byte("?>"))
	if end < 0 {
		return x.damaged()
	}
	if _, after, ok := strings.Cut(string(b[:end]), "encoding"); ok {
		enc := strings.ToLower(strings.Trim(after, "= \t\r\n"))
		enc = strings.TrimRight(enc, " \t\r\n")
		if len(enc) < 2 {
			return x.damaged()
		}
		quoted, _, _ := strings.Cut(enc[1:], enc[:1])
		if quoted != "utf-8" && quoted != "us-ascii" {
			return refuse(CodeXMLEncoding, x.part)
		}
	}
	x.pos += end + 2
	return nil
}

// next returns the next token; comments and processing instructions are passed
// over. At the end of the part everything must have been closed.
func (x *scanner) next() (token, error) {
	if x.closing {
		x.closing = false
		return tokEnd, nil
	}
	for {
		tok, ok, err := x.try()
		switch {
		case err == nil && ok:
			return tok, nil
		case err == nil: // passed over something
		case !errors.Is(err, errMore):
			return 0, err
		case x.eof:
			return 0, x.damaged()
		default:
			if err := x.fill(); err != nil {
				return 0, err
			}
		}
	}
}

// try reads one token from the buffer and leaves pos alone if it is not whole.
func (x *scanner) try() (tok token, ok bool, err error) {
	b := x.buf[x.pos:x.end]
	if len(b) == 0 {
		if !x.eof {
			return 0, false, errMore
		}
		if !x.rooted || len(x.starts) > 0 {
			return 0, false, x.damaged()
		}
		return tokEOF, true, nil
	}
	if b[0] != '<' {
		return x.charData(b)
	}
	if len(b) < 2 {
		return 0, false, errMore
	}
	switch b[1] {
	case '/':
		return x.endTag(b)
	case '?':
		return x.passOver(b, "<?", "?>")
	case '!':
		return x.declared(b)
	}
	return x.startTag(b)
}

func (x *scanner) charData(b []byte) (token, bool, error) {
	n := bytes.IndexByte(b, '<')
	if n < 0 {
		if !x.eof {
			return 0, false, errMore
		}
		n = len(b)
	}
	x.text, x.cdata = b[:n], false
	x.pos += n
	if len(x.starts) == 0 {
		if !isSpace(x.text) {
			return 0, false, x.damaged()
		}
		return 0, false, nil
	}
	return tokText, true, nil
}

// declared reads what starts with <!: a comment, a CDATA section or a DOCTYPE.
func (x *scanner) declared(b []byte) (token, bool, error) {
	const cdata, comment = "<![CDATA[", "<!--"
	switch {
	case bytes.HasPrefix(b, []byte(comment)):
		return x.passOver(b, comment, "-->")
	case bytes.HasPrefix(b, []byte(cdata)) && len(x.starts) > 0:
		n := bytes.Index(b, []byte("]]>"))
		if n < 0 {
			return 0, false, errMore
		}
		x.text, x.cdata = b[len(cdata):n], true
		x.pos += n + 3
		return tokText, true, nil
	case len(b) < len(cdata):
		return 0, false, errMore
	case bytes.EqualFold(b[:len(cdata)], []byte("<!DOCTYPE")):
		return 0, false, refuse(CodeDoctype, x.part)
	}
	return 0, false, x.damaged()
}

func (x *scanner) passOver(b []byte, open, shut string) (token, bool, error) {
	n := -1
	if len(b) >= len(open) {
		n = bytes.Index(b[len(open):], []byte(shut))
	}
	if n < 0 {
		return 0, false, errMore
	}
	x.pos += len(open) + n + len(shut)
	return 0, false, nil
}

func (x *scanner) endTag(b []byte) (token, bool, error) {
	n := bytes.IndexByte(b, '>')
	if n < 0 {
		return 0, false, errMore
	}
	name := b[2:n]
	if len(name) > 0 && isSpaceByte(name[len(name)-1]) {
		name = bytes.TrimRight(name, " \t\r\n")
	}
	top := len(x.starts) - 1
	if top < 0 || !bytes.Equal(name, x.names[x.starts[top]:]) {
		return 0, false, x.damaged()
	}
	x.names = x.names[:x.starts[top]]
	x.starts = x.starts[:top]
	x.name = x.local(name)
	x.pos += n + 1
	return tokEnd, true, nil
}

// startTag reads a start tag with its attributes.
func (x *scanner) startTag(b []byte) (token, bool, error) {
	i := 1
	for i < len(b) && isNameByte(b[i]) {
		i++
	}
	name := b[1:i]
	x.attrs = x.attrs[:0]
	for {
		at := i
		for i < len(b) && isSpaceByte(b[i]) {
			i++
		}
		if i+1 >= len(b) && (i == len(b) || b[i] != '>') {
			return 0, false, errMore
		}
		if b[i] == '>' || b[i] == '/' {
			break
		}
		n, err := x.attribute(b[i:])
		if err != nil {
			return 0, false, err
		}
		if i == at { // no space before it
			return 0, false, x.damaged()
		}
		i += n
	}
	shut := b[i] == '/'
	if shut {
		i++
	}
	if b[i] != '>' || len(name) == 0 || len(x.starts) == maxDepth {
		return 0, false, x.damaged()
	}
	if err := x.enter(name); err != nil {
		return 0, false, err
	}
	if x.closing = shut; !shut {
		x.starts = append(x.starts, len(x.names))
		x.names = append(x.names, name...)
	}
	x.pos += i + 1
	return tokStart, true, nil
}

// attribute reads name="value" and returns its length.
func (x *scanner) attribute(b []byte) (int, error) {
	i := 0
	for i < len(b) && isNameByte(b[i]) {
		i++
	}
	name := b[:i]
	for i < len(b) && isSpaceByte(b[i]) {
		i++
	}
	if i == len(b) {
		return 0, errMore
	}
	if b[i] != '=' || len(name) == 0 {
		return 0, x.damaged()
	}
	for i++; i < len(b) && isSpaceByte(b[i]); {
		i++
	}
	if i == len(b) {
		return 0, errMore
	}
	if b[i] != '"' && b[i] != '\'' {
		return 0, x.damaged()
	}
	n := bytes.IndexByte(b[i+1:], b[i])
	if n < 0 {
		return 0, errMore
	}
	value := b[i+1 : i+1+n]
	if bytes.IndexByte(value, '<') >= 0 {
		return 0, x.damaged()
	}
	if len(x.attrs) == maxAttrs {
		return 0, x.damaged()
	}
	for _, a := range x.attrs {
		if bytes.Equal(a.name, name) {
			return 0, x.damaged()
		}
	}
	x.attrs = append(x.attrs, attr{name, value})
	return i + 1 + n + 1, nil
}

// enter finds out whose namespace the element is in. The root fixes the one
// that counts; giving its prefix another meaning further down is refused,
// because no writer does and a reader could be misled.
func (x *scanner) enter(name []byte) error {
	first := !x.rooted
	if first {
		x.rooted = true
		x.prefix = bytes.Clone(name[:bytes.IndexByte(name, ':')+1])
	} else if len(x.starts) == 0 {
		return x.damaged() // a second root
	}
	for _, a := range x.attrs {
		if len(a.name) < len("xmlns") || string(a.name[:5]) != "xmlns" || !x.declares(a.name) {
			continue
		}
		if first {
			x.space = bytes.Clone(a.value)
		} else if !bytes.Equal(a.value, x.space) {
			return x.damaged()
		}
	}
	x.name = x.local(name)
	return nil
}

// declares reports whether an xmlns attribute is about the root's prefix.
func (x *scanner) declares(name []byte) bool {
	if len(x.prefix) == 0 {
		return string(name) == "xmlns"
	}
	return len(name) > 6 && name[5] == ':' && bytes.Equal(name[6:], x.prefix[:len(x.prefix)-1])
}

// local returns the name without the root's prefix; nil for another prefix.
func (x *scanner) local(name []byte) []byte {
	if len(x.prefix) == 0 {
		if bytes.IndexByte(name, ':') >= 0 {
			return nil
		}
		return name
	}
	if !bytes.HasPrefix(name, x.prefix) {
		return nil
	}
	return name[len(x.prefix):]
}

// skip passes over the element whose start was just returned.
func (x *scanner) skip() error {
	for depth := 1; depth > 0; {
		tok, err := x.next()
		if err != nil {
			return err
		}
		switch tok {
		case tokStart:
			depth++
		case tokEnd:
			depth--
		}
	}
	return nil
}

// children calls fn for each child of the element whose start was just
// returned; fn must read its child to the end. Text between them is refused.
func (x *scanner) children(fn func(name []byte) error) error {
	for {
		tok, err := x.next()
		if err != nil {
			return err
		}
		switch tok {
		case tokStart:
			if err := fn(x.name); err != nil {
				return err
			}
		case tokEnd:
			return nil
		case tokText:
			if !isSpace(x.text) {
				return x.damaged()
			}
		}
	}
}

// appendContent appends the text of the element whose start was just returned;
// it may not have children.
func (x *scanner) appendContent(dst []byte) ([]byte, error) {
	for {
		tok, err := x.next()
		if err != nil {
			return dst, err
		}
		switch tok {
		case tokText:
			if dst, err = x.appendText(dst); err != nil {
				return dst, err
			}
		case tokEnd:
			return dst, nil
		default:
			return dst, x.damaged()
		}
	}
}

// finish reads to the end of the part, where nothing but space may stand.
func (x *scanner) finish() error {
	tok, err := x.next()
	if err == nil && tok != tokEOF {
		err = x.damaged()
	}
	return err
}

// value returns the attribute of that name, unescaped; empty if it is not there.
func (x *scanner) value(name string) (string, error) {
	for _, a := range x.attrs {
		if string(a.name) == name {
			b, ok := appendUnescaped(nil, a.value)
			if !ok {
				return "", x.damaged()
			}
			return string(b), nil
		}
	}
	return "", nil
}

// appendText appends the current piece of text, unescaped.
func (x *scanner) appendText(dst []byte) ([]byte, error) {
	if x.cdata {
		return appendLines(dst, x.text), nil
	}
	dst, ok := appendUnescaped(dst, x.text)
	if !ok {
		return dst, x.damaged()
	}
	return dst, nil
}

// fill reads more behind what is still unread.
func (x *scanner) fill() error {
	if x.pos > 0 {
		x.end = copy(x.buf, x.buf[x.pos:x.end])
		x.pos = 0
	} else if x.end == len(x.buf) {
		if len(x.buf) >= maxToken {
			return x.damaged()
		}
		x.buf = append(x.buf, make([]byte, len(x.buf))...)
	}
	n, eof, err := readFull(x.r, x.buf[x.end:])
	x.end, x.eof = x.end+n, eof
	return err
}
