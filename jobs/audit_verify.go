package jobs

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/access"
	"meibo/pipeline/audit"
	"meibo/pipeline/failpoint"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// VerifyAudit checks the audit chain with a public key, the checkpoints, and what
// the database itself shows of nights and receipts. Empty names stand for what
// lies in state_dir, which proves nothing to those who do not trust that folder.
func (h *House) VerifyAudit(ctx context.Context, publicKey, checkpoints string) (audit.Report, error) {
	if publicKey == "" {
		publicKey = filepath.Join(filepath.Dir(h.Config.signingKey()), publicFile)
	}
	key, err := ReadPublicKey(publicKey)
	if errors.Is(err, fs.ErrNotExist) && h.env(signingVariable) != "" {
		var private ed25519.PrivateKey
		if private, err = signingFrom(h.env(signingVariable), ""); err == nil {
			key = private.Public().(ed25519.PublicKey)
		}
	}
	if err != nil {
		return audit.Report{}, err
	}
	lines, err := h.checkpointBytes()
	if checkpoints != "" {
		lines, err = os.ReadFile(checkpoints)
	}
	if err != nil {
		return audit.Report{}, fmt.Errorf("read checkpoints: %w", err)
	}
	var events []audit.Event
	for e, err := range h.Store.AuditEvents(ctx) {
		if err != nil {
			return audit.Report{}, err
		}
		events = append(events, *e)
	}
	report := audit.Verify(events, audit.ParseCheckpoints(lines), key)
	traces, err := h.traces(ctx)
	report.Compare(events, traces)
	return report, err
}

// traces are the finished nights and the receipts, of each of which the chain
// must tell.
func (h *House) traces(ctx context.Context) ([]audit.Trace, error) {
	runs, err := h.Store.Runs(ctx, Nightly, 0)
	if err != nil {
		return nil, err
	}
	var out []audit.Trace
	for _, r := range runs {
		if r.State == run.StateDone {
			out = append(out, audit.Trace{What: "runs " + r.ID, Day: r.AsOf, At: r.FinishedAt, Key: audit.RunTrace(r.AsOf)})
		}
	}
	receipts, err := h.Store.Receipts(ctx)
	for i := range receipts {
		r := &receipts[i]
		out = append(out, audit.Trace{What: "purge_receipts " + r.No, Day: r.AsOf, At: r.FinishedAt, Key: audit.ReceiptTrace(r.No, r.Hash)})
	}
	return out, err
}

// ErrRotate says that the signing key cannot be rotated from here.
var ErrRotate = errors.New("the signing key is not in a file of this program")

// RotateKey hands the signing of checkpoints over to a new key. Both sign the
// line that says so, and an event tells of it; the old key, whose signatures
// stay valid, is removed. Interrupted, it goes on when it is called again. Only
// an active account of the association rotates, once there are accounts; else
// *ErrAccount.
func (h *House) RotateKey(ctx context.Context, by string) (public []byte, id string, err error) {
	if h.env(signingVariable) != "" {
		return nil, "", ErrRotate
	}
	err = h.alone(ctx, func(ctx context.Context) error {
		by, err := h.rotator(ctx, by)
		if err != nil {
			return err
		}
		next := filepath.Join(filepath.Dir(h.Config.signingKey()), nextSigningFile)
		if err := makeSigningKey(next, ""); err != nil && !errors.Is(err, ErrKeysExist) {
			return err
		}
		to, err := signingFrom("", next)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrConfig, err)
		}
		if err := h.handOver(ctx, by, to); err != nil {
			return err
		}
		failpoint.Hit("rotate-handed-over", "")
		public, id = publicPEM(to), audit.KeyID(to.Public().(ed25519.PublicKey))
		return h.placeKey(next, to)
	})
	return public, id, err
}

// rotator is who rotates the key, as decider signs an act.
func (h *House) rotator(ctx context.Context, who string) (string, error) {
	a, known, err := h.actor(ctx, who)
	if err != nil || !known {
		return who, err
	}
	if !access.MayDecide(a, access.DecidersAssociation).Allowed {
		err = wrongAccount("署名鍵は協会の鍵です。%s では交換できません。協会職員のアカウントを指定してください。", "the signing key is the association's; %s may not rotate it", a.Name())
	}
	return a.Name(), err
}

// handOver appends the event and the line, unless an interrupted rotation did.
func (h *House) handOver(ctx context.Context, by string, to ed25519.PrivateKey) error {
	k, err := h.auditKeys()
	if err != nil {
		return err
	}
	from := audit.KeyID(k.signing.Public().(ed25519.PublicKey))
	next := audit.KeyID(to.Public().(ed25519.PublicKey))
	event, err := h.rotationEvent(ctx, by, from, next)
	if err != nil {
		return err
	}
	lines, err := h.checkpoints()
	if err != nil {
		return err
	}
	if n := len(lines); n > 0 && lines[n-1].Rotation() && lines[n-1].Count == event.Seq {
		return nil
	}
	return h.addCheckpoint(ctx, func(lines []audit.Checkpoint) audit.Checkpoint {
		day := pipeline.DateOf(event.At.Time().In(h.zone))
		return audit.Checkpoint{Day: day, At: event.At, Count: event.Seq, Head: event.Hash}.Rotate(lines, k.signing, to)
	})
}

// rotationEvent is the event of a rotation, which it appends if it is not there.
func (h *House) rotationEvent(ctx context.Context, by, from, to string) (found audit.Event, err error) {
	read := func() (bool, error) {
		for e, err := range h.Store.AuditBackward(ctx, audit.KeyRotated) {
			if err != nil {
				return false, err
			}
			found = *e
			return e.Fact("from") == from && e.Fact("to") == to, nil
		}
		return false, nil
	}
	if there, err := read(); err != nil || there {
		return found, err
	}
	act, _, err := h.act(audit.KeyRotated, by, audit.Facts{"from": from, "to": to})
	if err != nil {
		return found, err
	}
	if err := h.Store.Write(ctx, func(tx *store.Tx) error { return tx.AppendAudit(ctx, act) }); err != nil {
		return found, err
	}
	_, err = read()
	return found, err
}

// finishRotation puts a new key in its place that has taken over already: a
// rotation was killed behind its line.
func (h *House) finishRotation() error {
	next := filepath.Join(filepath.Dir(h.Config.signingKey()), nextSigningFile)
	if _, err := os.Lstat(next); err != nil || h.env(signingVariable) != "" {
		return nil // there is none
	}
	to, err := signingFrom("", next)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	public := hex.EncodeToString(to.Public().(ed25519.PublicKey))
	lines, err := h.checkpoints()
	if err != nil || !slices.ContainsFunc(lines, func(c audit.Checkpoint) bool { return c.NewKey == public }) {
		return err
	}
	return h.placeKey(next, to)
}

// placeKey makes the new key the one that signs.
func (h *House) placeKey(next string, to ed25519.PrivateKey) error {
	failpoint.Hit("rename-before", "key")
	err := os.Rename(next, h.Config.signingKey())
	failpoint.Hit("rename-after", "key")
	if err != nil {
		return fmt.Errorf("put the new key in its place: %w", err)
	}
	h.keyring = nil
	return errors.Join(syncFolder(filepath.Dir(next)), writePublic(h.Config, to))
}
