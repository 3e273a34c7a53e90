package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// place says where a glyph belongs: its class representative and the kinds of
// the arrows that lead there.
type place struct {
	rep  rune
	path string
}

// classes puts every glyph that has an arrow into exactly one class.
func (s *source) classes() (map[rune]place, error) {
	out, err := s.everydayClasses()
	if err != nil {
		return nil, err
	}
	for _, glyph := range slices.Sorted(maps.Keys(s.arrows)) {
		if s.everyday[glyph] != "" {
			continue
		}
		if anchor, path, ok := s.nearest(glyph); ok {
			if at, joined := out[anchor]; joined {
				out[glyph] = place{at.rep, path + at.path}
			} else {
				out[glyph] = place{anchor, path}
			}
		}
	}
	s.rareClasses(out)
	return out, nil
}

// everydayClasses joins everyday kanji by direct arrows and pairs. It refuses
// a class in which two kanji are joined only through a third: that is how a
// plain union-find comes to take 明 for 朋.
func (s *source) everydayClasses() (map[rune]place, error) {
	beside := map[rune][]rune{}
	for p := range s.joins {
		beside[p[0]] = append(beside[p[0]], p[1])
		beside[p[1]] = append(beside[p[1]], p[0])
	}
	out := map[rune]place{}
	for _, r := range slices.Sorted(maps.Keys(beside)) {
		class := append(slices.Clone(beside[r]), r)
		slices.SortFunc(class, func(a, b rune) int {
			// A 常用漢字 stands for its class; 常 sorts after 人.
			return cmp.Or(-cmp.Compare(s.everyday[a], s.everyday[b]), cmp.Compare(a, b))
		})
		for i, a := range class {
			for _, b := range class[i+1:] {
				if s.joins[[2]rune{min(a, b), max(a, b)}] == 0 {
					return nil, fmt.Errorf("%c and %c are joined only through %c", a, b, r)
				}
			}
		}
		if rep := class[0]; rep != r {
			out[r] = place{rep, string(rune(s.joins[[2]rune{min(r, rep), max(r, rep)}]))}
		}
	}
	return out, nil
}

// nearest finds the one everyday kanji that glyph is attached to: fewest hops,
// then most arrows of 親字・正字, then the lowest code point.
func (s *source) nearest(glyph rune) (anchor rune, path string, ok bool) {
	seen := map[rune]bool{glyph: true}
	for level := map[rune]string{glyph: ""}; len(level) > 0; {
		next := map[rune]string{}
		for from, p := range level {
			for to, k := range s.arrows[from] {
				if q := p + string(rune(k)); !seen[to] && (next[to] == "" || comparePaths(q, next[to]) < 0) {
					next[to] = q
				}
			}
		}
		for to, p := range next {
			seen[to] = true
			if s.everyday[to] == "" {
				continue
			}
			if c := cmp.Or(cmp.Compare(others(p), others(path)), cmp.Compare(to, anchor)); !ok || c < 0 {
				anchor, path, ok = to, p, true
			}
		}
		if ok {
			return anchor, path, true
		}
		level = next
	}
	return 0, "", false
}

// comparePaths orders paths of equal length to one glyph: more arrows of
// 親字・正字 first, then as text, so that no map's order shows.
func comparePaths(a, b string) int {
	return cmp.Or(cmp.Compare(others(a), others(b)), cmp.Compare(a, b))
}

// others counts the arrows of a path that are not of 親字・正字.
func others(path string) (n int) {
	for _, k := range []byte(path) {
		if kind(k) != koseki {
			n++
		}
	}
	return n
}

// rareClasses places the glyphs that lead to no everyday kanji, such as 桝 and
// 枡: each follows its own best arrow until there is none. Where the arrows
// run in a circle, its lowest code point stands for all.
func (s *source) rareClasses(out map[rune]place) {
	rest := map[rune]rune{}
	for glyph, arrows := range s.arrows {
		if _, placed := out[glyph]; !placed && s.everyday[glyph] == "" {
			rest[glyph] = best(arrows)
		}
	}
	for _, glyph := range slices.Sorted(maps.Keys(rest)) {
		trail, path := []rune{glyph}, ""
		for at := glyph; ; {
			to, more := rest[at]
			if !more {
				out[glyph] = place{at, path}
				break
			}
			path += string(rune(s.arrows[at][to]))
			if i := slices.Index(trail, to); i >= 0 {
				circle := trail[i:]
				rep := slices.Min(circle)
				if rep != glyph {
					out[glyph] = place{rep, path[:i+slices.Index(circle, rep)]}
				}
				break
			}
			trail, at = append(trail, to), to
		}
	}
}

func best(arrows map[rune]kind) rune {
	return slices.MinFunc(slices.Collect(maps.Keys(arrows)), func(a, b rune) int {
		return cmp.Or(cmp.Compare(others(string(rune(arrows[a]))), others(string(rune(arrows[b])))), cmp.Compare(a, b))
	})
}
