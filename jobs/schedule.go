package jobs

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// ParseSlot reads five cron fields. A zone inside the text is refused (the
// parser panics on some), as is a day that never comes.
func ParseSlot(spec string) (cron.Schedule, error) {
	if strings.Contains(spec, "TZ=") {
		return nil, errors.New("the zone is a setting of its own")
	}
	s, err := cron.ParseStandard(spec)
	if err != nil {
		return nil, fmt.Errorf("cron slot %q: %w", spec, err)
	}
	if s.Next(time.Unix(0, 0)).IsZero() {
		return nil, fmt.Errorf("cron slot %q never comes", spec)
	}
	return s, nil
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
