package synth

import (
	"slices"
	"strings"

	"meibo/pipeline"
)

// trap says what makes an ID hard to place. Several may hold at once.
type trap uint

const (
	trapSecond   trap = 1 << iota // another ID of a person who has one
	trapMarried                   // surname changed between the two IDs
	trapVariant                   // the same kanji in its other form (髙 for 高)
	trapKana                      // a slip in the reading
	trapBirth                     // a slip in the birth date
	trapEmail                     // another mail address
	trapNoKanji                   // recorded in katakana only
	trapNoKana                    // recorded without a reading
	trapTwin                      // surname, birth date and agency of the ID before, another given name
	trapStranger                  // name and birth date of another person
	trapMailbox                   // the agency's mail address instead of an own one
)

// String joins the names of the traps by +, in the order above.
func (t trap) String() string {
	names := []string{
		"second-id", "surname-changed", "kanji-variant", "kana-slip", "birth-slip", "email-changed",
		"kanji-missing", "kana-missing", "twin", "same-name-and-birthday", "shared-mailbox",
	}
	var held []string
	for i, n := range names {
		if t&(1<<i) != 0 {
			held = append(held, n)
		}
	}
	return strings.Join(held, "+")
}

// How often the traps occur: the first three among all IDs, the slips among
// second IDs. They follow what registers report of themselves, rounded.
const (
	rateSecond   = 0.010
	rateTwin     = 0.003
	rateStranger = 0.0005
	rateMailbox  = 0.08 // of people with a mail address

	rateMarriedWoman    = 0.35
	rateMarriedMan      = 0.05
	rateVariant         = 0.25 // where the name holds such a kanji
	rateKana            = 0.06
	rateBirth           = 0.04
	rateEmail           = 0.60
	rateNoKanji         = 0.03
	rateNoKana          = 0.05
	rateFormerWritten   = 0.40 // 旧氏名 is filled in after a change of surname
	rateSameCertificate = 0.40 // an old pass is entered again under the second ID
)

// drawSlips draws the slips of a second ID of p.
func drawSlips(d *dice, p person) trap {
	t := trapSecond
	married := rateMarriedMan
	if p.sex == 1 {
		married = rateMarriedWoman
	}
	for _, s := range []struct {
		trap trap
		rate float64
	}{
		{trapMarried, married},
		{trapVariant, rateVariant},
		{trapKana, rateKana},
		{trapBirth, rateBirth},
		{trapEmail, rateEmail},
		{trapNoKanji, rateNoKanji},
		{trapNoKana, rateNoKana},
	} {
		if d.chance(s.rate) {
			t |= s.trap
		}
	}
	if t&trapNoKanji != 0 {
		t &^= trapNoKana // a record with neither would hold no name
	}
	return t
}

// variants lists kanji with their other forms as they stand in family registers.
func variants() []string {
	return []string{
		"高髙", "崎﨑", "辺邊邉", "沢澤", "島嶋", "浜濱濵", "桜櫻", "斎齋", "斉齊", "富冨", "吉𠮷",
		"広廣", "国國", "真眞", "滝瀧", "栄榮", "徳德", "恵惠", "寿壽",
	}
}

// otherForm writes one kanji of name in another form; false if it has none.
func otherForm(d *dice, name string) (string, bool) {
	var found [][]rune
	for _, v := range variants() {
		if forms := []rune(v); strings.ContainsRune(name, forms[0]) {
			found = append(found, forms)
		}
	}
	if len(found) == 0 {
		return name, false
	}
	forms := found[d.n(len(found))]
	return strings.Replace(name, string(forms[0]), string(forms[1+d.n(len(forms)-1)]), 1), true
}

// slipKana makes the mistake of a hurried typist in a katakana name: a voicing
// mark lost, a small letter written large, a look-alike, or a letter left out.
func slipKana(d *dice, kana string) string {
	const pairs = "ガカギキグクゲケゴコザサジシズスゼセゾソダタデテドトバハビヒブフベヘボホャヤュユョヨッツシツツシソンンソクワワク"
	letters, slips := []rune(kana), []rune(pairs)
	start := d.n(len(letters))
	for i := range letters {
		at := (start + i) % len(letters)
		for j := 0; j < len(slips); j += 2 {
			if letters[at] == slips[j] {
				letters[at] = slips[j+1]
				return string(letters)
			}
		}
	}
	return string(slices.Delete(letters, start, start+1))
}

// slipBirth changes a birth date as slips do: a day off, day and month
// swapped, a year off, or ten.
func slipBirth(d *dice, born pipeline.Date) pipeline.Date {
	y, m, day := born.Year(), born.Month(), born.Day()
	switch d.n(4) {
	case 0:
		return born.AddDays(1)
	case 1:
		if s, ok := pipeline.NewDate(y, day, m); ok && day != m {
			return s
		}
	case 2:
		if s, ok := pipeline.NewDate(y-10, m, day); ok {
			return s
		}
	}
	if s, ok := pipeline.NewDate(y+1, m, day); ok {
		return s
	}
	return born.AddDays(-1)
}
