package main

import (
	"bufio"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	_ "modernc.org/sqlite"
)

// kind says which source an arrow stands in; the letters are those of variants.txt.
type kind byte

const (
	koseki kind = 'K' // 戸籍統一文字情報 親字・正字, hop 1
	jis    kind = 'J' // JIS包摂規準・UCS統合規則
	pair   kind = 'P' // 人名用漢字 and the everyday form it belongs to
	local  kind = 'L' // local.txt
)

// source is the chosen subset of the map, by code point.
type source struct {
	everyday map[rune]string        // 常用漢字 or 人名用漢字
	arrows   map[rune]map[rune]kind // glyph to what it shrinks to
	joins    map[[2]rune]kind       // everyday kanji with a direct arrow or pair, lower first
}

const (
	arrowsByJIS = `
SELECT m.対応するUCS, s.縮退UCS, m.実装したUCS IS NOT NULL
FROM mji m JOIN mjsm_JIS包摂規準UCS統合規則 s USING (MJ文字図形名)
WHERE m.対応するUCS IS NOT NULL`
	arrowsByKoseki = `
SELECT m.対応するUCS, s.縮退UCS, m.実装したUCS IS NOT NULL
FROM mji m JOIN mjsm_戸籍統一文字情報_親字正字 s USING (MJ文字図形名)
WHERE m.対応するUCS IS NOT NULL AND s.ホップ数 = 1`
	pairs = `
SELECT object, subject, TRUE FROM "kdpv_jinmei1/variant"
UNION ALL
SELECT object, subject, TRUE FROM "kdpv_jinmei2/variant"`
	everyday = `
SELECT 対応するUCS, 漢字施策, TRUE FROM mji
WHERE 対応するUCS IS NOT NULL AND 漢字施策 IS NOT NULL`
)

func readSource(db string) (*source, error) {
	conn, err := sql.Open("sqlite", "file:"+db+"?mode=ro")
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	s := &source{everyday: map[rune]string{}, arrows: map[rune]map[rune]kind{}, joins: map[[2]rune]kind{}}
	err = each(conn, everyday, func(glyph, policy string, _ bool) {
		r, ok := single(glyph)
		if ok && s.everyday[r] != "常用漢字" { // a compatibility form may be 人名用漢字
			s.everyday[r] = policy
		}
	})
	if err != nil {
		return nil, err
	}
	// In the order of the letters' rank: the first kind to hold an arrow names it.
	for _, q := range []struct {
		kind kind
		sql  string
	}{{koseki, arrowsByKoseki}, {pair, pairs}, {jis, arrowsByJIS}} {
		err := each(conn, q.sql, func(from, to string, plain bool) { s.add(from, to, q.kind, plain) })
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

func each(conn *sql.DB, query string, f func(a, b string, plain bool)) error {
	rows, err := conn.Query(query)
	if err != nil {
		return fmt.Errorf("read the map: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var a, b string
		var plain bool
		if err := rows.Scan(&a, &b, &plain); err != nil {
			return fmt.Errorf("read the map: %w", err)
		}
		f(a, b, plain)
	}
	return rows.Err()
}

// add takes in one arrow. Two everyday kanji are joined only by an arrow of
// the plain glyph: the map also leads rare shapes of 玉, 切, 師, 書, 着 and 藁,
// which text cannot tell from the plain ones without a variation selector, to
// 王, 功, 帥, 昼, 著 and 稿.
func (s *source) add(from, to string, k kind, plain bool) {
	a, okA := single(from)
	b, okB := single(to)
	if !okA || !okB || a == b {
		return
	}
	if s.everyday[a] != "" && s.everyday[b] != "" {
		if key := [2]rune{min(a, b), max(a, b)}; plain && s.joins[key] == 0 {
			s.joins[key] = k
		}
		return
	}
	if s.arrows[a] == nil {
		s.arrows[a] = map[rune]kind{}
	}
	if s.arrows[a][b] == 0 {
		s.arrows[a][b] = k
	}
}

// single gives the one character that s is after NFKC, which the L1 key has
// already applied when the table is asked.
func single(s string) (rune, bool) {
	s = norm.NFKC.String(s)
	r, n := utf8.DecodeRuneInString(s)
	return r, n > 0 && n == len(s)
}

// readLocal adds the pairs of local.txt. They may not touch what the sources
// say: the left glyph must be no everyday kanji.
func (s *source) readLocal(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	for n := 1; sc.Scan(); n++ {
		if strings.HasPrefix(sc.Text(), "#") {
			continue
		}
		p := strings.Split(sc.Text(), "\t")
		if len(p) != 3 || utf8.RuneCountInString(p[0]) != 1 || utf8.RuneCountInString(p[1]) != 1 || p[2] == "" {
			return fmt.Errorf("%s:%d: want glyph, glyph and reason", name, n)
		}
		if r, _ := utf8.DecodeRuneInString(p[0]); s.everyday[r] != "" {
			return fmt.Errorf("%s:%d: %s is an everyday kanji", name, n, p[0])
		}
		s.add(p[0], p[1], local, true)
	}
	return sc.Err()
}
