package store

import (
	"cmp"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"meibo/pipeline"
	"meibo/pipeline/run"
)

// A field is one column's place in a Go struct. The same list of fields reads a
// row, writes it and compares it with another, so that no column can be
// forgotten in one of the three.
type field interface {
	Scan(v any) error
	// value is what the column stores: string, int64, float64 or nil.
	value() driver.Value
}

// text is a column that is never NULL: empty means "not written".
type text string

func (f *text) value() driver.Value { return string(*f) }

func (f *text) Scan(v any) error {
	switch v := v.(type) {
	case string:
		*f = text(v)
	case []byte:
		*f = text(v)
	default:
		return fmt.Errorf("text: cannot scan %T", v)
	}
	return nil
}

// integer holds whole numbers of any size Go uses for them.
type integer[T int | int8 | int64] struct{ p *T }

func (f integer[T]) value() driver.Value { return int64(*f.p) }

func (f integer[T]) Scan(v any) error {
	n, ok := v.(int64)
	if !ok || int64(T(n)) != n {
		return fmt.Errorf("integer: cannot scan %T", v)
	}
	*f.p = T(n)
	return nil
}

// yes is a flag as 0 or 1.
type yes bool

func (f *yes) value() driver.Value {
	if *f {
		return int64(1)
	}
	return int64(0)
}

func (f *yes) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("flag: cannot scan %T", v)
	}
	*f = n != 0
	return nil
}

// date, month and instant are NULL when there is none.
type (
	date    struct{ *pipeline.Date }
	month   struct{ *pipeline.YearMonth }
	instant struct{ *pipeline.Instant }
)

func (f date) value() driver.Value    { return orNull(f.String()) }
func (f month) value() driver.Value   { return orNull(f.String()) }
func (f instant) value() driver.Value { return orNull(f.String()) }

func orNull(s string) driver.Value {
	if s == "" {
		return nil
	}
	return s
}

// keyDate is a date in a key, where NULL cannot stand: no date is empty text.
type keyDate struct{ *pipeline.Date }

func (f keyDate) value() driver.Value { return f.String() }

// number is NULL when it is not a number.
type number float64

func (f *number) value() driver.Value {
	if math.IsNaN(float64(*f)) {
		return nil
	}
	return float64(*f)
}

func (f *number) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*f = number(math.NaN())
	case float64:
		*f = number(v)
	case int64: // SQLite keeps 2.0 in a column without a type as 2
		*f = number(v)
	default:
		return fmt.Errorf("number: cannot scan %T", v)
	}
	return nil
}

// list is a slice as JSON text; none is [].
type list[T any] struct{ p *[]T }

func (f list[T]) value() driver.Value {
	if len(*f.p) == 0 {
		return "[]"
	}
	return toJSON(*f.p)
}

func (f list[T]) Scan(v any) error {
	*f.p = nil // json would write into a slice that an earlier row still shows
	return fromJSON(v, f.p, "[]")
}

// counts is run.Counts as JSON text.
type counts run.Counts

func (f *counts) value() driver.Value { return toJSON(run.Counts(*f)) }

func (f *counts) Scan(v any) error {
	*f = counts{}
	return fromJSON(v, (*run.Counts)(f), "{}")
}

// source says who gave a value, in the words of column expiry_source.
type source struct{ computed *bool }

func (f source) value() driver.Value {
	if *f.computed {
		return "computed"
	}
	return "supplied"
}

func (f source) Scan(v any) error {
	var t text
	err := t.Scan(v)
	*f.computed = t == "computed"
	return err
}

func toJSON(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // only our own structs of text and numbers come here
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func fromJSON(v, into any, empty string) error {
	var t text
	if err := t.Scan(v); err != nil {
		return err
	}
	if string(t) == empty {
		return nil
	}
	return json.Unmarshal([]byte(t), into)
}

// raw keeps what a column holds, for comparing and copying rows of any table.
type raw struct{ v driver.Value }

func (f *raw) value() driver.Value { return f.v }

func (f *raw) Scan(v any) error {
	if b, ok := v.([]byte); ok {
		v = string(b)
	}
	f.v = v
	return nil
}

// compare orders two values of one column as every database orders them: text
// by its bytes, numbers by size, NULL first.
func compare(a, b driver.Value) int {
	switch a := a.(type) {
	case string:
		if b, ok := b.(string); ok {
			return strings.Compare(a, b)
		}
	case int64:
		if b, ok := b.(int64); ok {
			return cmp.Compare(a, b)
		}
	case float64:
		return cmp.Compare(a, asFloat(b))
	case nil:
		if b == nil {
			return 0
		}
		return -1
	}
	if b == nil {
		return 1
	}
	return cmp.Compare(asFloat(a), asFloat(b))
}

func asFloat(v driver.Value) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case int64:
		return float64(v)
	}
	return math.NaN()
}

// tooLong reports whether v has more characters than the column takes.
func (c Column) tooLong(v driver.Value) bool {
	s, ok := v.(string)
	return ok && c.Max > 0 && len(s) > c.Max && utf8.RuneCountInString(s) > c.Max
}
