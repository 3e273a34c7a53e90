package purge

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"meibo/pipeline"
)

// longNumber is from how many digits on a number is taken for an ID wherever it
// stands for itself: days, telephone numbers and sums are made of shorter ones.
const longNumber = 8

// telling is from how many digits on a number that counts nothing tells of somebody
// by a 号 or beside a stroke, and by a No. behind any word but one of others: rooms,
// articles and counters have fewer.
const telling = 5

// said is what the words before a number say of it.
type said int

const (
	saysNothing said = iota
	saysID           // that it is a 募集人ID
	saysOther        // that it is the number of something else
)

// isID reports whether a short number between two folded texts is a 募集人ID: where
// the words before it say so, unless it counts something all the same; and else where
// it is no day, time, telephone number, sum, count, or number of something else.
func isID(before, number, after string) bool {
	switch saidBefore(before, len(number) >= telling) {
	case saysID:
		goesOn := gluedAfter(after, "-_.:", joins) || len(number) < telling && gluedAfter(after, "/", joins)
		return !goesOn && !thousands(before, number, after) && !counts(strings.TrimPrefix(strings.TrimPrefix(after, "号"), "番"))
	case saysOther:
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(after)
	switch {
	case strings.ContainsRune("-./:_#第年月¥￥\\$€〒金約", last), strings.ContainsRune("-./:_", first), thousands(before, number, after):
		return false
	case strings.HasPrefix(after, "号"):
		return len(number) >= telling && !isNumeral(last) && !hasSuffix(strings.TrimRight(before, " "), others) && !counts(after[len("号"):])
	case gluedBefore(before, "()", isDigit) || gluedAfter(after, "()", isDigit): // 03(1234)5678
		return false
	}
	return !counts(after)
}

// thousands reports whether a number is a part of one like 12,345.
func thousands(before, number, after string) bool {
	more, goesOn := strings.CutPrefix(after, ",")
	next, _ := digitsOf(more)
	return len(number) == 3 && gluedBefore(before, ",", isDigit) || len(number) <= 3 && goesOn && len(next) == 3
}

// counted are what a number behind which it stands counts, with what stands there
// for something else: 人事, 名義, 分店.
var counted = []struct {
	word   string
	unless []string
}{
	{"年", nil},
	{"月", nil},
	{"日", nil},
	{"時", nil},
	{"分", nil},
	{"秒", nil},
	{"歳", nil},
	{"才", nil},
	{"件", nil},
	{"人", nil},
	{"名", []string{"名義"}},
	{"円", nil},
	{"回", nil},
	{"番", nil},
	{"号", nil},
	{"条", nil},
	{"項", nil},
	{"丁", nil},
	{"通", nil},
	{"枚", nil},
	{"部", nil},
	{"万", nil},
	{"億", nil},
	{"千", nil},
	{"割", nil},
	{"%", nil},
	{"個", nil},
	{"冊", nil},
	{"週", nil},
	{"頁", nil},
	{"ページ", nil},
	{"階", nil},
	{"級", nil},
	{"倍", nil},
	{"世帯", nil},
	{"室", nil},
	{"棟", nil},
	{"ドル", nil},
	{"か月", nil},
	{"ヶ月", nil},
	{"ケ月", nil},
	{"カ月", nil},
	{"ヵ月", nil},
	{"箇月", nil},
	{"か所", nil},
	{"ヶ所", nil},
	{"箇所", nil},
	{"カ所", nil},
	{"代", []string{"代理", "代行", "代表", "代申", "代わ"}},
}

// counts reports whether the number before a text counts something, also with a blank
// between.
func counts(after string) bool {
	after = strings.TrimLeft(after, " ")
	for _, c := range counted {
		if strings.HasPrefix(after, c.word) {
			return !slices.ContainsFunc(c.unless, func(w string) bool { return strings.HasPrefix(after, w) })
		}
	}
	return false
}

// Words before a number. All are folded: capital letters, narrow signs.
var (
	idWords    = []string{"募集人", "AGENT"}
	numbering  = []string{"NO.", "NO", "№", "#", "番号", "ナンバー", "コード", "CODE", "NUMBER"}
	ownNumbers = []string{"登録", "本人", "対象者", "該当者", "当該者", "者", "人", "氏", "様", "旧", "新", "ID"}
	// What has numbers of its own, also where somebody calls them an ID.
	others = []string{
		"受付", "申出", "申込", "申請", "照会", "問合せ", "問い合わせ", "案件", "事案", "事故", "証券", "契約", "証書", "保険", "保険金",
		"伝票", "請求", "文書", "書類", "届", "届出", "通知", "整理", "通し", "電話", "TEL", "FAX", "内線", "携帯", "郵便", "口座", "店", "部屋",
		"車台", "車両", "合格", "証明", "証明書", "免許", "免許証", "資格", "受験", "会員", "社員", "従業員", "職員", "取引", "端末", "機器", "処理",
		"ログイン", "LOGIN", "管理者", "ユーザー", "ユーザ", "USER", "アカウント", "ACCOUNT", "CASE", "TICKET", "CLAIM", "POLICY", "REF", "代理店",
		"顧客", "注文", "商品", "製造", "障害", "課題", "稟議", "決裁", "振込", "許可", "認可", "認定", "登記", "告示", "通達", "法律",
		"書", "証", "状", "票", "帳", "券", "札", "簿", "件", "案", // 申請書No.
	}
	// What stands right before a number that is none of ours.
	tells = []string{"電話", "TEL", "TEL.", "FAX", "FAX.", "内線", "携帯"}
)

// saidBefore reads the words right before a number. Of a list, as ID:11、12, those
// before the first one count.
func saidBefore(before string, long bool) said {
	s := trimList(before)
	s = strings.TrimRight(s, " :=('\"[<「『【〔《第")
	if hasSuffix(s, tells) || slices.ContainsFunc(eras, func(e pipeline.Era) bool { return strings.HasSuffix(s, e.Name) }) {
		return saysOther
	}
	if bare, of := strings.CutSuffix(s, "の"); of && hasSuffix(bare, numbering) { // 番号の11
		s = bare
	}
	s, sign, called := withoutNumbering(s)
	switch {
	case hasWord(s, "ID"):
		return calledID(strings.TrimRight(s[:len(s)-len("ID")], " _-"))
	case hasSuffix(s, idWords):
		return saysID
	case !called:
		return saysNothing
	}
	bare, of := strings.CutSuffix(s, "の")
	last, _ := utf8.DecodeLastRuneInString(bare)
	switch {
	case hasSuffix(bare, others):
		return saysOther
	case hasSuffix(bare, ownNumbers), sign && (of || !isWord(last)):
		return saysID
	case !isWord(last):
		return saysNothing
	case sign && long:
		return saysID
	}
	return saysOther
}

// calledID is what the words before 「ID」 make of it.
func calledID(s string) said {
	if hasSuffix(strings.TrimSuffix(s, "の"), others) {
		return saysOther
	}
	return saysID
}

// withoutNumbering is a text without the words for a number at its end, as 番号 or
// No.; sign says that the last of them was one that no telephone or account bears by
// itself, called that there was any.
func withoutNumbering(s string) (rest string, sign, called bool) {
	for again := true; again; {
		again = false
		for _, w := range numbering {
			bare, found := strings.CutSuffix(s, w)
			if !found || isLetter(w[0]) && endsInLetter(bare) {
				continue
			}
			sign = sign || strings.Contains("NO. № #", w)
			s, called, again = strings.TrimRight(bare, " :"), true, true
			break
		}
	}
	return s, sign, called
}

// trimList takes the numbers of a list before the last one away.
func trimList(s string) string {
	for {
		rest := strings.TrimRight(s, "/,、・と及び ")
		if rest == s {
			return s
		}
		bare, gone := strings.CutSuffix(rest, fold(pipeline.Redacted))
		if !gone {
			bare = strings.TrimRight(rest, "0123456789")
		}
		if bare == rest {
			return s
		}
		s = bare
	}
}

// hasWord reports whether a text ends in a word of Latin letters.
func hasWord(s, word string) bool {
	bare, found := strings.CutSuffix(s, word)
	return found && (!endsInLetter(bare) || strings.HasSuffix(bare, "AGENT"))
}

func hasSuffix(s string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.HasSuffix(s, w) })
}

func endsInLetter(s string) bool { return s != "" && isLetter(s[len(s)-1]) }

func isLetter(c byte) bool { return 'A' <= c && c <= 'Z' }

// isNumeral reports whether a rune is of a number in kanji or digits.
func isNumeral(r rune) bool {
	return joins(r) || strings.ContainsRune("〇一二三四五六七八九十百千", r)
}

// isWord reports whether a rune belongs to a noun: kanji, katakana, a letter or digit.
// Hiragana part nouns from what follows.
func isWord(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Katakana) || r == 'ー' || joins(r)
}

// label is the word for a 募集人ID that stands at the end of a text closed up with what
// follows, as in 募集人ID123456; without one it is empty. Before what is no number only
// the whole word is one, or IDs that begin with ID would come apart.
func label(before string, number bool) string {
	for _, w := range []string{"ID", "NO"} {
		bare, found := strings.CutSuffix(before, w)
		if found && (number && !endsInLetter(bare) || strings.HasSuffix(bare, "募集人")) {
			return w
		}
	}
	return ""
}

// longestID is how long a 募集人ID may be at most, in bytes.
const longestID = 60

// Candidates are the words of a text, folded, that would be found if they were
// somebody's 募集人ID, and some more: ask Traces.In of those that are. An ID with
// signs in it is among them up to three parts, as AB-12-3.
func Candidates(text string) (out []string) {
	s := fold(text)
	var begins []int // of the words up to here that follow one another by one sign each
	for i := 0; i < len(s); {
		if !joins(rune(s[i])) {
			i++
			continue
		}
		to := i
		for to < len(s) && joins(rune(s[to])) {
			to++
		}
		if len(begins) > 0 && !(i >= 2 && strings.IndexByte("-_./", s[i-1]) >= 0 && joins(rune(s[i-2]))) {
			begins = nil
		}
		begins = append(begins, i)
		begins = begins[max(0, len(begins)-3):]
		for _, from := range begins {
			if to-from <= longestID {
				out = append(out, s[from:to])
			}
		}
		for _, w := range []string{"ID", "NO"} { // ID123456
			if bare, found := strings.CutPrefix(s[i:to], w); found && bare != "" {
				out = append(out, bare)
			}
		}
		i = to
	}
	return out
}
