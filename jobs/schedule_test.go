package jobs_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"meibo/jobs"
	"meibo/pipeline"
)

func at(t testing.TB, zone, text string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	must(t, err)
	x, err := time.ParseInLocation("2006-01-02 15:04", text, loc)
	must(t, err)
	return x
}

func TestSlotsThatAreRefused(t *testing.T) {
	for _, x := range []struct{ name, spec string }{
		{"nothing", ""},
		{"four fields", "15 3 * *"},
		{"six fields", "0 15 3 * * *"},
		{"a zone inside", "TZ=Asia/Tokyo 15 3 * * *"},
		{"a zone inside, cron's way", "CRON_TZ=Asia/Tokyo 15 3 * * *"},
		{"only a zone", "TZ="},
		{"minute 60", "60 3 * * *"},
		{"31 February", "15 3 31 2 *"},
		{"a word", "nightly"},
		{"an interval without a time of day", "@every 1h"},
		{"a nickname", "@daily"},
	} {
		t.Run(x.name, func(t *testing.T) {
			if s, err := jobs.ParseSlot(x.spec); err == nil {
				t.Errorf("%q is taken for %v", x.spec, s)
			}
		})
	}
}

func TestMissedCountsSlotsAndReturnsTheLatest(t *testing.T) {
	const tokyo, york = "Asia/Tokyo", "America/New_York"
	for _, x := range []struct {
		name, spec, zone, last, now string
		slot                        string
		n                           int
	}{
		{"none yet", "15 3 * * *", tokyo, "2026-11-21 03:15", "2026-11-22 03:14", "", 0},
		{"on the minute", "15 3 * * *", tokyo, "2026-11-21 03:15", "2026-11-22 03:15", "2026-11-22 03:15", 1},
		{"down for a week", "15 3 * * *", tokyo, "2026-11-14 03:15", "2026-11-21 10:00", "2026-11-21 03:15", 7},
		{"over the weekend, where there is none", "15 3 * * 1-5", tokyo, "2026-11-20 03:15", "2026-11-22 10:00", "", 0},
		{"a slot in the hour that spring leaves out comes all the same", "30 2 * * *", york, "2026-03-07 02:30", "2026-03-08 10:00", "2026-03-08 03:30", 1},
		{"the day after spring's change", "30 2 * * *", york, "2026-03-07 02:30", "2026-03-09 10:00", "2026-03-09 02:30", 2},
		{"a slot in the hour that autumn repeats comes once", "30 1 * * *", york, "2026-10-31 01:30", "2026-11-01 10:00", "2026-11-01 01:30", 1},
		{"the day after autumn's change", "30 1 * * *", york, "2026-10-31 01:30", "2026-11-02 10:00", "2026-11-02 01:30", 2},
		{"29 February waits for a leap year", "15 3 29 2 *", tokyo, "2025-01-01 00:00", "2028-03-01 00:00", "2028-02-29 03:15", 1},
	} {
		t.Run(x.name, func(t *testing.T) {
			s, err := jobs.ParseSlot(x.spec)
			must(t, err)
			slot, n := jobs.Missed(s, at(t, x.zone, x.last), at(t, x.zone, x.now))
			if n != x.n || n > 0 && !slot.Equal(at(t, x.zone, x.slot)) {
				t.Errorf("missed %d, the latest %s; want %d, %s", n, slot, x.n, x.slot)
			}
		})
	}
}

// serve runs the daemon from one moment on for so long, and lists the days it
// did a night for. The clock is the bubble's.
func serve(t *testing.T, p *place, from string, span time.Duration) (did []string) {
	t.Helper()
	serving(t, p, from, span, func(*testing.T, *jobs.House) {}, func(t *testing.T, r jobs.Result, err error) {
		must(t, err)
		did = append(did, r.Run.AsOf.String()+" at "+p.now().Format("01-02 15:04"))
	})
	return did
}

// serving runs the daemon after begin, from one moment on for so long.
func serving(t *testing.T, p *place, from string, span time.Duration, begin func(*testing.T, *jobs.House), tell func(*testing.T, jobs.Result, error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		began, start := time.Now(), at(t, p.Zone, from)
		p.now = func() time.Time { return start.Add(time.Since(began)) }
		h := p.open(t)
		begin(t, h)
		ctx, cancel := context.WithTimeout(t.Context(), span)
		defer cancel()
		err := h.Serve(ctx, func(r jobs.Result, err error) { tell(t, r, err) })
		if ctx.Err() == nil {
			t.Errorf("the daemon ended by itself: %v", err)
		}
		must(t, h.Close())
	})
}

// A daemon that finds a run of other settings does no night and says what has
// changed, at each slot, and lives on: once somebody has confirmed it, beside it
// or when it was started, nights are done as ever. What is begun with yet other
// settings later, nobody has confirmed.
func TestServeMeetsARunOfOtherSettings(t *testing.T) {
	broken := func(t *testing.T) *place {
		p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
		p.Insurers = p.Insurers[:1]
		p.Schedule.Nightly, p.Import.ScheduledWait = "15 3 * * *", 0
		p.put(t, "2026-11-20/association/agents_1.csv", table(agentHeader, agent("P01")))
		p.cutNight(t, "lists", sampleDays[1])
		p.Import.ShrinkPercent++
		return p
	}
	served := func(t *testing.T, p *place, begin func(*testing.T, *jobs.House), refused func(*testing.T)) (did []string) {
		serving(t, p, "2026-11-21 03:00", 26*time.Hour, begin, func(t *testing.T, r jobs.Result, err error) {
			var changed *jobs.ErrConfigChanged
			switch {
			case errors.As(err, &changed):
				if len(changed.Changes) != 1 || changed.Changes[0].Key != "import.shrink_percent" {
					t.Errorf("changed: %+v", changed.Changes)
				}
				did = append(did, "refused")
				refused(t)
			case err != nil:
				t.Error(err)
			default:
				did = append(did, r.Run.AsOf.String())
			}
		})
		return did
	}
	nobody := func(*testing.T, *jobs.House) {}
	nothing := func(*testing.T) {}
	t.Run("nobody confirms", func(t *testing.T) {
		p := broken(t)
		equal(t, "slots", served(t, p, nobody, nothing), []string{"refused", "refused"})
	})
	t.Run("somebody confirms beside it", func(t *testing.T) {
		p := broken(t)
		equal(t, "slots", served(t, p, nobody, func(t *testing.T) {
			p.with(t, func(h *jobs.House) {
				h.ConfirmConfig()
				r, found, err := h.Resume(t.Context())
				if err != nil || !found || r.Run.AsOf != sampleDays[1] {
					t.Errorf("resume: %s, %t, %v", r.Run.AsOf, found, err)
				}
			})
		}), []string{"refused", "2026-11-22"})
	})
	t.Run("confirmed when it was started", func(t *testing.T) {
		p := broken(t)
		var changed *jobs.ErrConfigChanged
		p.with(t, func(h *jobs.House) {
			if err := h.UnfinishedConfig(t.Context()); !errors.As(err, &changed) || changed.Run != "nightly-2026-11-20-1" {
				t.Errorf("the unfinished run: %v", err)
			}
		})
		confirm := func(t *testing.T, h *jobs.House) { must(t, h.ConfirmUnfinished(t.Context())) }
		equal(t, "slots", served(t, p, confirm, nothing), []string{"2026-11-21", "2026-11-22"})
		p.with(t, func(h *jobs.House) { must(t, h.UnfinishedConfig(t.Context())) })
	})
	t.Run("a later run is not confirmed", func(t *testing.T) {
		p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
		p.Insurers = p.Insurers[:1]
		p.Schedule.Nightly, p.Import.ScheduledWait = "15 3 * * *", 0
		equal(t, "slots", served(t, p, func(t *testing.T, h *jobs.House) {
			must(t, h.ConfirmUnfinished(t.Context()))
			other := *p
			other.Import.ShrinkPercent--
			other.cutNight(t, "lists", sampleDays[1])
		}, nothing), []string{"refused", "refused"})
	})
}

func TestServe(t *testing.T) {
	const hour = time.Hour
	for _, x := range []struct {
		name, spec, zone string
		done             pipeline.Date // newest night that was done, if any
		from             string
		span             time.Duration
		want             []string
	}{
		{"a new house does not make up for slots before its first day", "15 3 * * *", "Asia/Tokyo", 0, "2026-11-21 02:00", 2 * hour, []string{"2026-11-21 at 11-21 03:15"}},
		{"a new house begins with the slot of today", "15 3 * * *", "Asia/Tokyo", 0, "2026-11-21 10:00", 2 * hour, []string{"2026-11-21 at 11-21 10:00"}},
		{"a slot a day", "15 3 * * *", "Asia/Tokyo", day("2026-11-20"), "2026-11-21 03:00", 49 * hour, []string{"2026-11-21 at 11-21 03:15", "2026-11-22 at 11-22 03:15", "2026-11-23 at 11-23 03:15"}},
		{"one catch-up after days of standstill", "15 3 * * *", "Asia/Tokyo", day("2026-11-17"), "2026-11-21 10:00", 20 * hour, []string{"2026-11-21 at 11-21 10:00", "2026-11-22 at 11-22 03:15"}},
		{"nothing is missed after a restart", "15 3 * * *", "Asia/Tokyo", day("2026-11-21"), "2026-11-21 10:00", 2 * hour, nil},
		{"a night done by hand on a day without a slot is not the next slot", "15 3 * * 1-5", "Asia/Tokyo", day("2026-11-21"), "2026-11-23 10:00", hour, []string{"2026-11-23 at 11-23 10:00"}},
		{"spring leaves out the hour of the slot", "30 2 * * *", "America/New_York", day("2026-03-07"), "2026-03-08 00:00", 30 * hour, []string{"2026-03-08 at 03-08 03:30", "2026-03-09 at 03-09 02:30"}},
		{"autumn repeats the hour of the slot", "30 1 * * *", "America/New_York", day("2026-10-31"), "2026-11-01 00:00", 28 * hour, []string{"2026-11-01 at 11-01 01:30", "2026-11-02 at 11-02 01:30"}},
	} {
		t.Run(x.name, func(t *testing.T) {
			p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
			p.Insurers = nil
			p.Zone, p.Schedule.Nightly, p.Import.ScheduledWait = x.zone, x.spec, 0
			if !x.done.IsZero() {
				p.night(t, x.done)
			}
			equal(t, "nights", serve(t, p, x.from, x.span), x.want)
		})
	}
}
