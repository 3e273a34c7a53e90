package jobs_test

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"meibo/pipeline/durable/durabletest"
)

// limited runs the program so that no file of it may grow beyond so many KiB,
// and returns its exit code and what it said.
func (p *place) limited(t *testing.T, kib int, args ...string) (code int, said string) {
	t.Helper()
	bin, err := breakable()
	must(t, err)
	limit := fmt.Sprintf(`ulimit -f %d; exec "$0" "$@"`, kib)
	cmd := exec.Command("bash", append([]string{"-c", limit, bin, "--config", p.configFile(t)}, args...)...)
	cmd.Env = p.environ()
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), string(out)
	}
	must(t, err)
	return 0, string(out)
}

// Where a file cannot grow, of the program's own or SQLite's, the night stops in
// good order and says so; with room again it goes on as if nothing had been.
func TestChaosNoRoomForFiles(t *testing.T) {
	t.Parallel()
	c := everyKind(t)
	sizes := map[string][]int{"sqlite": {2, 300}, "mysql": {2}}
	if *chaos {
		sizes = map[string][]int{"sqlite": {1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 288, 320, 352, 384, 416, 448, 480}, "mysql": {1, 2, 4, 6, 8, 12, 16}}
	}
	const night = 1
	for db, limits := range sizes {
		stopped := 0
		for _, kib := range limits {
			t.Run(fmt.Sprintf("%s, %d KiB", db, kib), func(t *testing.T) {
				p := c.place(t, db, night)
				code, said := p.limited(t, kib, "run", "--as-of", chaosDays[night].String())
				switch {
				case strings.Contains(said, "goroutine ") || strings.Contains(said, "SIGXFSZ"):
					t.Fatalf("exit %d: it crashed:\n%s", code, said)
				case code == 1:
					if stopped++; !strings.Contains(said, "空き容量") {
						t.Errorf("it does not say what to do:\n%s", said)
					}
				case code != 3 && code != 5:
					t.Fatalf("exit %d:\n%s", code, said)
				}
				noHalfFiles(t, said, p, c.want[night], c.want[night+1])
				must(t, p.onDisk(t, &durabletest.Faulty{}, night))
				c.compare(t, "no room for files", p, night)
			})
		}
		if stopped == 0 {
			t.Errorf("%s: no limit stopped a night", db)
		}
	}
}
