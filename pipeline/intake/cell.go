package intake

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

// value is what stands in one cell, once read: text, or a number that is a
// date, a month, a flag or a count by the column's type.
type value struct {
	text string
	n    int32
}

// exactDigits is how many digits a spreadsheet keeps of a number.
const exactDigits = 15

// read reads one cell that is not empty. text is trimmed.
func (c *Column) read(text string, kind source.CellKind, date1904 bool) (v value, f *Finding) {
	switch c.Type {
	case TypeDate:
		return c.readDate(text, kind, date1904)
	case TypeYearMonth:
		return readMonth(text, kind, date1904)
	case TypeFlag:
		flag, f := ReadFlag(text)
		return value{n: int32(flag)}, f
	case TypeEnum:
		v.text, f = c.readWord(text)
		return v, f
	case TypeValue:
		return c.readValue(text, kind, date1904)
	case TypeInteger:
		if v.n = int32(number(norm.NFKC.String(text))); v.n < 0 {
			return value{}, bad(CodeBadNumber, "0以上の整数で書いてください（単位や小数点はつけません）。",
				"write a whole number without unit or decimals")
		}
		return v, nil
	}
	if f := inexact(text, kind, c.Type); f != nil {
		return value{}, f
	}
	v.text, f = c.readText(text, kind)
	if f.IsError() {
		return value{}, f
	}
	return v, f
}

// readValue takes a cell whose type another column decides: a date that a
// spreadsheet made of it in the form of all dates, and a number in its digits.
func (c *Column) readValue(text string, kind source.CellKind, date1904 bool) (value, *Finding) {
	if kind == source.DateNumber {
		d, f := ReadSerial(text, true, date1904)
		return value{text: d.String()}, f
	}
	if f := inexact(text, kind, c.Type); f != nil {
		return value{}, f
	}
	text, f := c.readText(text, kind)
	return value{text: text}, f
}

// readText reads the types whose value is a text.
func (c *Column) readText(text string, kind source.CellKind) (string, *Finding) {
	// What nearly every ID and address is shows at one look.
	if len(text) <= c.Max && (c.Type == TypeID && kind == source.Text && isPlainID(text) || c.Type == TypeEmail && isEmail(text)) {
		return text, nil
	}
	f := unusable(text, c.Multiline)
	if f.IsError() {
		return "", f
	}
	switch c.Type {
	case TypeID:
		if text = foldID(text); kind == source.Number {
			text, f = c.padded(text)
		}
	case TypeCodes:
		if kind == source.Number {
			text, f = c.padded(text)
			break
		}
		text = codeSet(text)
	case TypeList:
		text, f = c.readList(text)
	case TypeEmail:
		if !isEmail(text) {
			text = norm.NFKC.String(text) // it may be in full width
		}
		if !isEmail(text) {
			return "", bad(CodeBadEmail, "メールアドレスの形ではありません。name@example.jp のように半角で1つだけ書いてください。",
				"not a mail address; write a single one, like name@example.jp")
		}
	}
	if len(text) > c.Max && utf8.RuneCountInString(text) > c.Max {
		n := utf8.RuneCountInString(text)
		return "", bad(CodeTooLong,
			fmt.Sprintf("%d文字あります。%d文字以内にしてください。", n, c.Max),
			fmt.Sprintf("%d characters; shorten it to %d", n, c.Max))
	}
	return text, f
}

// padded gives a number's leading zeros back where the layout states a length.
func (c *Column) padded(text string) (string, *Finding) {
	if len(text) >= c.Pad {
		return text, nil
	}
	return strings.Repeat("0", c.Pad-len(text)) + text, doubtful(CodePadded,
		fmt.Sprintf("数値のため先頭の0が失われていると見て、%d桁にして取り込みました。セルの書式を文字列にしてください。", c.Pad),
		fmt.Sprintf("a number that may have lost leading zeros was padded to %d digits; format the cell as text", c.Pad))
}

// codeSet brings a list of codes to its one form: sorted, each once.
func codeSet(text string) string {
	codes := splitSet(text)
	for i, c := range codes {
		codes[i] = foldID(c)
	}
	slices.Sort(codes)
	return strings.Join(slices.Compact(codes), " ")
}

// readList brings a list of words to its one form: in the order written, each once.
func (c *Column) readList(text string) (string, *Finding) {
	var words []string
	for _, w := range splitSet(norm.NFKC.String(text)) {
		if len(c.Values) > 0 {
			known, f := c.readWord(w)
			if f != nil {
				return "", f
			}
			w = known
		}
		if !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return strings.Join(words, " "), nil
}

// readWord reads one of the values of the column.
func (c *Column) readWord(text string) (string, *Finding) {
	if v, ok := c.words[text]; ok {
		return v, nil
	}
	if v, ok := c.words[foldWord(text)]; ok {
		return v, nil
	}
	vs := c.values()
	return "", bad(CodeUnknownValue,
		"決められた値ではありません。「"+strings.Join(vs, "」「")+"」のどれかを書いてください。",
		"not an allowed value; write one of "+strings.Join(vs, ", "))
}

func (c *Column) readDate(text string, kind source.CellKind, date1904 bool) (value, *Finding) {
	if kind == source.Number || kind == source.DateNumber {
		d, f := ReadSerial(text, kind == source.DateNumber, date1904)
		return value{n: int32(d)}, f
	}
	if d, ok := plainDate(text); ok {
		return value{n: int32(d)}, nil
	}
	if len(c.Unlimited) > 0 {
		if word, ok := c.words[foldWord(text)]; ok {
			return value{text: word}, nil
		}
	}
	d, f := ReadDate(text)
	return value{n: int32(d)}, f
}

func readMonth(text string, kind source.CellKind, date1904 bool) (value, *Finding) {
	if kind == source.DateNumber { // a spreadsheet makes 2027/5 a day of May
		d, f := ReadSerial(text, true, date1904)
		return value{n: int32(d.YearMonth())}, f
	}
	m, f := ReadYearMonth(text)
	return value{n: int32(m)}, f
}

// inexact refuses a numeric cell in a column of texts if the number is not, or
// may not be, what was typed.
func inexact(text string, kind source.CellKind, t Type) *Finding {
	switch kind {
	case source.DateNumber:
		return bad(CodeTurnedIntoDate, "日付に変わっています。セルの書式を文字列にして、元の値を入力し直してください。",
			"the spreadsheet has turned the value into a date; format the cell as text and type the value again")
	case source.Number:
		digits := strings.Trim(text, "0123456789") == ""
		if len(text) > exactDigits || strings.ContainsAny(text, "eE") || !digits && (t == TypeID || t == TypeCodes) {
			return bad(CodeInexactNumber, "数値になっていて、元の桁がわかりません。セルの書式を文字列にして、元の値を入力し直してください。",
				"the cell is a number whose digits may not be those typed; format the cell as text and type the value again")
		}
	}
	return nil
}

// unusable looks for characters that a stored text must not hold, and warns of
// private ones, which look different or like nothing on every other machine.
func unusable(text string, multiline bool) *Finding {
	private := false
	for i := 0; i < len(text); {
		if c := text[i]; c >= ' ' && c < 0x7f {
			i++
			continue
		} else if 0xe3 <= c && c <= 0xec { // U+3000 to U+CFFF: kana and kanji
			i += 3
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		switch {
		case 0xd000 <= r && r <= 0xd7ff:
		case r == '\n' && multiline, r == '\r' && multiline:
		case r < ' ', 0x7f <= r && r < 0xa0, r == 0xad, 0x200b <= r && r <= 0x200f,
			0x2028 <= r && r <= 0x202e, 0x2060 <= r && r <= 0x206f,
			r == 0xfeff, 0xfff0 <= r && r <= 0xffff, 0xe0000 <= r && r <= 0xe007f:
			return bad(CodeControlCharacter, "改行・制御文字・見えない文字・文字化けした文字は使えません。取り除くか入力し直してください。",
				"line breaks, control characters, invisible and garbled characters cannot be taken; remove them or type the value again")
		case 0xe000 <= r && r <= 0xf8ff, r >= 0xf0000:
			private = true
		}
	}
	if private {
		return doubtful(CodePrivateCharacter, "外字（私用領域の文字）が含まれています。ほかの端末では正しく表示されないため、標準の文字で書けないか確かめてください。",
			"holds private-use characters, which other machines cannot show; check whether a standard character will do")
	}
	return nil
}

// checkDate judges a date by the bounds that the layout states.
func (c *Column) checkDate(d, asOf pipeline.Date) *Finding {
	switch {
	case d < c.earliest:
		return bad(CodeTooEarly, c.earliest.String()+"より前の日付です。日付を確かめてください。",
			"the date lies before "+c.earliest.String()+"; check it")
	case d <= asOf || c.Future == FutureAllowed || c.Future == "":
		return nil
	case c.Future == FutureError:
		return bad(CodeInFuture, "基準日（"+asOf.String()+"）より後の日付です。日付を確かめてください。",
			"the date lies after the as-of day "+asOf.String()+"; check it")
	}
	return doubtful(CodeLaterThanAsOf, "基準日（"+asOf.String()+"）より後の日付です。このまま取り込みましたが、日付を確かめてください。",
		"the date lies after the as-of day "+asOf.String()+"; it was taken, but check it")
}
