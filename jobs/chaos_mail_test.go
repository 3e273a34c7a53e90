package jobs_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"meibo/jobs"
	"meibo/pipeline/delivery"
	"meibo/pipeline/delivery/smtptest"
)

// mailed is the place of the chaos after its first night, with a reader whose
// address is confirmed: the second night mails. The server took the test message.
func (c *chaosNights) mailed(t *testing.T, db string) (*place, *smtptest.Server) {
	t.Helper()
	s := smtptest.New(t)
	p := c.place(t, db, 1)
	p.byMail(t, s)
	p.Delivery.Readers = map[string]jobs.DeliveryReader{"1002": {Channel: "mail", To: []string{"reports@insurer.example"}}}
	p.with(t, func(h *jobs.House) {
		_, err := h.Deliver(t.Context(), chaosDays[0]) // a test message, for an address that is new
		must(t, err)
		must(t, h.ConfirmAddress(t.Context(), "1002", "reports@insurer.example", "K03"))
	})
	return p, s
}

// taken counts the mails that bear the number of a delivery.
func taken(s *smtptest.Server, id string) (n int) {
	for _, m := range s.Mails() {
		if strings.Contains(m.Data, id) {
			n++
		}
	}
	return n
}

// settleMails does what is left to people after a kill: of a mail that may have
// left it is asked whether it arrived, and what did not is sent again.
func (p *place) settleMails(t *testing.T, s *smtptest.Server) {
	t.Helper()
	p.with(t, func(h *jobs.House) {
		items, err := h.Deliveries(t.Context(), chaosDays[1])
		must(t, err)
		for _, i := range items {
			if i.State == jobs.ItemWaiting && i.Reason == delivery.StateUnknown {
				must(t, h.Settle(t.Context(), i.ID, taken(s, i.ID) > 0, "K03"))
			}
		}
		items, err = h.Deliver(t.Context(), chaosDays[1])
		must(t, err)
		equal(t, "still waiting", waiting(items), nil)
	})
}

// mailedOnce says that what the night has for the reader arrived, each file once,
// and is logged, and that the outbox is that of a night nobody disturbed.
func (p *place) mailedOnce(t *testing.T, fault string, s *smtptest.Server, ids []string, outbox map[string]string) {
	t.Helper()
	var wrong []string
	for _, id := range ids {
		if n := taken(s, id); n != 1 {
			wrong = append(wrong, fmt.Sprintf("%s arrived %d times", id, n))
		}
	}
	logged, err := p.store(t).Deliveries(t.Context(), ids)
	must(t, err)
	if len(logged) != len(ids) || len(s.Mails()) != 1+len(ids) {
		wrong = append(wrong, fmt.Sprintf("%d deliveries are logged and %d mails were taken, want %d and the test message", len(logged), len(s.Mails()), len(ids)))
	}
	is := tree(t, p.Outbox)
	count(fault, p.kind(), 1, len(wrong) > 0 || !maps.Equal(is, outbox))
	for _, w := range wrong {
		t.Error(w)
	}
	sameTree(t, fault, is, outbox)
}

// Killed at any moment while mail leaves: nothing that the server has taken is
// sent a second time, nothing is lost, and of what cannot be known a person is
// asked, nobody else.
func TestChaosKilledWhileMailLeaves(t *testing.T) {
	c := everyKind(t)
	undisturbed, s := c.mailed(t, "sqlite")
	log := filepath.Join(undisturbed.dir, "points")
	undisturbed.meibo(t, []string{"MEIBO_FAILPOINT_LOG=" + log}, "run", "--as-of", chaosDays[1].String())
	ids := undisturbed.mails(t)
	if len(ids) == 0 || len(s.Mails()) != 1+len(ids) {
		t.Fatalf("the undisturbed night mailed %d files in %d mails", len(ids), len(s.Mails()))
	}
	outbox := tree(t, undisturbed.Outbox)
	points := slices.DeleteFunc(numbered(read(t, log)), func(x point) bool {
		return !strings.HasPrefix(x.name, "mail-") && !strings.Contains(x.name, "outgoing.")
	})
	if len(points) < 8 {
		t.Fatalf("only %d points are passed: %v", len(points), points)
	}
	for _, db := range []string{"sqlite", "mysql"} {
		for i, at := range points {
			if !*chaos && (db == "mysql" && i%16 != 5 || db == "sqlite" && i%9 != 0) {
				continue
			}
			t.Run(db+" "+at.String(), func(t *testing.T) {
				t.Parallel()
				p, s := c.mailed(t, db)
				p.killed(t, at.String(), 1)
				noHalfFiles(t, at.String(), p, aftermath{state: state{outbox: c.want[1].outbox}}, aftermath{state: state{outbox: outbox}})
				p.goOn(t, 1)
				p.settleMails(t, s)
				p.mailedOnce(t, "kill while mail leaves", s, ids, outbox)
			})
		}
	}
	if !*chaos {
		return
	}
	span := c.span(t, "sqlite")
	for i := range 20 {
		t.Run(fmt.Sprint("moment ", i), func(t *testing.T) {
			dice := rand.New(rand.NewPCG(20261121, uint64(1000+i)))
			p, s := c.mailed(t, "sqlite")
			for !p.killedAfter(t, span*time.Duration(200+dice.IntN(300))/1000, "run", "--as-of", chaosDays[1].String()) {
				p, s = c.mailed(t, "sqlite")
			}
			p.goOn(t, 1)
			p.settleMails(t, s)
			p.mailedOnce(t, "kill at a random moment while mail leaves", s, ids, outbox)
		})
	}
}

// mails are the numbers of the reports that the second night mailed.
func (p *place) mails(t *testing.T) (ids []string) {
	t.Helper()
	all, err := p.store(t).DeliveryMailsIn(t.Context(), delivery.Sent)
	must(t, err)
	for _, m := range all {
		if m.Kind == delivery.KindReport {
			ids = append(ids, m.ID)
		}
	}
	return ids
}
