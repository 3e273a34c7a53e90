package intake

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/pipeline"
)

func TestCheckSender(t *testing.T) {
	known := &pipeline.Agency{No: "D1", LeadInsurer: "0001", OtherInsurers: "0002 0003", AsOf: pipeline.MustDate("2026-06-01")}
	tests := []struct {
		name, sender, event, lead, others, closed string
		agency                                    *pipeline.Agency
		on                                        string // empty: after the register's day
		want                                      pipeline.Code
	}{
		{name: "the lead insurer registers", sender: "0001", event: "登録", lead: "0001", agency: known},
		{name: "another insurer of the agency registers", sender: "0002", event: "登録", lead: "0001", agency: known},
		{name: "a stranger registers", sender: "0009", event: "登録", lead: "0001", agency: known, want: CodeNotTheLeadInsurer},
		{
			name: "a stranger names itself among the others", sender: "0009", event: "登録", lead: "0001", others: "0009",
			agency: known, want: CodeNotTheLeadInsurer,
		},
		{name: "a stranger registers under its own lead", sender: "0009", event: "登録", lead: "0009", agency: known, want: CodeNotTheLeadInsurer},
		{name: "the lead insurer closes", sender: "0001", event: "廃止", lead: "0001", closed: "2026-07-01", agency: known},
		{name: "another insurer closes", sender: "0002", event: "廃止", lead: "0001", closed: "2026-07-01", agency: known, want: CodeNotTheLeadInsurer},
		{
			name: "another insurer closes and names itself the lead", sender: "0002", event: "廃止", lead: "0002", closed: "2026-07-01",
			agency: known, want: CodeNotTheLeadInsurer,
		},
		{
			name: "another insurer closes by a change", sender: "0002", event: "変更", lead: "0001", closed: "2026-07-01",
			agency: known, want: CodeNotTheLeadInsurer,
		},
		{name: "another insurer becomes the lead", sender: "0002", event: "変更", lead: "0002", agency: known},
		{name: "a stranger becomes the lead", sender: "0009", event: "変更", lead: "0009", agency: known, want: CodeNotTheLeadInsurer},
		{
			name: "a stranger becomes the lead and closes in one row", sender: "0009", event: "変更", lead: "0009", closed: "2026-07-01",
			agency: known, want: CodeNotTheLeadInsurer,
		},
		{name: "the lead insurer names another lead", sender: "0001", event: "変更", lead: "0002", agency: known, want: CodeNotTheLeadInsurer},
		{
			name: "the lead insurer reports what was when another was the lead", sender: "0001", event: "登録", lead: "0007",
			on: "2020-01-01", agency: known,
		},
		{name: "the lead of an unknown agency", sender: "0005", event: "登録", lead: "0005"},
		{name: "another insurer of an unknown agency", sender: "0005", event: "登録", lead: "0001", others: "0004 0005"},
		{name: "a stranger to an unknown agency", sender: "0005", event: "登録", lead: "0001", want: CodeNotTheLeadInsurer},
		{
			name: "another insurer closes at an unknown agency", sender: "0005", event: "廃止", lead: "0001", others: "0005",
			closed: "2026-07-01", want: CodeNotTheLeadInsurer,
		},
		{name: "the association sends no registrations", sender: SenderAssociation, event: "登録", lead: "0001", agency: known, want: CodeNotTheLeadInsurer},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ev := pipeline.RegistrationEvent{
				Sender: tt.sender, Event: tt.event, LeadInsurer: tt.lead, OtherInsurers: tt.others, On: pipeline.MustDate("2026-07-01"),
			}
			if tt.on != "" {
				ev.On = pipeline.MustDate(tt.on)
			}
			if tt.closed != "" {
				ev.ClosedOn = pipeline.MustDate(tt.closed)
			}
			var got pipeline.Code
			if f := CheckSender(tt.agency, ev); f != nil {
				got = f.Code
			}
			if got != tt.want {
				t.Errorf("CheckSender = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestMergeAgency(t *testing.T) {
	ev := func(on, lead, others, name, address string) pipeline.RegistrationEvent {
		return pipeline.RegistrationEvent{
			AgencyNo: "D1", On: pipeline.MustDate(on), LeadInsurer: lead, OtherInsurers: others,
			AgencyName: name, AgencyAddress: address, From: "new//5",
		}
	}
	stored, _ := MergeAgency(nil, ev("2026-06-01", "0001", "0002", "代理店", ""), mergeDay)
	tests := []struct {
		name    string
		ev      pipeline.RegistrationEvent
		want    pipeline.Agency
		changed bool
	}{
		{
			"a newer row decides what it writes", ev("2026-07-01", "0003", "", "新代理店", ""),
			pipeline.Agency{LeadInsurer: "0003", OtherInsurers: "0002", Name: "新代理店", AsOf: pipeline.MustDate("2026-07-01")},
			true,
		},
		{
			"an older row only fills", ev("2026-05-01", "0003", "0009", "旧代理店", "東京都"),
			pipeline.Agency{LeadInsurer: "0001", OtherInsurers: "0002", Name: "代理店", Address: "東京都", AsOf: pipeline.MustDate("2026-06-01")},
			true,
		},
		{
			"a later row of the same day decides", ev("2026-06-01", "0001", "0004", "代理店", ""),
			pipeline.Agency{LeadInsurer: "0001", OtherInsurers: "0004", Name: "代理店", AsOf: pipeline.MustDate("2026-06-01")},
			true,
		},
		{
			"a row of the future counts from today", ev("2027-01-01", "0001", "0002", "改称代理店", ""),
			pipeline.Agency{LeadInsurer: "0001", OtherInsurers: "0002", Name: "改称代理店", AsOf: mergeDay},
			true,
		},
		{
			"a row of the future that says nothing new", ev("2027-01-01", "0001", "", "代理店", ""),
			pipeline.Agency{LeadInsurer: "0001", OtherInsurers: "0002", Name: "代理店", AsOf: pipeline.MustDate("2026-06-01")},
			false,
		},
		{
			"the same again", ev("2026-06-01", "0001", "0002", "代理店", ""),
			pipeline.Agency{LeadInsurer: "0001", OtherInsurers: "0002", Name: "代理店", AsOf: pipeline.MustDate("2026-06-01")},
			false,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.No, tt.want.From = "D1", "new//5"
			got, changed := MergeAgency(&stored, tt.ev, mergeDay)
			if d := cmp.Diff(tt.want, got); d != "" || changed != tt.changed {
				t.Errorf("changed %v (-want +got):\n%s", changed, d)
			}
		})
	}
}
