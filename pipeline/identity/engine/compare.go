package engine

import "bytes"

// pattern is all that a comparison of two records found, in 32 bits. Weights
// are a function of the pattern and the model, so pairs are compared once and
// weighed as often as training needs.
type pattern uint32

// Where the findings stand in a pattern.
const (
	nameShift   = 0  // 5 bits
	bornShift   = 5  // 3 bits
	mailShift   = 8  // 3 bits
	certShift   = 11 // 2 bits
	sexShift    = 13 // 2 bits
	agencyShift = 15 // 2 bits
	nameTF      = 17 // 8 bits: how rare what agrees in the name is, in quarter bits
	agencyTF    = 25 // 5 bits: of the agency, in half bits
	levelBits   = 17
)

func (p pattern) name() nameLevel { return nameLevel(p >> nameShift & 31) }
func (p pattern) born() bornLevel { return bornLevel(p >> bornShift & 7) }
func (p pattern) mail() mailLevel { return mailLevel(p >> mailShift & 7) }
func (p pattern) cert() certLevel { return certLevel(p >> certShift & 3) }
func (p pattern) sex() flatLevel  { return flatLevel(p >> sexShift & 3) }
func (p pattern) agency() flatLevel {
	return flatLevel(p >> agencyShift & 3)
}

// rareName and rareAgency are in bits.
func (p pattern) rareName() float64   { return float64(p>>nameTF&255) / 4 }
func (p pattern) rareAgency() float64 { return float64(p>>agencyTF&31) / 2 }

// nameLevel is the outcome of the one comparison of names.
type nameLevel uint8

const (
	nameUnknown     nameLevel = iota
	nameAll                   // kanji and kana agree
	nameKanji                 // kanji (or Latin) agree, the reading is unknown
	nameKana                  // the reading agrees, the kanji are unknown
	nameOtherFamily           // the reading agrees, the family name has other kanji
	nameOtherGiven            // the reading agrees, the given name has other kanji
	nameReading               // kanji agree, the reading differs
	nameFormer                // given name agrees, the family name is the other's former one
	nameChangedWoman
	nameChanged    // given name agrees, another family name
	nameNearFamily // given name agrees, a slip in the family name
	nameNearGiven
	nameSwapped   // family and given name changed places
	nameSimilar   // slips in both
	nameRelative  // the family name agrees, another given name
	nameGivenOnly // given name agrees, no family name on one side
	nameFamilyOnly
	nameConflict
	nameNearOnly      // a slip in one part, the other part is missing on one side
	nameCrossed       // the given name of one is the family name of the other, their other parts are missing or slips
	nameRelativeLatin // nameRelative in Latin letters, in which slips and short forms are many
	nameLevels
)

// givenAgrees reports whether the given name agrees, which tells the sex.
func (l nameLevel) givenAgrees() bool {
	return nameAll <= l && l <= nameNearFamily || l == nameSwapped || l == nameGivenOnly
}

// relative reports whether the family name agrees and the given name does not.
func (l nameLevel) relative() bool { return l == nameRelative || l == nameRelativeLatin }

// agrees reports whether both names agree.
func (l nameLevel) agrees() bool { return nameAll <= l && l <= nameReading }

type bornLevel uint8

const (
	bornUnknown bornLevel = iota
	bornEqual
	bornNextDay
	bornTurned // day and month changed places
	bornDigit  // one digit, or two neighbours changed places
	bornNear   // only one of year, month and day differs, or a month at most
	bornConflict
	bornLevels
)

type mailLevel uint8

const (
	mailUnknown mailLevel = iota
	mailEqual
	mailShared  // equal, but two or three people use it
	mailLocal   // the same before the @
	mailDerived // the same or similar before the @, and made of the name
	mailSimilar
	mailConflict
	mailMade // equal, but made of the name, which agrees too: namesakes may think of one address
	mailLevels
)

type certLevel uint8

const (
	certUnknown certLevel = iota
	certEqual
	certConflict
	certSameDay // two exams of one kind sat on one day under different numbers
	certLevels
)

// flatLevel is for sex and agency.
type flatLevel uint8

const (
	flatUnknown flatLevel = iota
	flatEqual
	flatConflict
	flatLevels
)

// partLevel is how one part of two names compares, over its writings.
type partLevel uint8

const (
	partUnknown partLevel = iota
	partBoth
	partKanji
	partKana
	partOther // read alike, written otherwise
	partReading
	partNear
	partFar
)

func (l partLevel) agrees() bool { return partBoth <= l && l <= partReading }

// byKana reports whether what agrees is the reading.
func (l partLevel) byKana() bool { return l == partKana || l == partOther }

// comparePart compares family with family or given with given. Kanji and kana
// say the same thing twice: they are one piece of evidence.
func (c *Columns) comparePart(a, b, ka, kb uint32) partLevel {
	kanji, kana := a != 0 && b != 0, ka != 0 && kb != 0
	switch {
	case kanji && a == b && kana && ka == kb:
		return partBoth
	case kanji && a == b && kana:
		return partReading
	case kanji && a == b:
		return partKanji
	case kana && ka == kb && (!kanji || c.forms.skel[a] == c.forms.skel[b]):
		return partKana // 斎 and 斉: as good as unwritten
	case kana && ka == kb:
		return partOther
	case kanji && kana:
		return partFar // one slip in both writings at once is not a slip
	case kanji:
		// 一郎 and 二郎 are one stroke apart, and brothers.
		if c.forms.skel[a] == c.forms.skel[b] || c.forms.latin[a] && c.forms.latin[b] && c.forms.near(a, b) {
			return partNear
		}
		return partFar
	case kana && c.forms.near(ka, kb):
		return partNear
	case kana:
		return partFar
	}
	return partUnknown
}

// compare finds the pattern of two records; the order does not matter.
func (c *Columns) compare(x, y uint32) pattern {
	p := c.compareAllButMail(x, y)
	return p | pattern(c.compareMail(x, y, p.name()))<<mailShift
}

// compareAllButMail leaves mail addresses unknown: to see how like each other
// two of them are costs as much as all else.
func (c *Columns) compareAllButMail(x, y uint32) pattern {
	a, b := &c.rows[x], &c.rows[y]
	name, rare := c.compareNames(x, y)
	p := pattern(name)<<nameShift | pattern(comparedDates(a.born, b.born))<<bornShift |
		pattern(c.compareCerts(x, y))<<certShift |
		pattern(flat(uint32(a.sex), uint32(b.sex)))<<sexShift | pattern(rare)<<nameTF
	agency := flat(a.agency, b.agency)
	p |= pattern(agency) << agencyShift
	if agency == flatEqual {
		p |= pattern(min(a.agencyBits, b.agencyBits)) << agencyTF
	}
	return p
}

func flat(a, b uint32) flatLevel {
	switch {
	case a == 0 || b == 0:
		return flatUnknown
	case a == b:
		return flatEqual
	}
	return flatConflict
}

// compareMail compares mail addresses. One that people of two given names use is
// not a personal one, even if only two use it.
func (c *Columns) compareMail(x, y uint32, name nameLevel) mailLevel {
	a, b := &c.rows[x], &c.rows[y]
	switch {
	case a.email == 0 || b.email == 0:
		return mailUnknown
	case a.email == b.email && (a.users > 1 || name.relative() || name == nameConflict):
		return mailShared
	case a.email == b.email && name.agrees() && a.flags&b.flags&flagDerived != 0:
		return mailMade
	case a.email == b.email:
		return mailEqual
	case a.head != b.head && a.tail != b.tail:
		return mailConflict // one spot of two letters leaves one end alone: most texts need not be fetched
	}
	p, q := c.localOf(x), c.localOf(y)
	same := bytes.Equal(p, q)
	switch {
	case !same && !similarMail(p, q):
		return mailConflict
	case a.flags&b.flags&flagDerived != 0:
		return mailDerived
	case same:
		return mailLocal
	}
	return mailSimilar
}
