package identity

import "strings"

// kanaOf gives the kana key, and nothing unless the whole name is kana: in a
// name with kanji ー may be 一, ニ may be 二, and no fold would be safe.
func kanaOf(clean string) string {
	letters := false
	for _, r := range clean {
		switch {
		case 'ぁ' <= r && r <= 'ゖ', 'ァ' <= r && r <= 'ヺ', 'ㇰ' <= r && r <= 'ㇿ':
			letters = true
		case r == 'ー', r == '・', 'ゝ' <= r && r <= 'ゞ', 'ヽ' <= r && r <= 'ヾ':
		default:
			return ""
		}
	}
	if !letters {
		return ""
	}
	return foldKana(clean)
}

// foldKana writes the kana in s as they are read, and leaves all else alone.
// コウ and コオ stay apart, and so does length: オオノ is not オノ.
func foldKana(s string) string {
	return longVowels(strings.Map(func(r rune) rune {
		if r < 'ぁ' || 'ㇿ' < r {
			return r
		}
		return homophone(largeKana(katakana(r)))
	}, s))
}

// katakana turns hiragana into katakana.
func katakana(r rune) rune {
	if 'ぁ' <= r && r <= 'ゖ' || 'ゝ' <= r && r <= 'ゞ' {
		return r + ('ァ' - 'ぁ')
	}
	return r
}

const (
	smallKatakana = "ァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ"
	largeKatakana = "アイウエオツヤユヨワカケクシストヌハヒフヘホムラリルレロ"
)

// largeKana turns small katakana into large ones: old machines and forms knew
// no small ones.
func largeKana(r rune) rune {
	if r < 'ァ' || 'ㇿ' < r {
		return r
	}
	if i := strings.IndexRune(smallKatakana, r); i >= 0 {
		return kanaAt(largeKatakana, i)
	}
	return r
}

// kanaAt gives the kana that stands in row at byte i; every kana takes three bytes.
func kanaAt(row string, i int) rune { return []rune(row[i : i+3])[0] }

// homophone turns the kana that are read like another into that other.
func homophone(r rune) rune {
	switch r {
	case 'ヂ':
		return 'ジ'
	case 'ヅ':
		return 'ズ'
	case 'ヲ':
		return 'オ'
	case 'ヰ':
		return 'イ'
	case 'ヱ':
		return 'エ'
	}
	return r
}

// longVowels turns ー into the vowel before it. Where none stands before it,
// after ン or at the beginning, it stays.
func longVowels(s string) string {
	if !strings.ContainsRune(s, 'ー') {
		return s
	}
	vowel := 'ー'
	return strings.Map(func(r rune) rune {
		if r == 'ー' {
			return vowel
		}
		vowel = vowelOf(r)
		return r
	}, s)
}

// vowelOf gives the vowel of a large katakana, and ー for all that has none.
func vowelOf(r rune) rune {
	for _, row := range []struct {
		vowel rune
		kana  string
	}{
		{'ア', "アカサタナハマヤラワガザダバパヷ"},
		{'イ', "イキシチニヒミリヰギジヂビピヸ"},
		{'ウ', "ウクスツヌフムユルグズヅブプヴ"},
		{'エ', "エケセテネヘメレヱゲゼデベペヹ"},
		{'オ', "オコソトノホモヨロヲゴゾドボポヺ"},
	} {
		if strings.ContainsRune(row.kana, r) {
			return row.vowel
		}
	}
	return 'ー'
}

const (
	voicedKatakana   = "ガギグゲゴザジズゼゾダヂヅデドバビブベボパピプペポヴヷヸヹヺヾ"
	unvoicedKatakana = "カキクケコサシスセソタチツテトハヒフヘホハヒフヘホウワヰヱヲヽ"
)

// unvoiced gives a katakana without its 濁点 or 半濁点.
func unvoiced(r rune) (rune, bool) {
	if r < 'ァ' || 'ヾ' < r {
		return r, false
	}
	if i := strings.IndexRune(voicedKatakana, r); i >= 0 {
		return kanaAt(unvoicedKatakana, i), true
	}
	return r, false
}
