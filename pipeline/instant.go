package pipeline

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// instantLayout is fixed width, so that instants order as text in every database.
const instantLayout = "2006-01-02T15:04:05.000000Z"

// Instant is a moment in UTC with microseconds. It measures; it never decides:
// decisions are made by the as-of Date.
type Instant struct{ t time.Time }

// InstantOf returns t in UTC, cut to microseconds.
func InstantOf(t time.Time) Instant { return Instant{t.UTC().Truncate(time.Microsecond)} }

// ParseInstant reads the fixed-width form that String writes.
func ParseInstant(s string) (Instant, error) {
	t, err := time.Parse(instantLayout, s)
	if err != nil {
		return Instant{}, fmt.Errorf("instant %q: want %s", s, instantLayout)
	}
	return Instant{t}, nil
}

// Time returns the moment as a time in UTC.
func (i Instant) Time() time.Time { return i.t }

// IsZero reports whether i is "no moment".
func (i Instant) IsZero() bool { return i.t.IsZero() }

// String gives UTC text with microseconds; empty for no moment.
func (i Instant) String() string {
	if i.t.IsZero() {
		return ""
	}
	return i.t.Format(instantLayout)
}

// MarshalText gives the form of String.
func (i Instant) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads the form of String; empty text is no moment.
func (i *Instant) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*i = Instant{}
		return nil
	}
	*i, err = ParseInstant(string(b))
	return err
}

// Value stores i as text; no moment is NULL.
func (i Instant) Value() (driver.Value, error) {
	if i.t.IsZero() {
		return nil, nil
	}
	return i.String(), nil
}

// Scan accepts NULL, text and bytes.
func (i *Instant) Scan(v any) (err error) {
	switch v := v.(type) {
	case nil:
		*i = Instant{}
	case string:
		err = i.UnmarshalText([]byte(v))
	case []byte:
		err = i.UnmarshalText(v)
	default:
		err = fmt.Errorf("instant: cannot scan %T", v)
	}
	return err
}
