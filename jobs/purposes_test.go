package jobs_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/access"
	"meibo/pipeline/store"
)

// looks lists the purpose log: who, in which role, what for, whether at a person,
// at what, how many rows, why, and the clause by which it was denied.
func (p *place) looks(t testing.TB) []string {
	t.Helper()
	out := []string{}
	for e, err := range p.store(t).Purposes(t.Context()) {
		must(t, err)
		subject := ""
		if e.Subject != "" {
			subject = "one"
		}
		if e.Seq != len(out)+1 {
			t.Errorf("entry %d has the number %d", len(out)+1, e.Seq)
		}
		actor, _, _ := strings.Cut(e.Actor, ":")
		out = append(out, strings.Join([]string{actor, e.Role, e.Purpose, subject, e.Fields, fmt.Sprint(e.Rows), e.Reason, e.Denied}, "|"))
	}
	return out
}

// Every file that a night put into the outbox has a purpose that its reader may
// have, and a line in the purpose log; a second run of the night adds none.
func TestEveryFileOfTheOutboxHasAPurpose(t *testing.T) {
	p := after(t, 3)
	used := map[string]bool{}
	p.with(t, func(h *jobs.House) {
		for name := range tree(t, p.Outbox) {
			reader, file, _ := strings.Cut(name, "/")
			must(t, h.MayWrite(reader, file))
			for _, u := range jobs.ReportUses() {
				used[u.Prefix] = used[u.Prefix] || strings.HasPrefix(file, u.Prefix)
			}
		}
	})
	for _, prefix := range []string{"expiry-report_", "purge-list_", "duplicates_", "nightly_", "correction-requests_", "import-report_", "rejects_", "manifest_"} {
		if !used[prefix] {
			t.Errorf("the sample nights wrote no %s", prefix)
		}
	}

	var noted, told []string
	for e, err := range p.store(t).Purposes(t.Context()) {
		must(t, err)
		noted = append(noted, e.At.String()[:10]+" "+e.Actor+" "+e.Role)
	}
	for name, text := range tree(t, p.Outbox) {
		reader, file, _ := strings.Cut(name, "/")
		if d, ok := strings.CutPrefix(file, "manifest_"); ok {
			at := day(strings.TrimSuffix(d, ".json")).AddDays(-1).String() // at 03:15 in Tokyo the day before in UTC
			for range strings.Count(text, `"name"`) {
				told = append(told, at+" "+reader+" "+jobs.ReaderRole(reader))
			}
		}
	}
	slices.Sort(noted)
	slices.Sort(told)
	if len(told) < 30 {
		t.Errorf("only %d files in the manifests", len(told))
	}
	equal(t, "lines of the purpose log", noted, told)
	p.again(t, sampleDays[2])
	if n := len(p.looks(t)); n != len(noted) {
		t.Errorf("a second run of the night makes %d lines of %d", n, len(noted))
	}
}

// What the matrix refuses is not written.
func TestAReportForTheWrongReaderIsRefused(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.with(t, func(h *jobs.House) {
		for _, u := range jobs.ReportUses() {
			allowed := []string{}
			for _, reader := range []string{"1001", jobs.SenderAssociation, jobs.SenderContactCenter, jobs.SenderCompliance, jobs.SenderExamCenter, "agent"} {
				err := h.MayWrite(reader, u.Prefix+"x")
				if v := h.Rules.Access.Allowed(jobs.ReaderRole(reader), u.Purpose, u.Fields, u.Facts); u.For == "" && reader != "agent" && v.Allowed != (err == nil) {
					t.Errorf("%s for %s: %v, but the matrix says %v", u.Prefix, reader, err, v.Allowed)
				}
				if err == nil {
					allowed = append(allowed, reader)
				} else if !errors.Is(err, jobs.ErrReport) {
					t.Errorf("%s for %s: %v", u.Prefix, reader, err)
				}
			}
			equal(t, u.Prefix, allowed, map[string][]string{
				"expiry-report_": {"1001"}, "bulk-answers_": {"1001"},
				"purge-list_": {"association", "compliance"}, "purge-receipt_": {"association", "compliance"},
				"duplicates_": {"association", "compliance"}, "nightly_": {"association", "compliance"},
				"correction-requests_": {"1001", "association", "compliance"}, "conduct_": {"1001", "association", "compliance"},
				"account-notice_": {"1001", "association"},
				"import-report_":  {"1001", "association", "contact-center", "compliance", "exam-center"},
				"rejects_":        {"1001", "association", "contact-center", "compliance", "exam-center"},
				"manifest_":       {"1001", "association", "contact-center", "compliance", "exam-center", "agent"},
				"agency-roster_":  {"1001"}, "statement_": {"agent"},
				"committee-pack_": {"association", "contact-center"},
			}[u.Prefix])
		}
		for _, reader := range []string{"1001", jobs.SenderAssociation} {
			if err := h.MayWrite(reader, "everybody_2026-11-19.xlsx"); !errors.Is(err, jobs.ErrReport) {
				t.Errorf("a report without a purpose for %s: %v", reader, err)
			}
		}
	})
}

// A night whose matrix does not give a report to its reader fails and leaves
// nothing of it.
func TestANightFailsRatherThanWriteWhatTheMatrixRefuses(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.smallInbox(t)
	p.with(t, func(h *jobs.House) {
		m := h.Rules.Access
		for i, l := range m.Lines {
			if l.Role == access.RoleInsurer && slices.Contains(l.Purposes, access.PurposeContract) {
				m.Lines[i].Fields = []string{access.FieldBasic}
			}
		}
		_, err := h.Night(t.Context(), sampleDays[0], false)
		if !errors.Is(err, jobs.ErrReport) || !strings.Contains(err.Error(), "expiry-report_2026-11-19.xlsx for 1001") {
			t.Errorf("the night ended with %v", err)
		}
	})
	for name := range tree(t, p.Outbox) {
		if strings.HasPrefix(name, "1001/") {
			t.Errorf("%s was written", name)
		}
	}
	// By the matrix as it is shipped the same run goes on.
	p.with(t, func(h *jobs.House) {
		_, _, err := h.Resume(t.Context())
		must(t, err)
	})
	if tree(t, p.Outbox)["1001/expiry-report_2026-11-19.xlsx"] == "" {
		t.Error("no report after resume")
	}
}

// Each look at a person is one line, an answer of nobody included; what was
// denied is a line too, which counts as no look.
func TestLooksAreNotedAndDeniedOnesToo(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 0)
		p.put(t, "2026-11-20/1001/managers_1.csv", table(managerHeader, "一般管理者,1001,M1,Geheim-1,一般 一郎,,,"))
		p.night(t, sampleDays[1])
		before := p.looks(t)
		p.with(t, func(h *jobs.House) {
			explain := func(l jobs.Looker, id string) error {
				_, err := h.Explain(t.Context(), l, id, sampleDays[1])
				return err
			}
			ask := jobs.Inquiry{Name: "登録 三郎", Born: "1972-02-02"}
			must(t, explain(jobs.Looker{}, "REG1"))
			must(t, explain(jobs.Looker{By: "s1", Reason: "本人からの照会"}, "REG1"))
			if err := explain(jobs.Looker{By: "S1", Purpose: access.PurposeRetention}, "NOBODY"); !errors.Is(err, jobs.ErrNoSuchAgent) {
				t.Errorf("nobody: %v", err)
			}
			found, err := h.Lookup(t.Context(), jobs.Looker{By: "S2"}, ask, sampleDays[1])
			must(t, err)
			equal(t, "found", found.AgentID, "REG1")
			ask.Born = "1972-02-03"
			_, err = h.Lookup(t.Context(), jobs.Looker{By: "M1"}, ask, sampleDays[1])
			must(t, err)

			var access *jobs.ErrAccess
			var account *jobs.ErrAccount
			for _, l := range []jobs.Looker{
				{By: "S1"}, {By: "M1", Purpose: "P4ウ", Reason: "契約の確認"}, {By: "M1", Purpose: "P10"}, {By: "S1", Purpose: "見てみたい"},
			} {
				if err := explain(l, "REG1"); !errors.As(err, &access) {
					t.Errorf("%+v: %v", l, err)
				}
			}
			for _, by := range []string{"S9", "NOBODY"} {
				if err := explain(jobs.Looker{By: by, Reason: "照会"}, "REG1"); !errors.As(err, &account) {
					t.Errorf("%s: %v", by, err)
				}
			}
		})
		all := "basic flags qualification registration activity identity deadline correction"
		equal(t, "looks", p.looks(t)[len(before):], []string{
			"system|R5|P5エ|one|" + all + "|1|運用|",
			"S1|R5|P5エ|one|" + all + "|1|本人からの照会|",
			"S1|R5|P10|one|" + all + "|0||",
			"S2|R5|P11|one|basic|1||",
			"M1@1001|R4|P11||basic|0||",
			"S1|R5|P5エ|one|" + all + "|0||要領§4(5)エ",
			"M1@1001|R4|P4ウ|one|" + all + "|0|契約の確認|要領§4(4)",
			"M1@1001|R4|P10|one|" + all + "|0||要領§4(4)・§8(3)",
			"S1|R5||one|" + all + "|0||要領§3・§4",
			"S9|R5|P5エ|one|" + all + "|0|照会|要領§8(3)",
		})
		counts, err := p.store(t).PurposeCounts(t.Context())
		must(t, err)
		if n := counts[access.Use{Role: access.RoleInsurer, Purpose: access.PurposeOther}]; n != 0 {
			t.Errorf("%d denied looks count as looks", n)
		}
		at, err := p.store(t).LastPurposeAt(t.Context(), []string{"S1", "S9"})
		must(t, err)
		equal(t, "who was shown people", slices.Sorted(maps.Keys(at)), []string{"S1"})
	})
}

// Those who look at once are all in the log, one behind the other.
func TestTwoWhoLookAtOnceAreBothNoted(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 0)
		before := len(p.looks(t))
		const each = 5
		var wg sync.WaitGroup
		failed := make([]error, 2)
		for i, who := range []string{"S1", "S2"} {
			h := p.open(t)
			defer h.Close()
			wg.Go(func() {
				for range each {
					_, err := h.Explain(t.Context(), jobs.Looker{By: who, Reason: "照会"}, "REG1", sampleDays[0])
					failed[i] = errors.Join(failed[i], err)
				}
			})
		}
		wg.Wait()
		must(t, errors.Join(failed...))
		got := map[string]int{}
		for _, l := range p.looks(t)[before:] {
			got[l[:2]]++
		}
		equal(t, "looks", got, map[string]int{"S1": each, "S2": each})
	})
}

// Where insurers look for other work too often, the night says so.
func TestTooMuchOtherWorkIsWarnedOf(t *testing.T) {
	for name, tt := range map[string]struct {
		other, all int
		denied     string
		want       bool
	}{
		"five of a hundred": {5, 100, "", false}, "six of a hundred": {6, 100, "", true}, "six that were denied": {6, 100, "要領§4(4)ウ", false},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
			p.with(t, func(h *jobs.House) {
				must(t, h.Store.Write(t.Context(), func(tx *store.Tx) error {
					for i := range tt.all {
						e := access.Entry{At: pipeline.InstantOf(time.Unix(0, 0)), Actor: "M1@1001", Role: access.RoleInsurer, Purpose: access.PurposeContract}
						if i < tt.other {
							e.Purpose, e.Denied = access.PurposeOther, tt.denied
						}
						if err := tx.AppendPurpose(t.Context(), e); err != nil {
							return err
						}
					}
					return nil
				}))
			})
			got := false
			for _, w := range p.night(t, sampleDays[0]).Warnings {
				got = got || w.Code == "catch-all-purpose"
			}
			equal(t, "warned", got, tt.want)
		})
	}
}
