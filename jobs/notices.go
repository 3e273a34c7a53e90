package jobs

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/access"
	"meibo/pipeline/audit"
	"meibo/pipeline/durable"
	"meibo/pipeline/failpoint"
	"meibo/pipeline/report"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// noticesFolder, in the folder of the state, holds encrypted notices until their
// reader's box has them.
const noticesFolder = "notices"

// A drawn password leaves once and is the valid one from then on, wherever the
// program is killed:
//
//  1. passwords are drawn, and the notice is written and encrypted in state_dir;
//  2. one transaction stores the hashes and that the notice holds (封緘);
//  3. the notice is copied into the outbox, noted as 提供済, and removed.
//
// Before 2 nothing has left, and the next try draws anew over it. After 2 the
// notice that lies there is the one to be copied.

// issueWaiting draws the passwords that the night's accounts wait for, and warns
// of readers for whom no notice could be encrypted.
func (n *night) issueWaiting(ctx context.Context, w *run.Work) error {
	if !n.rehearsal {
		if err := n.finishNotices(ctx); err != nil {
			return err
		}
	}
	waiting, err := n.waitingAccounts(ctx)
	if err != nil {
		return err
	}
	var shut []string
	for _, reader := range slices.Sorted(maps.Keys(waiting)) {
		switch {
		case n.secrets.password(reader) == "" || n.boxless(reader):
			shut = append(shut, fmt.Sprintf("%s（%d件）", reader, len(waiting[reader])))
		case n.rehearsal: // nothing is drawn that is thrown away
		default:
			act := n.batchAct(audit.PasswordsIssued, audit.Facts{"run": n.dayRun(), "accounts": len(waiting[reader])})
			if err := n.issue(ctx, reader, waiting[reader], n.row.AsOf, act); err != nil {
				return err
			}
		}
	}
	if len(shut) > 0 {
		list := strings.Join(shut, ", ")
		w.Warn(run.Warning{
			Code: "accounts-waiting",
			JA:   "パスワードの発行を待つ管理者IDがあります: " + list + "。お知らせの暗号化に使うパスワードを会社と取り決め、secrets_file か MEIBO_PASSWORD_<コード> に設定してください。",
			EN:   "accounts wait for a password, as none is agreed to encrypt their notice: " + list + "; put it into secrets_file or MEIBO_PASSWORD_<code>",
		})
	}
	return nil
}

// boxless reports whether a reader has no folder of the outbox.
func (h *House) boxless(reader string) bool {
	role, _ := h.Config.role(reader)
	return role == "" || role == RoleInsurer && !insurerCode.MatchString(reader)
}

// waitingAccounts are the active accounts that wait for a password, by reader.
func (h *House) waitingAccounts(ctx context.Context) (map[string][]access.Account, error) {
	all, err := h.Store.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string][]access.Account{}
	for _, a := range all {
		if a.Password == access.PasswordWaiting && access.Active(a) {
			out[noticeReader(a)] = append(out[noticeReader(a)], a)
		}
	}
	return out, nil
}

// noticeReader is who gets the notice of an account's password.
func noticeReader(a access.Account) string { return cmp.Or(a.Insurer, SenderAssociation) }

// issue draws passwords for accounts of one reader and sends them in one notice.
// Only who holds the lease may do so.
func (h *House) issue(ctx context.Context, reader string, accounts []access.Account, day pipeline.Date, act audit.Act) error {
	notices, err := h.Store.Notices(ctx)
	if err != nil {
		return err
	}
	no := 1
	for _, x := range notices {
		if x.Reader == reader && x.AsOf == day {
			no++
		}
	}
	notice := store.Notice{Reader: reader, File: report.AccountNoticeName(day, no), AsOf: day, Accounts: len(accounts), State: store.NoticeSealed}
	issued, err := draw(accounts, notice.File)
	if err != nil {
		return err
	}
	if notice.SHA256, err = h.seal(notice, issued); err != nil {
		return fmt.Errorf("notice for %s: %w", reader, err)
	}
	failpoint.Hit("notice-sealed", "")
	rows := make([]access.Account, len(issued))
	for i := range issued {
		rows[i] = issued[i].Account
	}
	err = h.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.PutAccounts(ctx, rows); err != nil {
			return err
		}
		if err := tx.PutNotice(ctx, notice); err != nil {
			return err
		}
		return tx.AppendAudit(ctx, act)
	})
	if err != nil {
		return err
	}
	failpoint.Hit("notice-committed", "")
	return h.deliverNotice(ctx, notice)
}

// draw gives each account a password of its own.
func draw(accounts []access.Account, file string) ([]report.IssuedPassword, error) {
	var issued []report.IssuedPassword
	for _, a := range accounts {
		password, err := access.Draw(rand.Reader)
		if err != nil {
			return nil, err
		}
		hash, err := access.Hash(rand.Reader, password)
		if err != nil {
			return nil, err
		}
		a = a.WithPassword(hash)
		a.Notice = file
		issued = append(issued, report.IssuedPassword{Account: a, Password: password})
	}
	return issued, nil
}

// sealedName is where a notice lies on its way.
func (h *House) sealedName(n store.Notice) string {
	return h.own(path.Join(noticesFolder, n.Reader+"_"+n.File))
}

// seal writes a notice, encrypted, beside the state. It never stands on the disk
// in the clear, not even in what a workbook spills: it is small.
func (h *House) seal(n store.Notice, issued []report.IssuedPassword) (sum string, err error) {
	if err := h.MayWrite(n.Reader, n.File); err != nil {
		return "", err
	}
	m := report.Meta{
		AsOf: n.AsOf, Slot: h.slot(n.AsOf), Version: h.o.Version, Reader: n.Reader, Encrypted: true, TempDir: h.Config.tempDir(),
	}
	if i, ok := h.Config.Insurer(n.Reader); ok {
		m.ReaderName = i.Name
	}
	m = h.disclosed(m)
	var plain, locked bytes.Buffer
	if _, err := report.AccountNotice(&plain, m, issued); err != nil {
		return "", err
	}
	if err := (lock{h.secrets.password(n.Reader), h.dice}).put(&locked, plain.Bytes()); err != nil {
		return "", err
	}
	if err := h.makeOwn(noticesFolder); err != nil {
		return "", err
	}
	if _, err := durable.WriteIn(h.state, h.sealedName(n), 0o600, func(w io.Writer) error {
		_, err := w.Write(locked.Bytes())
		return err
	}); err != nil {
		return "", fmt.Errorf("write it: %w", err)
	}
	hash := sha256.Sum256(locked.Bytes())
	return hex.EncodeToString(hash[:]), nil
}

// deliverNotice copies a sealed notice into its reader's box.
func (h *House) deliverNotice(ctx context.Context, n store.Notice) (err error) {
	sealed, err := h.readSealed(n)
	if err != nil {
		return err
	}
	if sealed == nil {
		return h.loseNotice(ctx, n)
	}
	box, err := h.boxFolder(n.Reader)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	if _, err := durable.WriteIn(box, n.File, outboxFile, func(w io.Writer) error {
		_, err := w.Write(sealed)
		return err
	}); err != nil {
		return fmt.Errorf("write %s: %w", n.File, err)
	}
	failpoint.Hit("notice-copied", "")
	n.State = store.NoticeDelivered
	if err := h.Store.Write(ctx, func(tx *store.Tx) error { return tx.PutNotice(ctx, n) }); err != nil {
		return err
	}
	failpoint.Hit("notice-delivered", "")
	return h.removeSealed(h.sealedName(n))
}

// readSealed is a notice as it was sealed; nil if it is gone or another one.
func (h *House) readSealed(n store.Notice) ([]byte, error) {
	b, err := readIfThere(h.state, h.sealedName(n))
	if err != nil {
		return nil, fmt.Errorf("read sealed notice: %w", err)
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != n.SHA256 {
		return nil, nil
	}
	return b, nil
}

// loseNotice gives up a notice that never left: nobody knows its passwords, so
// its accounts wait for others.
func (h *House) loseNotice(ctx context.Context, n store.Notice) error {
	all, err := h.Store.Accounts(ctx)
	if err != nil {
		return err
	}
	var rows []access.Account
	for _, a := range all {
		if noticeReader(a) == n.Reader && a.Notice == n.File {
			a.Hash, a.Password, a.Notice = "", access.PasswordWaiting, ""
			rows = append(rows, a)
		}
	}
	n.State = store.NoticeLost
	return h.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.PutAccounts(ctx, rows); err != nil {
			return err
		}
		return tx.PutNotice(ctx, n)
	})
}

// finishNotices does what a killed process left: notices that hold go to their
// readers, others go away.
func (h *House) finishNotices(ctx context.Context) error {
	notices, err := h.Store.Notices(ctx)
	if err != nil {
		return err
	}
	for _, n := range notices {
		if n.State == store.NoticeSealed {
			if err := h.deliverNotice(ctx, n); err != nil {
				return err
			}
		}
	}
	left, err := h.state.ReadDir(h.own(noticesFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for sealed notices: %w", err)
	}
	for _, e := range left {
		if err := h.removeSealed(path.Join(h.own(noticesFolder), e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func (h *House) removeSealed(name string) error {
	if err := h.state.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove sealed notice: %w", err)
	}
	return nil
}
