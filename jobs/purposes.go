package jobs

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"meibo/pipeline"
	"meibo/pipeline/access"
	"meibo/pipeline/intake"
	"meibo/pipeline/report"
	"meibo/pipeline/store"
)

// ErrAccess says that what was asked for may not be seen (要領§4): wrong use,
// nothing was shown.
type ErrAccess struct{ JA, EN string }

func (e *ErrAccess) Error() string { return e.EN }

// Looker is who wants to look at a person, what for and why. By nobody it is the
// machine's operator, who looks as 協会職員 for 運用 (要領§4(5)エ) unless another
// purpose is given.
type Looker struct {
	By      string // account; see House.account
	Purpose string // of the matrix; empty: 要領§4(5)エ
	Reason  string // in their words; demanded by 要領§4(4)ウ and §4(5)エ
}

// Who looks where nobody says so, and why.
const (
	systemActor   = "system:"
	operateReason = "運用"
)

// look is a look at people that the matrix allows. It must be noted before
// anything is shown.
type look struct {
	entry access.Entry
	house *House
}

// looking decides whether somebody may see groups of fields of a person, on the
// day. An account that may not act is *ErrAccount, whatever else is denied
// *ErrAccess.
func (h *House) looking(ctx context.Context, l Looker, person string, fields []string, day pipeline.Date) (*look, error) {
	if l.Reason = strings.TrimSpace(l.Reason); !utf8.ValidString(l.Reason) || utf8.RuneCountInString(l.Reason) > maxReason {
		return nil, wrongAccount("理由は %d 文字以内の文字で書いてください。", "the reason may have %d characters of text", maxReason)
	}
	e := access.Entry{At: pipeline.InstantOf(h.o.Now()), Purpose: strings.TrimSpace(l.Purpose), Fields: strings.Join(fields, " "), Reason: l.Reason}
	if e.Purpose == "" {
		e.Purpose = access.PurposeStaffOther
	}
	insurer := ""
	if l.By == "" {
		e.Actor, e.Role = systemActor+systemUser(), access.RoleAssociation
		if e.Purpose == access.PurposeStaffOther && e.Reason == "" {
			e.Reason = operateReason
		}
	} else {
		a, err := h.account(ctx, l.By)
		if err != nil {
			return nil, err
		}
		e.Actor, e.Role, insurer = a.Name(), a.Role(), a.Insurer
	}
	facts, err := h.facts(ctx, intake.AgentID(person), insurer, day)
	if err != nil {
		return nil, err
	}
	facts.Reason = e.Reason
	if v := h.Rules.Access.Allowed(e.Role, e.Purpose, fields, facts); !v.Allowed {
		return nil, &ErrAccess{v.Reason + "（" + v.Clause + "）", "this may not be seen: " + v.Reason + " (" + v.Clause + ")"}
	}
	return &look{e, h}, nil
}

// facts are what the register knows of the relation between an insurer, or the
// association, and a person.
func (h *House) facts(ctx context.Context, id, insurer string, day pipeline.Date) (f access.Facts, err error) {
	if id == "" {
		return f, nil
	}
	registrations, err := h.Store.Registrations(ctx, []string{id})
	if err != nil {
		return f, err
	}
	for _, r := range registrations {
		f.Contract = f.Contract || insurer != "" && r.OpenOn(day) && slices.Contains(r.Insurers(), insurer)
	}
	asked, err := h.Store.Corrections(ctx, []string{id})
	f.Asked, f.Proved = len(asked) > 0, len(asked) > 0 // 証明書類 is demanded of every 申出
	return f, err
}

// noted writes a look into the purpose log: at whom, and how many rows were
// found. A house that was made only to look has no register to note it in.
func (l *look) noted(ctx context.Context, rows int, ids ...string) error {
	if l.house.scratch != "" {
		return nil
	}
	k, err := l.house.auditKeys()
	if err != nil {
		return err
	}
	var entries []access.Entry
	for _, id := range ids {
		e := l.entry
		e.Subject, e.Rows = k.surrogates.Surrogate("agent", intake.AgentID(id)), rows
		entries = append(entries, e)
	}
	if len(ids) == 0 {
		e := l.entry
		e.Rows = rows
		entries = append(entries, e)
	}
	return l.house.Store.Write(ctx, func(tx *store.Tx) error { return tx.AppendPurpose(ctx, entries...) })
}

// ReportUse is the purpose for which a report is written, and the groups of
// fields it may show.
type ReportUse struct {
	Prefix  string // of the file's name
	Purpose string
	Fields  []string
}

// ReportUses lists every report that people get.
func ReportUses() []ReportUse {
	own := []string{access.FieldOwnData}
	return []ReportUse{
		{"expiry-report_", access.PurposeContract, []string{access.FieldBasic, access.FieldQualification, access.FieldRegistration}},
		{"purge-list_", access.PurposeRetention, []string{access.FieldBasic, access.FieldQualification, access.FieldRegistration, access.FieldActivity, access.FieldDeadline}},
		{"purge-receipt_", access.PurposeRetention, []string{access.FieldDeadline}},
		{"duplicates_", access.PurposeRetention, []string{access.FieldBasic, access.FieldQualification, access.FieldIdentity}},
		{"nightly_", access.PurposeRetention, []string{access.FieldBasic, access.FieldDeadline}},
		{"correction-requests_", access.PurposeInquiry, []string{access.FieldBasic, access.FieldCorrection}},
		{"bulk-answers_", access.PurposeIntended, []string{access.FieldBasic, access.FieldQualification, access.FieldRegistration}},
		{"conduct_", access.PurposeInquiry, []string{access.FieldCorrection}},
		{"account-notice_", access.PurposeOwnData, []string{access.FieldAccount}},
		{"import-report_", access.PurposeOwnData, own},
		{"rejects_", access.PurposeOwnData, own},
	}
}

// ReaderRole is the role in which a folder of the outbox reads.
func ReaderRole(reader string) string {
	switch reader {
	case SenderAssociation:
		return access.RoleAssociation
	case SenderContactCenter:
		return access.RoleOperator
	case SenderCompliance:
		return access.RoleCompliance
	case SenderExamCenter:
		return access.RoleExamCenter
	}
	return access.RoleInsurer
}

// reportUse is that of a file; one that no line knows is what its reader sent.
func reportUse(file string) ReportUse {
	for _, u := range ReportUses() {
		if strings.HasPrefix(file, u.Prefix) {
			return u
		}
	}
	return ReportUse{Purpose: access.PurposeOwnData, Fields: []string{access.FieldOwnData}}
}

// noteReports notes what a reader gets tonight, each report once: a night that
// is repeated and gives the same adds nothing.
func (n *night) noteReports(ctx context.Context, reader string, files []report.ManifestFile) error {
	if n.rehearsal {
		return nil
	}
	at := pipeline.InstantOf(n.slot(n.row.AsOf))
	wanted := make([]access.Entry, len(files))
	for i, f := range files {
		wanted[i] = access.Entry{
			At: at, Actor: reader, Role: ReaderRole(reader), Purpose: reportUse(f.Name).Purpose, Fields: shownReport(f.Name), Rows: f.Rows,
		}
	}
	return n.Store.Write(ctx, func(tx *store.Tx) error {
		there, err := tx.PurposesAt(ctx, at)
		if err != nil {
			return err
		}
		known := map[access.Entry]int{}
		for _, e := range there {
			e.Seq, e.RunID = 0, ""
			known[e]++
		}
		var added []access.Entry
		for _, e := range wanted {
			if known[e]--; known[e] < 0 {
				e.RunID = n.row.ID
				added = append(added, e)
			}
		}
		return tx.AppendPurpose(ctx, added...)
	})
}
