package jobs

import (
	"context"
	"errors"
	"fmt"
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
// day. An account that may not act is *ErrAccount, and so is a reason that names a
// purged 募集人ID; whatever else is denied is *ErrAccess.
func (h *House) looking(ctx context.Context, l Looker, person string, fields []string, day pipeline.Date) (*look, error) {
	return h.lookingFor(ctx, l, person, fields, day, access.Facts{})
}

// lookingFor is looking with what is known besides the register.
func (h *House) lookingFor(ctx context.Context, l Looker, person string, fields []string, day pipeline.Date, besides access.Facts) (*look, error) {
	if l.Reason = strings.TrimSpace(l.Reason); !utf8.ValidString(l.Reason) || utf8.RuneCountInString(l.Reason) > maxReason {
		return nil, wrongAccount("理由は %d 文字以内の文字で書いてください。", "the reason may have %d characters of text", maxReason)
	}
	named, err := h.mentions(ctx, l.Reason)
	if err != nil {
		return nil, err
	}
	e := access.Entry{At: pipeline.InstantOf(h.o.Now()), Purpose: strings.TrimSpace(l.Purpose), Fields: strings.Join(fields, " "), Reason: l.Reason}
	if len(named.purged) > 0 { // a denial is noted without it
		e.Reason = pipeline.Redacted
	}
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
		e.Actor, e.Role, insurer = a.Name(), a.Role(), a.Insurer
		if e.Actor != "" && err != nil { // its access is stopped
			return nil, errors.Join(err, h.noteDenied(ctx, e, person, "要領§8(3)"))
		}
		if err != nil {
			return nil, err
		}
	}
	facts, err := h.facts(ctx, intake.AgentID(person), insurer, day)
	if err != nil {
		return nil, err
	}
	facts.Reason = e.Reason
	facts.Asked, facts.Proved = facts.Asked || besides.Asked, facts.Proved || besides.Proved
	if v := h.Rules.Access.Allowed(e.Role, e.Purpose, fields, facts); !v.Allowed {
		denied := &ErrAccess{v.Reason + "（" + v.Clause + "）", "this may not be seen: " + v.Reason + " (" + v.Clause + ")"}
		return nil, errors.Join(denied, h.noteDenied(ctx, e, person, v.Clause))
	}
	if len(named.purged) > 0 { // told only to who may look
		return nil, errLookNamesPurged
	}
	return &look{e, h}, nil
}

// noteDenied notes that somebody wanted to look and was shown nothing. A purpose
// that is none of the matrix may be any text, and is left out.
func (h *House) noteDenied(ctx context.Context, e access.Entry, person, clause string) error {
	if !slices.ContainsFunc(h.Rules.Access.Purposes, func(p access.Purpose) bool { return p.ID == e.Purpose }) {
		e.Purpose = ""
	}
	e.Denied = clause
	var ids []string
	if person != "" {
		ids = append(ids, person)
	}
	return (&look{e, h}).noted(ctx, 0, ids...)
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

// ErrReport says that a report would have been written for a reader who may not
// see it (要領§4): it is not written, and the run fails.
var ErrReport = errors.New("the matrix of roles and purposes does not allow this report")

// ReportUse is the purpose for which a report is written, and the groups of
// fields it may show.
type ReportUse struct {
	Prefix  string // of the file's name
	Purpose string
	Fields  []string
	Facts   access.Facts // what its writer makes sure of for every row
	For     string       // role of who reads it, where that is not whose folder it lies in: whoever reads the folder hands it on
	Through string       // role of that folder
}

// ReportUses lists every file that people get.
func ReportUses() []ReportUse {
	none := access.Facts{}
	return []ReportUse{
		// Of people with an open registration for the reader: see own.
		use("expiry-report_", access.PurposeContract, access.Facts{Contract: true}, access.FieldBasic, access.FieldQualification, access.FieldRegistration),
		use("purge-list_", access.PurposeRetention, none, access.FieldBasic, access.FieldQualification, access.FieldRegistration, access.FieldActivity, access.FieldDeadline),
		use("purge-receipt_", access.PurposeRetention, none, access.FieldDeadline),
		use("duplicates_", access.PurposeRetention, none, access.FieldBasic, access.FieldQualification, access.FieldIdentity),
		use("nightly_", access.PurposeRetention, none, access.FieldBasic, access.FieldDeadline),
		use("committee-pack_", access.PurposeQuality, none, access.FieldStatistics),
		use("correction-requests_", access.PurposeInquiry, none, access.FieldBasic, access.FieldCorrection),
		// Each row answers one with its 照会番号.
		use("bulk-answers_", access.PurposeIntended, access.Facts{Prospect: "照会番号"}, access.FieldBasic, access.FieldQualification, access.FieldRegistration),
		use("conduct_", access.PurposeInquiry, none, access.FieldCorrection),
		use("account-notice_", access.PurposeOwnData, none, access.FieldAccount),
		use("import-report_", access.PurposeOwnData, none, access.FieldOwnData),
		use("rejects_", access.PurposeOwnData, none, access.FieldOwnData),
		use("manifest_", access.PurposeOwnData, none, access.FieldOwnData),
		// Of people with an open registration at the agency, through its 代申.
		use("agency-roster_", access.PurposeAgency, access.Facts{AtAgency: true}, access.FieldBasic, access.FieldQualification, access.FieldRegistration).
			handedOn(access.RoleAgency, access.RoleInsurer),
		// Of one person, whose request and proof are on record.
		use("statement_", access.PurposeSelf, access.Facts{Self: true}, access.FieldBasic, access.FieldQualification, access.FieldRegistration).
			handedOn(access.RoleAgent, access.RoleAgent),
	}
}

func use(prefix, purpose string, facts access.Facts, fields ...string) ReportUse {
	return ReportUse{Prefix: prefix, Purpose: purpose, Fields: fields, Facts: facts}
}

func (u ReportUse) handedOn(to, through string) ReportUse {
	u.For, u.Through = to, through
	return u
}

// roleIn is the role in which somebody gets a file of a folder; false: it does not
// belong there.
func (u ReportUse) roleIn(reader string) (string, bool) {
	folder := ReaderRole(reader)
	switch {
	case u.For == "":
		return folder, true
	case u.Through != folder:
		return "", false
	}
	return u.For, true
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
	case readerAgent:
		return access.RoleAgent
	}
	return access.RoleInsurer
}

// reportUse is that of a file, by its name.
func reportUse(file string) (ReportUse, bool) {
	all := ReportUses()
	i := slices.IndexFunc(all, func(u ReportUse) bool { return strings.HasPrefix(file, u.Prefix) })
	if i < 0 {
		return ReportUse{}, false
	}
	return all[i], true
}

// MayWrite asks the matrix before a file is written for a reader of the outbox.
// One that it does not allow, or that no ReportUse knows, is ErrReport.
func (h *House) MayWrite(reader, file string) error {
	u, known := reportUse(file)
	if !known {
		return fmt.Errorf("%s for %s: %w: it has no purpose", shownReport(file), reader, ErrReport)
	}
	role, ok := u.roleIn(reader)
	switch {
	case !ok:
		return fmt.Errorf("%s for %s: %w: it is for another folder", shownReport(file), reader, ErrReport)
	case role == access.RoleAgent && u.Prefix == "manifest_": // of the folder; nobody of it reads that
		return nil
	}
	if v := h.Rules.Access.Allowed(role, u.Purpose, u.Fields, u.Facts); !v.Allowed {
		return fmt.Errorf("%s for %s: %w: %s (%s)", shownReport(file), reader, ErrReport, v.Reason, v.Clause)
	}
	return nil
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
		use, _ := reportUse(f.Name) // MayWrite knew it
		role, _ := use.roleIn(reader)
		wanted[i] = access.Entry{
			At: at, Actor: reader, Role: role, Purpose: use.Purpose, Fields: shownReport(f.Name), Rows: f.Rows,
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
