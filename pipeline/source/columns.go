package source

// columnName returns the letters of a column counted from 0: A, Z, AA.
func columnName(i int) string {
	var b [8]byte
	at := len(b)
	for i++; i > 0; i = (i - 1) / 26 {
		at--
		b[at] = byte('A' + (i-1)%26)
	}
	return string(b[at:])
}

// blankColumns lists the columns without a header.
func blankColumns(header []string) []int {
	var out []int
	for i, h := range header {
		if blank(h) {
			out = append(out, i)
		}
	}
	return out
}
