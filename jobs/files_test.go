package jobs_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// Headers of hand-made files, as inputs.md names them.
const (
	agentHeader        = "募集人ID,氏名,氏名カナ,旧氏名,生年月日,性別,メールアドレス,ID取得日,強制停止フラグ"
	examHeader         = "募集人ID,氏名,生年月日,資格種類コード,合否,合格判定日,資格有効期限年月日,合格番号,登載日"
	activityHeader     = "募集人ID,区分,発生日,実施者"
	registrationHeader = "代理申請会社,非代理申請会社,代理店登録番号,代理店名,募集人ID,氏名,生年月日,役割,登録事由,登録事由発生年月日,廃止年月日,商品資格"
)

// table is a CSV file of that header and rows; cells are parted by commas.
func table(header string, rows ...string) string {
	return header + "\n" + strings.Join(rows, "\n") + "\n"
}

// workbook is an XLSX file of that header and rows.
func workbook(t testing.TB, header string, rows ...string) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, line := range append([]string{header}, rows...) {
		cells, err := csv.NewReader(strings.NewReader(line)).Read()
		must(t, err)
		must(t, f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &cells))
	}
	var b bytes.Buffer
	_, err := f.WriteTo(&b)
	must(t, err)
	return b.String()
}

// agent is a row of an agents file: somebody without history, born in 1980.
func agent(id string) string {
	return fmt.Sprintf("%s,試験 %s,,,1980-04-01,,,2026-05-10,", id, strings.ToLower(id))
}

// exam is a row of an exam-results file: a pass of the base unit.
func exam(id, kind, judged string) string {
	return fmt.Sprintf("%s,試験 %s,1980-04-01,%s,合格,%s,,%s-%s,%[4]s", id, strings.ToLower(id), kind, judged, kind, id)
}

// registration is a row of a registrations file.
func registration(lead, others, agency, id, event, on, closed string) string {
	return fmt.Sprintf("%s,%s,%s,代理店%[3]s,%s,試験 %s,1980-04-01,使用人,%s,%s,%s,自動車", lead, others, agency, id, strings.ToLower(id), event, on, closed)
}

// smallInbox puts three small nights into the inbox: every kind of file, rows
// that are set aside, a refused file, one that came before, and files of more
// rows than a transaction takes.
func (p *place) smallInbox(t testing.TB) {
	t.Helper()
	first := []string{}
	for i := range 12 {
		first = append(first, agent(fmt.Sprintf("P%02d", i)))
	}
	p.put(t, "2026-11-19/association/agents_1.csv", table(agentHeader, first...))
	p.put(t, "2026-11-19/exam-center/exam-results_1.csv", table(examHeader,
		exam("P00", "K10", "2021-11-10"), exam("P01", "K10", "2016-11-20"), exam("LATER", "K10", "2022-01-10")))
	p.put(t, "2026-11-19/1001/registrations_1.xlsx", workbook(t, registrationHeader,
		registration("1001", "1002", "D1", "P00", "登録", "2020-04-01", ""),
		registration("1001", "1002", "D1", "P02", "登録", "2020-04-01", "2026-05-20"),
		registration("1001", "", "D2", "P03", "登録", "2021-04-01", "")))
	logins := "association/activities_1.csv"
	p.put(t, "2026-11-19/"+logins, table(activityHeader, "P04,ログイン,2026-11-05,"))

	p.put(t, "2026-11-20/association/agents_2.csv", table(agentHeader, agent("LATER"), "P05,試験 p05,,,1980-04-01,,,2020-01-01,", agent("P20")))
	p.put(t, "2026-11-20/exam-center/exam-results_2.csv", table(examHeader, exam("P05", "K11", "2026-11-18"), exam("NOBODY", "K10", "2026-11-18")))
	lead := workbook(t, registrationHeader,
		registration("1002", "1001", "D1", "P00", "変更", "2026-11-20", ""),
		registration("1002", "1001", "D1", "P06", "登録", "2026-11-20", ""),
		registration("1002", "", "D9", "P07", "変更", "2026-11-20", ""))
	p.put(t, "2026-11-20/1002/registrations_2.xlsx", lead)
	p.put(t, "2026-11-20/1001/registrations_2.xlsx", workbook(t, registrationHeader,
		registration("1001", "", "D2", "P03", "廃止", "2026-11-19", "2026-11-19"),
		registration("1001", "", "D2", "P08", "登録", "2026-11-20", "")))
	p.put(t, "2026-11-20/1003/registrations_2.xlsx", lead[:len(lead)/2])
	p.put(t, "2026-11-20/association/activities_1_again.csv", table(activityHeader, "P04,ログイン,2026-11-05,"))
	var many []string
	for d := day("2018-01-01"); len(many) < 2500; d = d.AddDays(1) {
		many = append(many, fmt.Sprintf("P%02d,照会,%s,", len(many)%12, d))
	}
	p.put(t, "2026-11-20/contact-center/activities_2.csv", table(activityHeader, many...))

	p.put(t, "2026-11-21/1003/registrations_2.xlsx", lead)
	p.put(t, "2026-11-21/exam-center/exam-results_1.csv", table(examHeader,
		exam("P00", "K10", "2021-11-10"), exam("P01", "K10", "2016-11-20"), exam("LATER", "K10", "2022-01-10")))
	p.put(t, "2026-11-21/association/activities_3.csv", table(activityHeader, "P09,ログイン,2026-11-06,"))
}
