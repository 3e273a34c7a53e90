package access_test

import (
	"crypto/rand"
	"errors"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"meibo/pipeline"
	"meibo/pipeline/access"
)

func TestDrawnPasswordsAreTwelveLettersAndDigitsWithoutBias(t *testing.T) {
	form := regexp.MustCompile(`^[0-9A-Za-z]{12}$`)
	count, seen := map[rune]int{}, map[string]bool{}
	const draws = 10000
	for range draws {
		p, err := access.Draw(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if !form.MatchString(p) || seen[p] {
			t.Fatal("a drawn password has another form, or came twice")
		}
		seen[p] = true
		for _, r := range p {
			count[r]++
		}
	}
	// 62 symbols, 1935 of each expected; 250 is more than five standard deviations.
	if len(count) != 62 {
		t.Errorf("%d symbols, want 62", len(count))
	}
	for r, n := range count {
		if want := draws * 12 / 62; n < want-250 || n > want+250 {
			t.Errorf("%q came %d times, expected about %d", r, n, want)
		}
	}
}

// Bytes from 248 up would favour the first symbols; they are thrown away.
func TestDrawTakesEverySymbolFromFourBytes(t *testing.T) {
	var bytes strings.Builder
	for b := 255; b >= 0; b-- {
		bytes.WriteByte(byte(b))
	}
	random, count := strings.NewReader(bytes.String()), map[rune]int{}
	for {
		p, err := access.Draw(random)
		if err != nil {
			break // 248 usable bytes are 20 passwords and 8 symbols
		}
		for _, r := range p {
			count[r]++
		}
	}
	total := 0
	for r, n := range count {
		if total += n; n > 4 {
			t.Errorf("%q came %d times", r, n)
		}
	}
	if total != 240 {
		t.Errorf("%d symbols were drawn from 256 bytes, want 240", total)
	}
}

func TestHashesVerifyTheirPasswordAlone(t *testing.T) {
	hash, err := access.Hash(rand.Reader, "Geheim-1")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || len(hash) > 200 || strings.Contains(hash, "Geheim") {
		t.Errorf("a hash of another form")
	}
	again, err := access.Hash(rand.Reader, "Geheim-1")
	if err != nil || again == hash {
		t.Errorf("two hashes of one password are the same (%v)", err)
	}
	for password, want := range map[string]bool{"Geheim-1": true, "geheim-1": false, "": false, "Geheim-1 ": false} {
		if got, err := access.Verify(hash, password); err != nil || got != want {
			t.Errorf("verify: %t, %v, want %t", got, err, want)
		}
	}
	if ok, err := access.Verify("", ""); ok || err != nil {
		t.Errorf("no password lets in: %t, %v", ok, err)
	}
}

func TestForgedHashesAreRefused(t *testing.T) {
	for name, hash := range map[string]string{
		"plain":            "Geheim-1",
		"another function": "$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0c2FsdA",
		"a huge memory":    "$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0c2FsdA",
		"no rounds":        "$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0c2FsdA",
		"no lanes":         "$argon2id$v=19$m=64,t=1,p=0$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0c2FsdA",
		"no key":           "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$",
		"no salt":          "$argon2id$v=19$m=64,t=1,p=1$$c2FsdHNhbHRzYWx0c2FsdA",
	} {
		if ok, err := access.Verify(hash, "Geheim-1"); ok || !errors.Is(err, access.ErrHash) || strings.Contains(err.Error(), "Geheim") {
			t.Errorf("%s: %t, %v", name, ok, err)
		}
	}
}

func day(s string) pipeline.Date {
	d, err := pipeline.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestWhatFilesDoToAccounts(t *testing.T) {
	d := day("2026-11-20")
	manager := func(was access.Account, stop pipeline.Flag, changed bool) access.Account {
		return access.OfManager(was, access.TitleOrdinary, "一般 一郎", "", stop, changed, d)
	}
	fresh := manager(access.Account{Insurer: "1001", ID: "M1"}, 0, false)
	if !access.Active(fresh) || fresh.Password != access.PasswordWaiting || fresh.Role() != access.RoleInsurer || fresh.Name() != "M1@1001" {
		t.Errorf("a new manager: %+v", fresh)
	}
	byFile := manager(fresh, pipeline.FlagYes, true)
	if access.Active(byFile) || byFile.StoppedOn != d || byFile.StoppedBy != "" {
		t.Errorf("stopped by a file: %+v", byFile)
	}
	if a := manager(byFile, pipeline.FlagNo, true); !access.Active(a) || a.StopReason != "" {
		t.Errorf("let in again by a file: %+v", a)
	}
	byPerson := fresh
	byPerson.StoppedOn, byPerson.StoppedBy, byPerson.StopReason = d, "C0001", "調査中"
	if a := manager(byPerson, pipeline.FlagNo, true); access.Active(a) || a.StopReason != "調査中" {
		t.Errorf("a file let somebody in again whom a person had stopped: %+v", a)
	}
	if a := manager(fresh.WithPassword("h"), pipeline.FlagYes, false); !access.Active(a) || a.Password != access.PasswordSet {
		t.Errorf("a flag that did not change: %+v", a)
	}
	operator := access.OfStaff(access.Account{ID: "C0009"}, access.OfficeOperators, "受付 花子", "", 0, false, d)
	if operator.Role() != access.RoleOperator || operator.Name() != "C0009" || operator.Password != access.PasswordNone {
		t.Errorf("an operator: %+v", operator)
	}
}

func TestWhoMayManageWhom(t *testing.T) {
	account := func(insurer, id, kind, title string) access.Account {
		return access.Account{Insurer: insurer, ID: id, Kind: kind, Title: title}
	}
	staff, operator := account("", "C1", access.KindStaff, access.TitleStaff), account("", "C2", access.KindStaff, access.TitleOperator)
	special, ordinary := account("1001", "SP", access.KindManager, access.TitleSpecial), account("1001", "M1", access.KindManager, access.TitleOrdinary)
	other := account("1002", "M1", access.KindManager, access.TitleOrdinary)
	stopped := staff
	stopped.StoppedOn = day("2026-11-20")
	for name, tt := range map[string]struct {
		by, of access.Account
		want   bool
	}{
		"staff, anybody":                       {staff, other, true},
		"a special manager, the own company":   {special, ordinary, true},
		"a special manager, another company":   {special, other, false},
		"a special manager, staff":             {special, staff, false},
		"an ordinary manager, the own company": {ordinary, special, false},
		"an operator":                          {operator, ordinary, false},
		"a stopped account, even for itself":   {stopped, stopped, false},
	} {
		if v := access.MayManage(tt.by, tt.of); v.Allowed != tt.want || v.Reason == "" || v.Clause == "" {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

// No run of files lets in whom a person has stopped, and a name is never that of
// two accounts unless a ログインID is written like a 管理者ID.
func TestNoFileUndoesAPersonsStop(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := access.Account{Insurer: "1001", ID: "M1", StoppedOn: 1, StoppedBy: "C0001"}
		flags := rapid.SliceOf(rapid.SampledFrom([]pipeline.Flag{0, pipeline.FlagNo, pipeline.FlagYes})).Draw(t, "flags")
		for _, f := range flags {
			a = access.OfManager(a, access.TitleOrdinary, "一般 一郎", "", f, rapid.Bool().Draw(t, "changed"), day("2026-11-20"))
		}
		if access.Active(a) {
			t.Error("a file let it in again")
		}
	})
}
