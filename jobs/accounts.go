package jobs

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/access"
	"meibo/pipeline/intake"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// ErrAccount says that an account may not act, or that nothing can be done to it
// as it was asked for: wrong use, nothing was recorded.
type ErrAccount struct{ JA, EN string }

func (e *ErrAccount) Error() string { return e.EN }

func wrongAccount(ja, en string, args ...any) error {
	return &ErrAccount{fmt.Sprintf(ja, args...), fmt.Sprintf(en, args...)}
}

// account is the account that may act under a name, as somebody typed it. One
// that is unknown, stopped, or known at two insurers is *ErrAccount.
func (h *House) account(ctx context.Context, who string) (access.Account, error) {
	a, err := h.accountCalled(ctx, who)
	if err == nil && !access.Active(a) {
		err = wrongAccount("%s のアカウントは停止されています（%s から、要領§8(3)）。", "the access of %s is stopped (since %s)", a.Name(), a.StoppedOn)
	}
	return a, err
}

// accountCalled is the account of a name, stopped or not: a ログインID, a 管理者ID
// that one insurer alone uses, or a 管理者ID with @ and its insurer behind it.
func (h *House) accountCalled(ctx context.Context, who string) (access.Account, error) {
	who = intake.AgentID(strings.TrimSpace(who))
	if who == "" {
		return access.Account{}, wrongAccount("アカウント（ログインIDまたは管理者ID）を指定してください。", "give an account: a login ID or a manager ID")
	}
	if err := h.accountsThere(ctx); err != nil {
		return access.Account{}, err
	}
	found, err := h.accountsCalled(ctx, []string{who})
	if err != nil {
		return access.Account{}, err
	}
	switch all := found[who]; len(all) {
	case 0:
		return access.Account{}, wrongAccount("%s というアカウントはありません。meibo accounts list で確かめてください。", "there is no account %s; see meibo accounts list", who)
	case 1:
		return all[0], nil
	default:
		return access.Account{}, wrongAccount("%s は複数の会社で使われています。「%s」のように、@ と保険会社コードを続けて指定してください。",
			"%s is used at several insurers; write it with @ and the insurer behind it, as %s", who, all[0].Name())
	}
}

// accountsCalled are the accounts that each of the names, in their one form, may
// mean; the whole name of one comes before any other reading.
func (h *House) accountsCalled(ctx context.Context, names []string) (map[string][]access.Account, error) {
	var ids []string
	for _, name := range names {
		ids = append(ids, name)
		if i := strings.LastIndexByte(name, '@'); i > 0 {
			ids = append(ids, name[:i])
		}
	}
	all, err := h.Store.AccountsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := map[string][]access.Account{}
	for _, name := range names {
		for _, a := range all {
			if a.Name() == name || a.ID == name {
				out[name] = append(out[name], a)
			}
		}
	}
	return out, nil
}

// decider is how an act of a person is signed: with the name of an active
// account, or, in a register that knows no account yet, with what was typed.
func (h *House) decider(ctx context.Context, who string) (string, error) {
	a, known, err := h.actor(ctx, who)
	if err != nil || !known {
		return who, err
	}
	return a.Name(), nil
}

// actor is the active account behind a name; known is false in a register that
// knows no account yet.
func (h *House) actor(ctx context.Context, who string) (a access.Account, known bool, err error) {
	if err := h.accountsThere(ctx); err != nil {
		return a, false, err
	}
	if known, err = h.Store.AnyAccount(ctx); err != nil || !known {
		return a, false, err
	}
	a, err = h.account(ctx, who)
	return a, true, err
}

// accountsThere makes the accounts of a register whose staff and managers came
// before there were any; otherwise it does nothing.
func (h *House) accountsThere(ctx context.Context) error {
	any, err := h.Store.AnyAccount(ctx)
	if err != nil || any {
		return err
	}
	last, err := h.lastNight(ctx)
	if err != nil || last.ID == "" {
		return err
	}
	return h.makeAccounts(ctx, last.AsOf)
}

// makeAccounts adds the accounts that staff and managers lack.
func (h *House) makeAccounts(ctx context.Context, day pipeline.Date) error {
	known, err := h.Store.Accounts(ctx)
	if err != nil {
		return err
	}
	there := map[[2]string]bool{}
	for _, a := range known {
		there[[2]string{a.Insurer, a.ID}] = true
	}
	staff, err := h.Store.AllStaff(ctx)
	if err != nil {
		return err
	}
	managers, err := h.Store.AllManagers(ctx)
	if err != nil {
		return err
	}
	var missing []access.Account
	for i := range staff {
		if !there[[2]string{"", staff[i].LoginID}] {
			missing = append(missing, ofStaff(access.Account{}, store.Staff{}, &staff[i], day))
		}
	}
	for i := range managers {
		if !there[[2]string{managers[i].Insurer, managers[i].ID}] {
			missing = append(missing, ofManager(access.Account{}, store.Manager{}, &managers[i], day))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return h.Store.Write(ctx, func(tx *store.Tx) error { return tx.PutAccounts(ctx, missing) })
}

func ofStaff(was access.Account, before store.Staff, s *store.Staff, day pipeline.Date) access.Account {
	was.ID = s.LoginID
	return access.OfStaff(was, s.Office, s.Name, s.Email, s.Stopped, before.Stopped != s.Stopped, day)
}

func ofManager(was access.Account, before store.Manager, m *store.Manager, day pipeline.Date) access.Account {
	was.Insurer, was.ID = m.Insurer, m.ID
	return access.OfManager(was, m.Role, m.Name, m.Email, m.Stopped, before.Stopped != m.Stopped, day)
}

// accountsOf gathers what the rows of a chunk do to accounts.
type accountsOf struct {
	t       *taking
	known   map[string]access.Account // by name
	changed map[string]bool
	touched map[*intake.Record]bool // rows that change a record
}

func (t *taking) accountsOf(ctx context.Context) (*accountsOf, error) {
	all, err := t.Store.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	a := &accountsOf{t, make(map[string]access.Account, len(all)), map[string]bool{}, map[*intake.Record]bool{}}
	for _, x := range all {
		a.known[x.Name()] = x
	}
	return a, nil
}

// put is what a row makes of an account.
func (a *accountsOf) put(r *intake.Record, now access.Account) {
	a.known[now.Name()], a.changed[now.Name()] = now, true
	a.touched[r] = true
}

// password takes the password of a row over, as a hash, if it is another one
// than before. A file is met once to be judged and once to be applied; only what
// is applied is worth a hash.
func (a *accountsOf) password(m *meeting, r *intake.Record, name, password string) error {
	if password == "" || a.t.file.State != run.FileApplying {
		return nil
	}
	now := a.known[name]
	same, err := access.Verify(now.Hash, password)
	if err != nil {
		return fmt.Errorf("password of an account: %w", err)
	}
	if same && now.Password == access.PasswordSet {
		return nil
	}
	hash, err := access.Hash(rand.Reader, password)
	if err != nil {
		return err
	}
	if !a.touched[r] {
		m.applied++
	}
	a.put(r, now.WithPassword(hash))
	return nil
}

// with writes the accounts in the transaction of their rows.
func (a *accountsOf) with(m *meeting) {
	var rows []access.Account
	for _, name := range slices.Sorted(maps.Keys(a.changed)) {
		rows = append(rows, a.known[name])
	}
	write := m.write
	m.write = func(ctx context.Context, tx *store.Tx) error {
		if err := write(ctx, tx); err != nil {
			return err
		}
		return tx.PutAccounts(ctx, rows)
	}
}
