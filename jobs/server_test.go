package jobs_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"meibo/pipeline/store"
)

// ownServer is a MariaDB of one test's own, to be killed and started again. It
// keeps every commit, unlike the one that tests share.
type ownServer struct {
	dir, program string
	port         int
	cmd          *exec.Cmd
	log          bytes.Buffer
}

const ownServerPassword = "synthetic-own-server"

// newServer installs and starts one; it is gone when the test ends.
func newServer(t *testing.T) *ownServer {
	t.Helper()
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	program, err := exec.LookPath("mariadbd")
	if err != nil {
		t.Fatalf("%v: use make test, which installs it", err)
	}
	dir, err := os.MkdirTemp("", "meibo-server-*") // its user must get there
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	s := &ownServer{dir: dir, program: program, port: freePort(t)}
	if os.Geteuid() == 0 { // as whom it refuses to work
		u, err := user.Lookup("mysql")
		must(t, err)
		uid, err := strconv.Atoi(u.Uid)
		must(t, err)
		gid, err := strconv.Atoi(u.Gid)
		must(t, err)
		must(t, os.Chown(dir, uid, gid))
	}
	install := exec.Command("mariadb-install-db", s.arguments("--auth-root-authentication-method=normal", "--skip-test-db")...)
	install.Env = append(os.Environ(), "TMPDIR="+dir) // two at once would share temporary tables
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("install a server: %v\n%s", err, out)
	}
	must(t, os.WriteFile(filepath.Join(dir, "init.sql"), []byte(
		"CREATE OR REPLACE USER 'meibo'@'127.0.0.1' IDENTIFIED BY '"+ownServerPassword+"';\n"+
			"GRANT ALL PRIVILEGES ON *.* TO 'meibo'@'127.0.0.1';\n"), 0o644))
	s.start(t)
	t.Cleanup(func() { s.kill(t) })
	return s
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (s *ownServer) arguments(more ...string) []string {
	out := []string{"--no-defaults", "--datadir=" + filepath.Join(s.dir, "data"), "--skip-name-resolve"}
	if os.Geteuid() == 0 {
		out = append(out, "--user=mysql")
	}
	return append(out, more...)
}

func (s *ownServer) address() string {
	return fmt.Sprintf("meibo:%s@tcp(127.0.0.1:%d)/", ownServerPassword, s.port)
}

// start starts the server and waits until it answers.
func (s *ownServer) start(t *testing.T) {
	t.Helper()
	s.log.Reset()
	s.cmd = exec.Command(s.program, s.arguments("--socket="+filepath.Join(s.dir, "s.sock"),
		"--pid-file="+filepath.Join(s.dir, "s.pid"), "--tmpdir="+s.dir, "--bind-address=127.0.0.1", fmt.Sprintf("--port=%d", s.port),
		"--init-file="+filepath.Join(s.dir, "init.sql"), "--skip-log-bin", "--innodb-buffer-pool-size=64M",
		"--innodb-log-file-size=16M", "--performance-schema=OFF", "--lower-case-table-names=0")...)
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	must(t, s.cmd.Start())
	db, err := sqlx.Open("mysql", s.address())
	must(t, err)
	defer db.Close()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for try := 0; db.PingContext(t.Context()) != nil; try++ {
		if try == 600 {
			s.kill(t)
			t.Fatalf("the server does not answer:\n%s", s.log.String())
		}
		<-tick.C
	}
}

// kill ends the server as a power cut would.
func (s *ownServer) kill(t *testing.T) {
	t.Helper()
	if s.cmd == nil {
		return
	}
	must(t, s.cmd.Process.Kill())
	_ = s.cmd.Wait() // it says that it was killed
	s.cmd = nil
}

// database makes an empty register on the server.
func (s *ownServer) database(t *testing.T) string {
	t.Helper()
	db, err := sqlx.Open("mysql", s.address())
	must(t, err)
	defer db.Close()
	name := fmt.Sprintf("own_%d", databases.Add(1))
	db.MustExec("CREATE DATABASE " + name)
	dsn := "mysql:" + s.address() + name
	st, err := store.Open(t.Context(), dsn, store.Options{KeepSchema: true})
	must(t, err)
	defer st.Close()
	must(t, st.Migrate(t.Context()))
	return dsn
}
