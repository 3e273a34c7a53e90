package jobs

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"meibo/pipeline"
	"meibo/pipeline/conduct"
	"meibo/pipeline/report"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// reportConduct is the name of the findings in report_manifest.
const reportConduct = "conduct_findings"

// maxStaff is the longest 担当者ID of a finding, in characters; what is longer
// is no ID.
const maxStaff = 20

// conduct checks the records of work against the rules and stores what they
// give cause for. A finding goes when its record no longer gives cause, or is
// destroyed.
func (n *night) conduct(ctx context.Context, w *run.Work) error {
	rules, err := n.Rules.Conduct.On(n.row.AsOf)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, noVersion("", n.row.AsOf, err))
	}
	found, err := n.findings(ctx, rules)
	if err != nil {
		return err
	}
	readers, err := n.expiryReaders(ctx)
	if err != nil {
		return err
	}
	digests := map[string]*digest{SenderCompliance: newDigest()}
	for _, r := range readers {
		digests[r] = newDigest()
	}
	for i := range found {
		digests[SenderCompliance].add(found[i])
		if d := digests[found[i].Insurer]; d != nil {
			d.add(found[i])
		}
	}
	names := slices.Sorted(maps.Keys(digests))
	diff, err := n.Store.SyncFindings(ctx, pointersTo(found), store.Sync{
		Apply: true,
		First: func(ctx context.Context, tx *store.Tx) error { return tx.BeginReport(ctx, reportConduct, names...) },
		Last: func(ctx context.Context, tx *store.Tx, _ store.Diff) error {
			for _, name := range names {
				if err := tx.FinishReport(ctx, n.manifest(reportConduct, name, digests[name])); err != nil {
					return err
				}
			}
			return nil
		},
	})
	w.Add(diffCounts(diff))
	return err
}

// findings checks all records and gives the findings in order of their keys,
// with what earlier nights and people said of them.
func (n *night) findings(ctx context.Context, rules *conduct.Rules) ([]pipeline.ConductFinding, error) {
	var out []pipeline.ConductFinding
	for _, check := range []func(context.Context, *conduct.Rules) ([]pipeline.ConductFinding, error){
		n.checkInquiries, n.checkCorrections, n.checkIncidents,
	} {
		found, err := check(ctx, rules)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	slices.SortFunc(out, func(a, b pipeline.ConductFinding) int {
		return cmp.Or(cmp.Compare(a.RuleID, b.RuleID), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.On, b.On))
	})
	if err := n.remember(ctx, out); err != nil {
		return nil, err
	}
	return out, n.nameEvidence(ctx, out)
}

type findingKey struct {
	rule, subject string
	on            pipeline.Date
}

// remember carries over since when a finding is known and who let it pass.
func (n *night) remember(ctx context.Context, found []pipeline.ConductFinding) error {
	known := map[findingKey]pipeline.ConductFinding{}
	for f, err := range n.Store.Findings(ctx) {
		if err != nil {
			return err
		}
		known[findingKey{f.RuleID, f.Subject, f.On}] = *f
	}
	for i := range found {
		f := &found[i]
		f.FirstSeen = n.row.AsOf
		if old, ok := known[findingKey{f.RuleID, f.Subject, f.On}]; ok {
			f.FirstSeen, f.WaivedBy, f.WaivedUntil = old.FirstSeen, old.WaivedBy, old.WaivedUntil
		}
	}
	return nil
}

// nameEvidence puts file and row beside the references of findings.
func (n *night) nameEvidence(ctx context.Context, found []pipeline.ConductFinding) error {
	names := map[string]string{}
	for i := range found {
		for j := range found[i].Evidence {
			e := &found[i].Evidence[j]
			ref, err := pipeline.ParseRef(e.Ref)
			if err != nil {
				continue // a fact of the calendar
			}
			if _, ok := names[ref.Batch]; !ok {
				b, _, err := n.Store.Batch(ctx, ref.Batch)
				if err != nil {
					return err
				}
				names[ref.Batch] = b.FileName
			}
			e.File, e.Row = names[ref.Batch], ref.Row
		}
	}
	return nil
}

func (n *night) checkInquiries(ctx context.Context, rules *conduct.Rules) (out []pipeline.ConductFinding, err error) {
	for q, err := range n.Store.AllInquiries(ctx) {
		if err != nil {
			return nil, err
		}
		out = append(out, rules.Inquiry(&conduct.Inquiry{
			No: q.ReceiptNo, ReceivedOn: q.ReceivedOn, AnsweredOn: q.AnsweredOn, Way: q.Way,
			Identified: q.Identified, CalledBack: q.CalledBack, ByProxy: q.ByProxy,
			MandateSeen: q.MandateSeen, ProxyProved: q.ProxyProved, Ref: q.From.Of(""),
		})...)
	}
	return out, nil
}

// checkCorrections runs the clocks of all 申出, which stream by version by version.
func (n *night) checkCorrections(ctx context.Context, rules *conduct.Rules) (out []pipeline.ConductFinding, err error) {
	var all [][]pipeline.Correction
	for c, err := range n.Store.AllCorrections(ctx) {
		if err != nil {
			return nil, err
		}
		if last := len(all) - 1; last >= 0 && all[last][0].Key() == c.Key() {
			all[last] = append(all[last], *c)
		} else {
			all = append(all, []pipeline.Correction{*c})
		}
	}
	seen := map[string]int{}
	for _, versions := range all {
		newest := &versions[len(versions)-1]
		// Neither the person nor a certificate number may stand in a finding.
		subject := newest.ReceiptNo + "/" + newest.Item
		if seen[subject]++; seen[subject] > 1 {
			subject += fmt.Sprintf("#%d", seen[subject])
		}
		insurer, err := n.answersFor(ctx, newest)
		if err != nil {
			return nil, err
		}
		out = append(out, rules.Correction(&conduct.Correction{Subject: subject, Versions: versions, Insurer: insurer}, n.row.AsOf)...)
	}
	return out, nil
}

// answersFor is the insurer that answered a 申出 or has to; empty: the association.
func (n *night) answersFor(ctx context.Context, c *pipeline.Correction) (string, error) {
	if !c.Open() {
		if role, _ := n.Config.role(c.Sender); role == RoleInsurer {
			return c.Sender, nil
		}
		return "", nil
	}
	persons, err := n.persons(ctx, []string{c.AgentID})
	if err != nil || len(persons) == 0 {
		return "", err
	}
	for _, code := range correctors(n.layouts.Items(), persons[0], c, n.row.AsOf) {
		if role, _ := n.Config.role(code); role == RoleInsurer {
			return code, nil
		}
	}
	return "", nil
}

func (n *night) checkIncidents(ctx context.Context, rules *conduct.Rules) (out []pipeline.ConductFinding, err error) {
	var all []store.Incident
	var accounts []string
	for i, err := range n.Store.AllIncidents(ctx) {
		if err != nil {
			return nil, err
		}
		all = append(all, *i)
		accounts = append(accounts, i.Account)
	}
	used, err := n.lastUses(ctx, accounts)
	if err != nil {
		return nil, err
	}
	for i := range all {
		x := &all[i]
		c := conduct.Incident{
			No: x.Sender + "/" + x.No, Kind: x.Kind, KnownOn: x.KnownOn, StoppedOn: x.StoppedOn, ToldOn: x.ToldOn,
			HeardOn: x.HeardOn, ResolvedOn: x.ResolvedOn, ActedOn: x.ActedOn, LastUse: used[x.Account], Ref: x.From.Of(""),
		}
		if utf8.RuneCountInString(x.Account) <= maxStaff {
			c.Account = x.Account
		}
		if role, _ := n.Config.role(x.Sender); role == RoleInsurer {
			c.ByInsurer, c.Insurer = true, x.Sender
		}
		if c.At, err = n.party(ctx, x.Organisation); err != nil {
			return nil, err
		}
		if c.Told, err = n.party(ctx, x.Told); err != nil {
			return nil, err
		}
		out = append(out, rules.Incident(&c)...)
	}
	return out, nil
}

// lastUses is the newest day on which each of the accounts looked at people.
func (n *night) lastUses(ctx context.Context, accounts []string) (map[string]pipeline.Date, error) {
	at, err := n.Store.LastPurposeAt(ctx, accounts)
	out := make(map[string]pipeline.Date, len(at))
	for account, moment := range at {
		out[account] = pipeline.DateOf(moment.Time().In(n.zone))
	}
	return out, err
}

// party tells who a written organisation is: a word for it, an insurer by code
// or name, or an agency by its number.
func (n *night) party(ctx context.Context, written string) (conduct.Party, error) {
	has := func(word conduct.Party) bool { return strings.Contains(written, string(word)) }
	switch {
	case written == "":
		return "", nil
	case has(conduct.PartyCommittee):
		return conduct.PartyCommittee, nil
	case has(conduct.PartyAgency):
		return conduct.PartyAgency, nil
	case has(conduct.PartyAssociation), has("コンタクトセンター"): // its operators are the association's (要領§8(4))
		return conduct.PartyAssociation, nil
	case has(conduct.PartyInsurer):
		return conduct.PartyInsurer, nil
	}
	for _, i := range n.Config.Insurers {
		if written == i.Code || written == i.Name {
			return conduct.PartyInsurer, nil
		}
	}
	agencies, err := n.Store.Agencies(ctx, []string{written})
	if err != nil || len(agencies) == 0 {
		return conduct.PartyOther, err
	}
	return conduct.PartyAgency, nil
}

// pointersTo yields pointers to the values of a slice.
func pointersTo[T any](rows []T) func(yield func(*T, error) bool) {
	return func(yield func(*T, error) bool) {
		for i := range rows {
			if !yield(&rows[i], nil) {
				return
			}
		}
	}
}

// conductFile writes what a reader may see of the findings, if there is any:
// compliance all, an insurer its own.
func (n *night) conductFile(ctx context.Context, w *run.Work, b *box) error {
	rules, err := n.Rules.Conduct.On(n.row.AsOf)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, noVersion("", n.row.AsOf, err))
	}
	var rows []report.ConductRow
	for f, err := range n.Store.Findings(ctx) {
		if err != nil {
			return err
		}
		if b.reader != SenderCompliance && f.Insurer != b.reader {
			continue
		}
		rule, _ := rules.Rule(f.RuleID)
		rows = append(rows, report.ConductRow{ConductFinding: *f, Title: rule.Title, Text: rules.Text(f.RuleID, f.Reason)})
	}
	if len(rows) == 0 {
		return nil
	}
	name := fmt.Sprintf("conduct_%s.xlsx", n.row.AsOf)
	return b.write(w, name, func(out io.Writer) (report.Stats, error) {
		return report.Conduct(out, n.meta(b.reader, n.row.AsOf), rows)
	})
}
