package jobs

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"meibo/pipeline"
	"meibo/pipeline/access"
	"meibo/pipeline/intake"
	"meibo/pipeline/report"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// StatementRequest is what a person asks for (要領§4(1)ア), as the association or
// its contact center received it.
type StatementRequest struct {
	AgentID     string
	ReceiptNo   string        // 受付番号
	RequestedOn pipeline.Date // 受付日
	Proof       string        // 証明書類: how it is known who asked
	By          string        // account that answers
	Password    string        // agreed with the person beforehand; empty: the minimised form
}

// Longest texts of a request, in characters.
const (
	maxReceiptNo = 30
	maxProofText = 200
)

func (q StatementRequest) check(asOf pipeline.Date) error {
	text := func(s string, limit int) bool {
		return strings.TrimSpace(s) != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= limit
	}
	switch {
	case intake.AgentID(q.AgentID) == "":
		return &ErrRequest{"募集人IDを指定してください。", "give an agent ID"}
	case !text(q.ReceiptNo, maxReceiptNo):
		return &ErrRequest{"請求の受付番号（30文字以内）を --receipt で指定してください（取扱要領§4(1)）。", "give the receipt number of the request, of 30 characters at most, with --receipt"}
	case !text(q.Proof, maxProofText):
		return &ErrRequest{"本人を確認した証明書類（200文字以内）を --proof で指定してください（取扱要領§4(1)・§11）。", "say with --proof by which document it is known who asked, in 200 characters at most"}
	case q.RequestedOn.IsZero() || q.RequestedOn > asOf:
		return &ErrRequest{"請求を受け付けた日を --requested で指定してください（基準日以前の日）。", "give the day of the request with --requested, not after the as-of day"}
	case q.By == "":
		return &ErrRequest{"対応するアカウントを --by で指定してください。", "say who answers with --by"}
	}
	return nil
}

// namesNobodyElse refuses a request with another person's ID in it.
func (h *House) namesNobodyElse(ctx context.Context, q StatementRequest) error {
	for _, x := range []struct{ text, ja, en string }{
		{q.Proof, "--proof にほかの人の募集人IDが含まれています。その人の記録を削除した後も残るため、書類の名称と番号で書いてください（例: 委任状 第12号）。", "the proof names another person's agent ID, which would outlive that person; name the document instead"},
		{q.ReceiptNo, "--receipt にほかの人の募集人IDが含まれています。その人の記録を削除した後も残るため、受付簿の番号を指定してください。", "the receipt number holds another person's agent ID, which would outlive that person"},
	} {
		switch others, err := h.namesOthers(ctx, x.text, q.AgentID); {
		case err != nil:
			return err
		case others:
			return &ErrRequest{x.ja, x.en}
		}
	}
	return nil
}

// Statement writes a person's own extract (要領§4(1)ア) into the folder agent of the
// outbox, from where the association hands it over. It wants a request with its
// proof, which are recorded, and an account that may see for P5ア; its look and
// what the person gets are lines of the purpose log. Whoever is due for deletion
// is known to nobody any more: ErrNoSuchAgent. *ErrRequest is wrong use.
func (h *House) Statement(ctx context.Context, q StatementRequest, asOf pipeline.Date) (out HandedOver, err error) {
	if err := q.check(asOf); err != nil {
		return out, err
	}
	q.AgentID = intake.AgentID(q.AgentID)
	who := Looker{By: q.By, Purpose: access.PurposeProof, Reason: "本人からの請求 " + strings.TrimSpace(q.ReceiptNo)}
	seen, err := h.lookingFor(ctx, who, q.AgentID, []string{access.FieldBasic, access.FieldQualification, access.FieldRegistration},
		asOf, access.Facts{Asked: true, Proved: true})
	if errors.Is(err, errLookNamesPurged) { // by its receipt number, and that is what it is told of
		return out, cmp.Or(h.namesNobodyElse(ctx, q), err)
	}
	if err != nil {
		return out, err
	}
	if err := h.namesNobodyElse(ctx, q); err != nil { // told only to who may look
		return out, err
	}
	err = h.alone(ctx, func(ctx context.Context) error {
		n, err := h.byDay(ctx, asOf)
		if err != nil {
			return err
		}
		x, found, err := n.statement(ctx, q.AgentID)
		if err != nil {
			return err
		}
		if !found {
			return errors.Join(ErrNoSuchAgent, seen.noted(ctx, 0, q.AgentID))
		}
		if err := n.record(ctx, q, seen); err != nil {
			return err
		}
		made, err := n.handOver(ctx, readerAgent, q.Password, func(b *box, w *run.Work) error {
			return b.write(w, report.StatementName(q.AgentID, asOf), func(out io.Writer) (report.Stats, error) {
				return report.PersonStatement(out, n.statementMeta(q.Password != ""), x)
			})
		}, func(made []report.ManifestFile) error { return n.noteStatement(ctx, q.AgentID, made) })
		if err == nil {
			out = made[0]
		}
		return err
	})
	return out, err
}

// record keeps the request and its proof, and who looks because of it.
func (n *night) record(ctx context.Context, q StatementRequest, seen *look) error {
	err := n.Store.Write(ctx, func(tx *store.Tx) error {
		return tx.AddStatementRequest(ctx, store.StatementRequest{
			ReceiptNo: strings.TrimSpace(q.ReceiptNo), AgentID: q.AgentID, AsOf: n.row.AsOf, RequestedOn: q.RequestedOn,
			Proof: strings.TrimSpace(q.Proof), HandledBy: seen.entry.Actor, SystemUser: systemUser(), At: pipeline.InstantOf(n.o.Now()),
		})
	})
	if err != nil {
		return err
	}
	return seen.noted(ctx, 1, q.AgentID)
}

// noteStatement notes what the person itself gets.
func (n *night) noteStatement(ctx context.Context, id string, made []report.ManifestFile) error {
	k, err := n.auditKeys()
	if err != nil {
		return err
	}
	return n.Store.Write(ctx, func(tx *store.Tx) error {
		return tx.AppendPurpose(ctx, access.Entry{
			At: pipeline.InstantOf(n.o.Now()), Actor: readerAgent, Role: access.RoleAgent, Purpose: access.PurposeSelf,
			Subject: k.surrogates.Surrogate("agent", id), Fields: shownReport(made[0].Name), Rows: made[0].Rows,
		})
	})
}

// statement is what is on file about an ID; found is false too for whoever stands
// in nothing any more.
func (n *night) statement(ctx context.Context, id string) (x report.Statement, found bool, err error) {
	p, err := n.Store.Person(ctx, id)
	if err != nil || p == nil {
		return x, false, err
	}
	absent, err := n.absencesOn(ctx, n.settings, n.row.AsOf)
	if err != nil || absent.of(p) {
		return x, false, err
	}
	x = report.Statement{Agent: p.Agent, Names: p.Names, Qualifications: n.held(p), Registrations: slices.Clone(p.Registrations)}
	return x, true, nil
}

// statementMeta is that of a statement: its one reader is the person.
func (n *night) statementMeta(locked bool) report.Meta {
	m := n.meta(readerAgent, n.row.AsOf)
	m.Reader, m.Columns = "ご本人", n.Rules.Disclosure.For(disclosureAgent)
	m.Encrypted, m.Form = locked, report.FormMinimised
	if locked {
		m.Form = report.FormEncrypted
	}
	return m
}
