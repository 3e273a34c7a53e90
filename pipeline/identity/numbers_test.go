package identity

import "testing"

func TestNumberKey(t *testing.T) {
	for _, x := range []struct{ what, number, want string }{
		{"as it is", "K1019000123", "K1019000123"},
		{"full width, small, blanks", " ｋ10－19 ", "K10-19"},
		{"one letter and one digit", "H-1", "H-1"},
		{"two digits", "10", "10"},
		{"nothing", "", ""},
		{"unknown", "不明", ""},
		{"none", "なし", ""},
		{"not available", "N/A", ""},
		{"a stroke", "－", ""},
		{"letters over and over", "XXXXXXXX", ""},
		{"zeros", "0000000000", ""},
		{"nines, full width", "９９９９", ""},
		{"nines in groups", "99-9999", ""},
		{"one digit", "1", ""},
	} {
		if got := NumberKey(x.number); got != x.want {
			t.Errorf("%s: NumberKey(%q) = %q, want %q", x.what, x.number, got, x.want)
		}
	}
	if a, b := NumberKey("Ｋ1 2"), NumberKey("k12"); a != b {
		t.Errorf("width, case and blanks tell %q from %q", a, b)
	}
}
