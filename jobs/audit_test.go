package jobs_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/audit"
)

// checkpointFile is where the checkpoints of a place are.
func (p *place) checkpointFile() string {
	return filepath.Join(p.StateDir, "audit", "checkpoints.jsonl")
}

func (p *place) publicKey() string { return filepath.Join(p.StateDir, "keys", "signing.pub") }

// audited is what verify finds at a place.
func (p *place) audited(t testing.TB, publicKey string) (r audit.Report) {
	t.Helper()
	p.with(t, func(h *jobs.House) {
		var err error
		r, err = h.VerifyAudit(t.Context(), publicKey, "")
		must(t, err)
	})
	return r
}

// chain is the stored chain.
func (p *place) chain(t testing.TB) (out []audit.Event) {
	t.Helper()
	for e, err := range p.store(t).AuditEvents(t.Context()) {
		must(t, err)
		out = append(out, *e)
	}
	return out
}

func actions(events []audit.Event) (out []audit.Action) {
	for _, e := range events {
		out = append(out, e.Action)
	}
	return out
}

func read(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	must(t, err)
	return string(b)
}

// pairsPlace is a small register after its first night.
func pairsPlace(t testing.TB) *place {
	t.Helper()
	dir := t.TempDir()
	p := newPlace(t, dir, sqliteIn(dir))
	p.pairsInbox(t)
	p.night(t, sampleDays[0])
	return p
}

// What a person does and what a night does stand in the chain, signed at the
// night's end, without anything of the people it was done to.
func TestWhatPeopleAndNightsDoIsAudited(t *testing.T) {
	p := pairsPlace(t)
	p.with(t, func(h *jobs.House) {
		_, err := h.Decide(t.Context(), jobs.Decision{A: "N1", B: "N2", Verdict: "同一人", By: "C0001", Reason: "本人に確認した"})
		must(t, err)
		_, err = h.Decide(t.Context(), jobs.Decision{A: "V1", B: "V2", Verdict: "別人", By: "見本　花子", Reason: "別の人"})
		must(t, err)
		_, err = h.UndoDecision(t.Context(), 1, "C0002")
		must(t, err)
		if _, err = h.UndoDecision(t.Context(), 1, "C0002"); err == nil {
			t.Error("a decision was undone twice")
		}
	})
	p.night(t, sampleDays[1])
	p.night(t, sampleDays[1]) // finds nothing new, so it has nothing to tell
	events := p.chain(t)
	equal(t, "actions", actions(events), []audit.Action{
		audit.RunFinished, audit.DecisionMade, audit.DecisionMade, audit.DecisionUndone, audit.RunFinished,
	})
	if events[1].Object != events[3].Object || events[1].Object == events[2].Object || len(events[1].Object) != 64 {
		t.Errorf("surrogates of pairs: %q, %q, %q", events[1].Object, events[2].Object, events[3].Object)
	}
	if e := events[1]; e.Actor != "C0001" || e.SystemUser == "" || e.Payload != `{"decision":1,"verdict":"same"}` {
		t.Errorf("decision: %+v", e)
	}
	if !strings.HasPrefix(events[2].Actor, "hmac:") {
		t.Errorf("a name in place of an account stands as %q", events[2].Actor)
	}
	for _, x := range []string{"花子", "試験", "髙橋", "N1", "V2", "確認"} {
		for _, e := range events {
			if strings.Contains(e.Payload+e.Actor+e.Object, x) {
				t.Errorf("event %d holds a piece of a person or of what was said", e.Seq)
			}
		}
	}
	r := p.audited(t, "")
	if !r.OK() || r.Events != 5 || r.Vouched != 5 || r.Checkpoints != 3 {
		t.Errorf("verify: %+v", r)
	}
	// The next night prints how far the last one came.
	p.night(t, sampleDays[2])
	page := read(t, filepath.Join(p.Outbox, "association", "nightly_2026-11-21.json"))
	if want := "2026-11-20 件数 5 先頭 " + events[4].Hash; !strings.Contains(page, want) {
		t.Errorf("the page of the night does not say %q", want)
	}
}

// Destruction is announced before it happens, once per file.
func TestDestructionIsAudited(t *testing.T) {
	dir := t.TempDir()
	p := newPlace(t, dir, sqliteIn(dir))
	p.Archive.KeepDays = 1
	p.put(t, "association/agents_1.csv", table(agentHeader, agent("S1")))
	p.night(t, sampleDays[0])
	p.night(t, sampleDays[2])
	events := p.chain(t)
	equal(t, "actions", actions(events), []audit.Action{audit.RunFinished, audit.ArchiveExpired, audit.RunFinished})
	if e := events[1]; e.Fact("last_on") != "2026-11-19" || len(e.Fact("sha256")) != 64 || e.Actor != jobs.Nightly {
		t.Errorf("expiry: %+v", e)
	}
}

// Killed around the checkpoint, the next start writes the same bytes.
func TestKilledAroundTheCheckpointTheFileIsTheSame(t *testing.T) {
	t.Parallel()
	first := pairsPlace(t)
	fresh := func(t *testing.T) *place {
		dir := t.TempDir()
		must(t, os.CopyFS(dir, os.DirFS(first.dir)))
		p := newPlace(t, dir, sqliteIn(dir))
		p.Insurers = nil
		return p
	}
	whole := fresh(t)
	whole.meibo(t, nil, "run", "--as-of", sampleDays[1].String())
	want, state := read(t, whole.checkpointFile()), whole.state(t)
	if strings.Count(want, "\n") != 2 {
		t.Fatalf("two nights left %q", want)
	}
	for _, at := range []string{"run-after-end", "checkpoint-before", "checkpoint-after"} {
		t.Run(at, func(t *testing.T) {
			p := fresh(t)
			if !p.meibo(t, []string{"MEIBO_FAILPOINT=" + at}, "run", "--as-of", sampleDays[1].String()) {
				t.Fatal("the place was never passed")
			}
			p.meibo(t, nil, "resume")
			if got := read(t, p.checkpointFile()); got != want {
				t.Errorf("checkpoints\n%s\nwant\n%s", got, want)
			}
			same(t, "after "+at, p.state(t), state)
			if r := p.audited(t, ""); !r.OK() {
				t.Errorf("verify: %+v", r)
			}
		})
	}
}

// Whoever may write the table is found out, with the public key alone.
func TestP11DamageInTheDatabaseIsNamed(t *testing.T) {
	first := pairsPlace(t)
	first.night(t, sampleDays[1])
	first.with(t, func(h *jobs.House) {
		_, err := h.Decide(t.Context(), jobs.Decision{A: "N1", B: "N2", Verdict: "同一人", By: "C0001", Reason: "確認"})
		must(t, err)
	})
	first.night(t, sampleDays[2])
	for name, x := range map[string]struct {
		do   []string
		file func(string) string
		want audit.Finding
	}{
		"untouched":      {},
		"altered":        {do: []string{`UPDATE audit_events SET actor = 'C0009' WHERE seq = 2`}, want: audit.Finding{Damage: audit.Altered, Number: 2}},
		"dropped inside": {do: []string{`DELETE FROM audit_events WHERE seq = 2`}, want: audit.Finding{Damage: audit.Dropped, Number: 2}},
		"reordered":      {do: []string{`UPDATE audit_events SET seq = 99 WHERE seq = 1`, `UPDATE audit_events SET seq = 1 WHERE seq = 2`, `UPDATE audit_events SET seq = 2 WHERE seq = 99`}, want: audit.Finding{Damage: audit.Reordered, Number: 1}},
		"tail cut":       {do: []string{`DELETE FROM audit_events WHERE seq > 2`}, want: audit.Finding{Damage: audit.CutTail, Number: 3}},
		"all gone":       {do: []string{`DELETE FROM audit_events`}, want: audit.Finding{Damage: audit.CutTail, Number: 1}},
		"cut with their checkpoint": {
			do:   []string{`DELETE FROM audit_events WHERE seq > 3`},
			file: func(s string) string { return strings.Join(strings.SplitAfter(s, "\n")[:2], "") },
			want: audit.Finding{Damage: audit.CutTail, Number: 4, Trace: "runs nightly-2026-11-21-1"},
		},
		"all gone with their checkpoints": {
			do: []string{`DELETE FROM audit_events`}, file: func(string) string { return "" },
			want: audit.Finding{Damage: audit.CutTail, Number: 1, Trace: "runs nightly-2026-11-19-1"},
		},
		"checkpoints cut":  {file: func(s string) string { return s[:strings.Index(s, "\n")+1] }, want: audit.Finding{Damage: audit.CheckpointCut, Number: 2}},
		"checkpoint false": {file: func(s string) string { return strings.Replace(s, `"count":2`, `"count":1`, 1) }, want: audit.Finding{Damage: audit.CheckpointAltered, Number: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, p *place) {
				mysql := p.DB
				must(t, os.CopyFS(p.dir, os.DirFS(first.dir)))
				p.DB = sqliteIn(p.dir)
				if strings.HasPrefix(mysql, "mysql:") {
					p.copyTo(t, p.DB, mysql)
					p.DB = mysql
				}
				for _, q := range x.do {
					p.sql(t).MustExec(q)
				}
				if x.file != nil {
					must(t, os.WriteFile(p.checkpointFile(), []byte(x.file(read(t, p.checkpointFile()))), 0o600))
				}
				var want []audit.Finding
				if x.want != (audit.Finding{}) {
					want = []audit.Finding{x.want}
				}
				r := p.audited(t, "")
				if len(r.Findings) == 0 {
					r.Findings = nil
				}
				equal(t, "found", r.Findings, want)
			})
		})
	}
}

// A night that finds another chain than was signed says so and goes on.
func TestANightWarnsOfAnotherChain(t *testing.T) {
	p := pairsPlace(t)
	db, err := sqlx.Open("sqlite", filepath.Join(p.dir, "meibo.db"))
	must(t, err)
	db.MustExec("UPDATE audit_events SET hash = ?", strings.Repeat("0", 64))
	must(t, db.Close())
	r := p.night(t, sampleDays[1])
	found := false
	for _, w := range r.Warnings {
		found = found || w.Code == "audit-mismatch"
	}
	if !found {
		t.Errorf("warnings %+v", r.Warnings)
	}
}

// saysLost holds an error to be that of a key which is to be brought back.
func saysLost(t *testing.T, what string, err error, name string) {
	t.Helper()
	var faults pipeline.SettingFaults
	if !errors.Is(err, jobs.ErrConfig) || !errors.As(err, &faults) || !strings.Contains(faults.Japanese(), name+": この鍵のファイルがありません") {
		t.Errorf("%s: %v, want ErrConfig that %s is to be brought back", what, err, name)
	}
}

// Keys are private, made once and never written over.
func TestKeysOfTheAuditChain(t *testing.T) {
	empty := func(t *testing.T) *place { dir := t.TempDir(); return newPlace(t, dir, sqliteIn(dir)) }
	nightErr := func(t *testing.T, p *place) (err error) {
		p.with(t, func(h *jobs.House) { _, err = h.Night(t.Context(), sampleDays[0], false) })
		return err
	}
	t.Run("made at first use, and closed to others again", func(t *testing.T) {
		p := empty(t)
		must(t, nightErr(t, p))
		for _, name := range []string{"signing.key", "surrogate.key"} {
			name = filepath.Join(p.StateDir, "keys", name)
			must(t, os.Chmod(name, 0o644))
			must(t, nightErr(t, p))
			info, err := os.Stat(name)
			must(t, err)
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v", filepath.Base(name), info.Mode())
			}
		}
	})
	t.Run("made on purpose and open to others", func(t *testing.T) {
		for _, name := range []string{"signing.key", "surrogate.key"} {
			for _, mode := range []os.FileMode{0o640, 0o604, 0o620} {
				p := empty(t)
				_, _, err := jobs.MakeKeys(p.Config)
				must(t, err)
				must(t, os.Chmod(filepath.Join(p.StateDir, "keys", name), mode))
				if err := nightErr(t, p); !errors.Is(err, jobs.ErrConfig) {
					t.Errorf("%s with mode %v: %v, want ErrConfig", name, mode, err)
				}
			}
		}
	})
	t.Run("explicit and not there", func(t *testing.T) {
		p := empty(t)
		p.Audit.Keys = "explicit"
		if err := nightErr(t, p); !errors.Is(err, jobs.ErrConfig) {
			t.Errorf("%v, want ErrConfig", err)
		}
		public, _, err := jobs.MakeKeys(p.Config)
		must(t, err)
		must(t, nightErr(t, p))
		if read(t, p.publicKey()) != string(public) || !p.audited(t, p.publicKey()).OK() {
			t.Error("the public key that was printed does not verify")
		}
		if _, _, err := jobs.MakeKeys(p.Config); !errors.Is(err, jobs.ErrKeysExist) || read(t, p.publicKey()) != string(public) {
			t.Errorf("a second time: %v, want ErrKeysExist", err)
		}
	})
	for name, missing := range map[string][]string{
		"explicit, and killed before the signing key": {"signing.key", "signing.pub"},
		"explicit, and killed before the public key":  {"signing.pub"},
	} {
		t.Run(name, func(t *testing.T) {
			p := empty(t)
			p.Audit.Keys = "explicit"
			_, _, err := jobs.MakeKeys(p.Config)
			must(t, err)
			kept := map[string]string{}
			for _, name := range []string{"surrogate.key", "signing.key", "signing.pub"} {
				file := filepath.Join(p.StateDir, "keys", name)
				if slices.Contains(missing, name) {
					must(t, os.Remove(file))
				} else {
					kept[file] = read(t, file)
				}
			}
			public, _, err := jobs.MakeKeys(p.Config)
			must(t, err)
			for file, was := range kept {
				if read(t, file) != was {
					t.Errorf("%s was written over", filepath.Base(file))
				}
			}
			must(t, nightErr(t, p))
			if read(t, p.publicKey()) != string(public) || !p.audited(t, p.publicKey()).OK() {
				t.Error("the public key that was printed does not verify")
			}
		})
	}
	for name, c := range map[string]struct {
		lost  []string
		night bool // before they were lost
		names string
	}{
		"explicit, the signing key lost":       {[]string{"signing.key"}, true, "signing.key"},
		"explicit, the key for surrogates too": {[]string{"signing.key", "signing.pub", "surrogate.key"}, true, "signing.key"},
		"explicit, that for surrogates lost":   {[]string{"surrogate.key"}, true, "surrogate.key"},
		"explicit, lost before the first use":  {[]string{"signing.key"}, false, "signing.key"},
	} {
		t.Run(name, func(t *testing.T) {
			p := empty(t)
			p.Audit.Keys = "explicit"
			_, _, err := jobs.MakeKeys(p.Config)
			must(t, err)
			if c.night {
				must(t, nightErr(t, p))
			}
			for _, name := range c.lost {
				must(t, os.Remove(filepath.Join(p.StateDir, "keys", name)))
			}
			before := tree(t, p.StateDir)
			_, _, err = jobs.MakeKeys(p.Config)
			saysLost(t, "keygen", err, c.names)
			if c.night {
				saysLost(t, "a night", nightErr(t, p), c.names)
			}
			equal(t, "files", tree(t, p.StateDir), before)
		})
	}
	t.Run("lost", func(t *testing.T) {
		p := empty(t)
		must(t, nightErr(t, p))
		must(t, os.Remove(filepath.Join(p.StateDir, "keys", "signing.key")))
		if err := nightErr(t, p); !errors.Is(err, jobs.ErrConfig) {
			t.Errorf("%v, want ErrConfig: another key would look forged", err)
		}
	})
	t.Run("no key at all", func(t *testing.T) {
		p := empty(t)
		_, _, err := jobs.MakeKeys(p.Config)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(p.StateDir, "keys", "signing.key"), []byte("planted-Secret-7"), 0o600))
		if err := nightErr(t, p); !errors.Is(err, jobs.ErrConfig) || strings.Contains(err.Error(), "planted") {
			t.Errorf("%v, want ErrConfig without what the file holds", err)
		}
	})
}

// After a rotation any key there was verifies the whole; killed in between, it
// goes on.
func TestRotatingTheSigningKey(t *testing.T) {
	p := pairsPlace(t)
	old := filepath.Join(t.TempDir(), "old.pub")
	must(t, os.WriteFile(old, []byte(read(t, p.publicKey())), 0o600))
	p.with(t, func(h *jobs.House) {
		public, id, err := h.RotateKey(t.Context(), "C0001")
		must(t, err)
		if string(public) == read(t, old) || id == "" || string(public) != read(t, p.publicKey()) {
			t.Error("the public key is still the old one")
		}
	})
	p.night(t, sampleDays[1])
	if !p.meibo(t, []string{"MEIBO_FAILPOINT=rotate-handed-over"}, "audit", "rotate", "--by", "C0001") {
		t.Fatal("the rotation was not killed")
	}
	p.night(t, sampleDays[2])
	for _, key := range []string{old, p.publicKey()} {
		if r := p.audited(t, key); !r.OK() || r.Checkpoints != 5 || r.Vouched != r.Events {
			t.Errorf("verify: %+v", r)
		}
	}
	equal(t, "actions", actions(p.chain(t)), []audit.Action{
		audit.RunFinished, audit.KeyRotated, audit.RunFinished, audit.KeyRotated, audit.RunFinished,
	})
	if _, err := os.Stat(filepath.Join(p.StateDir, "keys", "signing.key.next")); !os.IsNotExist(err) {
		t.Errorf("the new key still waits: %v", err)
	}
}

// No planted secret is told: neither by a night that goes well nor by one that
// fails, nor by the list of processes.
func TestNoSecretIsTold(t *testing.T) {
	const password, sender = "planted-Dsn-4711", "planted-Sender-4712"
	signing, surrogate := strings.Repeat("ab", 32), strings.Repeat("cd", 32)
	secret := []string{password, sender, signing, surrogate}
	bin, err := breakable()
	must(t, err)
	dir := t.TempDir()
	p := newPlace(t, dir, sqliteIn(dir))
	p.pairsInbox(t)
	run := func(db string, args ...string) string {
		cmd := exec.Command(bin, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "MEIBO_DB="+db, "MEIBO_SIGNING_KEY="+signing, "MEIBO_SURROGATE_KEY="+surrogate,
			"MEIBO_PASSWORD_EXAM_CENTER="+sender)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		must(t, cmd.Start())
		line, err := os.ReadFile("/proc/" + strconv.Itoa(cmd.Process.Pid) + "/cmdline")
		must(t, err)
		_ = cmd.Wait() // some of them fail, as they should
		return out.String() + string(line)
	}
	told := run(p.DB, "run", "--as-of", "2026-11-19", "--log", "json")
	told += run(p.DB, "identity", "decide", "N1", "N2", "same", "--by", "C0001", "--reason", "ok", "--lang", "en")
	told += run(p.DB, "audit", "verify")
	if !strings.Contains(told, "nightly-2026-11-19-1") || !strings.Contains(told, "recorded decision 1") || !strings.Contains(told, "異常はありません") {
		t.Fatalf("the commands did not do their work:\n%s", told)
	}
	told += run("mysql:meibo:"+password+"@tcp(127.0.0.1:1)/meibo", "run", "--as-of", "2026-11-20", "--lang", "en")
	told += run("mysql:meibo:"+password+"@nowhere/", "check")
	if n := strings.Count(told, "the database cannot be reached"); n != 1 {
		t.Errorf("%d times the database that is away was told", n)
	}
	for name, text := range tree(t, dir) {
		if !strings.HasPrefix(name, "inbox/") {
			told += text
		}
	}
	for _, s := range secret {
		if strings.Contains(told, s) {
			t.Errorf("a planted secret was told: the one that begins %s", s[:9])
		}
	}
}

// The program itself goes on from a chain that was cut together with its
// checkpoints, for it fits; the journal of the nights knows better.
func TestAChainThatWasCutAndWentOnIsNoticed(t *testing.T) {
	p := pairsPlace(t)
	p.night(t, sampleDays[1])
	db, err := sqlx.Open("sqlite", filepath.Join(p.dir, "meibo.db"))
	must(t, err)
	db.MustExec("DELETE FROM audit_events WHERE seq > 1")
	must(t, db.Close())
	must(t, os.WriteFile(p.checkpointFile(), []byte(strings.SplitAfter(read(t, p.checkpointFile()), "\n")[0]), 0o600))
	p.night(t, sampleDays[2])
	equal(t, "found", p.audited(t, "").Findings, []audit.Finding{
		{Damage: audit.Rewritten, Number: 2, Until: 2, Trace: "runs nightly-2026-11-20-1"},
	})
}
