package report

import (
	"errors"
	"io"
	"strconv"

	"meibo/pipeline"
	"meibo/pipeline/access"
)

// IssuedPassword is a drawn password on its only way out.
type IssuedPassword struct {
	Account  access.Account
	Password string
}

// AccountNoticeName is the name of the no-th notice of a day for one reader.
func AccountNoticeName(day pipeline.Date, no int) string {
	name := "account-notice_" + day.String()
	if no > 1 {
		name += "_" + strconv.Itoa(no)
	}
	return name + ".xlsx"
}

// errNotLocked says that a notice would leave without encryption.
var errNotLocked = errors.New("a notice with passwords must be encrypted")

// AccountNotice writes the passwords drawn for accounts, for the company's
// 特別管理者 to hand on (要領§5(2)注). It refuses a reader who gets it in the clear.
func AccountNotice(w io.Writer, m Meta, issued []IssuedPassword) (st Stats, err error) {
	defer wrap("account notice", &err)
	if !m.Encrypted {
		return st, errNotLocked
	}
	b, err := newBook(m, "アカウントのお知らせ")
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	s, err := b.table(layout{
		name: "アカウント", title: b.title, rows: len(issued), fixed: 2,
		lines: []string{
			"自動設定したパスワードです（取扱要領§5(2)注）。ここでのみお知らせします。本人以外に知らせないでください。",
			"特別管理者の方が本人に渡し、渡し終えたらこのファイルを削除してください。紛失したときは、協会に再発行を依頼してください。",
		},
		columns: []column{
			{header: "種別", width: 14},
			{header: "保険会社コード", width: 14},
			{header: "ID", width: 24},
			{header: "氏名", width: 24},
			{header: "パスワード", width: 20},
		},
	})
	if err != nil {
		return st, err
	}
	for i := range issued {
		a := &issued[i].Account
		for _, text := range []string{a.Title, a.Insurer, a.ID, a.Holder, issued[i].Password} {
			s.text(plain, text)
		}
		if err := s.end(); err != nil {
			return st, err
		}
	}
	if err := s.finish(); err != nil {
		return st, err
	}
	return Stats{Rows: len(issued)}, b.save(w)
}
