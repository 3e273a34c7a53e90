package jobs_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/identity"
	"meibo/pipeline/purge"
)

// told is what is said to whoever typed something that is refused, of any kind.
func told(err error) string {
	if e, is := errors.AsType[*jobs.ErrPurge](err); is {
		return e.JA
	}
	if e, is := errors.AsType[*jobs.ErrRequest](err); is {
		return e.JA
	}
	if e, is := errors.AsType[*jobs.ErrAccount](err); is {
		return e.JA
	}
	if e, is := errors.AsType[*jobs.ErrDecision](err); is {
		return e.JA
	}
	return ""
}

// Somebody who was deleted is not brought back by what people type, in whatever form
// they write the ID, and a number that counts something is nobody's ID.
func TestWhatIsTypedNamesNobodyWhoWasPurged(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.put(t, "2026-11-19/association/agents_2.csv", table(agentHeader,
		"77,番号 七子,バンゴウ ナナコ,,1975-05-05,女,,2026-06-20,", "123456,番号 六子,バンゴウ ロクコ,,1976-06-06,女,,2020-01-05,"))
	p.purgeable(t, 1)
	p.approve(t, 1, "S1", "S2")
	p.execute(t, 1)
	p.with(t, func(h *jobs.House) {
		typed := map[string]func(text string) error{
			"hold": func(text string) error {
				_, err := h.Hold(t.Context(), jobs.HoldOrder{AgentID: "REG1", By: "S1", Reason: text})
				return err
			},
			"undo": func(text string) error {
				_, err := h.UndoPurge(t.Context(), 1, []string{"S1", "S3"}, text, 0)
				return err
			},
			"proof": func(text string) error {
				_, err := h.Statement(t.Context(), jobs.StatementRequest{AgentID: "REG1", ReceiptNo: "Q1", RequestedOn: sampleDays[0], Proof: text, By: "S1"}, sampleDays[0])
				return err
			},
			"stop": func(text string) error {
				_, err := h.StopAccount(t.Context(), "S9", "S1", text, sampleDays[0])
				return err
			},
			"decision": func(text string) error {
				_, err := h.Decide(t.Context(), jobs.Decision{A: "REG1", B: "LATER1", Verdict: identity.Different, By: "S1", Reason: text})
				return err
			},
		}
		byS1 := func(text string) jobs.Looker { return jobs.Looker{By: "S1", Reason: text} }
		typed["explain"] = func(text string) error {
			_, err := h.Explain(t.Context(), byS1(text), "REG1", sampleDays[0])
			return err
		}
		typed["lookup"] = func(text string) error {
			_, err := h.Lookup(t.Context(), jobs.Looker{Reason: text}, jobs.Inquiry{Name: "登録 太郎", Born: "1980-01-01"}, sampleDays[0])
			return err
		}
		typed["rosters"] = func(text string) error {
			_, err := h.Rosters(t.Context(), byS1(text), []string{"A1"}, sampleDays[0])
			return err
		}
		typed["receipt"] = func(text string) error {
			_, err := h.Statement(t.Context(), jobs.StatementRequest{AgentID: "REG1", ReceiptNo: text, RequestedOn: sampleDays[0], Proof: "運転免許証", By: "S1"}, sampleDays[0])
			return err
		}
		looks := []string{"explain", "lookup", "rosters"}
		for what, say := range typed {
			for _, text := range []string{"DUE00001 の再確認", "募集人ＩＤ：ｄｕｅ００００１", "No.123456 の件", "募集人ID：123456 の件", "123456号の届", "募集人IDDUE00001", "ID:77 の件"} {
				if text == "ID:77 の件" && slices.Contains(looks, what) {
					continue // 77 is on file, and goes from the purpose log together with the person
				}
				if ja := told(say(text)); !strings.Contains(ja, "募集人ID") {
					t.Errorf("%s: %q: %q", what, text, ja)
				}
			}
		}
		for _, what := range append(looks, "hold") {
			if ja := told(typed[what]("DUE00001 の再確認")); !strings.Contains(ja, "すでに削除された人") || !strings.Contains(ja, "書き直してください") {
				t.Errorf("%s: %s", what, ja)
			}
		}
		if ja := told(typed["receipt"]("DUE00001 の再確認")); !strings.Contains(ja, "--receipt") {
			t.Errorf("a receipt number: %s", ja)
		}
		_, err := h.Explain(t.Context(), jobs.Looker{By: "S1", Purpose: "P3", Reason: "DUE00001 の件"}, "REG1", sampleDays[0])
		if _, is := errors.AsType[*jobs.ErrAccess](err); !is {
			t.Errorf("a look for a purpose of others: %v", err)
		}
		for _, text := range []string{"77歳の件", "77件の照会", "受付番号 123456 の件", "123456円の返金", "第123456号", "内線77"} {
			for _, what := range []string{"hold", "decision", "explain"} {
				if err := typed[what](text); told(err) != "" {
					t.Errorf("%s: %q: %v", what, text, err)
				}
			}
		}
	})
	looked := p.looks(t)
	for _, line := range looked {
		if strings.Contains(strings.ToUpper(pipeline.CleanName(line)), "DUE00001") || strings.Contains(line, "No.123456") || strings.Contains(line, "123456号の届") {
			t.Errorf("purpose log: %s", line)
		}
	}
	if !slices.ContainsFunc(looked, func(line string) bool { return strings.Contains(line, "|"+pipeline.Redacted+"|") }) {
		t.Errorf("the denied look is not noted: %q", looked)
	}
}

// Who took in a correction stands in its file as somebody typed it: the chain of
// events, which nothing can redact, holds only what the system knows.
func TestAReceiverWhoIsPurgedStandsInNoEvent(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 1)
		p.put(t, "2026-11-20/1001/corrections_2.csv", table(correctionHeader,
			"K1,REG1,訂正,メールアドレス,,reg@example.com,neu@example.com,免許証,2026-11-10,DUE00001"))
		p.night(t, sampleDays[1])
		receiver := func() string { return p.explained(t, "REG1", sampleDays[1]).Corrections[0].ReceivedBy }
		equal(t, "in the register", receiver(), "DUE00001")
		equal(t, "actors", correctedBy(t, p.sql(t)), []string{"1001"})
		no := p.lastList(t)
		p.approve(t, no, "S1", "S2")
		e := p.execute(t, no)
		equal(t, "left", e.Receipt.Left(), []purge.Residual(nil))
		equal(t, "in the register", receiver(), pipeline.Redacted)
		p.mentionsNobody(t, "DUE00001")
	})
}

func correctedBy(t testing.TB, db *sqlx.DB) (out []string) {
	t.Helper()
	must(t, db.Select(&out, `SELECT actor FROM audit_events WHERE action = 'corrected'`))
	return out
}
