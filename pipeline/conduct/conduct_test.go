package conduct

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/pipeline"
)

func shipped(t testing.TB) (*Rules, string) {
	t.Helper()
	data, err := os.ReadFile("../../schemas/rules/conduct.yaml")
	if err != nil {
		t.Fatal(err)
	}
	h, err := Parse("conduct.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	r, err := h.On(day("2026-11-20"))
	if err != nil {
		t.Fatal(err)
	}
	return r, string(data)
}

func day(s string) pipeline.Date {
	if s == "" {
		return 0
	}
	d, err := pipeline.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// said are findings as rule, reason and verdict.
func said(found []pipeline.ConductFinding) []string {
	out := []string{}
	for _, f := range found {
		out = append(out, f.RuleID+" "+f.Reason+" "+f.Verdict)
	}
	return out
}

func want(t *testing.T, got []pipeline.ConductFinding, want ...string) {
	t.Helper()
	if d := cmp.Diff(append([]string{}, want...), said(got)); d != "" {
		t.Errorf("findings (-want +got):\n%s", d)
	}
}

const (
	yes   = pipeline.FlagYes
	no    = pipeline.FlagNo
	unset = pipeline.FlagUnset
)

func TestInquiryProcedure(t *testing.T) {
	r, _ := shipped(t)
	tests := []struct {
		name string
		q    Inquiry
		want []string
	}{
		{"by phone, called back, identified", Inquiry{Way: "電話", Identified: yes, CalledBack: yes}, nil},
		{"by phone, not called back", Inquiry{Way: "電話", Identified: yes, CalledBack: no}, []string{"Y-11(1)ア折返し no-callback 違反"}},
		{"by phone, call back not written", Inquiry{Way: "電話", Identified: yes}, []string{"Y-11(1)ア折返し no-callback 違反"}},
		{"by phone, not identified", Inquiry{Way: "電話", Identified: no, CalledBack: yes}, []string{"Y-11(1)ア本人 not-identified 違反"}},
		{"by phone, identification not written", Inquiry{Way: "電話", CalledBack: yes}, []string{"Y-11(1)ア本人 identification-unwritten 判定不能"}},
		{"in person, identified", Inquiry{Way: "対面", Identified: yes}, nil},
		{"in person, not identified", Inquiry{Way: "対面", Identified: no}, []string{"Y-11(1)ウ not-identified 違反"}},
		{"in person, identification not written", Inquiry{Way: "対面"}, []string{"Y-11(1)ウ identification-unwritten 判定不能"}},
		{"by letter, identified", Inquiry{Way: "書面", Identified: yes}, nil},
		{"by letter, not identified", Inquiry{Way: "書面", Identified: no}, []string{"Y-11(1)a not-identified 違反"}},
		{"by letter, identification not written", Inquiry{Way: "書面", Identified: unset}, []string{"Y-11(1)a identification-unwritten 判定不能"}},
		{"a proxy in person with both proofs", Inquiry{Way: "対面", Identified: yes, ByProxy: yes, MandateSeen: yes, ProxyProved: yes}, nil},
		{"a proxy without mandate", Inquiry{Way: "書面", Identified: yes, ByProxy: yes, ProxyProved: yes}, []string{"Y-11(1)d no-mandate 違反"}},
		{"a proxy without own proof", Inquiry{Way: "書面", Identified: yes, ByProxy: yes, MandateSeen: yes, ProxyProved: no}, []string{"Y-11(1)d no-proxy-proof 違反"}},
		{"a proxy without both", Inquiry{Way: "対面", Identified: yes, ByProxy: yes}, []string{"Y-11(1)d no-mandate-nor-proof 違反"}},
		{
			"a proxy answered by phone",
			Inquiry{Way: "電話", Identified: yes, CalledBack: yes, ByProxy: yes, MandateSeen: yes, ProxyProved: yes},
			[]string{"Y-11(1)e proxy-answered-by-phone 違反"},
		},
		{"no proxy: proofs are not asked for", Inquiry{Way: "対面", Identified: yes, ByProxy: no, MandateSeen: no}, nil},
		{"answered on the day before", Inquiry{Way: "対面", Identified: yes, ReceivedOn: day("2026-11-19")}, []string{"Y-12日付 answered-before-received 要確認"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.q.No, tt.q.AnsweredOn = "U-1", day("2026-11-18")
			want(t, r.Inquiry(&tt.q), tt.want...)
		})
	}
}

func TestWhatIsNotAnsweredYetIsNoBreach(t *testing.T) {
	r, _ := shipped(t)
	got := r.Inquiry(&Inquiry{No: "U-1", ReceivedOn: day("2026-11-18"), Way: "電話", ByProxy: yes, Ref: pipeline.Ref{Batch: "b", Row: 3}})
	want(t, got, "Y-11(1)ア本人 identification-unwritten 判定不能", "Y-11(1)ア折返し no-callback 要確認",
		"Y-11(1)d no-mandate-nor-proof 要確認", "Y-11(1)e proxy-by-phone 要確認")
	if f := got[0]; f.On != day("2026-11-18") || f.Subject != "U-1" || f.Clause != "要領§11(1)ア" || f.Version != "要領2018-10-22" || f.Evidence[0].Ref != "b//3" {
		t.Errorf("finding %+v", f)
	}
}

func TestCorrectionClocks(t *testing.T) {
	r, _ := shipped(t)
	at := func(state, since string) pipeline.Correction {
		return pipeline.Correction{Division: pipeline.DivisionCorrect, Item: "氏名", On: day("2026-11-16"), State: state, Since: day(since)} // a Monday
	}
	tests := []struct {
		name     string
		versions []pipeline.Correction
		asOf     string
		want     []string
	}{
		// The 23rd is a holiday.
		{"answered on the fifth business day", []pipeline.Correction{at("適用", "2026-11-24")}, "2026-12-31", nil},
		{"answered on the sixth", []pipeline.Correction{at("適用", "2026-11-25")}, "2026-12-31", []string{"Y-11(3) answered-late 要確認"}},
		{"refused on the sixth", []pipeline.Correction{at("却下", "2026-11-25")}, "2026-12-31", []string{"Y-11(3) answered-late 要確認"}},
		{"passed on in time and open for five days", []pipeline.Correction{at("回送", "2026-11-17")}, "2026-11-25", nil},
		{"open for six", []pipeline.Correction{at("回送", "2026-11-17")}, "2026-11-26", []string{"Y-11(4)対応 open-too-long 要確認"}},
		{"passed on late", []pipeline.Correction{at("回送", "2026-11-25")}, "2026-11-25", []string{"Y-11(4)依頼 passed-on-late 要確認"}},
		{"passed on and answered in time each", []pipeline.Correction{at("回送", "2026-11-24"), at("適用", "2026-12-01")}, "2026-12-31", nil},
		{"passed on and answered late", []pipeline.Correction{at("回送", "2026-11-17"), at("適用", "2026-12-01")}, "2026-12-31", []string{"Y-11(3) answered-late 要確認"}},
		{"replaced later: the first answer counts", []pipeline.Correction{at("適用", "2026-11-17"), at("更新", "2027-03-01")}, "2027-03-01", nil},
		{"deletion of the whole record", []pipeline.Correction{{Division: "削除", On: day("2026-01-05"), State: "受付", Since: day("2026-11-16")}}, "2026-11-16", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want(t, r.Correction(&Correction{Subject: "U-1", Versions: tt.versions}, day(tt.asOf)), tt.want...)
		})
	}
	late := r.Correction(&Correction{Subject: "U-1", Versions: tests[1].versions, Insurer: "1001"}, day("2026-12-31"))[0]
	if got := late.Evidence[len(late.Evidence)-1].Fact; got != "経過 6 営業日" || late.Insurer != "1001" {
		t.Errorf("measured %q, insurer %q", got, late.Insurer)
	}
}

func TestIncidents(t *testing.T) {
	r, _ := shipped(t)
	leak := func(at, told Party, toldOn string) Incident {
		return Incident{Kind: "漏えい", At: at, Told: told, KnownOn: day("2026-11-20"), ToldOn: day(toldOn)} // a Friday
	}
	insurer := func(stoppedOn string) Incident {
		i := leak(PartyInsurer, PartyAssociation, "2026-11-20")
		i.Account, i.StoppedOn = "M-1", day(stoppedOn)
		return i
	}
	with := func(i Incident, change func(*Incident)) Incident { change(&i); return i }
	tests := []struct {
		name string
		i    Incident
		want []string
	}{
		{"an agency tells its insurer on the next business day", leak(PartyAgency, PartyInsurer, "2026-11-24"), nil},
		{"a day later", leak(PartyAgency, PartyInsurer, "2026-11-25"), []string{"Y-8(2) told-late 違反"}},
		{"an agency tells the association", leak(PartyAgency, PartyAssociation, "2026-11-20"), []string{"Y-8(2) wrong-party 違反"}},
		{"an agency tells nobody", leak(PartyAgency, "", ""), []string{"Y-8(2) notice-unwritten 判定不能"}},
		{"told before known", leak(PartyAgency, PartyInsurer, "2026-11-19"), []string{"Y-8(2) told-before-known 要確認"}},
		{"not written when known", with(leak(PartyAgency, PartyInsurer, "2026-11-20"), func(i *Incident) { i.KnownOn = 0 }), []string{"Y-8(2) known-unwritten 判定不能"}},
		{"an insurer stops the access and tells the association", insurer("2026-11-20"), nil},
		{"access stopped before it was known", insurer("2026-11-19"), nil},
		{"access stopped on the Saturday", insurer("2026-11-21"), []string{"Y-8(3)停止 stopped-late 違反"}},
		{"access not stopped", insurer(""), []string{"Y-8(3)停止 stop-unwritten 判定不能"}},
		{"used on the day of the stop", with(insurer("2026-11-20"), func(i *Incident) { i.LastUse = day("2026-11-20") }), nil},
		{"used after it", with(insurer("2026-11-20"), func(i *Incident) { i.LastUse = day("2026-11-21") }), []string{"Y-8(3)利用 used-after-stop 違反"}},
		{"no account", with(insurer("2026-11-20"), func(i *Incident) { i.Account = "" }), []string{"Y-8(3)利用 account-unwritten 判定不能"}},
		{
			"an insurer reports its agency", with(leak(PartyAgency, PartyAssociation, "2026-11-20"), func(i *Incident) { i.ByInsurer = true }),
			[]string{"Y-8(3)停止 stop-unwritten 判定不能"},
		},
		{"the association tells the committee", leak(PartyAssociation, PartyCommittee, "2026-11-24"), nil},
		{"the association tells an insurer", leak(PartyAssociation, PartyInsurer, "2026-11-20"), []string{"Y-8(4) wrong-party 違反"}},
		{"at nobody knows whom", leak(PartyOther, PartyInsurer, "2026-11-20"), []string{"Y-8対象組織 organisation-unknown 判定不能"}},
		{"misuse counts, too", with(leak(PartyAgency, "", ""), func(i *Incident) { i.Kind = "目的外利用" }), []string{"Y-8(2) notice-unwritten 判定不能"}},
		{"a virus does not", with(leak(PartyAgency, "", ""), func(i *Incident) { i.Kind = "感染" }), nil},
		{"no kind", with(leak(PartyAgency, "", ""), func(i *Incident) { i.Kind = "" }), []string{"Y-8種類 kind-unwritten 判定不能"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.i.No = "J-1"; want(t, r.Incident(&tt.i), tt.want...) })
	}
}

func TestCommitteeSteps(t *testing.T) {
	r, _ := shipped(t)
	for _, tt := range []struct{ name, heard, resolved, acted, want string }{
		{"in order", "2026-11-18", "2026-11-19", "2026-11-20", ""},
		{"all on one day", "2026-11-20", "2026-11-20", "2026-11-20", ""},
		{"only heard", "2026-11-20", "", "", ""},
		{"nothing yet", "", "", "", ""},
		{"resolved before heard", "2026-11-20", "2026-11-19", "", "Y-9(2) out-of-order 違反"},
		{"acted before resolved", "2026-11-18", "2026-11-20", "2026-11-19", "Y-9(2) out-of-order 違反"},
		{"acted before heard, without a resolution", "2026-11-20", "", "2026-11-19", "Y-9(2) out-of-order 違反"},
		{"acted without a hearing", "", "2026-11-19", "2026-11-20", "Y-9(2) step-unwritten 判定不能"},
		{"acted without a resolution", "2026-11-19", "", "2026-11-20", "Y-9(2) step-unwritten 判定不能"},
		{"resolved without a hearing", "", "2026-11-19", "", "Y-9(2) step-unwritten 判定不能"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var all []string
			if tt.want != "" {
				all = append(all, tt.want)
			}
			want(t, r.Incident(&Incident{No: "J-1", Kind: "その他", HeardOn: day(tt.heard), ResolvedOn: day(tt.resolved), ActedOn: day(tt.acted)}), all...)
		})
	}
}

func TestBusinessDays(t *testing.T) {
	r, _ := shipped(t)
	for _, tt := range []struct {
		name, from, to string
		want           int
	}{
		{"the same day", "2026-11-20", "2026-11-20", 0},
		{"over a long weekend", "2026-11-20", "2026-11-24", 1},
		{"to its holiday", "2026-11-20", "2026-11-23", 0},
		{"from a Sunday to Monday", "2026-11-15", "2026-11-16", 1},
		{"over new year", "2026-12-28", "2027-01-04", 1},
		{"backwards", "2026-11-20", "2026-11-10", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := r.calendar.businessDays(day(tt.from), day(tt.to)); got != tt.want {
				t.Errorf("%d business days, want %d", got, tt.want)
			}
		})
	}
}

func TestTheFileMustSayWhatTheProgramFinds(t *testing.T) {
	r, text := shipped(t)
	if _, err := (&History{versions: []*Rules{r}}).On(day("2018-10-21")); err == nil {
		t.Error("a day before the first version has rules")
	}
	for _, tt := range []struct{ name, old, new, want string }{
		{"an unknown key", "authority:", "autority:", "autority"},
		{"a rule that nobody checks", "id: Y-9(2)", "id: Y-9(3)", "Y-9(3)"},
		{"a reason that nobody finds", "code: no-callback", "code: no-call", "no-call"},
		{"a verdict there is not", "no-callback, verdict: 違反", "no-callback, verdict: 不明", "no-callback"},
		{"a rule of another record", "clause: 要領§9(2)\n        record: incidents", "clause: 要領§9(2)\n        record: contacts", "Y-9(2)"},
		{"a rule stated twice", "id: Y-12日付", "id: Y-11(1)e", "Y-11(1)e"},
		{"a setting nobody knows", "name: notice_days", "name: notice_hours", "notice_hours"},
		{"a setting out of bounds", "name: notice_days, value: 1", "name: notice_days, value: -1", "notice_days"},
		{"a holiday there is not", "2026-02-11", "2026-02-30", "holidays"},
		{"a day of validity there is not", "valid_from: 2018-10-22", "valid_from: 2018-13-22", "valid_from"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			changed := strings.Replace(text, tt.old, tt.new, 1)
			if changed == text {
				t.Fatalf("%q is not in the file", tt.old)
			}
			if _, err := Parse("conduct.yaml", []byte(changed)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one about %s", err, tt.want)
			}
		})
	}
}
