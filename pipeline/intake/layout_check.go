package intake

import (
	"errors"
	"fmt"
	"slices"

	"meibo/pipeline"
)

// maxColumns is the number of columns a layout can have: a record remembers
// the written ones as bits.
const maxColumns = 64

// prepare checks a layout as read and fills in what is derived from it.
func (l *Layout) prepare() error {
	if err := l.checkHead(); err != nil {
		return err
	}
	l.index = make(map[string]int, len(l.Columns))
	l.headers = make(map[string]int, 2*len(l.Columns))
	for i := range l.Columns {
		c := &l.Columns[i]
		if err := c.prepare(); err != nil {
			return fmt.Errorf("column %q: %w", c.Header, err)
		}
		if _, twice := l.index[c.Key]; twice {
			return fmt.Errorf("column %q: key %q is taken", c.Header, c.Key)
		}
		l.index[c.Key] = i
		for _, h := range append([]string{c.Header}, c.Aliases...) {
			if _, twice := l.headers[foldWord(h)]; twice {
				return fmt.Errorf("column %q: spelling %q is taken", c.Header, h)
			}
			l.headers[foldWord(h)] = i
		}
	}
	l.ignored = make(map[string]bool, len(l.Ignored))
	for _, h := range l.Ignored {
		if _, known := l.headers[foldWord(h)]; known {
			return fmt.Errorf("ignored: %q is a column", h)
		}
		l.ignored[foldWord(h)] = true
	}
	return errors.Join(l.checkKeys(), l.checkConditions(), l.Drift.prepare(), l.bind())
}

func (l *Layout) checkHead() error {
	switch {
	case l.Kind == "" || l.Title == "":
		return errors.New("kind and title are required")
	case len(l.Senders) == 0:
		return errors.New("senders: nobody may send this kind")
	case l.Format != "csv" && l.Format != "xlsx":
		return fmt.Errorf("format %q: want csv or xlsx", l.Format)
	case len(l.Columns) == 0 || len(l.Columns) > maxColumns:
		return fmt.Errorf("%d columns: want 1 to %d", len(l.Columns), maxColumns)
	case l.Rejects.Percent < 0 || l.Rejects.Percent > 100 || l.Rejects.Rows < 0:
		return errors.New("max_rejected: want percent from 0 to 100 and rows from 0")
	case l.List != "" && l.List != ListFull:
		return fmt.Errorf("list %q: want full or nothing", l.List)
	}
	for _, s := range l.Senders {
		switch s {
		case SenderAssociation, SenderExamCenter, SenderContactCenter, SenderCompliance, SenderInsurer:
		default:
			return fmt.Errorf("senders: %q is none of ours", s)
		}
	}
	return nil
}

func (l *Layout) checkKeys() error {
	for _, k := range l.KeyColumns {
		i, ok := l.index[k]
		if !ok {
			return fmt.Errorf("key: no column %q", k)
		}
		l.keys = append(l.keys, i)
	}
	if len(l.keys) == 0 && !l.Repeats {
		return errors.New("a layout without a key must say repeats: true")
	}
	return nil
}

func (l *Layout) checkConditions() error {
	for i := range l.Columns {
		c := &l.Columns[i]
		if c.RequiredWhen != nil || c.EmptyWhen != nil {
			l.tied = append(l.tied, i)
		}
		for _, on := range []*Condition{c.RequiredWhen, c.EmptyWhen} {
			if on == nil {
				continue
			}
			at, ok := l.index[on.Column]
			if !ok || len(on.In) == 0 {
				return fmt.Errorf("column %q: a condition needs a column of this layout and values", c.Header)
			}
			on.column = at
			other := &l.Columns[at]
			for _, v := range on.In {
				if other.Type == TypeEnum && other.words[foldWord(v)] != v {
					return fmt.Errorf("column %q: condition on %q, which is no value of %s", c.Header, v, on.Column)
				}
			}
		}
	}
	return nil
}

// bind ties the columns to the fields of the record kind.
func (l *Layout) bind() error {
	kind, ok := recordKindOf(l.RecordKind)
	if !ok {
		return fmt.Errorf("record %q: no such kind of record", l.RecordKind)
	}
	l.kind = kind
	l.kind.check = func(d *decoder) {
		kind.check(d)
		tellDamageOnce(d)
	}
	for _, f := range kind.fields {
		i, ok := l.index[f.key]
		if !ok {
			return fmt.Errorf("record %s needs a column %q", l.RecordKind, f.key)
		}
		if got := l.Columns[i].Type.shape(); got != f.shape {
			return fmt.Errorf("column %q: record %s needs %s, type %s gives %s",
				l.Columns[i].Header, l.RecordKind, f.shape, l.Columns[i].Type, got)
		}
		l.fields = append(l.fields, i)
	}
	return nil
}

func (c *Column) prepare() (err error) {
	switch {
	case c.Header == "" || c.Key == "":
		return errors.New("header and key are required")
	case c.Type.shape() == "":
		return fmt.Errorf("type %q: no such type", c.Type)
	case c.Required && (c.RequiredWhen != nil || c.EmptyWhen != nil):
		return errors.New("required leaves no room for a condition")
	case c.Blank && !c.Required:
		return errors.New("blank is for a required column")
	case c.Max < 0 || c.Pad < 0 || c.Max > 0 && c.Pad > c.Max:
		return errors.New("max and pad must not be negative, nor pad above max")
	case c.Pad > 0 && c.Type != TypeID && c.Type != TypeCodes:
		return errors.New("pad is for id and codes")
	case c.Multiline && c.Type != TypeText && c.Type != TypeValue:
		return errors.New("multiline is for text")
	case c.Watch && c.Type != TypeID && c.Type != TypeCodes:
		return errors.New("watch is for id and codes")
	case len(c.Unlimited) > 0 && c.Type != TypeDate:
		return errors.New("unlimited is for dates")
	case (c.Type == TypeEnum) && len(c.Values) == 0:
		return errors.New("an enum needs values")
	case len(c.Values) > 0 && c.Type != TypeEnum && c.Type != TypeList:
		return errors.New("values are for enum and list")
	}
	if err := c.prepareLength(); err != nil {
		return err
	}
	if err := c.prepareDates(); err != nil {
		return err
	}
	return c.prepareWords()
}

// maxEmail is the longest address that mail can carry (RFC 5321).
const maxEmail = 254

func (c *Column) prepareLength() error {
	switch c.Type {
	case TypeID, TypeCodes, TypeText, TypeList, TypeSecret, TypeValue:
		if c.Max == 0 {
			return fmt.Errorf("type %s needs max", c.Type)
		}
	case TypeEmail:
		if c.Max == 0 {
			c.Max = maxEmail
		}
	default:
		if c.Max != 0 {
			return fmt.Errorf("type %s has no max", c.Type)
		}
	}
	return nil
}

func (c *Column) prepareDates() (err error) {
	if (c.Earliest != "" || c.Future != "") && c.Type != TypeDate {
		return errors.New("earliest and future are for dates")
	}
	switch c.Future {
	case "", FutureAllowed, FutureWarning, FutureError:
	default:
		return fmt.Errorf("future %q: want allow, warning or error", c.Future)
	}
	if c.Earliest != "" {
		c.earliest, err = pipeline.ParseDate(c.Earliest)
	}
	return err
}

func (c *Column) prepareWords() error {
	c.words = make(map[string]string)
	for _, v := range c.Values {
		for _, w := range append([]string{v.Value}, v.Aliases...) {
			if w == "" || c.words[foldWord(w)] != "" {
				return fmt.Errorf("values: %q is empty or stands twice", w)
			}
			c.words[foldWord(w)] = v.Value
		}
	}
	for _, w := range c.Unlimited {
		c.words[foldWord(w)] = c.Unlimited[0]
	}
	return nil
}

// shape is what a value of the type is to a record.
func (t Type) shape() string {
	switch t {
	case TypeID, TypeCodes, TypeText, TypeList, TypeEnum, TypeEmail, TypeSecret, TypeValue:
		return "text"
	case TypeDate:
		return "a date"
	case TypeYearMonth:
		return "a month"
	case TypeFlag:
		return "a flag"
	case TypeInteger:
		return "a number"
	}
	return ""
}

// values returns the allowed values in the order of the layout.
func (c *Column) values() []string {
	vs := make([]string, len(c.Values))
	for i, v := range c.Values {
		vs[i] = v.Value
	}
	return slices.Clip(vs)
}
