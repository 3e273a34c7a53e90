package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

const notice = `# %s
# Derived from the MJ文字情報一覧表 and MJ縮退マップ of 独立行政法人情報処理推進機構
# (IPA) by schemas/kanji/gen; CC BY-SA 2.1 JP, see LICENSE.md. Do not edit.
# source %s %s %s
`

func write(s *source, classes map[rune]place) error {
	for _, f := range []struct{ name, title, body string }{
		{"variants.txt", "Classes of kanji variants: representative, then members by the arrows that lead there.", variants(classes)},
		{"everyday.txt", "常用漢字 and 人名用漢字.", s.everydayText()},
		{"joins.txt", "Everyday kanji with a direct arrow or pair.", s.joinsText()},
	} {
		text := fmt.Sprintf(notice, f.title, pkgName, version, integrity) + f.body
		if err := os.WriteFile(f.name, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// variants writes a class a line, sorted by representative:
// 崎<tab>K:嵜﨑𡼋<tab>KK:…
func variants(classes map[rune]place) string {
	members := map[rune]map[string][]rune{}
	for _, r := range slices.Sorted(maps.Keys(classes)) {
		at := classes[r]
		if members[at.rep] == nil {
			members[at.rep] = map[string][]rune{}
		}
		members[at.rep][at.path] = append(members[at.rep][at.path], r)
	}
	var b strings.Builder
	for _, rep := range slices.Sorted(maps.Keys(members)) {
		b.WriteRune(rep)
		for _, path := range slices.Sorted(maps.Keys(members[rep])) {
			b.WriteString("\t" + path + ":" + string(members[rep][path]))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// everydayText writes one line for each list.
func (s *source) everydayText() string {
	var b strings.Builder
	for _, policy := range []string{"常用漢字", "人名用漢字"} {
		b.WriteString(policy + "\t")
		for _, r := range slices.Sorted(maps.Keys(s.everyday)) {
			if s.everyday[r] == policy {
				b.WriteRune(r)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// joinsText writes a pair and the kind of its arrow a line.
func (s *source) joinsText() string {
	var b strings.Builder
	for _, p := range slices.SortedFunc(maps.Keys(s.joins), func(a, b [2]rune) int { return slices.Compare(a[:], b[:]) }) {
		fmt.Fprintf(&b, "%c\t%c\t%c\n", p[0], p[1], s.joins[p])
	}
	return b.String()
}
