package jobs

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/durable"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// What state_dir knows about a register (how far its audit chain came, who was
// deleted) is not true of another one. The file registerFile names the register
// that the folder was made for; another database that works with the same folder
// has its files in a folder of its own.
const (
	registerFile  = auditFolder + "/register"
	othersFolder  = "registers"
	unknownOfAnID = "-" // a database without an identity has no files yet
)

// own is the name of a file of this register in state_dir.
func (h *House) own(name string) string {
	if h.apart == "" {
		return name
	}
	return othersFolder + "/" + h.apart + "/" + name
}

// makeOwn makes a folder of this register in state_dir, and those it lies in.
func (h *House) makeOwn(folder string) error {
	name := h.own(folder)
	for i := range len(name) + 1 {
		if i < len(name) && name[i] != '/' {
			continue
		}
		if err := durable.MakeDir(h.state, name[:i], 0o700); err != nil {
			return fmt.Errorf("make folder %s of state_dir: %w", name[:i], err)
		}
	}
	return nil
}

// locate finds the files of the database's register in state_dir. It returns the
// identity of the register, and of the one that state_dir was made for; empty: none.
func (h *House) locate(ctx context.Context) (id, owner string, err error) {
	if id, err = h.Store.RegisterID(ctx); err != nil {
		return "", "", err
	}
	if owner, err = h.stateOwner(); err != nil {
		return "", "", err
	}
	head, err := h.Store.AuditHead(ctx)
	if err != nil {
		return "", "", err
	}
	h.past = head.Count > 0
	switch {
	case owner == "" || owner == id:
		h.apart = ""
	case id == "" && head.Count > 0: // a backup from before registers had one: not another register
		h.apart = ""
	case id == "":
		h.apart = unknownOfAnID
	default:
		h.apart = id
	}
	return id, owner, nil
}

// ErrOtherState says that a register which has been at work before finds nothing of
// itself in state_dir. Who went on would draw other keys and know neither whom it
// deleted nor how far its chain was signed.
var ErrOtherState = errors.New("state_dir holds nothing of this register")

// claim gives a new register its identity, and a new state_dir its register.
// Only who holds the lease may do so. ErrOtherState: neither is new, and they do not
// belong together.
func (h *House) claim(ctx context.Context) error {
	id, owner, err := h.locate(ctx) // things may have changed since the house was opened
	if err != nil {
		return err
	}
	if err := h.belongs(id, owner); err != nil || id != "" && owner != "" {
		return err
	}
	if id == "" {
		if id, err = h.identify(ctx, owner); err != nil {
			return err
		}
	}
	if owner == "" {
		if err := h.makeOwn(auditFolder); err != nil {
			return err
		}
		_, err := durable.WriteIn(h.state, registerFile, 0o600, func(w io.Writer) error {
			_, err := io.WriteString(w, id+"\n")
			return err
		})
		if err != nil {
			return fmt.Errorf("name the register of state_dir: %w", err)
		}
	}
	_, _, err = h.locate(ctx)
	return err
}

// belongs refuses a state_dir that cannot be the one of a register with a past: one
// that names no register and has no keys, or another register and nothing of this
// one. With keys that somebody put there on purpose, or that stand elsewhere, a folder
// that was lost begins anew, and the night warns.
func (h *House) belongs(id, owner string) error {
	switch {
	case owner == "":
		if _, err := h.auditKeys(); err != nil || !h.past || h.rehearsal {
			return err
		}
		b, err := h.checkpointBytes()
		h.lost = err == nil && len(b) == 0 // no folder of a program that did not name registers yet
		return err
	case owner == id || id == "" || !h.past:
		return nil
	}
	_, err := h.state.Lstat(h.own(auditFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrConfig, h.otherState())
	}
	return err
}

// otherState tells the operator of ErrOtherState.
func (h *House) otherState() error {
	return pipeline.SettingFaults{{
		Key: "state_dir", Err: ErrOtherState,
		JA: fmt.Sprintf("データベースには使われてきた名簿がありますが、保管フォルダー %s に、その名簿の鍵と記録がありません。このまま続けると、削除済みの人を見分けられなくなるため、何もしませんでした。設定の state_dir（相対パスは、コマンドを実行したフォルダーから数えます）とデータベースの指定が正しいか、state_dir のディスクが接続されているかを確かめ、消えている場合は控えから戻してください。控えもない場合は、meibo audit keygen で鍵を作り直すと続けられます。", h.stateDir),
		EN: fmt.Sprintf("the register in this database has been in use, and %s holds neither its keys nor its records: see that state_dir (a relative one counts from the working folder) and the database are right and that its disk is mounted, or bring it back from a copy; if there is none, make keys with meibo audit keygen", h.stateDir),
	}}
}

// identify gives the register of the database an identity. One from before registers
// had them, in the state_dir it worked with, is the one that is named there: with
// another it would be told apart from its own past.
func (h *House) identify(ctx context.Context, owner string) (id string, err error) {
	if id = owner; !h.past || owner == "" {
		var b [8]byte
		if _, err := rand.Read(b[:]); err != nil {
			return "", fmt.Errorf("draw an identity: %w", err)
		}
		id = hex.EncodeToString(b[:])
	}
	if err := h.Store.Write(ctx, func(tx *store.Tx) error { return tx.SetRegisterID(ctx, id) }); err != nil {
		return "", fmt.Errorf("give the register its identity: %w", err)
	}
	return id, nil
}

// elsewhere is a warning for a house whose state_dir was made for another register.
// Nothing is wrong with that, but a register that was lost, or a wrong address, looks
// the same: it would begin anew with nobody in it. And one for a state_dir that was
// lost, once.
func (h *House) elsewhere() []run.Warning {
	if h.lost {
		h.lost = false
		return []run.Warning{{
			Code: "state-lost",
			JA:   fmt.Sprintf("保管フォルダー %s に、この名簿の記録（チェックポイント、削除台帳、受け取ったファイル）がなかったため、新しく作り始めました。以前のフォルダーが残っている場合は、設定の state_dir を直すか、控えから戻してください。", h.stateDir),
			EN:   fmt.Sprintf("%s held no records of this register (checkpoints, purge ledger, received files), so they begin anew; if the former folder is still there, mend state_dir or bring it back from a copy", h.stateDir),
		}}
	}
	if h.apart == "" {
		return nil
	}
	return []run.Warning{{
		Code: "other-register",
		JA:   fmt.Sprintf("保管フォルダー %s は、別のデータベースの名簿で使われてきたものです。データベースの指定（--db、MEIBO_DB、設定の db）に誤りがないか、データベースが失われていないかを確かめてください。別の名簿として使う場合は、設定の state_dir を分けると、この注意は出ません。", h.stateDir),
		EN:   fmt.Sprintf("%s was made for the register of another database: see that the address (--db, MEIBO_DB, db) is right and that no database was lost; a register with a state_dir of its own is not told this", h.stateDir),
	}}
}

// stateOwner is the register that state_dir was made for; empty: none yet.
func (h *House) stateOwner() (string, error) {
	b, err := readIfThere(h.state, registerFile)
	if err != nil {
		return "", fmt.Errorf("read the register of state_dir: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}
