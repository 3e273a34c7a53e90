// Package settings reads YAML files of settings and of rules strictly, and says in
// Japanese and in English on which line something is wrong and what to do.
package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"meibo/pipeline"
)

// Document is a file of settings while it is checked. It knows the line of
// every key, so that whoever edits the file is led to the place.
type Document struct {
	name    string
	text    []byte
	entries []entry
}

// entry is one key with its value, or one element of a list.
type entry struct {
	path  string // such as insurers[0].code
	line  int
	value ast.Node
}

// Parse reads the one YAML document of a file; the name is for messages. What is
// wrong is pipeline.SettingFaults, here and below.
func Parse(name string, text []byte) (*Document, error) {
	d := &Document{name: name, text: text}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, d.words(err)
	}
	for _, doc := range file.Docs {
		d.walk("", doc.Body)
	}
	if n := len(file.Docs); n > 1 && file.Docs[n-1].Body != nil {
		return nil, d.at(file.Docs[n-1].Body.GetToken().Position.Line, "",
			"「---」で区切られた2つ目の文書は読まれません。1つにまとめてください。", "a second document behind --- is not read: put all into one")
	}
	return d, nil
}

// Decode puts the document into v. A key that v does not know is a fault. An
// empty document leaves v as it is.
func (d *Document) Decode(v any) error {
	if err := yaml.NewDecoder(bytes.NewReader(d.text), yaml.Strict()).Decode(v); err != nil && !errors.Is(err, io.EOF) {
		return d.words(err)
	}
	return nil
}

// Empty reports whether the document holds nothing.
func (d *Document) Empty() bool { return len(d.entries) == 0 }

// Number is a plain value that the decoder takes for a number with a fraction.
func (d *Document) Number(yield func(path string) bool) {
	for _, e := range d.entries {
		if _, float := e.value.(*ast.FloatNode); float && !yield(e.path) {
			return
		}
	}
}

// Text is the text that stands at a path; none if there is another kind of value.
func (d *Document) Text(path string) (string, bool) {
	for _, e := range d.entries {
		if text, plain := e.value.(*ast.StringNode); plain && e.path == path {
			return text.Value, true
		}
	}
	return "", false
}

// walk notes every entry under a node.
func (d *Document) walk(path string, node ast.Node) {
	switch n := node.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			d.walk(path, v)
		}
	case *ast.MappingValueNode:
		key := n.Key.GetToken()
		under := strings.TrimPrefix(path+"."+key.Value, ".")
		d.entries = append(d.entries, entry{under, key.Position.Line, n.Value})
		d.walk(under, n.Value)
	case *ast.SequenceNode:
		for i, v := range n.Values {
			under := fmt.Sprintf("%s[%d]", path, i)
			d.entries = append(d.entries, entry{under, v.GetToken().Position.Line, v})
			d.walk(under, v)
		}
	}
}

// Line is where a key stands, or else the nearest key above it; 0 if none does.
func (d *Document) Line(path string) int {
	for path != "" {
		for _, e := range d.entries {
			if e.path == path {
				return e.line
			}
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return 0
}

// Locate puts file and lines to faults that know their keys but no file, and
// returns the error.
func (d *Document) Locate(err error) error {
	var faults pipeline.SettingFaults
	if !errors.As(err, &faults) {
		return err
	}
	for i := range faults {
		if f := &faults[i]; f.File == "" && d.Line(f.Key) > 0 {
			f.File, f.Line = d.name, d.Line(f.Key)
		}
	}
	faults.Sort()
	return err
}

// Duration is how a length of time is written.
const Duration = "30s（秒）、5m（分）、2h（時間）のように単位を付けて指定してください。"

// at is one fault on a line, which is shown unless the key says it all.
func (d *Document) at(line int, key, ja, en string) pipeline.SettingFaults {
	return pipeline.SettingFaults{{File: d.name, Line: line, Key: key, JA: ja, EN: en, Excerpt: d.excerpt(line)}}
}

// password is what stands between account and host of an address.
var password = regexp.MustCompile(`:\S*@`)

// excerpt is the text of a line, without what may be a password.
func (d *Document) excerpt(line int) string {
	lines := bytes.Split(d.text, []byte("\n"))
	if line < 1 || line > len(lines) {
		return ""
	}
	return password.ReplaceAllString(strings.TrimRight(string(lines[line-1]), "\r"), ":***@")
}

// words puts an error of the YAML library into words for operators.
func (d *Document) words(err error) error {
	var ye yaml.Error
	if !errors.As(err, &ye) || ye.GetToken() == nil {
		return pipeline.SettingFaults{{File: d.name, JA: wantYAML, EN: err.Error(), Err: err}}
	}
	token := ye.GetToken()
	line, key := token.Position.Line, ""
	for _, e := range d.entries {
		if t := e.value.GetToken(); t != nil && t.Position.Line == line && t.Position.Column == token.Position.Column {
			key = e.path
		}
	}
	return d.at(line, key, japaneseOf(err, d.excerpt(line)), ye.GetMessage())
}

const (
	wantYAML  = "設定ファイルとして読めません。字下げ、コロンの後の半角の空白、引用符とかっこの対応を確かめてください。"
	wantPairs = "「設定名: 値」の形にしてください。コロンと空白は半角で、コロンの後に空白が必要です。"
)

// defined is how the library tells of a key that stands there twice.
var defined = regexp.MustCompile(`mapping key "(.*)" already defined at \[(\d+):\d+\]`)

func wantOnce(message string) string {
	if m := defined.FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("「%s」は%s行目にもあります。どちらか1つにしてください。", m[1], m[2])
	}
	return wantYAML
}

func japaneseOf(err error, excerpt string) string {
	var unknown *yaml.UnknownFieldError
	var twice *yaml.DuplicateKeyError
	var wrong *yaml.TypeError
	var node *yaml.UnexpectedNodeTypeError
	var large *yaml.OverflowError
	var syntax *yaml.SyntaxError
	switch {
	case errors.As(err, &unknown):
		return fmt.Sprintf("「%s」という設定はここにはありません。つづりと字下げを確かめてください（設定の一覧は README の meibo.yaml にあります）。", unknown.Token.Value)
	case errors.As(err, &twice):
		return wantOnce(twice.Message)
	case errors.As(err, &wrong):
		return wantType(wrong.DstType)
	case errors.As(err, &large):
		return "数が大きすぎます。桁数を確かめてください。"
	case errors.As(err, &node):
		return wantNode(node, excerpt)
	case errors.As(err, &syntax):
		return wantSyntax(syntax.Message)
	}
	return wantYAML
}

// wantType says what a value should be that is of another kind.
func wantType(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return Duration
	case t.Kind() == reflect.Bool:
		return "true か false を指定してください。"
	case t.Kind() == reflect.Int:
		return "整数で指定してください。"
	case t.Kind() == reflect.Float64:
		return "数で指定してください。"
	case t.Kind() == reflect.String:
		return "値を1つだけ、文字列で指定してください（一覧や下位の設定は書けません）。"
	}
	return wantYAML
}

// wantNode says of which form a value should be.
func wantNode(e *yaml.UnexpectedNodeTypeError, excerpt string) string {
	switch {
	case e.Expected == ast.SequenceType:
		return "一覧にしてください。[値, 値] とするか、「- 」で始まる行を並べます。"
	case e.Expected == ast.MappingType && strings.ContainsAny(excerpt, "：　"):
		return "全角のコロンまたは空白があります。" + wantPairs
	case e.Expected == ast.MappingType && e.Actual == ast.SequenceType:
		return "一覧ではなく、" + wantPairs
	case e.Expected == ast.MappingType:
		return "値が1つだけ書かれています。" + wantPairs
	}
	return wantYAML
}

// wantSyntax says what makes a text no YAML; the library tells these apart by its
// messages only.
func wantSyntax(message string) string {
	if defined.MatchString(message) {
		return wantOnce(message)
	}
	for _, x := range []struct{ holds, ja string }{
		{"cannot start any token", "字下げにタブは使えません。半角の空白に置き換えてください。"},
		{"-quoted text", "引用符が閉じていません。値の終わりに同じ引用符を付けてください。"},
		{"end token", "かっこが閉じていません。[ と ]、{ と } の対応を確かめてください。"},
		{"flow map", "かっこが閉じていません。[ と ]、{ と } の対応を確かめてください。"},
		{"could not find map value", "かっこが閉じていません。[ と ]、{ と } の対応を確かめてください。"},
		{"not allowed in this context", "この行か次の行の字下げがそろっていません。同じ見出しの下の行は同じ数の半角の空白で始めてください。「: 」を含む値は引用符で囲みます。"},
		{"reserved character", "値がYAMLの記号で始まっています。値を引用符で囲んでください。"},
		{"could not find alias", "「*」で始まる値は引用符で囲んでください。"},
	} {
		if strings.Contains(message, x.holds) {
			return x.ja
		}
	}
	return wantYAML
}
