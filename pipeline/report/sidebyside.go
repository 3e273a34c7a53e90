package report

import (
	"maps"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"meibo/pipeline"
)

// fields lists what both records hold, in the order of the register; what
// neither holds is left out.
func fields(blk *DuplicateBlock, m Meta) []fieldView {
	a, b := &blk.A, &blk.B
	born := fieldView{label: "生年月日", a: a.Agent.BornOn.String(), b: b.Agent.BornOn.String()}
	if !m.Encrypted {
		born.a, born.b = maskEqual(born.a, born.b)
	}
	var all []fieldView
	add := func(label, x, y string) { all = append(all, fieldView{label: label, a: x, b: y}) }
	add("氏名", a.Agent.Name, b.Agent.Name)
	add("氏名カナ", a.Agent.NameKana, b.Agent.NameKana)
	add("旧氏名", names(a, pipeline.NameFormer), names(b, pipeline.NameFormer))
	add("英字氏名", names(a, pipeline.NameLatin), names(b, pipeline.NameLatin))
	for _, f := range blk.Folded {
		all = append(all, fieldView{f.Field, f.A, f.B, true})
	}
	all = append(all, born)
	add("性別", a.Agent.Sex, b.Agent.Sex)
	add("メールアドレス", a.Agent.Email, b.Agent.Email)
	add("ID取得日", a.Agent.IDAcquiredOn.String(), b.Agent.IDAcquiredOn.String())
	ca, cb := certificates(a), certificates(b)
	both := maps.Clone(ca)
	maps.Copy(both, cb)
	for _, code := range slices.Sorted(maps.Keys(both)) {
		add("資格 "+code, ca[code], cb[code])
	}
	add("代理店", agencies(a, m.AsOf), agencies(b, m.AsOf))
	return slices.DeleteFunc(all, func(f fieldView) bool { return f.a == "" && f.b == "" })
}

// names joins the names of a kind, sorted, each once.
func names(p *pipeline.Person, kind string) string {
	var all []string
	if kind == pipeline.NameFormer && p.Agent.FormerName != "" {
		all = append(all, p.Agent.FormerName)
	}
	for _, n := range p.Names {
		if n.Kind == kind && n.Text != "" {
			all = append(all, n.Text)
		}
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), "、")
}

// certificates gives, per kind of qualification, numbers and days of the passes
// on file, a line each.
func certificates(p *pipeline.Person) map[string]string {
	all := map[string]string{}
	for _, q := range p.Qualifications {
		if !q.OnFile() {
			continue
		}
		all[q.Code] = joined("\n", all[q.Code], joined(" ", q.CertificateNo, q.JudgedOn.String()))
	}
	return all
}

// agencies lists the agencies at which the person is registered on the day.
func agencies(p *pipeline.Person, on pipeline.Date) string {
	var all []string
	for _, r := range p.Registrations {
		if r.OpenOn(on) {
			all = append(all, joined(" ", r.AgencyNo, r.AgencyName))
		}
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), "、")
}

// What is said of two values of a field.
const (
	same     = "一致"
	spelling = "表記差" // equal after the safe clean-up
	differ   = "相違"
	oneSide  = "片方のみ"
)

func agreement(a, b string) (string, tone) {
	switch {
	case a == "" || b == "":
		return oneSide, plain
	case a == b:
		return same, good
	case pipeline.CleanName(a) == pipeline.CleanName(b):
		return spelling, calm
	}
	return differ, notice
}

// maskEqual hides the digits that two dates have in common.
func maskEqual(a, b string) (string, string) {
	hide := func(s, other string) string {
		r := []byte(s)
		var out strings.Builder
		for i, c := range r {
			if c != '-' && (len(other) != len(s) || other[i] == c) {
				out.WriteString("●")
				continue
			}
			out.WriteByte(c)
		}
		return out.String()
	}
	return hide(a, b), hide(b, a)
}

// diffRunes is the longest text that is compared rune by rune; no field of a
// layout is longer than 254.
const diffRunes = 300

// marked splits two texts into runs, those that differ set off in colour and
// underlined. What a longest common subsequence leaves over differs.
func marked(a, b string) (ra, rb []excelize.RichTextRun) {
	x, y := []rune(a), []rune(b)
	if len(x) > diffRunes || len(y) > diffRunes {
		return textRuns(x, make([]bool, len(x))), textRuns(y, make([]bool, len(y)))
	}
	keepX, keepY := common(x, y)
	return textRuns(x, keepX), textRuns(y, keepY)
}

// common marks in both texts a longest common subsequence, the leftmost one.
func common(x, y []rune) (keepX, keepY []bool) {
	// length[i][j] is that of the tails x[i:] and y[j:].
	length := make([][]int, len(x)+1)
	for i := range length {
		length[i] = make([]int, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	keepX, keepY = make([]bool, len(x)), make([]bool, len(y))
	for i, j := 0, 0; i < len(x) && j < len(y); {
		switch {
		case x[i] == y[j]:
			keepX[i], keepY[j] = true, true
			i, j = i+1, j+1
		case length[i+1][j] >= length[i][j+1]:
			i++
		default:
			j++
		}
	}
	return keepX, keepY
}

// textRuns joins neighbours of one kind.
func textRuns(text []rune, keep []bool) (runs []excelize.RichTextRun) {
	for i := 0; i < len(text); {
		j := i
		for j < len(text) && keep[j] == keep[i] {
			j++
		}
		font := &excelize.Font{Family: fontName, Size: 10, Color: inkColor}
		if !keep[i] {
			font.Color, font.Bold, font.Underline = "C00000", true, "single"
		}
		runs = append(runs, excelize.RichTextRun{Text: string(text[i:j]), Font: font})
		i = j
	}
	return runs
}
