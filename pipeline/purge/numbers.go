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
// by a 号 or 番 or beside a stroke, and by a No. behind any word but one of others:
// rooms, articles and versions have fewer.
const telling = 5

// large is from how many digits on nothing is counted without commas.
const large = 6

// small is up to how many digits a No. by itself is one of a list of things.
const small = 3

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
	switch saidBefore(before, len(number)) {
	case saysID:
		goesOn := gluedAfter(after, "-_.:", joins) || len(number) < telling && gluedAfter(after, "/", joins)
		return !goesOn && !thousands(before, number, after) && !counts(unnumbered(after), true)
	case saysOther:
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(after)
	sure := len(number) >= large
	switch {
	case strings.ContainsRune("-./_#第年月¥￥\\$€〒金約", last), strings.ContainsRune("-./_", first), ofTime(before, number, after), thousands(before, number, after):
		return false
	case first == '号', first == '番':
		rest := after[len("号"):]
		named := len(number) >= telling || strings.HasPrefix(rest, "の募集人")
		return named && !isNumeral(last) && !hasSuffix(trimTopic(before), others) && !begins(rest, "地 目 線 街") && !counts(rest, sure)
	case gluedBefore(before, "()", isDigit) || gluedAfter(after, "()", isDigit): // 03(1234)5678
		return false
	}
	behind := behindList(number, after)
	if sure {
		behind = unnumbered(behind)
	}
	return !counts(after, sure) && !counts(behind, sure)
}

// unnumbered is what stands behind a number without the 号 or 番 of it.
func unnumbered(after string) string {
	return strings.TrimPrefix(strings.TrimPrefix(after, "号"), "番")
}

// isIDOfDay reports whether a number that reads as a day is a 募集人ID all the same.
func isIDOfDay(before, number, after string) bool {
	return saidBefore(before, len(number)) == saysID && !begins(after, "付 生")
}

// dayNumber reports whether a number reads as a day of these times, as 19570308.
func dayNumber(s string) bool {
	if len(s) != len("19570308") || strings.IndexFunc(s, notDigit) >= 0 || s < "1900" || "2100" <= s {
		return false
	}
	_, _, ok := westernDay(s, 0)
	return ok
}

// behindList is what stands behind the last of some numbers of which the given one
// is the first: of a range, or of a list of small ones, as 11～12月 and 11、12、13条.
func behindList(number, after string) string {
	signs, most := "~〜–—", len(after)
	if len(number) <= small {
		signs, most = signs+"、・,と及びや", small
	}
	for {
		blank := strings.TrimLeft(after, " ")
		sign := strings.TrimLeft(blank, signs)
		digits, rest := digitsOf(strings.TrimLeft(sign, " "))
		if sign == blank || digits == "" || len(digits) > most {
			return after
		}
		after = rest
	}
}

// ofTime reports whether a colon beside a number makes it a part of a time or code:
// not where it parts five digits from a Japanese word, as in 担当:12345.
func ofTime(before, number, after string) bool {
	bare, behind := strings.CutSuffix(before, ":")
	rest, ahead := strings.CutPrefix(after, ":")
	last, _ := utf8.DecodeLastRuneInString(bare)
	next, _ := utf8.DecodeRuneInString(rest)
	short := len(number) < telling
	return behind && (short || last < utf8.RuneSelf) || ahead && (short || next < utf8.RuneSelf)
}

// thousands reports whether a number is a part of one like 12,345.
func thousands(before, number, after string) bool {
	more, goesOn := strings.CutPrefix(after, ",")
	next, _ := digitsOf(more)
	return len(number) == 3 && gluedBefore(before, ",", isDigit) || len(number) <= 3 && goesOn && len(next) == 3
}

// counted are what a number behind which it stands counts. It counts nothing where
// the word goes on as one of other, parted by blanks, and stands for something else:
// 名義, 代理. Nor does it as one of more, if a count is unlikely anyway: 11名前後 are
// people, in 募集人ID11名前 and 305218名前 the number is somebody's.
var counted = []struct{ word, other, more string }{
	{"年", "", "齢 金 賀 収 次"},
	{"月", "", "次 例 額 報 払 末"},
	{"日", "", "付 時 報 程 常 本 曜"},
	{"時", "", "点 期 効 系 刻"},
	{"分", "", "店 類 担 割 析 離 野 冊 会 納"},
	{"秒", "", ""},
	{"歳", "", "入 出"},
	{"才", "", ""},
	{"件", "", "名"},
	{"人", "", "違 物 事 格 材 選 名 身 権"},
	{"名", "義", "前 称 寄 簿 刺 札 宛 字 目"},
	{"円", "", "滑 満"},
	{"回", "", "答 収 付 避 覧 復 線 送"},
	{"番", "", ""},
	{"号", "", ""},
	{"条", "", "件 文 例"},
	{"項", "", "目"},
	{"丁", "", ""},
	{"通", "", "知 報 信 達 帳 称 話 院 勤 常 過 算"},
	{"枚", "", "方"},
	{"部", "", "署 門 長 下 員 外 品 会 店 分 位"},
	{"万", "", "一"},
	{"億", "", ""},
	{"千", "", "葉 代"},
	{"百", "", "貨"},
	{"割", "", "当 引 振 り 合 賦"},
	{"%", "", ""},
	{"パーセント", "", ""},
	{"ポイント", "", ""},
	{"点", "検 呼 在 滅 灯 字", ""},
	{"社", "員 内 外 長 名 会 宅 用 印 団 則 史 報 保 判 労", ""},
	{"台", "帳 風 紙 湾 東", ""},
	{"本", "人 件 店 社 日 部 籍 名 来 登 支 当 年 月 書 状 契 会 案 証 資 体 文 則 番 物 格 研 審 校 末", ""},
	{"字", "句 体", ""},
	{"行", "為 動 員 政 方 先 列 き く っ わ い う 徳 橋", ""},
	{"株", "式 主 価 券", ""},
	{"口", "座 頭 述 振 外 約 コ", ""},
	{"組", "合 織 替 込 み 成 長", ""},
	{"㎡", "", ""},
	{"営業日", "", "報 誌"},
	{"種類", "", ""},
	{"団体", "", "扱 契 保 割 信 名"},
	{"店舗", "", "名 長"},
	{"個", "", "人 別 室 々"},
	{"冊", "", "子"},
	{"週", "", "次 報 末"},
	{"頁", "", ""},
	{"ページ", "", ""},
	{"階", "", "層 段 級"},
	{"級", "", ""},
	{"倍", "", "率"},
	{"世帯", "", "主 員"},
	{"室", "", "長 内"},
	{"棟", "", ""},
	{"ドル", "", ""},
	{"か月", "", ""},
	{"ヶ月", "", ""},
	{"ケ月", "", ""},
	{"カ月", "", ""},
	{"ヵ月", "", ""},
	{"箇月", "", ""},
	{"か所", "", ""},
	{"ヶ所", "", ""},
	{"箇所", "", ""},
	{"カ所", "", ""},
	{"か国", "", ""},
	{"ヶ国", "", ""},
	{"ヵ国", "", ""},
	{"カ国", "", ""},
	{"代", "理 行 表 申 わ", ""},
}

// counts reports whether the number before a text counts something, also with a blank
// between; sure says that a count is unlikely.
func counts(after string, sure bool) bool {
	after = strings.TrimLeft(after, " ")
	for _, c := range counted {
		if rest, found := strings.CutPrefix(after, c.word); found {
			return !begins(rest, c.other) && !(sure && begins(rest, c.more))
		}
	}
	return false
}

// begins reports whether a text begins with one of some words parted by blanks.
func begins(s, words string) bool {
	for w := range strings.FieldsSeq(words) {
		if strings.HasPrefix(s, w) {
			return true
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
		"契約者", "保険者", "加入者", "申込者", "利用者", "被害者", "加害者", "運転者", "所有者", "使用者", "業者", "患者", "債権者", "債務者",
		"配偶者", "第三者", "受給者", "納税者", "受講者", "受験者", "参加者", "受取人", "名義人", "相続人", "保証人", "後見人", "差出人", "依頼人",
		"お客様", "法人", "社", "社内", "所", "企業", "組織", "部署", "団体", "店舗", "施設", "物件", "製品", "部品", "学生", "取引先", "SESSION", "REQUEST", "JOB", "MESSAGE",
		"籍登録", "師登録", "士登録", "業登録", "店登録", "社登録", "宅建登録", "車両登録", "法人登録", "商標登録", "住民登録", "印鑑登録",
		"書", "証", "状", "票", "帳", "券", "札", "簿", "件", "案", // 申請書No.
	}
	// What stands right before a number that is none of ours.
	tells = []string{
		"電話", "TEL", "TEL.", "FAX", "FAX.", "内線", "携帯",
		"口座", "会員", "診察券", "証券", "顧客", "契約者", "保険者", "加入者", "申込者", "利用者",
		"合計", "小計", "額", "残高", "保険料", "保険金", "手数料", "代金", "料金", "報酬", "売上", "消費税", "§",
	}
	// What stands right before a number of few digits that is none of ours either.
	parts = []string{"別紙", "別表", "別添", "添付", "様式", "資料", "要領", "規程", "規則", "マニュアル"}
)

// saidBefore reads the words right before a number of so many digits. Of a list, as
// ID:11、12, those before the first one count.
func saidBefore(before string, digits int) said {
	s := trimTopic(trimList(before))
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
	case !called && digits < telling && (hasSuffix(s, parts) || endsInLetter(strings.TrimRight(before, " "))): // 別紙11, Windows 11
		return saysOther
	case !called:
		return saysNothing
	}
	bare, of := strings.CutSuffix(s, "の")
	last, _ := utf8.DecodeLastRuneInString(bare)
	alone := of || !isWord(last)
	switch {
	case hasSuffix(bare, others):
		return saysOther
	case hasSuffix(bare, ownNumbers), sign && alone && digits > small:
		return saysID
	case !sign && !isWord(last):
		return saysNothing
	case sign && digits >= telling:
		return saysID
	}
	return saysOther
}

// trimTopic takes away what may stand between a word for a number and the number:
// ID：11, ID-11, IDは「11, IDを11.
func trimTopic(s string) string {
	const signs = " :=('\"[<「『【〔《第-_/.→"
	s = strings.TrimRight(s, signs)
	for _, particle := range []string{"は", "が", "も", "を"} {
		if bare, found := strings.CutSuffix(s, particle); found {
			return strings.TrimRight(bare, signs)
		}
	}
	return s
}

// calledID is what the words before 「ID」 make of it; one in katakana, as セッション,
// has IDs of its own.
func calledID(s string) said {
	last, _ := utf8.DecodeLastRuneInString(s)
	foreign := (unicode.Is(unicode.Katakana, last) || last == 'ー') && !strings.HasSuffix(s, "エージェント")
	if foreign || hasSuffix(strings.TrimSuffix(s, "の"), others) {
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
