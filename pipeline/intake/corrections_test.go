package intake

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"meibo/pipeline"
)

const correctionsHeader = "受付番号,募集人ID,区分,項目,対象,訂正前,訂正後,証明書類,申出日,受付者\n"

func correctionEnv(t testing.TB) Env {
	env := testEnv
	env.Sender, env.Items = "association", shipped(t).Items()
	return env
}

func TestACorrectionNamesSomethingThatCanBeCorrected(t *testing.T) {
	tests := []struct {
		name, cells string // 区分 to 訂正後
		faults      []string
	}{
		{"a name", "訂正,氏名,,試験　花子,見本　花子", nil},
		{"a header in another spelling", "訂正, 募集人氏名 ,,試験　花子,見本　花子", nil},
		{"dates in any way of writing", "訂正,生年月日,,昭和55年4月1日,S55/4/2", nil},
		{"a value that was missing", "訂正,メールアドレス,,,a@example.com", nil},
		{"a value that should not be there", "訂正,メールアドレス,,a@example.com,", nil},
		{"無期限", "訂正,資格有効期限年月日,K10+C-1,2027-03-31,無期限", nil},
		{"a month", "訂正,次回受験予定年月,K10 C-1,R9.5,2027-06", nil},
		{"a set of codes", "訂正,非代理申請会社,D1,1002、1003,1002", nil},
		{"a pass to delete", "削除,合格番号,K10+C-1,,", nil},
		{"a registration to delete", "削除,登録・届出,D1,,", nil},
		{"a role names the registration to delete", "削除,役割,D1+使用人,使用人,", nil},
		{"an optional value to delete", "削除,性別,,男,", nil},
		{"the whole record", "削除,,,,", nil},
		{"half of a row that deletes a pass", "削除,,K10+C-1,,", []string{"2 item required"}},
		{"half of a row that deletes a value", "削除,,,男,", []string{"2 item required"}},

		{"no item to correct", "訂正,,,a,b", []string{"2 item required"}},
		{"no such item", "訂正,血液型,,A,B", []string{"2 item correction-item-unknown"}},
		{"an item of activities", "訂正,実施者,,A,B", []string{"2 item correction-item-unknown"}},
		{"an entry is no value", "訂正,資格情報,K10+C-1,A,B", []string{"2 item correction-item-unknown"}},
		{"who somebody is", "訂正,募集人ID,,A1,A2", []string{"2 item correction-item-fixed"}},
		{"a stop to lift", "訂正,強制停止フラグ,,○,無", []string{"2 item correction-item-fixed"}},
		{"a stop to impose", "訂正,強制停止,,,1", []string{"2 item correction-item-fixed"}},
		{"a stop to delete", "削除,強制停止フラグ,,1,", []string{"2 item correction-item-fixed"}},
		{"a computed flag", "訂正,重複フラグ,,1,0", []string{"2 item correction-item-fixed"}},
		{"the other computed flag", "訂正,保険会社所属フラグ,,1,0", []string{"2 item correction-item-fixed"}},
		{"who answers for an agency", "訂正,代理申請会社,D1,1001,1002", []string{"2 item correction-item-fixed"}},
		{"a result", "訂正,合否,K10+C-1,合格,不合格", []string{"2 item correction-item-fixed"}},
		{"a required value to delete", "削除,氏名,,試験　花子,", []string{"2 item correction-item-fixed"}},
		{"a required value to clear", "訂正,生年月日,,1980-04-01,", []string{"2 value_after required"}},
		{"登載日 to clear", "訂正,登載日,K10+C-1,2024-04-01,", []string{"2 value_after required"}},
		{"which pass", "訂正,合格判定日,,2024-04-01,2024-04-02", []string{"2 target correction-target-missing"}},
		{"which registration", "削除,廃止年月日,,,", []string{"2 target correction-target-missing"}},
		{"a deletion has no new value", "削除,性別,,男,女", []string{"2 value_after must-be-empty"}},
		{"no such day", "訂正,生年月日,,1980-04-31,1980-04-30", []string{"2 value_before impossible-date"}},
		{"a birth in the future", "訂正,生年月日,,1980-04-01,2080-04-01", []string{"2 value_after in-future"}},
		{"no mail address", "訂正,メールアドレス,,,花子", []string{"2 value_after bad-email"}},
		{"too long for its column", "訂正,氏名,,試験," + strings.Repeat("長", 61), []string{"2 value_after too-long"}},
		{"no such kind of qualification", "訂正,資格種類コード,K10+C-1,K10,Z99", []string{"2 value_after unknown-qualification"}},
		{"the same twice", "訂正,生年月日,,1980-04-01,S55.4.1", []string{"2 value_after correction-nothing"}},
		{"a division of its own", "変更,氏名,,a,b", []string{"2 division unknown-value"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := correctionsHeader + "U1,A1," + tt.cells + ",住民票,2026-11-20,受付 一子\n"
			c := check(t, "corrections", text, correctionEnv(t))
			if diff := cmp.Diff(tt.faults, faultList(c.Faults)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestACorrectionIsReadInOneForm(t *testing.T) {
	text := correctionsHeader +
		"u 1,ａ１,訂正,募集人氏名,D1,試験,見本,住民票,R8.11.20,受付\n" +
		"U2,A1,訂正,合格判定日,ｋ10／c-1,2024-04-01,2024-04-02,住民票,2026-11-20,受付\n" +
		"U3,A1,削除,,,,,住民票,2026-11-20,受付\n" +
		"U4,A1,訂正,氏名,,試験,見本,住民票,2026-11-22,受付\n" +
		"U5,A1,訂正,氏名,,試験,見本,,,\n"
	c := check(t, "corrections", text, correctionEnv(t))
	want := []string{"5 requested_on in-future", "6 proof required", "6 requested_on required", "6 received_by required"}
	if diff := cmp.Diff(want, faultList(c.Faults)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	row := func(no, division, item, target, before, after string) pipeline.Correction {
		return pipeline.Correction{
			AgentID: "A1", ReceiptNo: no, Division: division, Item: item, Target: target, Before: before, After: after,
			Proof: "住民票", On: pipeline.MustDate("2026-11-20"), ReceivedBy: "受付", Sender: "association",
		}
	}
	got := good[pipeline.Correction](t, "corrections", text, c)
	if diff := cmp.Diff([]pipeline.Correction{
		row("U1", "訂正", "氏名", "", "試験", "見本"), row("U2", "訂正", "合格判定日", "K10+C-1", "2024-04-01", "2024-04-02"),
		row("U3", "削除", "", "", "", ""),
	}, got); diff != "" {
		t.Errorf("corrections (-want +got):\n%s", diff)
	}
}

// Every header of the three kinds of file is an item, and where a correction
// may change it, the register has a place for it.
func TestEveryHeaderIsAnItemWithItsPlace(t *testing.T) {
	ls := shipped(t)
	items := ls.Items()
	for _, kind := range []string{"agents", "exam-results", "registrations"} {
		for _, c := range ls[kind].Columns {
			for _, header := range append([]string{c.Header}, c.Aliases...) {
				item, found := items.Find(header)
				if !found {
					t.Errorf("%s is no item", header)
					continue
				}
				var place slot
				switch item.Of {
				case RecordAgent:
					place = agentSlot(&pipeline.Agent{}, item.Key)
				case RecordExamResult:
					place = qualificationSlot(&pipeline.Qualification{}, item.Key)
				case RecordRegistration:
					place = registrationSlot(&pipeline.Registration{}, item.Key)
				}
				if place == nil && !item.Fixed {
					t.Errorf("%s: the register has no place for %s", header, item.Key)
				}
				if shown(place) != "" {
					t.Errorf("%s: an empty place shows %q", header, shown(place))
				}
			}
		}
	}
}

func TestLawAValueIsKeptAsItIsRead(t *testing.T) {
	items := shipped(t).Items()
	days := rapid.Custom(func(t *rapid.T) pipeline.Date {
		return pipeline.MustDate("1950-01-01").AddDays(rapid.IntRange(0, 27_000).Draw(t, "day"))
	})
	rapid.Check(t, func(t *rapid.T) {
		d := days.Draw(t, "date")
		for header, text := range map[string]string{
			"生年月日": d.String(), "合格判定日": d.String(), "資格有効期限年月日": d.String(), "廃止年月日": d.String(),
			"次回受験予定年月": d.YearMonth().String(), "強制停止フラグ": rapid.SampledFrom([]string{"1", "0"}).Draw(t, "flag"),
		} {
			item, _ := items.Find(header)
			var a pipeline.Agent
			var q pipeline.Qualification
			var r pipeline.Registration
			place := map[string]slot{
				RecordAgent: agentSlot(&a, item.Key), RecordExamResult: qualificationSlot(&q, item.Key), RecordRegistration: registrationSlot(&r, item.Key),
			}[item.Of]
			read, _ := item.Read(text, 0)
			keep(place, read)
			if shown(place) != text {
				t.Fatalf("%s %s is kept as %q", header, text, shown(place))
			}
			if keep(place, ""); shown(place) != "" {
				t.Fatalf("%s: cleared, it shows %q", header, shown(place))
			}
		}
	})
}

func TestOverlay(t *testing.T) {
	items := shipped(t).Items()
	interval := func(opened, closed string) pipeline.Registration {
		return pipeline.Registration{AgencyNo: "D1", AgentID: "A1", Role: "使用人", OpenedOn: dateOf(opened), ClosedOn: dateOf(closed), From: "b//1"}
	}
	about := func(division, item, opened, after string) pipeline.Correction {
		return pipeline.Correction{
			AgentID: "A1", Division: division, Item: item, After: after, TargetCode: "D1", TargetNo: "使用人", TargetOn: dateOf(opened), From: "c//2",
		}
	}
	two := []pipeline.Registration{interval("2015-04-01", "2018-03-31"), interval("2020-04-01", "")}
	tests := []struct {
		name   string
		folded []pipeline.Registration
		active []pipeline.Correction
		want   string
	}{
		{"nothing", two, nil, "2015-04-01..2018-03-31 2020-04-01.."},
		{"a closing", two, []pipeline.Correction{about("訂正", "廃止年月日", "2020-04-01", "2026-10-31")}, "2015-04-01..2018-03-31 2020-04-01..2026-10-31"},
		{"an opening", two, []pipeline.Correction{about("訂正", "登録事由発生年月日", "2020-04-01", "2014-04-01")}, "2014-04-01.. 2015-04-01..2018-03-31"},
		{"an opening that came since", []pipeline.Registration{interval("2020-04-01", ""), interval("2020-05-01", "")}, []pipeline.Correction{about("訂正", "登録事由発生年月日", "2020-04-01", "2020-05-01")}, "2020-05-01.."},
		{"a deletion wins over a value", two, []pipeline.Correction{about("削除", "廃止年月日", "2015-04-01", ""), about("訂正", "廃止年月日", "2015-04-01", "2018-04-01")}, "2020-04-01.."},
		{"an opening that was not known", two, []pipeline.Correction{about("訂正", "廃止年月日", "", "2018-03-30")}, "2015-04-01..2018-03-30 2020-04-01.."},
		{"another agency", two, []pipeline.Correction{{Division: "削除", Item: "廃止年月日", TargetCode: "D2", TargetNo: "使用人", TargetOn: 20200401}}, "2015-04-01..2018-03-31 2020-04-01.."},
		{"a person", two, []pipeline.Correction{about("訂正", "氏名", "", "見本")}, "2015-04-01..2018-03-31 2020-04-01.."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, r := range items.Overlay(tt.folded, tt.active) {
				got = append(got, r.OpenedOn.String()+".."+r.ClosedOn.String())
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("registrations (-want +got):\n%s", diff)
			}
		})
	}
}
