package intake

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

var testEnv = Env{
	Sender: "exam-center",
	AsOf:   pipeline.MustDate("2026-11-21"),
	Kinds: map[string]Kind{
		"K10": {Expiry: func(d pipeline.Date) pipeline.Date { return (d + 50000).EndOfMonth() }},
		"Q01": {Expiry: func(pipeline.Date) pipeline.Date { return 0 }},
		"X01": {JudgedFrom: pipeline.MustDate("2011-10-01")},
	},
}

// opener gives what Check opens: the text as a CSV of that kind.
func opener(l *Layout, text string) func() (*source.Table, error) {
	return func() (*source.Table, error) {
		return l.Open(strings.NewReader(text), int64(len(text)), "f.csv", source.Options{})
	}
}

func check(t *testing.T, kind, text string, env Env) *Checked {
	t.Helper()
	l := shipped(t)[kind]
	c, err := l.Check(opener(l, text), env)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// faultList writes faults as "row key code".
func faultList(faults []*pipeline.Fault) (list []string) {
	for _, f := range faults {
		list = append(list, strings.TrimSpace(fmt.Sprintf("%d %s %s", f.Row, f.Key, f.Code)))
	}
	return list
}

// good returns the values of the good records.
func good[T any](t *testing.T, kind, text string, c *Checked) (values []T) {
	t.Helper()
	table, err := opener(shipped(t)[kind], text)()
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range c.Good(table) {
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, *r.Value.(*T))
	}
	return values
}

const agentsHead = "募集人ID,氏名,氏名カナ,旧氏名,生年月日,性別,メールアドレス,ID取得日,強制停止フラグ\n"

func TestCheckReadsAgents(t *testing.T) {
	text := agentsHead +
		"ａ0001,　見本　太郎　,ミホン タロウ,,S60.1.2,1,taro@example.jp,2010-04-01,\n" +
		"A0002,見本花子,,試験花子,1990/3/4,女,,,無\n"
	c := check(t, "agents", text, testEnv)
	if diff := cmp.Diff([]string{"3 id_acquired_on id-acquired-missing"}, faultList(c.Faults)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	want := []pipeline.Agent{
		{
			ID: "A0001", Name: "見本　太郎", NameKana: "ミホン タロウ", BornOn: 19850102, Sex: "男",
			Email: "taro@example.jp", IDAcquiredOn: 20100401,
		},
		{ID: "A0002", Name: "見本花子", FormerName: "試験花子", BornOn: 19900304, Sex: "女", Suspended: pipeline.FlagNo},
	}
	if diff := cmp.Diff(want, good[pipeline.Agent](t, "agents", text, c)); diff != "" {
		t.Errorf("agents (-want +got):\n%s", diff)
	}
}

func TestCheckReportsAllFaultsOfARow(t *testing.T) {
	long := strings.Repeat("長", 61)
	text := agentsHead +
		",見本,,,2027-01-01,x,nobody,2018,maybe\n" + // row 2
		"A1," + long + ",,,1899-12-31,,,,\n" +
		"A2,見\u200b本,,,2000-02-30,,,2018-01-01,\n" +
		"A3,見本\n"
	c := check(t, "agents", text, testEnv)
	want := []string{
		"2 agent_id required", "2 born_on in-future", "2 sex unknown-value", "2 email bad-email",
		"2 id_acquired_on incomplete-date", "2 suspended bad-flag",
		"3 name too-long", "3 born_on too-early", "3 id_acquired_on id-acquired-missing",
		"4 name control-character", "4 born_on impossible-date",
		"5  cell-count",
	}
	if diff := cmp.Diff(want, faultList(c.Faults)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if c.RowsRead != 4 || c.Rejected != 4 || c.Refused != nil {
		t.Errorf("read %d, rejected %d, refused %v; want 4, 4 and no refusal", c.RowsRead, c.Rejected, c.Refused)
	}
	for _, f := range c.Faults {
		if f.JA == "" || f.EN == "" || f.File != "f.csv" || f.Code != source.CodeCellCount && f.Header == "" {
			t.Errorf("fault %s is incomplete: %+v", f.Code, f)
		}
	}
}

func TestCheckReadsExamResults(t *testing.T) {
	head := "募集人ID,氏名,生年月日,資格種類コード,合格管理コード,合否,合格判定日,資格有効期限年月日,次回受験予定年月,合格番号,資格取得会社,情報登載会社,登載日\n"
	text := head +
		"A1,見本,1985-01-02,k10,P1,1,R3.5.10,2026-05-31,R8.1,c-1,0101,,2021-06-01\n" +
		"A1,見本,1985-01-02,Q01,,修了,1999-05-10,無期限,,C2,,,\n" +
		"A1,見本,1985-01-02,K10,,不合格,2021-05-10,,,,,,\n" +
		"A1,見本,1985-01-02,K10,,不合格,2021-06-10,,,,,,\n" +
		"A1,見本,1985-01-02,K10,,取消,2021-05-10,,,C9,,,\n"
	c := check(t, "exam-results", text, testEnv)
	if len(c.Faults) > 0 {
		t.Errorf("faults: %q", faultList(c.Faults))
	}
	born := pipeline.MustDate("1985-01-02")
	want := []ExamResult{
		{
			AgentID: "A1", Name: "見本", BornOn: born, Code: "K10", PassCode: "P1", Result: "合格", JudgedOn: 20210510,
			ExpiresOn: 20260531, NextExam: 202601, CertificateNo: "C-1", AcquiredAt: "0101", PostedOn: 20210601,
		},
		{AgentID: "A1", Name: "見本", BornOn: born, Code: "Q01", Result: "修了", JudgedOn: 19990510, Unlimited: true, CertificateNo: "C2"},
		{AgentID: "A1", Name: "見本", BornOn: born, Code: "K10", Result: "不合格", JudgedOn: 20210510},
		{AgentID: "A1", Name: "見本", BornOn: born, Code: "K10", Result: "不合格", JudgedOn: 20210610},
		{AgentID: "A1", Name: "見本", BornOn: born, Code: "K10", Result: "取消", JudgedOn: 20210510, CertificateNo: "C9"},
	}
	if diff := cmp.Diff(want, good[ExamResult](t, "exam-results", text, c)); diff != "" {
		t.Errorf("exam results (-want +got):\n%s", diff)
	}
}

func TestCheckJudgesExamResults(t *testing.T) {
	head := "募集人ID,氏名,生年月日,資格種類コード,合否,合格判定日,資格有効期限年月日,合格番号,登載日\n"
	initial := testEnv
	initial.Initial = true
	tests := []struct {
		name, row string
		env       Env
		want      []string
	}{
		{"unknown code", "K99,合格,2021-05-10,,C1,", testEnv, []string{"2 qualification unknown-qualification"}},
		{"judged tomorrow", "K10,合格,2026-11-22,,C1,", testEnv, []string{"2 judged_on in-future"}},
		{"judged today", "K10,合格,2026-11-21,,C1,", testEnv, nil},
		{"a pass without number", "K10,合格,2021-05-10,,,", testEnv, []string{"2 certificate_no required"}},
		{"a course without number", "K10,修了,2021-05-10,,,", testEnv, []string{"2 certificate_no required"}},
		{"a failure without number", "K10,0,2021-05-10,,,", testEnv, nil},
		{"ends before it began", "K10,合格,2021-05-10,2021-05-09,C1,", testEnv, []string{"2 expires_on expiry-before-judged"}},
		{"another end than by rule", "K10,合格,2021-05-10,2026-05-10,C1,", testEnv, []string{"2 expires_on expiry-differs"}},
		{"no end, but the rule has one", "K10,合格,2021-05-10,無期限,C1,", testEnv, []string{"2 expires_on expiry-differs"}},
		{"an end, but the rule has none", "Q01,合格,2021-05-10,2026-05-31,C1,", testEnv, []string{"2 expires_on expiry-differs"}},
		{"a new kind judged too early", "X01,修了,2011-09-30,,C1,", testEnv, []string{"2 judged_on judged-before-kind"}},
		{"a new kind on its first day", "X01,修了,2011-10-01,,C1,", testEnv, nil},
		{"posted before judged", "K10,合格,2021-05-10,,C1,2021-05-09", testEnv, []string{"2 posted_on posted-before-judged"}},
		{"posted tomorrow", "K10,合格,2021-05-10,,C1,2026-11-22", testEnv, []string{"2 posted_on later-than-as-of"}},
		{"first load without posting", "K10,合格,2021-05-10,,C1,", initial, []string{"2 posted_on posted-missing"}},
		{"first load of a failure", "K10,不合格,2021-05-10,,,", initial, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := check(t, "exam-results", head+"A1,見本,1985-01-02,"+tt.row+"\n", tt.env)
			if diff := cmp.Diff(tt.want, faultList(c.Faults)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckReadsRegistrations(t *testing.T) {
	head := "代理申請会社,非代理申請会社,代理店登録番号・記号,代理店名,事務所所在地,募集人ID,氏名,生年月日,役割,登録事由,登録事由発生年月日,廃止年月日,商品資格,備考\n"
	text := head +
		"0101,0303、0202／0303 0404,T-1,見本代理店,東京都,A1,見本,,使用人,登録,2020-04-01,,自動車/火災、自動車,\"一行目\n二行目\"\n" +
		"0101,,T-1,見本代理店,,A1,見本,,使用人,廃止,2020-05-01,,,\n" +
		"0101,,T-1,見本代理店,,A1,見本,,使用人,届出,2020-05-01,2020-04-30,,\n" +
		"0101,,T-1,見本代理店,,A1,見本,,使用人,廃止,2020-05-01,2020-04-30,,\n"
	env := testEnv
	env.Sender = "0101"
	c := check(t, "registrations", text, env)
	if diff := cmp.Diff([]string{"4 closed_on required", "5 closed_on closed-before-opened"}, faultList(c.Faults)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	want := []pipeline.RegistrationEvent{
		{
			AgencyNo: "T-1", AgentID: "A1", Role: "使用人", Event: "登録", On: 20200401, LeadInsurer: "0101",
			OtherInsurers: "0202 0303 0404", AgencyName: "見本代理店", AgencyAddress: "東京都",
			Lines: "自動車 火災", Note: "一行目\n二行目", Sender: "0101",
		},
		{
			AgencyNo: "T-1", AgentID: "A1", Role: "使用人", Event: "廃止", On: 20200501, ClosedOn: 20200430,
			LeadInsurer: "0101", AgencyName: "見本代理店", Sender: "0101",
		},
	}
	if diff := cmp.Diff(want, good[pipeline.RegistrationEvent](t, "registrations", text, c)); diff != "" {
		t.Errorf("registrations (-want +got):\n%s", diff)
	}
}

func TestCheckReadsActivities(t *testing.T) {
	text := "募集人ID,区分,発生日,実施者\n" +
		"A1,ログイン,2026-11-20T08:00:00,u1\n" +
		"A1,ログイン,2026-11-20T08:00:00,u1\n" +
		"A1,受験申込チェック５件,2026/11/22 0:10,\n" +
		"A1,問合せ,2026-11-20,\n"
	c := check(t, "activities", text, testEnv)
	if diff := cmp.Diff([]string{"4 occurred_on later-than-as-of", "5 activity unknown-value"}, faultList(c.Faults)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	want := []pipeline.Activity{
		{AgentID: "A1", On: 20261120, Kind: pipeline.ActivityLogin, Actor: "U1"},
		{AgentID: "A1", On: 20261120, Kind: pipeline.ActivityLogin, Actor: "U1"},
		{AgentID: "A1", On: 20261122, Kind: pipeline.ActivityCheck5},
	}
	if diff := cmp.Diff(want, good[pipeline.Activity](t, "activities", text, c)); diff != "" {
		t.Errorf("activities (-want +got):\n%s", diff)
	}
}

func TestCheckFindsRowsThatRepeatOrContradict(t *testing.T) {
	row := func(id, name string) string { return id + "," + name + ",,,2000-01-01,,,2018-01-01,\n" }
	tests := []struct {
		name, rows           string
		rejected, duplicates int
		faults               []string
		good                 int
	}{
		{"all different", row("A1", "甲") + row("A2", "甲"), 0, 0, nil, 2},
		{"said twice", row("A1", "甲") + row("a1", "甲 "), 0, 1, nil, 1},
		{"said differently", row("A1", "甲") + row("A2", "甲") + row("A1", "乙"), 2, 0, []string{"2 agent_id duplicate-key", "4 agent_id duplicate-key"}, 1},
		{
			"said twice and differently", row("A1", "甲") + row("A1", "甲") + row("A1", "乙"), 3, 0,
			[]string{"2 agent_id duplicate-key", "3 agent_id duplicate-key", "4 agent_id duplicate-key"},
			0,
		},
		{"a bad row contradicts nobody", row("A1", "甲") + "A1,乙,,,2000-13-01,,,2018-01-01,\n", 1, 0, []string{"3 born_on impossible-date"}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := agentsHead + tt.rows
			c := check(t, "agents", text, testEnv)
			if c.Rejected != tt.rejected || c.Duplicates != tt.duplicates {
				t.Errorf("rejected %d, duplicates %d; want %d, %d", c.Rejected, c.Duplicates, tt.rejected, tt.duplicates)
			}
			if diff := cmp.Diff(tt.faults, faultList(c.Faults)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
			if n := len(good[pipeline.Agent](t, "agents", text, c)); n != tt.good || n != c.RowsRead-c.Rejected-c.Duplicates {
				t.Errorf("%d good rows, want %d", n, tt.good)
			}
		})
	}
}

func TestCheckHeader(t *testing.T) {
	row := "A1,見本,2000-01-01\n"
	tests := []struct {
		name, text string
		refused    pipeline.Code
		faults     []string
	}{
		{"any order and width", "生年 月日,ＩＤ,氏　名,募集人id\n2000-01-01,9,見本,A1\n", "", []string{"0 ＩＤ unknown-column"}},
		{"line break in a header", "\"募集人\nID\",氏名,生年月日\n" + row, "", nil},
		{"another spelling", "募集人コード,氏名（漢字）,生年月日\n" + row, "", nil},
		{"unknown column", "募集人ID,氏名,生年月日,趣味\nA1,見本,2000-01-01,x\n", "", []string{"0 趣味 unknown-column"}},
		{"a returned file", "募集人ID,氏名,生年月日,エラー,エラー内容\nA1,見本,2000-01-01,x,y\n", "", nil},
		{"required column missing", "募集人ID,氏名\nA1,見本\n", CodeMissingColumn, []string{"0 born_on missing-column"}},
		{"doubled", "募集人ID,氏名,生年月日,氏名\nA1,見本,2000-01-01,見本\n", CodeDoubledColumn, []string{"0 name doubled-column"}},
		{"doubled by another spelling", "募集人ID,氏名,生年月日,募集人氏名\nA1,見本,2000-01-01,見本\n", CodeDoubledColumn, []string{"0 name doubled-column"}},
		{"an unknown column doubled", "募集人ID,氏名,生年月日,趣味,趣味\nA1,見本,2000-01-01,x,y\n", CodeDoubledColumn, []string{"0 趣味 doubled-column"}},
		{"no header at all", "x,y\n1,2\n", source.CodeNoHeader, []string{"0  no-header-row"}},
		{"titles above", "募集人一覧,,\n,,\n募集人ID,氏名,生年月日\n" + row, "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := check(t, "agents", tt.text, testEnv)
			var refused pipeline.Code
			if c.Refused != nil {
				refused = c.Refused.Code
			}
			if refused != tt.refused {
				t.Errorf("refused %q, want %q", refused, tt.refused)
			}
			if diff := cmp.Diff(tt.faults, faultList(c.Faults)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// One character that cannot be read is one fault, with its byte and its column.
func TestDamagedCharactersAreToldOnce(t *testing.T) {
	head := "趣味,募集人ID,氏名,生年月日,氏名カナ\n"
	tests := []struct {
		name, rows string
		faults     []string
	}{
		{"a byte that is no character", ",A1,見\xff本,2000-01-01,\n", []string{"2 name bad-bytes"}},
		{"a replacement character", ",A1,見\uFFFD本,2000-01-01,\n", []string{"2 name bad-bytes"}},
		{"a NUL", ",A1,見\x00本,2000-01-01,\n", []string{"2 name nul-byte"}},
		{"in a date", ",A1,見本,2000-01\xff-01,\n", []string{"2 born_on bad-bytes"}},
		{"in two columns", ",A1,見\xff本,2000-01-01,ミ\xffホン\n", []string{"2 name bad-bytes", "2 name_kana control-character"}},
		{"beside another fault", ",,見\xff本,2000-13-01,\n", []string{"2 name bad-bytes", "2 agent_id required", "2 born_on impossible-date"}},
		{"in a column that is not read", "\xff,A1,見本,2000-01-01,\n", []string{"2  bad-bytes"}},
		{"a control character that is text", ",A1,見\x01本,2000-01-01,\n", []string{"2 name control-character"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := check(t, "agents", head+tt.rows, testEnv)
			if diff := cmp.Diff(append([]string{"0 趣味 unknown-column"}, tt.faults...), faultList(c.Faults)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMissingColumnsAreNamed(t *testing.T) {
	c := check(t, "agents", "名簿\n募集人ID,氏名,性別\nA1,見本,男\n", testEnv)
	want := "f.csv「生年月日」: 必須の見出し「生年月日」がありません。見出しを直して、ファイル全体を送り直してください。"
	if c.Refused == nil || c.Refused.MessageJA() != want {
		t.Errorf("refusal %+v, want %s", c.Refused, want)
	}
}

func TestCheckTrailer(t *testing.T) {
	rows := "A1,見本,2000-01-01\nA2,見本,2000-01-01\n"
	tests := []struct {
		name, end string
		refused   pipeline.Code
		read      int
	}{
		{"agrees", "件数,2,\n", "", 2},
		{"agrees with fewer cells", "件数,2\n", "", 2},
		{"in one cell", "合計：２件,,\n", "", 2},
		{"at the end of the row", ",合計,2\n", "", 2},
		{"says more", "件数,3,\n", CodeTrailerMismatch, 2},
		{"a number in thousands", "件数,1,234\n", CodeTrailerMismatch, 2},
		{"says fewer", "合計,1\n", CodeTrailerMismatch, 2},
		{"not the last row", "件数,2,\nA3,見本,2000-01-01\n", "", 4},
		{"a second trailer counts the first", "件数,2,\n件数,3,\n", "", 3},
		{"blank rows behind", "件数,2,\n,,\n\n", "", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := check(t, "agents", "募集人ID,氏名,生年月日\n"+rows+tt.end, testEnv)
			var refused pipeline.Code
			if c.Refused != nil {
				refused = c.Refused.Code
			}
			if refused != tt.refused || c.RowsRead != tt.read {
				t.Errorf("refused %q after %d rows, want %q after %d", refused, c.RowsRead, tt.refused, tt.read)
			}
		})
	}
}

func TestLimitNeedsBothParts(t *testing.T) {
	tests := []struct {
		rows, rejected int
		want           bool
	}{
		{10, 10, false}, {20, 20, false}, {21, 21, true}, {420, 21, false}, {419, 21, true}, {400, 20, false}, {0, 0, false},
	}
	for _, tt := range tests {
		if got := DefaultLimit.Exceeded(tt.rows, tt.rejected); got != tt.want {
			t.Errorf("%d of %d rejected: exceeded %t, want %t", tt.rejected, tt.rows, got, tt.want)
		}
	}
}

func TestCheckRefusesAFileAboveTheLimit(t *testing.T) {
	text := agentsHead + strings.Repeat(",見本,,,2000-01-01,,,2018-01-01,\n", 21)
	c := check(t, "agents", text, testEnv)
	if c.Refused == nil || c.Refused.Code != CodeTooManyRejects || c.Counts[CodeRequired] != 21 {
		t.Errorf("refusal %v with %v", c.Refused, c.Counts)
	}
}

// What the register says may reject rows after the file itself was found good.
func TestRejectedRowsAreNotGood(t *testing.T) {
	text := agentsHead + "A1,見本,,,2000-01-01,,,2018-01-01,\nA2,見本,,,2000-01-01,,,2018-01-01,\n"
	c := check(t, "agents", text, testEnv)
	table, err := opener(shipped(t)["agents"], text)()
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range c.Good(table) {
		if err != nil {
			t.Fatal(err)
		}
		f := mergeFault(CodeIDAcquiredDiffers)
		if r.Row == 3 {
			f = mergeFault(CodeStopLifted)
		}
		Locate(r, f)
		c.Reject(r, f)
	}
	c.Judge()
	c.Finish()
	if got := good[pipeline.Agent](t, "agents", text, c); len(got) != 1 || got[0].ID != "A2" || c.Rejected != 1 {
		t.Errorf("good rows %v, %d rejected; want A2 alone", got, c.Rejected)
	}
	want := []string{"2 id_acquired_on id-acquired-differs", "3 suspended stop-lifted"}
	if diff := cmp.Diff(want, faultList(c.Faults)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

// Whatever a file holds, its rows add up, and good rows are those not faulted.
func FuzzCheck(f *testing.F) {
	head := "募集人ID,氏名,生年月日,資格種類コード,合否,合格判定日,資格有効期限年月日,合格番号,登載日\n"
	f.Add(head + "A1,見本,H1.1.8,K10,1,R3.5.10,無期限,C1,\nA1,見本,H1.1.8,K10,1,R3.5.10,,C1,\n件数,2\n")
	f.Add(head + "A1,見本,1989-01-08,K10,不合格,2021-05-10,,,\n\n,,,,,,,,\n\"a")
	f.Add("募集人ID,氏名,氏名\n")
	l := shipped(f)["exam-results"]
	f.Fuzz(func(t *testing.T, text string) {
		c, err := l.Check(opener(l, text), testEnv)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(c.Faults, func(a, b *pipeline.Fault) int { return a.Row - b.Row }) {
			t.Fatalf("faults out of order: %q", faultList(c.Faults))
		}
		if c.Refused != nil {
			return
		}
		wrong := map[int]bool{}
		for _, f := range c.Faults {
			wrong[f.Row] = wrong[f.Row] || f.Severity == pipeline.SeverityError
		}
		table, err := opener(l, text)()
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for r, err := range c.Good(table) {
			if err != nil {
				t.Fatal(err)
			}
			if wrong[r.Row] || r.Value.(*ExamResult).AgentID == "" {
				t.Fatalf("row %d is good despite %q", r.Row, faultList(c.Faults))
			}
			n++
		}
		if n+c.Rejected+c.Duplicates != c.RowsRead {
			t.Fatalf("%d good, %d rejected, %d duplicates of %d rows", n, c.Rejected, c.Duplicates, c.RowsRead)
		}
	})
}

func TestCheckPassesErrorsOfTheWorldOn(t *testing.T) {
	broken := errors.New("disk on fire")
	_, err := shipped(t)["agents"].Check(func() (*source.Table, error) { return nil, broken }, testEnv)
	if !errors.Is(err, broken) {
		t.Errorf("Check: %v, want %v", err, broken)
	}
}

func TestRecordKnowsWhatWasWritten(t *testing.T) {
	l := shipped(t)["agents"]
	table, err := opener(l, "募集人ID,氏名,生年月日,性別\nA1,見本,2000-01-01,\n")()
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range l.Records(table, testEnv) {
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"agent_id", "name", "born_on"}, r.Columns()); diff != "" {
			t.Errorf("written columns (-want +got):\n%s", diff)
		}
		if r.Wrote("sex") || r.Wrote("email") || r.Wrote("nothing") || !r.Wrote("name") {
			t.Error("Wrote disagrees with Columns")
		}
	}
}
