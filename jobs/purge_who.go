package jobs

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"meibo/pipeline"
	"meibo/pipeline/access"
	"meibo/pipeline/intake"
)

// ErrPurge says that something cannot be done to a purge list as it was asked
// for: wrong use, nothing was recorded.
type ErrPurge struct{ JA, EN string }

func (e *ErrPurge) Error() string { return e.EN }

func wrongPurge(ja, en string, args ...any) error {
	return &ErrPurge{fmt.Sprintf(ja, args...), fmt.Sprintf(en, args...)}
}

// activeAccount is the account of that name in its one form. Only a ログインID or
// 管理者ID that is not stopped may act on a purge (rules.md §4.9), and where
// purge.approvers says so only one of the association; anybody else is *ErrPurge.
func (h *House) activeAccount(ctx context.Context, who string) (string, error) {
	if strings.TrimSpace(who) == "" {
		return "", wrongPurge("誰が行うかを --by で指定してください。", "say who does it with --by")
	}
	a, err := h.account(ctx, who)
	if wrong, is := errors.AsType[*ErrAccount](err); is {
		return "", wrongPurge("--by には、停止されていないログインIDか管理者IDを指定してください。%s", "--by wants a login ID or manager ID that is on file and not stopped: %[1]s", wrong.JA)
	}
	if err != nil {
		return "", err
	}
	if v := access.MayDecide(a, h.Config.Purge.Approvers); !v.Allowed {
		return "", wrongPurge("%s（%s）", "this account may not decide on deletions: %[1]s (%[2]s)", v.Reason, v.Clause)
	}
	return a.Name(), nil
}

// outside reports whether an account, stopped or not, is outside of the circle of
// those who decide on deletions.
func (h *House) outside(ctx context.Context, name string) (bool, error) {
	if h.Config.Purge.Approvers == access.DecidersAny {
		return false, nil
	}
	a, err := h.accountCalled(ctx, name)
	a.StoppedOn = 0
	return !access.MayDecide(a, h.Config.Purge.Approvers).Allowed, err
}

// twoAccounts are two different people who may act.
func (h *House) twoAccounts(ctx context.Context, names []string) ([]string, error) {
	if len(names) != 2 {
		return nil, wrongPurge("--by で異なる2人を指定してください（--by A --by B）。", "name two people: --by A --by B")
	}
	var out []string
	for _, name := range names {
		who, err := h.activeAccount(ctx, name)
		if err != nil {
			return nil, err
		}
		out = append(out, who)
	}
	if out[0] == out[1] {
		return nil, wrongPurge("同じ人を2回指定しています。異なる2人が必要です。", "that is the same person twice; two different ones are needed")
	}
	slices.Sort(out)
	return out, nil
}

// barred are, by ID, those who had a hand in a correction of the person's data:
// who took it in, and who sent it. They may not approve its deletion.
func (h *House) barred(ctx context.Context, agentIDs []string) (map[string][]string, error) {
	versions, err := h.Store.Corrections(ctx, agentIDs)
	if err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for i := range versions {
		c := &versions[i]
		by := []string{intake.AgentID(c.ReceivedBy), intake.AgentID(c.Sender)}
		out[c.AgentID] = append(out[c.AgentID], by...)
		accounts, err := h.accountsCalled(ctx, by)
		if err != nil {
			return nil, err
		}
		for _, name := range by {
			for _, a := range accounts[name] { // whoever it may have been
				out[c.AgentID] = append(out[c.AgentID], a.Name())
			}
		}
	}
	return out, nil
}

// checkReason refuses a reason that is none, and one that names a 募集人ID on
// file, for it would outlive that person, or of somebody deleted.
func (h *House) checkReason(ctx context.Context, reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case reason == "":
		return "", wrongPurge("理由を --reason で指定してください。", "give a reason with --reason")
	case !utf8.ValidString(reason):
		return "", wrongPurge("理由に使えない文字があります。", "the reason holds bytes that are no text")
	case utf8.RuneCountInString(reason) > maxReason:
		return "", wrongPurge("理由は %d 文字以内で書いてください。", "the reason may have %d characters", maxReason)
	}
	m, err := h.mentions(ctx, reason)
	switch {
	case err != nil:
		return "", err
	case len(m.purged) > 0:
		return "", wrongPurge(purgedNamed, purgedNamedEN)
	case len(m.onFile) > 0:
		return "", wrongPurge("理由に募集人IDを書かないでください（その人の削除後も残るため）。受付番号・文書番号や日付で書き直してください。",
			"the reason names an agent ID, which would outlive that person; name a receipt, a document or a day instead")
	}
	return reason, nil
}

// workDay is the day on which people act: that of the newest finished night. An
// earlier one is refused, whatever the clock says (reliability.md P16); a later
// one is taken as said, up to today: an approval dated ahead would outlive its
// term. Zero asks for that of the night.
func (h *House) workDay(ctx context.Context, asOf pipeline.Date) (pipeline.Date, error) {
	newest, err := h.Store.NewestDone(ctx, Nightly)
	switch {
	case err != nil:
		return 0, err
	case newest.IsZero():
		return 0, wrongPurge("夜間処理がまだ一度も完了していません。先に meibo run を実行してください。", "no night is finished yet; do meibo run first")
	case asOf.IsZero():
		return newest, nil
	case asOf < newest:
		return 0, wrongPurge("%s の夜間処理が済んでいるため、それより前の日付（%s）では処理できません。", "the night of %s is done; an earlier day (%s) is refused", newest, asOf)
	}
	if last := max(newest, h.today()); asOf > last {
		return 0, wrongPurge("%s はまだ来ていない日付です。%s までの日付を指定してください。", "%s has not come yet; give a day up to %s", asOf, last)
	}
	return asOf, nil
}

// codeWord is how codes of holds are written.
var codeWord = regexp.MustCompile(`^[a-z][a-z0-9-]{0,19}$`)
