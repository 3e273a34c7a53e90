package intake

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

// workbook writes rows to the first sheet. Cells that are float64 with a
// format get that number format.
func workbook(t *testing.T, rows [][]any, formats map[string]int) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.SetSheetRow("Sheet1", cell, &row); err != nil {
			t.Fatal(err)
		}
	}
	for cell, format := range formats {
		style, err := f.NewStyle(&excelize.Style{NumFmt: format})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.SetCellStyle("Sheet1", cell, cell, style); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What a spreadsheet makes of dates and numbers is undone or refused, never guessed.
func TestCheckReadsCellsOfWorkbooks(t *testing.T) {
	const isoDate, general = 14, 0
	rows := [][]any{
		{"登録・届出一覧"},
		{
			"代理申請会社", "非代理申請会社", "代理店登録番号", "代理店名", "募集人ID", "氏名",
			"生年月日", "役割", "登録事由", "登録事由発生年月日", "廃止年月日", "備考",
		},
		{101, 202, 4567, "見本代理店", 123456789012345, "見本", 20180401, "使用人", "登録", 43395.5, nil, 1.5},
		{"0101", "", "T1", "見本代理店", 1.5, "見本", 2018, "使用人", "登録", 43395, "無", ""},
		{"0101", "", 45000, "見本代理店", 1234567890123456, "見本", 60, "使用人", "登録", 0.5, 73051, true},
		{"件数", 3},
	}
	data := workbook(t, rows, map[string]int{
		"J3": isoDate, "J4": general, "C5": isoDate, "G5": isoDate, "J5": isoDate, "K5": isoDate,
	})
	l := shipped(t)["registrations"]
	open := func() (*source.Table, error) {
		return l.Open(bytes.NewReader(data), int64(len(data)), "f.xlsx", source.Options{})
	}
	c, err := l.Check(open, testEnv)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"3 lead_insurer padded", "3 other_insurers padded",
		"4 agent_id inexact-number", "4 born_on number-as-date", "4 event_on number-as-date", "4 closed_on bad-date",
		"5 agency_no turned-into-date", "5 agent_id inexact-number", "5 born_on impossible-date",
		"5 event_on number-as-date", "5 closed_on number-as-date",
	}
	if diff := cmp.Diff(want, faultList(c.Faults)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if c.RowsRead != 3 || c.Refused != nil {
		t.Errorf("read %d rows, refused %v", c.RowsRead, c.Refused)
	}
	table, err := open()
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range c.Good(table) {
		if err != nil {
			t.Fatal(err)
		}
		want := &pipeline.RegistrationEvent{
			AgencyNo: "4567", AgentID: "123456789012345", Role: "使用人", Event: "登録", On: 20181022, LeadInsurer: "0101",
			OtherInsurers: "0202", AgencyName: "見本代理店", Note: "1.5", Sender: "exam-center",
		}
		if diff := cmp.Diff(want, r.Value); diff != "" {
			t.Errorf("record (-want +got):\n%s", diff)
		}
		if r.Sheet != "Sheet1" || r.Row != 3 || r.BornOn != 20180401 {
			t.Errorf("record at %s, born on %s", r.Origin, r.BornOn)
		}
	}
}

func TestColumnsReadCellsByTheirKind(t *testing.T) {
	id := &Column{Type: TypeID, Max: 20}
	month := &Column{Type: TypeYearMonth}
	flag := &Column{Type: TypeFlag}
	text := &Column{Type: TypeText, Max: 20}
	tests := []struct {
		name   string
		column *Column
		text   string
		kind   source.CellKind
		want   value
		code   pipeline.Code
	}{
		{"an ID with an exponent", id, "1.23456789012346E+18", source.Number, value{}, CodeInexactNumber},
		{"an ID that became a date", id, "43395", source.DateNumber, value{}, CodeTurnedIntoDate},
		{"a negative ID", id, "-12", source.Number, value{}, CodeInexactNumber},
		{"digits as text keep their zeros", id, "0012", source.Text, value{text: "0012"}, ""},
		{"a month that became a day", month, "46508", source.DateNumber, value{n: 202705}, ""},
		{"a month in six digits", month, "202705", source.Number, value{n: 202705}, ""},
		{"TRUE", flag, "TRUE", source.Bool, value{n: int32(pipeline.FlagYes)}, ""},
		{"0", flag, "0", source.Number, value{n: int32(pipeline.FlagNo)}, ""},
		{"a text with an exponent", text, "1E5", source.Number, value{}, CodeInexactNumber},
		{"a text that became a date", text, "43395", source.DateNumber, value{}, CodeTurnedIntoDate},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, f := tt.column.read(tt.text, tt.kind, false)
			var code pipeline.Code
			if f != nil {
				code = f.Code
			}
			if got != tt.want || code != tt.code {
				t.Errorf("read(%s) = %+v, %s; want %+v, %s", tt.text, got, code, tt.want, tt.code)
			}
		})
	}
}
