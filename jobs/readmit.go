package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"meibo/pipeline/audit"
	"meibo/pipeline/intake"
	"meibo/pipeline/store"
)

// Readmit lets a purged 募集人ID come back: its facts are then taken from the next
// file that brings them. Two different people say so, with a reason, which is
// kept as a hash: it may tell of the person. *ErrPurge is wrong use.
func (h *House) Readmit(ctx context.Context, agentID string, by []string, reason string) (err error) {
	id := intake.AgentID(agentID)
	if strings.TrimSpace(reason) == "" {
		return wrongPurge("理由を --reason で指定してください。", "give a reason with --reason")
	}
	two, err := h.twoAccounts(ctx, by)
	if err != nil {
		return err
	}
	return h.alone(ctx, func(ctx context.Context) error {
		guarded, err := h.guardedIDs(ctx, []string{id})
		if err != nil {
			return err
		}
		if !guarded[id] {
			return wrongPurge("この募集人IDは、削除済みとして記録されていません。", "that agent ID is not known as purged")
		}
		day, err := h.workDay(ctx, 0)
		if err != nil {
			return err
		}
		act, k, err := h.act(audit.PurgeReadmit, two[0], audit.Facts{"second": two[1], "reason": textHash(reason)})
		if err != nil {
			return err
		}
		hmac := k.surrogates.Surrogate(kindAgent, id)
		act.Object = hmac
		if err := h.ledger().Append(ctx, ledgerEntry{Kind: lineReadmitted, On: day, IDs: []string{hmac}}); err != nil {
			return err
		}
		err = h.Store.Write(ctx, func(tx *store.Tx) error {
			if err := tx.DropGuard(ctx, []string{hmac}); err != nil {
				return err
			}
			return tx.AppendAudit(ctx, act)
		})
		if err != nil {
			return err
		}
		return h.signChain(ctx, day, "") // a restore of an older database is to be noticed
	})
}

// textHash stands for a text that an event may not hold.
func textHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
