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

// cellRef reads a reference such as AB12, counted from 1, within what Excel holds.
func cellRef(b []byte) (col, row int, ok bool) {
	i := 0
	for ; i < len(b) && i < 4 && b[i] >= 'A' && b[i] <= 'Z'; i++ {
		col = col*26 + int(b[i]-'A') + 1
	}
	row, ok = atoi(b[i:])
	return col, row, ok && col >= 1 && col <= maxColumn && row >= 1 && row <= maxRow
}

// atoi reads up to nine digits without sign or leading zero.
func atoi(b []byte) (n int, ok bool) {
	if len(b) == 0 || len(b) > 9 || b[0] == '0' && len(b) > 1 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// isNumber reports whether b is a number as workbooks store it: 12, -0.5, 1.8E3.
func isNumber(b []byte) bool {
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		b = b[1:]
	}
	whole := countDigits(b)
	b = b[whole:]
	fraction := 0
	if len(b) > 0 && b[0] == '.' {
		fraction = countDigits(b[1:])
		b = b[1+fraction:]
	}
	if whole+fraction == 0 {
		return false
	}
	if len(b) == 0 {
		return true
	}
	if b[0] != 'E' && b[0] != 'e' {
		return false
	}
	b = b[1:]
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		b = b[1:]
	}
	return len(b) > 0 && countDigits(b) == len(b)
}

func countDigits(b []byte) int {
	for i, c := range b {
		if c < '0' || c > '9' {
			return i
		}
	}
	return len(b)
}
