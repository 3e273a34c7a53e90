package source

import "testing"

func TestIsDateFormat(t *testing.T) {
	dates := []string{
		"yyyy/mm/dd", "yyyy/mm/dd;@", `[$-411]ge.m.d;@`, `[$-F800]dddd\,\ mmmm\ dd\,\ yyyy`, `yyyy"年"m"月"d"日"`,
		"h:mm", "[h]:mm", "[ss]", "mm:ss.0", "aaa", "aaaa", "e/m/d", `ggge"年"`, "m/d/yy h:mm AM/PM", "yyyy!/mm",
	}
	for _, f := range dates {
		if !isDateFormat(f) {
			t.Errorf("%s is a date format", f)
		}
	}
	others := []string{
		"General", "G/標準", "0", "#,##0.00", "0.00E+00", "##0.0e-0", "@", `0"年"`, `"d"0`, "[Red]0", `[$¥-411]#,##0`,
		`0\d`, "0_d", "*d0", "0!m", "#,##0;[Red]-#,##0", `[DBNum1]0`, `"year`, "",
	}
	for _, f := range others {
		if isDateFormat(f) {
			t.Errorf("%s is no date format", f)
		}
	}
}

func TestIsBuiltinDate(t *testing.T) {
	for id, want := range map[int]bool{0: false, 13: false, 14: true, 22: true, 23: false, 27: true, 36: true, 37: false, 44: false, 45: true, 47: true, 49: false, 50: true, 58: true, 59: false} {
		if isBuiltinDate(id) != want {
			t.Errorf("format %d: date %v, want %v", id, !want, want)
		}
	}
}

func TestIsNumber(t *testing.T) {
	for _, s := range []string{"0", "-1", "+1", "1.5", ".5", "5.", "1E3", "1.8E3", "1e-300", "1234567890123456789"} {
		if !isNumber([]byte(s)) {
			t.Errorf("%q is a number", s)
		}
	}
	for _, s := range []string{"", "-", ".", "1E", "E3", "1,000", "0x1", "NaN", "Inf", "1 2", "１", "--1", "1.2.3"} {
		if isNumber([]byte(s)) {
			t.Errorf("%q is no number", s)
		}
	}
}

func TestColumnNamesAndReferences(t *testing.T) {
	for i, name := range map[int]string{0: "A", 25: "Z", 26: "AA", 701: "ZZ", 702: "AAA", 16383: "XFD"} {
		if got := columnName(i); got != name {
			t.Errorf("column %d is %s, want %s", i, got, name)
		}
		if col, row, ok := cellRef([]byte(name + "12")); !ok || col != i+1 || row != 12 {
			t.Errorf("%s12 is column %d row %d %v", name, col, row, ok)
		}
	}
	for _, ref := range []string{"", "A", "1", "A0", "A01", "a1", "XFE1", "AAAA1", "A1048577", "A-1", "$A$1"} {
		if _, _, ok := cellRef([]byte(ref)); ok {
			t.Errorf("%q is no reference", ref)
		}
	}
}
