package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"meibo/pipeline"
	"meibo/pipeline/access"
	"meibo/pipeline/audit"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// AccountText is an account as it is shown. It holds no hash.
type AccountText struct {
	Account    string        `json:"account"` // as acts are signed
	ID         string        `json:"id"`
	Insurer    string        `json:"insurer,omitempty"`
	Kind       string        `json:"kind"`
	Title      string        `json:"title"`
	Role       string        `json:"role"`
	Name       string        `json:"name"`
	Email      string        `json:"email,omitempty"`
	Active     bool          `json:"active"`
	StoppedOn  pipeline.Date `json:"stopped_on,omitzero"`
	StoppedBy  string        `json:"stopped_by,omitempty"` // empty: a file
	StopReason string        `json:"stop_reason,omitempty"`
	Password   string        `json:"password"`
	Notice     string        `json:"notice,omitempty"` // in the reader's folder of the outbox
	Reader     string        `json:"notice_reader"`
	// Shut says that nobody can be told a password: none is agreed to encrypt a
	// notice with.
	Shut bool `json:"waits_for_agreed_password,omitempty"`

	Purposes []access.Purpose `json:"-"`
}

// AccountsText is all accounts and how much of the looks was for other work.
type AccountsText struct {
	Accounts []AccountText  `json:"accounts"`
	Shares   []access.Share `json:"shares"`
}

// Accounts lists all accounts in their order.
func (h *House) Accounts(ctx context.Context) (out AccountsText, err error) {
	if err := h.accountsThere(ctx); err != nil {
		return out, err
	}
	all, err := h.Store.Accounts(ctx)
	if err != nil {
		return out, err
	}
	out.Accounts = []AccountText{}
	for _, a := range all {
		out.Accounts = append(out.Accounts, h.accountText(a))
	}
	out.Shares, err = h.catchAll(ctx)
	return out, err
}

// Account shows one account. *ErrAccount is wrong use.
func (h *House) Account(ctx context.Context, id string) (AccountText, error) {
	a, err := h.accountCalled(ctx, id)
	return h.accountText(a), err
}

func (h *House) accountText(a access.Account) AccountText {
	reader := noticeReader(a)
	return AccountText{
		Account: a.Name(), ID: a.ID, Insurer: a.Insurer, Kind: a.Kind, Title: a.Title, Role: a.Role(), Name: a.Holder, Email: a.Email,
		Active: access.Active(a), StoppedOn: a.StoppedOn, StoppedBy: a.StoppedBy, StopReason: a.StopReason,
		Password: a.Password, Notice: a.Notice, Reader: reader,
		Shut:     access.Active(a) && a.Password == access.PasswordWaiting && h.secrets.password(reader) == "",
		Purposes: h.Rules.Access.PurposesOf(a.Role()),
	}
}

// StopAccount stops an access at once (要領§8(3)); day is the day it bears. What
// it approved counts no more. *ErrAccount is wrong use.
func (h *House) StopAccount(ctx context.Context, id, by, reason string, day pipeline.Date) (AccountText, error) {
	out, err := h.changeAccount(ctx, id, by, reason, audit.AccountStopped, func(a *access.Account, by access.Account) error {
		if !access.Active(*a) {
			return wrongAccount("%s のアカウントはすでに停止されています。", "the access of %s is stopped already", a.Name())
		}
		a.StoppedOn, a.StoppedBy, a.StopReason = day, by.Name(), strings.TrimSpace(reason)
		return nil
	})
	if err != nil {
		return out, err
	}
	return out, h.recount(ctx)
}

// recount shows by whom the lists are approved now that an access was stopped or
// given again. Executions count anew by themselves.
func (h *House) recount(ctx context.Context) error {
	newest, err := h.Store.NewestDone(ctx, Nightly)
	if err != nil || newest.IsZero() {
		return err
	}
	return h.listStates(ctx, newest)
}

// someoneLeft refuses to stop the last 協会職員: nobody could let anybody in again.
func (h *House) someoneLeft(ctx context.Context, a access.Account) error {
	if a.Role() != access.RoleAssociation {
		return nil
	}
	all, err := h.Store.Accounts(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(x access.Account) bool {
		return x.Role() == access.RoleAssociation && access.Active(x) && x.Name() != a.Name()
	}) {
		return nil
	}
	return wrongAccount("%s は最後の有効な協会職員のアカウントのため、停止できません。先に別の協会職員のログインIDを登録してください。",
		"%s is the last active account of the association's staff and cannot be stopped; register another one first", a.Name())
}

// RestartAccount lets an account in again, whoever stopped it. *ErrAccount is
// wrong use.
func (h *House) RestartAccount(ctx context.Context, id, by, reason string) (AccountText, error) {
	out, err := h.changeAccount(ctx, id, by, reason, audit.AccountRestarted, func(a *access.Account, _ access.Account) error {
		if access.Active(*a) {
			return wrongAccount("%s のアカウントは停止されていません。", "the access of %s is not stopped", a.Name())
		}
		a.StoppedOn, a.StoppedBy, a.StopReason = 0, "", ""
		return nil
	})
	if err != nil {
		return out, err
	}
	return out, h.recount(ctx)
}

// managed are the account to be changed and who changes it, if they may.
func (h *House) managed(ctx context.Context, id, by string) (of, actor access.Account, err error) {
	if strings.TrimSpace(by) == "" {
		return of, actor, wrongAccount("誰が行うかを --by で指定してください。", "say who does it with --by")
	}
	if of, err = h.accountCalled(ctx, id); err != nil {
		return of, actor, err
	}
	if actor, err = h.account(ctx, by); err != nil {
		return of, actor, err
	}
	if v := access.MayManage(actor, of); !v.Allowed {
		return of, actor, wrongAccount("%s（%s）", "this account may not manage that one: %[1]s (%[2]s)", v.Reason, v.Clause)
	}
	return of, actor, nil
}

// changeAccount does something to an account and tells the audit chain.
func (h *House) changeAccount(ctx context.Context, id, by, reason string, action audit.Action, change func(a *access.Account, by access.Account) error) (AccountText, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case reason == "":
		return AccountText{}, wrongAccount("理由を --reason で指定してください。", "give a reason with --reason")
	case !utf8.ValidString(reason) || utf8.RuneCountInString(reason) > maxReason:
		return AccountText{}, wrongAccount("理由は %d 文字以内の文字で書いてください。", "the reason may have %d characters of text", maxReason)
	}
	of, actor, err := h.managed(ctx, id, by)
	if err != nil {
		return AccountText{}, err
	}
	if named, err := h.namesOthers(ctx, reason); err != nil {
		return AccountText{}, err
	} else if named {
		return AccountText{}, wrongAccount("理由に募集人IDを書かないでください（その人の記録を削除した後も残るため）。文書番号や日付で書いてください。",
			"the reason names an agent ID, which would outlive that person; name a document or a day instead")
	}
	if action == audit.AccountStopped && access.Active(of) {
		if err := h.someoneLeft(ctx, of); err != nil {
			return AccountText{}, err
		}
	}
	act, k, err := h.act(action, actor.Name(), nil)
	if err != nil {
		return AccountText{}, err
	}
	act.Object = k.surrogates.Surrogate("account", of.Name())
	var done access.Account
	err = h.Store.Write(ctx, func(tx *store.Tx) error {
		now, found, err := tx.AccountNow(ctx, of.Insurer, of.ID)
		if err == nil && !found {
			err = errors.New("the account is gone")
		}
		if err != nil {
			return err
		}
		if err := change(&now, actor); err != nil {
			return err
		}
		if err := tx.PutAccounts(ctx, []access.Account{now}); err != nil {
			return err
		}
		done = now
		return tx.AppendAudit(ctx, act)
	})
	return h.accountText(done), err
}

// ResetAccount draws another password, which leaves in an encrypted notice; the
// old one is void from then on. It waits for no night and lets none begin.
// *ErrAccount is wrong use, *run.ErrHeld that a night is at work.
func (h *House) ResetAccount(ctx context.Context, id, by string, day pipeline.Date) (out AccountText, err error) {
	of, actor, err := h.managed(ctx, id, by)
	if err != nil {
		return out, err
	}
	reader := noticeReader(of)
	switch {
	case !access.Active(of):
		return out, wrongAccount("%s のアカウントは停止されています。先に再開してください。", "the access of %s is stopped; restart it first", of.Name())
	case h.boxless(reader):
		return out, wrongAccount("%s のお知らせの送り先がありません。insurers を確かめてください。", "nobody is there to read a notice for %s; see insurers", reader)
	case h.secrets.password(reader) == "":
		return out, wrongAccount("%s と取り決めたパスワードが設定されていないため、お知らせを暗号化できません。secrets_file か MEIBO_PASSWORD_<コード> に設定してください。",
			"no password is agreed with %s to encrypt the notice with; put it into secrets_file or MEIBO_PASSWORD_<code>", reader)
	}
	act, k, err := h.act(audit.AccountReset, actor.Name(), nil)
	if err != nil {
		return out, err
	}
	act.Object = k.surrogates.Surrogate("account", of.Name())
	err = h.alone(ctx, func(ctx context.Context) error {
		if err := h.finishNotices(ctx); err != nil {
			return err
		}
		of, err := h.accountCalled(ctx, of.Name())
		if err != nil {
			return err
		}
		return h.issue(ctx, reader, []access.Account{of}, day, act)
	})
	if err != nil {
		return out, err
	}
	return h.Account(ctx, of.Name())
}

// warnCatchAll warns where many looks were for other work (要領§4(4)ウ). The
// association's own share, in which the machine's operators stand too, is shown
// by Accounts.
func (n *night) warnCatchAll(ctx context.Context, w *run.Work) error {
	shares, err := n.catchAll(ctx)
	if err != nil {
		return err
	}
	for _, s := range shares {
		if s.Purpose == access.PurposeOther && s.Review() {
			w.Warn(run.Warning{
				Code: "catch-all-purpose",
				JA:   fmt.Sprintf("要確認: 利用目的「その他」（要領§4(4)ウ）が %d 件中 %d 件で、%d%% を超えています。理由を確かめてください（meibo accounts list）。", s.All, s.Other, access.CatchAllPercent),
				EN:   fmt.Sprintf("review: %d of %d looks were for other work (要領§4(4)ウ), more than %d%%; see meibo accounts list", s.Other, s.All, access.CatchAllPercent),
			})
		}
	}
	return nil
}

// catchAll is how much of the looks was for other work.
func (h *House) catchAll(ctx context.Context) ([]access.Share, error) {
	counts, err := h.Store.PurposeCounts(ctx)
	return access.CatchAll(counts), err
}
