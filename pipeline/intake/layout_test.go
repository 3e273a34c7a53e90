package intake

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"meibo/pipeline"
)

func shipped(t testing.TB) Layouts {
	t.Helper()
	ls, err := LoadLayouts()
	if err != nil {
		t.Fatal(err)
	}
	return ls
}

func TestShippedLayoutsLoad(t *testing.T) {
	kinds := shipped(t).Kinds()
	for _, want := range []string{"activities", "agents", "bulk-inquiries", "corrections", "exam-results", "inquiries", "managers", "registrations", "reviews", "staff"} {
		if !slices.Contains(kinds, want) {
			t.Errorf("no layout of kind %s among %v", want, kinds)
		}
	}
}

func TestLayoutsSayWhoMaySend(t *testing.T) {
	ls := shipped(t)
	tests := []struct {
		kind, sender string
		insurer      bool
		want         bool
	}{
		{"agents", "association", false, true},
		{"agents", "0101", true, false},
		{"exam-results", "exam-center", false, true},
		{"exam-results", "0101", true, true},
		{"registrations", "0101", true, true},
		{"registrations", "association", false, false},
		{"activities", "contact-center", false, true},
		{"inquiries", "association", false, true},
		{"inquiries", "0101", true, false},
		{"bulk-inquiries", "0101", true, true},
		{"bulk-inquiries", "association", false, false},
		{"corrections", "association", false, true},
		{"corrections", "0101", true, true},
		{"corrections", "exam-center", false, false},
		{"staff", "association", false, true},
		{"staff", "0101", true, false},
		{"activities", "insurer", false, false}, // a folder of that name is nobody's
	}
	for _, tt := range tests {
		if got := ls[tt.kind].AllowsSender(tt.sender, tt.insurer); got != tt.want {
			t.Errorf("%s from %s: allowed %t, want %t", tt.kind, tt.sender, got, tt.want)
		}
	}
}

const head = "kind: k\ntitle: 題\nsenders: [association]\nformat: csv\nrecord: values\n"

func TestParseLayoutRefuses(t *testing.T) {
	const column = "columns:\n  - {header: 名, key: n, type: text, max: 9}\n"
	tests := []struct{ name, text, want string }{
		{"an unknown key, by its line", head + "repeats: true\ncolour: red\n" + column, "[7:1] unknown field"},
		{"an unknown key in a column", head + "repeats: true\ncolumns:\n  - {header: 名, key: n, typ: text}\n", "typ"},
		{"no key and no repeats", head + column, "repeats"},
		{"a key that is no column", head + "key: [m]\n" + column, `no column "m"`},
		{"an unknown type", head + "key: [n]\ncolumns:\n  - {header: 名, key: n, type: colour}\n", "no such type"},
		{"text without length", head + "key: [n]\ncolumns:\n  - {header: 名, key: n, type: text}\n", "needs max"},
		{"a date with length", head + "key: [n]\ncolumns:\n  - {header: 名, key: n, type: date, max: 9}\n", "has no max"},
		{"an enum without values", head + "key: [n]\ncolumns:\n  - {header: 名, key: n, type: enum}\n", "needs values"},
		{"a word twice", head + "key: [n]\ncolumns:\n  - {header: 名, key: n, type: enum, values: [{value: a}, {value: b, aliases: [Ａ]}]}\n", "stands twice"},
		{"a header twice", head + "key: [n]\n" + column + "  - {header: 他, key: o, aliases: [名], type: flag}\n", "is taken"},
		{"a column key twice", head + "key: [n]\n" + column + "  - {header: 他, key: n, type: flag}\n", "is taken"},
		{"an unknown sender", strings.Replace(head, "association", "nobody", 1) + "key: [n]\n" + column, "none of ours"},
		{"an unknown format", strings.Replace(head, "csv", "pdf", 1) + "key: [n]\n" + column, "want csv or xlsx"},
		{"an unknown record", strings.Replace(head, "values", "thing", 1) + "key: [n]\n" + column, "no such kind"},
		{"a record without its columns", strings.Replace(head, "values", "activity", 1) + "key: [n]\n" + column, "needs a column"},
		{"a condition on nothing", head + "key: [n]\n" + column + "  - {header: 他, key: o, type: flag, required_when: {column: x, in: [a]}}\n", "a condition needs"},
		{"a bound that is no date", head + "key: [n]\ncolumns:\n  - {header: 名, key: n, type: date, earliest: 1900-02-29}\n", "1900-02-29"},
		{"a bound of a text", head + "key: [n]\ncolumns:\n  - {header: 名, key: n, type: text, max: 9, future: error}\n", "for dates"},
		{"no columns", head + "key: [n]\n", "0 columns"},
		{"a share above all", head + "max_rejected: {percent: 101, rows: 1}\nkey: [n]\n" + column, "max_rejected"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseLayout([]byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("ParseLayout: %v, want something about %q", err, tt.want)
			}
		})
	}
}

func TestLayoutIsNamedAfterItsKind(t *testing.T) {
	fsys := fstest.MapFS{"layouts/other.yaml": {Data: []byte(head + "repeats: true\ncolumns:\n  - {header: 名, key: n, type: flag}\n")}}
	if _, err := ReadLayouts(fsys, "layouts"); err == nil || !strings.Contains(err.Error(), "file name says") {
		t.Errorf("ReadLayouts: %v", err)
	}
}

// A kind of file that meets the register in no way of its own is data alone.
func TestAKindOfFileCanBeDataAlone(t *testing.T) {
	l, err := ParseLayout([]byte(`
kind: managers
title: 管理者ID
clause: 要領 §5(2)
senders: [association, insurer]
format: csv
record: values
key: [kind, insurer, manager_id]
max_rejected: {percent: 0, rows: 0}
columns:
  - {header: 管理者種別, key: kind, type: enum, required: true, values: [{value: 特別管理者}, {value: 指定管理者}, {value: 一般管理者}]}
  - {header: 保険会社コード, key: insurer, type: id, required: true, max: 20, pad: 4}
  - {header: 管理者ID, key: manager_id, type: id, max: 20, required_when: {column: kind, in: [指定管理者, 一般管理者]}, empty_when: {column: kind, in: [特別管理者]}}
  - {header: パスワード, key: password, type: secret, max: 64, empty_when: {column: kind, in: [特別管理者]}}
  - {header: 経路, key: ways, type: list, max: 40, values: [{value: 電話, aliases: [TEL]}, {value: 書面}]}
  - {header: 人数, key: people, type: integer}
  - {header: 開始, key: since, type: date, unlimited: [未定]}
  - {header: 月, key: month, type: year-month}
  - {header: 停止, key: stopped, type: flag}
`))
	if err != nil {
		t.Fatal(err)
	}
	text := "管理者種別,保険会社コード,管理者ID,パスワード,経路,人数,開始,月,停止\n" +
		"指定管理者,0101,m 1,Secret,tel、書面 TEL,１２,未定,R8.4,○\n" +
		"特別管理者,0101,M2,x,,,,,\n" +
		"一般管理者,0101,,,手紙,-1,,,\n"
	c, err := l.Check(opener(l, text), testEnv)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"0  too-many-rejects", "3 manager_id must-be-empty", "3 password must-be-empty",
		"4 ways unknown-value", "4 people bad-number", "4 manager_id required",
	}
	if diff := cmp.Diff(want, faultList(c.Faults)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	table, err := opener(l, text)()
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range c.Good(table) {
		if err != nil {
			t.Fatal(err)
		}
		v := r.Value.(*Values)
		got := []any{v.Text("manager_id"), v.Text("password"), v.Text("ways"), v.Integer("people"), v.Date("since"), v.Text("since"), v.Month("month").String(), v.Flag("stopped")}
		want := []any{"M1", "Secret", "電話 書面", 12, pipeline.Date(0), "未定", "2026-04", pipeline.FlagYes}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("values (-want +got):\n%s", diff)
		}
	}
}

// However a sender sets a header, it is found; and no header is two columns.
func FuzzHeader(f *testing.F) {
	for _, s := range []string{"募集人ID", "ｴﾗｰ", "氏\n名", "＊", "生年月日\u3000", "\xff", ""} {
		f.Add(s)
	}
	l := shipped(f)["agents"]
	f.Fuzz(func(t *testing.T, text string) {
		cells := []string{text, "募集人ID", "氏名", "生年月日"}
		if !l.IsHeader(cells) || l.IsHeader(cells[:3]) && foldWord(text) != "生年月日" {
			t.Fatalf("IsHeader with %q", text)
		}
		if again := foldWord(foldWord(text)); again != foldWord(text) {
			t.Fatalf("foldWord(%q) is not stable: %q, then %q", text, foldWord(text), again)
		}
	})
}
