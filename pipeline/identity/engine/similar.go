package engine

import "strings"

// near reports whether two forms are one but for a slip: a letter more, less,
// other or out of place, a look-alike, a short form of a Latin name. Two
// letters tell too little to be near each other.
func (f *forms) near(a, b uint32) bool {
	if f.skel[a] == f.skel[b] {
		return true
	}
	x, y := f.of(a), f.of(b)
	if min(len(x), len(y)) < 3 {
		return false
	}
	if oneSlip(x, y) {
		return true
	}
	if f.latin[a] && f.latin[b] && isPrefix(x, y) {
		return true
	}
	return min(len(x), len(y)) >= 5 && !(f.common[a] && f.common[b]) && jaroWinkler(x, y) >= 0.9
}

// findCommon notes the forms that so many records bear that they are no slips:
// michael and michelle are two names, though they look alike.
func (c *Columns) findCommon() {
	bearers := make([]int, c.forms.len())
	for i := range c.rows {
		w := &c.rows[i]
		for _, f := range [4]uint32{w.fam, w.giv, w.kfam, w.kgiv} {
			bearers[f]++
		}
	}
	c.forms.common = make([]bool, len(bearers))
	for f := 1; f < len(bearers); f++ {
		c.forms.common[f] = bearers[f] >= max(5, len(c.rows)/2000)
	}
}

func isPrefix(x, y []rune) bool {
	n := min(len(x), len(y))
	for i := range n {
		if x[i] != y[i] {
			return false
		}
	}
	return true
}

// oneSlip reports whether one edit, or two neighbours changing places, makes x
// of y.
func oneSlip[E comparable](x, y []E) bool {
	x, y = trimmed(x, y)
	switch {
	case len(x) <= 1 && len(y) <= 1:
		return true
	case len(x) == 2 && len(y) == 2:
		return x[0] == y[1] && x[1] == y[0]
	}
	return false
}

// trimmed drops what two texts have in common at their beginnings and ends.
func trimmed[E comparable](x, y []E) (a, b []E) {
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	return x, y
}

// jaroWinkler is the usual measure, 0 to 1, for texts of up to 64 letters;
// longer ones count as different.
func jaroWinkler(x, y []rune) float64 {
	if len(x) > 64 || len(y) > 64 || len(x) == 0 || len(y) == 0 {
		return 0
	}
	reach := max(max(len(x), len(y))/2-1, 0)
	var inX, inY uint64
	common := 0
	for i, r := range x {
		for j := max(0, i-reach); j < min(len(y), i+reach+1); j++ {
			if inY>>j&1 == 0 && y[j] == r {
				inX, inY = inX|1<<i, inY|1<<j
				common++
				break
			}
		}
	}
	if common == 0 {
		return 0
	}
	out, j := 0, 0
	for i, r := range x {
		if inX>>i&1 == 0 {
			continue
		}
		for inY>>j&1 == 0 {
			j++
		}
		if y[j] != r {
			out++
		}
		j++
	}
	m := float64(common)
	jaro := (m/float64(len(x)) + m/float64(len(y)) + (m-float64(out/2))/m) / 3
	prefix := 0
	for prefix < min(4, len(x), len(y)) && x[prefix] == y[prefix] {
		prefix++
	}
	return jaro + float64(prefix)*0.1*(1-jaro)
}

// localPart is what stands before the @.
func localPart(mail string) string {
	if i := strings.LastIndexByte(mail, '@'); i >= 0 {
		return mail[:i]
	}
	return mail
}

// similarMail reports whether two local parts differ in one spot of at most two
// letters.
func similarMail(x, y []byte) bool {
	if min(len(x), len(y)) < 5 || max(len(x), len(y)) > min(len(x), len(y))+2 {
		return false
	}
	x, y = trimmed(x, y)
	return len(x) <= 2 && len(y) <= 2
}
