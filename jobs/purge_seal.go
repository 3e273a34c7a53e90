package jobs

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"

	"meibo/pipeline/durable"
	"meibo/pipeline/failpoint"
	"meibo/pipeline/store"
)

// undoFolder holds a key for each list that can still be taken back.
const undoFolder = keysFolder + "/undo"

// undoKeySize is that of AES-256.
const undoKeySize = 32

// ErrUndoKey says that the key of a list's undo window is not there: the window
// has ended, or the folder of the state is another one.
var ErrUndoKey = errors.New("the key of the undo window is gone")

// dropKept removes what the execution of a list kept in the database to be gone on
// with or taken back.
func dropKept(ctx context.Context, tx *store.Tx, no int) error {
	if err := tx.DropPlan(ctx, no); err != nil {
		return err
	}
	return tx.DropUndo(ctx, no)
}

func (h *House) undoKeyFile(no int) string {
	return h.own(path.Join(undoFolder, strconv.Itoa(no)+".key"))
}

// makeUndoKey makes the key of a list, unless an attempt that was cut short did.
func (h *House) makeUndoKey(no int) error {
	switch _, err := h.undoKey(no); {
	case err == nil:
		if err := durable.Settle(h.state, h.undoKeyFile(no)); err != nil {
			return fmt.Errorf("keep undo key: %w", err)
		}
		return nil
	case !errors.Is(err, ErrUndoKey):
		return err
	}
	if err := h.makeOwn(undoFolder); err != nil {
		return err
	}
	key := make([]byte, undoKeySize)
	rand.Read(key) // never fails
	failpoint.Hit("purge-key-before", "")
	_, err := durable.WriteIn(h.state, h.undoKeyFile(no), 0o600, func(w io.Writer) error {
		_, err := w.Write(key)
		return err
	})
	if err != nil {
		return fmt.Errorf("write undo key: %w", err)
	}
	failpoint.Hit("purge-key-after", "")
	return nil
}

// undoKey reads the key of a list; ErrUndoKey if there is none.
func (h *House) undoKey(no int) ([]byte, error) {
	f, err := h.state.OpenFile(h.undoKeyFile(no), os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list %d: %w", no, ErrUndoKey)
	}
	if err != nil {
		return nil, fmt.Errorf("read undo key: %w", err)
	}
	defer f.Close()
	key, err := io.ReadAll(io.LimitReader(f, undoKeySize+1))
	if err != nil {
		return nil, fmt.Errorf("read undo key: %w", err)
	}
	if len(key) != undoKeySize || bytes.Equal(key, make([]byte, undoKeySize)) {
		return nil, fmt.Errorf("list %d: %w", no, ErrUndoKey) // its destruction was cut short
	}
	return key, nil
}

// destroyUndoKey overwrites the key of a list and removes it. That none is there
// is no error: it was destroyed before. Who lost the lease destroys none.
func (h *House) destroyUndoKey(ctx context.Context, no int) error {
	name := h.undoKeyFile(no)
	f, err := h.state.OpenFile(name, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("destroy undo key: %w", err)
	}
	if err := h.Store.StillHolds(ctx); err != nil {
		return errors.Join(err, f.Close())
	}
	_, err = f.Write(make([]byte, undoKeySize))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("destroy undo key: %w", err)
	}
	failpoint.Hit("purge-key-overwritten", "")
	if err := errors.Join(h.state.Remove(name), h.state.SyncDir(path.Dir(name))); err != nil {
		return fmt.Errorf("destroy undo key: %w", err)
	}
	failpoint.Hit("purge-key-removed", "")
	return nil
}

// sealer seals what is deleted and opens it again, with the key of one list.
type sealer struct {
	aead cipher.AEAD
	no   int
}

func (h *House) sealer(no int) (*sealer, error) {
	key, err := h.undoKey(no)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("undo key of list %d: %w", no, err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &sealer{aead, no}, err
}

// bound is what a seal is good for: this part of this list and no other.
func (s *sealer) bound(part int) []byte { return fmt.Appendf(nil, "meibo undo %d/%d", s.no, part) }

func (s *sealer) seal(part int, rows []store.Rows) (string, error) {
	b, err := json.Marshal(rows)
	if err != nil {
		return "", fmt.Errorf("seal part %d of list %d: %w", part, s.no, err)
	}
	return base64.StdEncoding.EncodeToString(s.aead.Seal(nil, nil, b, s.bound(part))), nil
}

func (s *sealer) open(part int, sealed string) ([]store.Rows, error) {
	b, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, fmt.Errorf("open part %d of list %d: %w", part, s.no, err)
	}
	if b, err = s.aead.Open(nil, nil, b, s.bound(part)); err != nil {
		return nil, fmt.Errorf("open part %d of list %d: %w", part, s.no, err)
	}
	var rows []store.Rows
	if err := json.Unmarshal(b, &rows); err != nil {
		return nil, fmt.Errorf("open part %d of list %d: %w", part, s.no, err)
	}
	return rows, nil
}

// openPart reads a part of what an execution of a list deleted.
func (h *House) openPart(ctx context.Context, seal *sealer, listNo, part int) ([]store.Rows, error) {
	full, _, err := h.Store.UndoOf(ctx, listNo, part)
	if err != nil {
		return nil, err
	}
	return seal.open(part, full.Sealed)
}
