// Package kanji carries the table of kanji variants, which stands apart from
// the other embedded data because its licence is CC BY-SA 2.1 JP.
package kanji

import _ "embed"

//go:generate go run ./gen

// Variants is variants.txt. A line is a class: its representative, then its
// members in groups, each led by the kinds of the arrows from the member to the
// representative (K 戸籍統一文字 親字・正字, J JIS包摂・UCS統合, P 人名用漢字,
// L local.txt), all separated by tabs; lines that begin with # are comments.
// Every glyph stands in it at most once. identity gives it meaning.
//
//go:embed variants.txt
var Variants string
