package jobs

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// fields are those of a slot; names such as @every or @daily are no slots.
const fields = cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow

// ParseSlot reads five cron fields. A zone inside the text is refused (the
// parser panics on some), as is a day that never comes.
//
// A slot comes once on each of its days, also where clocks change: one in the
// hour that spring leaves out comes an hour later by the clock, one in the hour
// that autumn repeats comes at its first time.
func ParseSlot(spec string) (cron.Schedule, error) {
	if strings.Contains(spec, "TZ=") {
		return nil, errors.New("the zone is a setting of its own")
	}
	s, err := cron.NewParser(fields).Parse(spec)
	if err != nil {
		return nil, fmt.Errorf("cron slot %q: %w", spec, err)
	}
	if s.Next(time.Unix(0, 0)).IsZero() {
		return nil, fmt.Errorf("cron slot %q never comes", spec)
	}
	return wallClock{s}, nil
}

// wallClock reckons slots by the clock on the wall, as people write them. cron
// itself passes over hours that a zone leaves out and repeats those it repeats.
type wallClock struct{ slots cron.Schedule }

func (w wallClock) Next(t time.Time) time.Time {
	for wall := reading(t); ; {
		if wall = w.slots.Next(wall); wall.IsZero() {
			return wall
		}
		slot := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), 0, 0, t.Location())
		if early := wall.Sub(reading(slot)); early > 0 {
			slot = slot.Add(early) // no clock shows that hour, and time.Date went back for one
		}
		if slot.After(t) { // not so in a repeated hour
			return slot
		}
	}
}

// reading is what a clock on the wall shows, as if it never changed.
func reading(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// Missed counts the slots of s after last and not after now, and returns the
// latest of them. A scheduler that was down over night runs that one slot,
// once, and says how many it passed over; it neither forgets the night nor
// repeats it.
func Missed(s cron.Schedule, last, now time.Time) (slot time.Time, n int) {
	for t := s.Next(last); !t.IsZero() && !t.After(now); t = s.Next(t) {
		slot, n = t, n+1
	}
	return slot, n
}
