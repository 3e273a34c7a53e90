package engine

import "meibo/pipeline"

// packDate writes the digits of a day as nibbles, 0x19800401, so that differing
// digits are counted by XOR. Days that do not exist pack as well: a slip of the
// pen is still like the day that was meant.
func packDate(d pipeline.Date) uint32 {
	var out uint32
	for i, n := 0, uint32(d); i < 8; i, n = i+1, n/10 {
		out |= n % 10 << (4 * i)
	}
	return out
}

func unpackDate(b uint32) pipeline.Date {
	n := uint32(0)
	for i := 7; i >= 0; i-- {
		n = n*10 + b>>(4*i)&15
	}
	return pipeline.Date(n)
}

func nibbles(x uint32) int {
	n := 0
	for ; x != 0; x >>= 4 {
		if x&15 != 0 {
			n++
		}
	}
	return n
}

// turned writes the day of a date for its month and the month for its day; 0
// where that is no month.
func turned(b uint32) uint32 {
	if day := b & 0xff; day == 0 || day > 0x12 {
		return 0
	}
	return b&0xffff0000 | b&0xff<<8 | b>>8&0xff
}

// comparedDates says how two packed birth dates stand to each other.
func comparedDates(a, b uint32) bornLevel {
	switch x := a ^ b; {
	case a == 0 || b == 0:
		return bornUnknown
	case x == 0:
		return bornEqual
	case isNextDay(a, b) || isNextDay(b, a):
		return bornNextDay
	case turned(a) == b:
		return bornTurned
	case nibbles(x) == 1 || isTransposed(a, b, x):
		return bornDigit
	case oneField(x) || apart(a, b) <= 31:
		return bornNear
	}
	return bornConflict
}

// isNextDay reports whether b is the day after a.
func isNextDay(a, b uint32) bool {
	if a&0xff < 0x28 { // no month ends here
		return a>>8 == b>>8 && pipeline.Date.Day(unpackDate(a))+1 == unpackDate(b).Day()
	}
	day := unpackDate(a)
	return exists(day) && exists(unpackDate(b)) && day.AddDays(1) == unpackDate(b)
}

// isTransposed reports whether two neighbouring digits changed places.
func isTransposed(a, b, x uint32) bool {
	if nibbles(x) != 2 {
		return false
	}
	for i := 0; i < 28; i += 4 {
		if x>>i&15 != 0 {
			return a>>i&15 == b>>(i+4)&15 && a>>(i+4)&15 == b>>i&15
		}
	}
	return false
}

// oneField reports whether only the year, only the month or only the day differs.
func oneField(x uint32) bool {
	return x&0xffff0000 == 0 && (x&0xff == 0 || x&0xff00 == 0) || x&0xffff == 0
}

// apart counts the days between two dates that exist, and is huge otherwise.
func apart(a, b uint32) int {
	if a>>16 > b>>16+1 || b>>16 > a>>16+1 { // never for neighbours; 0x1999 and 0x2000 are left out
		return 1 << 20
	}
	x, y := unpackDate(a), unpackDate(b)
	if !exists(x) || !exists(y) {
		return 1 << 20
	}
	return max(x.Sub(y), y.Sub(x))
}

func exists(d pipeline.Date) bool {
	_, ok := pipeline.NewDate(d.Year(), d.Month(), d.Day())
	return ok
}
