package jobs_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"meibo/pipeline/store"
	"meibo/pipeline/store/storetest"
)

// via is a night on a server behind a proxy; it returns the night's error.
func (p *place) via(t *testing.T, proxy *storetest.Proxy, night int) error {
	t.Helper()
	direct := p.DB
	cfg, err := mysql.ParseDSN(strings.TrimPrefix(direct, "mysql:"))
	must(t, err)
	cfg.Addr, err = proxy.Listen(cfg.Addr)
	must(t, err)
	defer proxy.Close()
	p.DB = "mysql:" + cfg.FormatDSN()
	defer func() { p.DB = direct }()
	return p.onDatabase(t, &storetest.Breaker{}, night)
}

// breakLink does a night whose connection breaks on the way to the server. One
// that breaks with a COMMIT under way must not stop the night: whether it was
// kept can be found out.
func (c *chaosNights) breakLink(t *testing.T, fault string, proxy *storetest.Proxy) {
	t.Helper()
	p := c.place(t, "mysql", sqlNight)
	err := p.via(t, proxy, sqlNight)
	commits, packets, hit := proxy.Seen()
	what := fmt.Sprintf("%s: %d commits, %d packets, error %v", fault, commits, packets, err)
	if !hit {
		t.Fatalf("%s: nothing was broken", what)
	}
	if err != nil && proxy.Packet == 0 {
		t.Errorf("%s: the night stopped", what)
	}
	if err != nil {
		p.goOnHere(t, sqlNight)
	}
	c.compare(t, fault, p, sqlNight)
	if t.Failed() {
		t.Fatal(what)
	}
}

// A connection that breaks while a transaction is being committed leaves open
// whether it was kept: the night asks, and goes on or does it again, once.
func TestChaosConnectionBreaksOnTheWay(t *testing.T) {
	t.Parallel()
	c := everyKind(t)
	var quiet storetest.Proxy
	p := c.place(t, "mysql", sqlNight)
	must(t, p.via(t, &quiet, sqlNight))
	c.undisturbed(t, p, sqlNight)
	commits, packets, _ := quiet.Seen()
	if commits < 50 || packets < 500 {
		t.Fatalf("a night has only %d commits in %d packets", commits, packets)
	}
	dice := rand.New(rand.NewPCG(20261121, 3))
	some := func(most, sample int) (out []int) {
		for _, i := range dice.Perm(most)[:min(sample, most)] {
			out = append(out, i+1)
		}
		return out
	}
	every, parts := some(commits, 1), some(packets, 1)
	if *chaos {
		every, parts = some(commits, max(2, commits*4/(*stride))), some(packets, max(2, 320/(*stride)))
	}
	for _, n := range every {
		t.Run(fmt.Sprint("commit ", n), func(t *testing.T) { // whose connections end with it
			c.breakLink(t, "proxy: answer of COMMIT lost", &storetest.Proxy{Commit: n})
			c.breakLink(t, "proxy: COMMIT never sent", &storetest.Proxy{Unsent: n})
		})
	}
	for _, n := range parts {
		t.Run(fmt.Sprint("packet ", n), func(t *testing.T) {
			c.breakLink(t, "proxy: packet cut in half", &storetest.Proxy{Packet: n})
		})
	}
}

// restarted does a night during whose n-th call the server dies; back says
// whether it comes back at once or only after the night has given up.
func (c *chaosNights) restarted(t *testing.T, server *ownServer, n int, back bool) {
	t.Helper()
	p := c.place(t, "sqlite", sqlNight)
	p.moveTo(t, server.database(t))
	server.kill(t)
	server.start(t)
	fault := "server killed, back at once"
	if !back {
		fault = "server killed, back later"
	}
	b := &storetest.Breaker{Nth: n, Kind: storetest.Stop, At: func() {
		server.kill(t)
		if back {
			server.start(t)
		}
	}}
	err := p.onDatabase(t, b, sqlNight)
	if b.Hit() == "" {
		t.Fatalf("the night has no call %d", n)
	}
	if !back {
		if err == nil {
			t.Errorf("%s at call %d: the night did without its server", fault, n)
		} else if !store.Unreachable(err) {
			t.Errorf("%s at call %d: %v does not tell that the database is away", fault, n, err)
		}
		server.start(t)
	}
	var unknown *store.CommitUnknownError
	if back && errors.As(err, &unknown) {
		t.Errorf("%s at call %d: %v, although the server is there", fault, n, err)
	}
	if err != nil {
		p.goOnHere(t, sqlNight)
	}
	c.compare(t, fault, p, sqlNight)
}

// A server that dies in the middle of a night stops it or not; going on leaves
// what an undisturbed night leaves.
func TestChaosServerRestartsInTheNight(t *testing.T) {
	c := everyKind(t)
	server := newServer(t)
	calls := c.calls(t, "sqlite", sqlNight)
	dice := rand.New(rand.NewPCG(20261121, 4))
	trials := 1
	if *chaos {
		trials = 10
	}
	for range trials {
		for _, back := range []bool{true, false} {
			c.restarted(t, server, 1+dice.IntN(len(calls)), back)
		}
	}
}
