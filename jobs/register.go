package jobs

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

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

// locate finds the files of the database's register in state_dir.
func (h *House) locate(ctx context.Context) error {
	id, err := h.Store.RegisterID(ctx)
	if err != nil {
		return err
	}
	owner, err := h.stateOwner()
	if err != nil {
		return err
	}
	head, err := h.Store.AuditHead(ctx)
	if err != nil {
		return err
	}
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
	return nil
}

// claim gives a new register its identity, and a new state_dir its register.
// Only who holds the lease may do so.
func (h *House) claim(ctx context.Context) error {
	id, err := h.Store.RegisterID(ctx)
	if err != nil {
		return err
	}
	if id == "" {
		var b [8]byte
		if _, err := rand.Read(b[:]); err != nil {
			return fmt.Errorf("draw an identity: %w", err)
		}
		id = hex.EncodeToString(b[:])
		if err := h.Store.Write(ctx, func(tx *store.Tx) error { return tx.SetRegisterID(ctx, id) }); err != nil {
			return fmt.Errorf("give the register its identity: %w", err)
		}
	}
	owner, err := h.stateOwner()
	if err != nil {
		return err
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
	return h.locate(ctx)
}

// elsewhere is a warning for a house whose state_dir was made for another register.
// Nothing is wrong with that, but a register that was lost, or a wrong address, looks
// the same: it would begin anew with nobody in it.
func (h *House) elsewhere() []run.Warning {
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
