package synth

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"meibo/pipeline"
)

// FlatOptions say which flat file to make. Equal options give equal bytes.
type FlatOptions struct {
	Records int // IDs; at least 1
	Seed    uint64
	File    string // CSV, UTF-8
}

// FlatSummary counts what was written.
type FlatSummary struct {
	Records   int
	People    int
	SecondIDs int
	Twins     int
	Strangers int // pairs of different people of one name and birth date
	Sons      int // children beside a parent of the same agency
	Foreign   int
}

// How often things occur in a flat file: the first five among all IDs, the
// others among second IDs, save where they say otherwise.
const (
	flatSecond   = 0.05
	flatTwin     = 0.003
	flatStranger = 0.00001
	flatSon      = 0.003
	flatForeign  = 0.02 // of people

	flatMarriedWoman    = 0.12
	flatMarriedMan      = 0.02
	flatFormerWritten   = 0.60 // 旧氏名, after a change of surname
	flatVariant         = 0.25 // where the name holds such a kanji
	flatKanaSlip        = 0.03
	flatDaySlip         = 0.012 // a day early or late
	flatTurned          = 0.006 // day and month changed places, where both can be
	flatDigit           = 0.012 // one digit of the birth date
	flatNewMail         = 0.25
	flatNewAgency       = 0.35
	flatOldCertificate  = 0.45 // the certificate of the first ID again
	flatNoKanji         = 0.02 // of all IDs: the name in katakana only
	flatNoKana          = 0.03 // of all IDs
	flatNoMail          = 0.10 // of all people
	flatMailbox         = 0.08 // of people with an address: the agency's
	flatSonMailbox      = 0.20 // of sons: the parent's address
	flatNoCertificate   = 0.10 // of all IDs
	flatNoSex           = 0.01 // of all IDs
	flatNoBlank         = 0.10 // of all IDs: no blank between surname and given name
	flatAgencyIsUnknown = 0.05 // of all IDs

	// Shares of people named from the lists; with these two people of one
	// generation bear one name about as seldom as in Japan: once in 150,000.
	flatListedSurname = 0.45
	flatListedGiven   = 0.28
)

// flatHeader are the columns, named as the command that measures reads them.
func flatHeader() []string {
	return []string{"id", "name", "kana", "former", "born", "sex", "email", "agency", "certificate", "trap", "truth"}
}

// Purposes of dice of the flat file.
const (
	forFlatOrigin = iota + 101
	forFlatPerson
	forFlatRecord
	forFlatMail
)

// flat is one flat file. Like a register it holds no people.
type flat struct {
	*register
	sum FlatSummary
}

// GenerateFlat writes one CSV with a row for each ID: what the register says of
// it, what makes it hard to place, and in the column truth who it is. Memory
// does not grow with the number of records. A file that is there is replaced.
func GenerateFlat(o FlatOptions) (sum FlatSummary, err error) {
	if o.Records < 1 || o.Records > MaxAgents || o.File == "" {
		return FlatSummary{}, fmt.Errorf("generate flat file: records %d: want 1 to %d, and a file", o.Records, MaxAgents)
	}
	r, err := newRegister(Options{Agents: o.Records, Seed: o.Seed, Nights: 1, LastNight: 20261121, Insurers: []string{"1001"}})
	if err != nil {
		return FlatSummary{}, err
	}
	r.words.listedSurname, r.words.listGiven = flatListedSurname, flatListedGiven
	if err := os.MkdirAll(filepath.Dir(o.File), 0o755); err != nil {
		return FlatSummary{}, fmt.Errorf("generate flat file: %w", err)
	}
	file, err := os.Create(o.File)
	if err != nil {
		return FlatSummary{}, fmt.Errorf("generate flat file: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	buf := bufio.NewWriterSize(file, 1<<16)
	w := csv.NewWriter(buf)
	f := &flat{register: r}
	if err := w.Write(flatHeader()); err != nil {
		return f.sum, fmt.Errorf("write %s: %w", o.File, err)
	}
	for slot := range o.Records {
		if err := w.Write(f.row(slot)); err != nil {
			return f.sum, fmt.Errorf("write %s: %w", o.File, err)
		}
	}
	w.Flush()
	return f.sum, errors.Join(w.Error(), buf.Flush())
}

// flatKind says how the person of a slot came to be.
type flatKind int

const (
	flatPlain flatKind = iota
	flatIsSecond
	flatIsTwin
	flatIsStranger
	flatIsSon
)

// origin returns the slot of the person's first ID and the kind of this one. The
// relatives of a slot are those of the slot before it, which must be plain.
func (f *flat) origin(slot int) (int, flatKind) {
	if slot == 0 {
		return 0, flatPlain
	}
	d := roll(f.seed, forFlatOrigin, uint64(slot))
	u := d.unit()
	for _, k := range []struct {
		kind flatKind
		rate float64
	}{{flatIsSecond, flatSecond}, {flatIsTwin, flatTwin}, {flatIsStranger, flatStranger}, {flatIsSon, flatSon}} {
		if u -= k.rate; u >= 0 {
			continue
		}
		if k.kind == flatIsSecond {
			first, _ := f.origin(d.n(slot))
			return first, flatIsSecond
		}
		if _, before := f.origin(slot - 1); before == flatPlain || k.kind == flatIsStranger {
			return slot, k.kind
		}
		break
	}
	return slot, flatPlain
}

// flatPerson is somebody as they are.
type flatPerson struct {
	person
	kind    flatKind
	foreign bool
	mailbox int // slot whose mail address is used; -1: the own one
}

func (f *flat) personOf(first int) flatPerson {
	_, kind := f.origin(first)
	d := roll(f.seed, forFlatPerson, uint64(first))
	p := flatPerson{kind: kind, mailbox: -1}
	p.no, p.sex, p.agency = first+1, d.n(2), f.drawAgency(d)
	oldest, youngest := birthRange(f.first)
	p.born = d.between(oldest, youngest)
	p.surname, p.maiden = f.words.surname(d), f.words.surname(d)
	if p.foreign = d.chance(flatForeign); p.foreign {
		p.surname, p.given = foreigner(d, p.sex)
		p.maiden = p.surname
	} else {
		p.given = f.words.givenName(d, p.sex, p.born.Year())
	}
	switch kind {
	case flatIsTwin:
		o := f.personOf(first - 1)
		p.surname, p.maiden, p.born, p.agency, p.foreign = o.surname, o.maiden, o.born, o.agency, false
		for p.given = f.words.givenName(d, p.sex, p.born.Year()); p.given.kana == o.given.kana; {
			p.given = f.words.givenName(d, p.sex, p.born.Year())
		}
	case flatIsStranger:
		other, _ := f.origin(d.n(first))
		o := f.personOf(other)
		p.surname, p.given, p.born, p.sex, p.foreign = o.surname, o.given, o.born, o.sex, o.foreign
	case flatIsSon:
		o := f.personOf(first - 1)
		p.surname, p.agency, p.foreign = o.surname, o.agency, false
		p.born = o.born.AddDays(365*22 + d.n(365*18))
		for p.given = f.words.givenName(d, p.sex, p.born.Year()); p.given.kana == o.given.kana; {
			p.given = f.words.givenName(d, p.sex, p.born.Year())
		}
		if d.chance(flatSonMailbox) {
			p.mailbox = first - 1
		}
	}
	return p
}

// foreigner draws a name in Latin letters with its reading.
func foreigner(d *dice, sex int) (surname, given word) {
	surnames := []string{
		"NGUYEN/グエン", "TRAN/チャン", "LEE/リー", "KIM/キム", "PARK/パク", "WANG/ワン", "CHEN/チェン", "LIU/リュウ", "SMITH/スミス",
		"JOHNSON/ジョンソン", "BROWN/ブラウン", "SILVA/シルバ", "SANTOS/サントス", "OLIVEIRA/オリベイラ", "GARCIA/ガルシア",
		"REYES/レイエス", "CRUZ/クルス", "SHARMA/シャルマ", "SINGH/シン", "TAMANG/タマン", "O'BRIEN/オブライエン", "MUELLER/ミュラー",
	}
	givens := [2][]string{
		{"JOHN/ジョン", "MICHAEL/マイケル", "DAVID/デイビッド", "MINH/ミン", "TUAN/トゥアン", "JOSE/ホセ", "CARLOS/カルロス", "MIN-JUN/ミンジュン", "WEI/ウェイ", "RAJESH/ラジェシュ", "PETER/ピーター", "ANDRE/アンドレ"},
		{"MARIA/マリア", "ANNA/アンナ", "LINH/リン", "HUONG/フォン", "MARY/メアリー", "GRACE/グレース", "JI-WOO/ジウ", "MEI/メイ", "SUNITA/スニタ", "LUCIA/ルシア", "PATRICIA/パトリシア", "SARAH/サラ"},
	}
	middle := []string{"/", "/", " A/", " THI/ティ", " VAN/バン", " MARIE/マリー", " JUN/ジュン", " K/"}
	cut := func(s string) word { a, b, _ := strings.Cut(s, "/"); return word{a, b} }
	return cut(surnames[d.n(len(surnames))]), cut(givens[sex][d.n(12)]).join(cut(middle[d.n(len(middle))]))
}

// row is the line of one ID.
func (f *flat) row(slot int) []string {
	first, kind := f.origin(slot)
	p := f.personOf(first)
	f.tally(p, kind)
	d := roll(f.seed, forFlatRecord, uint64(slot))
	rec := flatRecord{
		born: p.born, surname: p.surname, given: p.given, mailOf: first, agency: p.agency, certOf: slot,
	}
	if p.mailbox >= 0 {
		rec.mailOf = p.mailbox
	}
	if kind == flatIsSecond {
		rec.second(d, f, p, slot)
	}
	if kind != flatIsSecond {
		rec.trap = [...]trap{flatIsTwin: trapTwin, flatIsStranger: trapStranger, flatIsSon: 0}[kind]
	}
	return f.write(d, slot, p, rec)
}

// flatRecord is one ID before it is written down.
type flatRecord struct {
	born           pipeline.Date
	surname, given word
	former         string
	mailOf, certOf int
	newMail        bool
	agency         int
	trap           trap
}

// second draws what differs in a second ID.
func (rec *flatRecord) second(d *dice, f *flat, p flatPerson, slot int) {
	rec.trap = trapSecond
	married := flatMarriedMan
	if p.sex == 1 {
		married = flatMarriedWoman
	}
	if d.chance(married) && !p.foreign && p.maiden.kanji != p.surname.kanji {
		rec.surname = p.maiden
		rec.trap |= trapMarried
		if d.chance(flatFormerWritten) {
			rec.former = p.surname.kanji
		}
	}
	if form, ok := otherForm(d, rec.surname.kanji); ok && d.chance(flatVariant) {
		rec.surname.kanji = form
		rec.trap |= trapVariant
	}
	if d.chance(flatKanaSlip) {
		if d.n(2) == 0 {
			rec.surname.kana = slipKana(d, rec.surname.kana)
		} else {
			rec.given.kana = slipKana(d, rec.given.kana)
		}
		rec.trap |= trapKana
	}
	if born := slipFlat(d, p.born); born != p.born {
		rec.born = born
		rec.trap |= trapBirth
	}
	if d.chance(flatNewMail) {
		rec.newMail, rec.mailOf = true, slot
		rec.trap |= trapEmail
	}
	if d.chance(flatNewAgency) {
		rec.agency = f.drawAgency(d)
	}
	if d.chance(flatOldCertificate) {
		rec.certOf = p.no - 1
	}
}

// slipFlat changes a birth date as the rates say.
func slipFlat(d *dice, born pipeline.Date) pipeline.Date {
	y, m, day := born.Year(), born.Month(), born.Day()
	u := d.unit()
	switch {
	case u < flatDaySlip:
		return born.AddDays(1 - 2*d.n(2))
	case u < flatDaySlip+flatTurned:
		if s, ok := pipeline.NewDate(y, day, m); ok {
			return s
		}
	case u < flatDaySlip+flatTurned+flatDigit:
		at := []int{1, 10, 100, 1000, 10000, 100000}[d.n(6)]
		digit := int(born) / at % 10
		s := pipeline.Date(int(born) + (d.n(10)-digit)*at)
		if e, ok := pipeline.NewDate(s.Year(), s.Month(), s.Day()); ok && e.Year() > 1930 && e.Year() < 2010 {
			return e
		}
	}
	return born
}

func (f *flat) tally(p flatPerson, kind flatKind) {
	f.sum.Records++
	if kind != flatIsSecond {
		f.sum.People++
	}
	if p.foreign {
		f.sum.Foreign++
	}
	switch kind {
	case flatIsSecond:
		f.sum.SecondIDs++
	case flatIsTwin:
		f.sum.Twins++
	case flatIsStranger:
		f.sum.Strangers++
	case flatIsSon:
		f.sum.Sons++
	}
}

// write puts the ID down with what any ID may lack.
func (f *flat) write(d *dice, slot int, p flatPerson, rec flatRecord) []string {
	gap := []string{"　", "　", "　", " "}[d.n(4)]
	if d.chance(flatNoBlank) && !p.foreign {
		gap = ""
	}
	name := rec.surname.kanji + gap + rec.given.kanji
	kana := rec.surname.kana + gap + rec.given.kana
	switch u := d.unit(); {
	case u < flatNoKanji:
		name = kana
		rec.trap |= trapNoKanji
	case u < flatNoKanji+flatNoKana:
		kana = ""
		rec.trap |= trapNoKana
	}
	sex := []string{"男", "女"}[p.sex]
	if d.chance(flatNoSex) {
		sex = ""
	}
	agency := f.agency(rec.agency).no
	if d.chance(flatAgencyIsUnknown) {
		agency = ""
	}
	certificate := ""
	if !d.chance(flatNoCertificate) {
		certificate = fmt.Sprintf("K%010d", mixed(f.seed, rec.certOf))
	}
	mail := f.flatMail(p, &rec)
	return []string{
		agentID(slot), name, kana, rec.former, rec.born.String(), sex, mail, agency, certificate,
		rec.trap.String(), fmt.Sprintf("P%09d", p.no),
	}
}

// mixed spreads the certificate numbers; two slots never share one.
func mixed(seed uint64, slot int) uint64 {
	const prime = 4_999_999_937 // above any slot
	return (uint64(slot)*2_862_933_555 + seed%prime) % prime
}

// flatMail returns the address of a person, of the agency, or none.
func (f *flat) flatMail(p flatPerson, rec *flatRecord) string {
	d := roll(f.seed, forFlatMail, uint64(rec.mailOf), uint64(p.no)*one(rec.newMail))
	if d.chance(flatNoMail) {
		return ""
	}
	if d.chance(flatMailbox) {
		rec.trap |= trapMailbox
		return "info@" + strings.ToLower(f.agency(rec.agency).no) + ".example.jp"
	}
	owner := p.person
	if !rec.newMail && rec.mailOf != p.no-1 {
		owner = f.personOf(rec.mailOf).person
	}
	host := []string{"example.com", "example.net", "example.org", "mail.example.jp"}[d.n(4)]
	family := letters(f.words.romaji.Replace(owner.surname.kana))
	given := letters(f.words.romaji.Replace(owner.given.kana))
	switch d.n(4) {
	case 0:
		return fmt.Sprintf("%s.%s%d@%s", given, family, d.n(1000), host)
	case 1:
		return fmt.Sprintf("%s-%s%04d@%s", family, given[:1], d.n(10000), host)
	case 2:
		return fmt.Sprintf("%s%06d@%s", given, d.n(1_000_000), host)
	}
	return fmt.Sprintf("u%08x@%s", uint32(d.next()), host)
}

func one(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// letters keeps what may stand in an address.
func letters(s string) string {
	s = strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, s)
	if s == "" {
		return "x"
	}
	return s
}
