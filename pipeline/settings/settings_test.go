package settings_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"meibo/pipeline"
	"meibo/pipeline/settings"
)

// Whoever edits a file of settings is told in Japanese what is wrong, on which
// line, and what to do; programs and logs have the same in English.
func TestMistakesAreToldInJapanese(t *testing.T) {
	type inner struct {
		On   bool          `yaml:"on"`
		Days int           `yaml:"days"`
		Part float64       `yaml:"part"`
		Wait time.Duration `yaml:"wait"`
	}
	var into struct {
		Name string   `yaml:"name"`
		List []string `yaml:"list"`
		In   inner    `yaml:"in"`
	}
	for _, x := range []struct{ name, text, where, ja string }{
		{"an unknown key", "name: a\nnmae: b\n", "f.yaml 2行目: ", "「nmae」という設定はここにはありません"},
		{"a key twice", "name: a\nname: b\n", "f.yaml 2行目: ", "「name」は1行目にもあります"},
		{"a key twice in braces", "in: {days: 1, days: 2}\n", "f.yaml 1行目: ", "「days」は1行目にもあります"},
		{"a tab", "in:\n\tdays: 1\n", "f.yaml 2行目: ", "タブは使えません"},
		{"lines that do not align", "in:\n  days: 1\n    on: true\n", "f.yaml 2行目: ", "字下げがそろっていません"},
		{"an element that does not align", "list:\n  - a\n - b\n", "f.yaml 3行目: ", "字下げがそろっていません"},
		{"a colon within a value", "name: a: b\n", "f.yaml 1行目: ", "「: 」を含む値は引用符で囲みます"},
		{"an open quotation", "name: 'a\n", "f.yaml 1行目: ", "引用符が閉じていません"},
		{"an open bracket", "list: [a\n", "f.yaml 1行目: ", "かっこが閉じていません"},
		{"an open brace", "in: {days: 1\n", "f.yaml 1行目: ", "かっこが閉じていません"},
		{"a mark of YAML", "name: @a\n", "f.yaml 1行目: ", "引用符で囲んでください"},
		{"a star", "name: *a\n", "f.yaml 1行目: ", "「*」で始まる値"},
		{"a wide colon", "name：a\n", "f.yaml 1行目: ", "全角のコロン"},
		{"no colon", "name a\n", "f.yaml 1行目: ", "「設定名: 値」の形"},
		{"a word for yes", "in:\n  on: ja\n", "f.yaml 2行目 in.on: ", "true か false"},
		{"a word for a number", "in:\n  days: 三\n", "f.yaml 2行目 in.days: ", "整数で指定"},
		{"a word for a share", "in: {part: 半分}\n", "f.yaml 1行目 in.part: ", "数で指定"},
		{"a number without a unit", "in: {wait: 5}\n", "f.yaml 1行目 in.wait: ", "単位を付けて"},
		{"a number that is too large", "in: {days: 99999999999999999999}\n", "f.yaml 1行目 in.days: ", "数が大きすぎます"},
		{"one value for a list", "list: 3\n", "f.yaml 1行目 list: ", "一覧にしてください"},
		{"a list for one value", "name: [a]\n", "f.yaml 1行目 name: ", "値を1つだけ"},
		{"one value for a section", "in: 3\n", "f.yaml 1行目 in: ", "「設定名: 値」の形"},
		{"a list for a section", "in:\n  - days: 3\n", "f.yaml 2行目 in: ", "一覧ではなく"},
		{"two documents", "name: a\n---\nname: b\n", "f.yaml 3行目: ", "2つ目の文書"},
	} {
		t.Run(x.name, func(t *testing.T) {
			d, err := settings.Parse("f.yaml", []byte(x.text))
			if err == nil {
				err = d.Decode(&into)
			}
			var faults pipeline.SettingFaults
			if !errors.As(err, &faults) {
				t.Fatalf("no fault: %v", err)
			}
			if got := faults.Japanese(); !strings.HasPrefix(got, x.where) || !strings.Contains(got, x.ja) {
				t.Errorf("got %q, want %q with %q", got, x.where, x.ja)
			}
			if got := faults.Error(); !strings.HasPrefix(got, "f.yaml:") || strings.ContainsAny(strings.SplitN(got, "\n", 2)[0], "。を") {
				t.Errorf("in English: %q", got)
			}
		})
	}
}

func TestFaultsAreLedToTheirLines(t *testing.T) {
	d, err := settings.Parse("f.yaml", []byte("a.b: 1\nlist:\n  # two\n  - name: x\n  - name: y\nin:\n  \"1001\": {to: [p, q]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		"a.b": 1, "list": 2, "list[0].name": 4, "list[1]": 5, "list[1].missing": 5, "list[7]": 2, "in.1001.to[1]": 7, "nowhere": 0, "": 0,
	} {
		if got := d.Line(path); got != want {
			t.Errorf("%q stands on line %d, want %d", path, got, want)
		}
	}
	faults := pipeline.SettingFaults{{Key: "in.1001", EN: "c"}, {Key: "list[1]", EN: "b"}, {File: "other", Key: "a.b", EN: "a"}}
	if got, want := d.Locate(faults).Error(), "other: a.b: a\nf.yaml:5: list[1]: b\nf.yaml:7: in.1001: c"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
