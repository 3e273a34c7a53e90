// Package access decides who may see what for which purpose: accounts, their
// passwords, the matrix of role, purpose and field, and what is noted of each look.
package access

import (
	"fmt"

	"meibo/pipeline"
)

// Kinds of accounts.
const (
	KindStaff   = "ログインID" // of the association and its contact center (要領§5(3))
	KindManager = "管理者ID"  // of an insurer (要領§5(2))
)

// Titles of accounts.
const (
	TitleSpecial    = "特別管理者"
	TitleAppointed  = "指定管理者"
	TitleOrdinary   = "一般管理者"
	TitleStaff      = "協会職員"
	TitleOperator   = "オペレータ"
	OfficeStaff     = "協会"        // 所属 of a 協会職員 in a file
	OfficeOperators = "コンタクトセンター" // and of an オペレータ
)

// States of a password.
const (
	PasswordNone    = "なし"   // nobody can log in; a reset draws one
	PasswordWaiting = "発行待ち" // to be drawn once a notice can be encrypted
	PasswordSet     = "設定済"  // its hash is stored
)

// Account is who may work with the register or read from it.
type Account struct {
	Insurer string // 保険会社コード of a 管理者ID; empty for a ログインID
	ID      string // 管理者ID or ログインID; two insurers may use the same one
	Kind    string // KindStaff or KindManager
	Title   string
	Holder  string // 氏名(漢字)
	Email   string

	StoppedOn  pipeline.Date // since when; none: active
	StoppedBy  string        // account that stopped it; empty: a file of its owner did
	StopReason string

	Password string // state
	Hash     string // argon2id, see [Hash]; empty if there is none
	Notice   string // file name of the notice that bore the drawn password
}

// Name is the one way to write an account, wherever somebody's act is kept or
// compared: a ログインID as it is, a 管理者ID with its insurer behind it.
func (a *Account) Name() string {
	if a.Insurer == "" {
		return a.ID
	}
	return a.ID + "@" + a.Insurer
}

// Role is the role of 要領§3 in which the account acts.
func (a *Account) Role() string {
	switch {
	case a.Kind == KindManager:
		return RoleInsurer
	case a.Title == TitleOperator:
		return RoleOperator
	}
	return RoleAssociation
}

// Active reports whether the account may act. A stop acts at once and for every
// day that is decided on (要領§8(3)): nothing is done in the name of somebody
// whose access is stopped, whatever day it is done for.
func Active(a Account) bool { return a.StoppedOn.IsZero() }

// MayManage decides whether by may stop, restart or reset an account: 協会職員
// any, a 特別管理者 those of the own company (要領§8(3)(4)). Nobody lets
// themselves in again, since a stopped account acts no more.
func MayManage(by, of Account) Verdict {
	v := Verdict{Clause: "要領§8(3)"}
	switch {
	case !Active(by):
		v.Reason = fmt.Sprintf("%s のアカウントは停止されています。", by.Name())
	case by.Role() == RoleAssociation:
		v.Allowed, v.Reason = true, "協会職員はすべてのアカウントを管理できます。"
	case by.Title == TitleSpecial && by.Insurer == of.Insurer:
		v.Allowed, v.Reason = true, "特別管理者は自社のアカウントを管理できます。"
	case by.Title == TitleSpecial:
		v.Reason = "特別管理者が管理できるのは自社のアカウントだけです。"
	default:
		v.Reason = "アカウントを管理できるのは協会職員と、自社についての特別管理者です。"
	}
	return v
}

// Circles of those who may decide on deletions (purge.approvers).
const (
	DecidersAny         = "any"         // every active ログインID and 管理者ID (rules.md §4.9)
	DecidersAssociation = "association" // 協会職員, and managers that the association itself has
)

// officeInsurer stands for the association where a 保険会社コード is asked for.
const officeInsurer = "ASSOCIATION"

// MayDecide decides whether the word of an account on the deletion of people
// counts: on lists, holds, and what takes a deletion back. A word once given
// counts only as long as this does.
func MayDecide(a Account, circle string) Verdict {
	switch {
	case !Active(a):
		return Verdict{Clause: "要領§8(3)", Reason: fmt.Sprintf("%s のアカウントは停止されています（%s から）。", a.Name(), a.StoppedOn)}
	case circle != DecidersAssociation || a.Role() == RoleAssociation || a.Insurer == officeInsurer:
		return Verdict{Allowed: true, Clause: "要領§10", Reason: "削除の承認・保留・解除・取消しができます。"}
	}
	return Verdict{
		Clause: "設定 purge.approvers",
		Reason: fmt.Sprintf("%s（%s）は、削除の承認・保留・解除・取消しを行えません。行えるのは協会の職員と管理者だけです。", a.Name(), a.Title),
	}
}

// OfManager is an account as the rows of a 管理者ID say, beside what it was; day
// is the day of the file. changed says that the row writes its 停止 anew.
func OfManager(was Account, title, holder, email string, stop pipeline.Flag, changed bool, day pipeline.Date) Account {
	a := was
	a.Kind, a.Title, a.Holder, a.Email = KindManager, title, holder, email
	if a.Password == "" {
		a.Password = PasswordWaiting
	}
	return a.stopped(stop, changed, day)
}

// OfStaff is an account as the rows of a ログインID say, likewise.
func OfStaff(was Account, office, holder, email string, stop pipeline.Flag, changed bool, day pipeline.Date) Account {
	a := was
	a.Kind, a.Title, a.Holder, a.Email = KindStaff, TitleStaff, holder, email
	if office == OfficeOperators {
		a.Title = TitleOperator
	}
	if a.Password == "" {
		a.Password = PasswordNone
	}
	return a.stopped(stop, changed, day)
}

// stopped takes over the 停止 of a file. What a person stopped by command a file
// does not let in again: it may not know of the reason.
func (a Account) stopped(stop pipeline.Flag, changed bool, day pipeline.Date) Account {
	switch {
	case !changed:
	case stop == pipeline.FlagYes && Active(a):
		a.StoppedOn, a.StoppedBy, a.StopReason = day, "", "ファイルの「停止」"
	case stop == pipeline.FlagNo && a.StoppedBy == "":
		a.StoppedOn, a.StopReason = 0, ""
	}
	return a
}

// WithPassword is the account with the hash of a password that its owner set.
func (a Account) WithPassword(hash string) Account {
	a.Hash, a.Password, a.Notice = hash, PasswordSet, ""
	return a
}
