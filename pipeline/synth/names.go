package synth

import (
	"embed"
	"fmt"
	"strings"

	"github.com/gocarina/gocsv"
)

// The lists of names: surnames.csv with the number of bearers in thousands,
// given.csv with the birth years in which a name was common, and parts.csv,
// from which the long tail of rarer names is put together.
//
//go:embed data/*.csv
var data embed.FS

// word is a name or a part of one, with its reading.
type word struct{ kanji, kana string }

func (w word) join(o word) word { return word{w.kanji + o.kanji, w.kana + o.kana} }

// lot is a list of words with weights.
type lot struct {
	words []word
	sums  []int // running total of the weights
}

func (l *lot) add(w word, weight int) {
	if n := len(l.sums); n > 0 {
		weight += l.sums[n-1]
	}
	l.words, l.sums = append(l.words, w), append(l.sums, weight)
}

func (l *lot) draw(d *dice) word {
	at := d.n(l.sums[len(l.sums)-1])
	lo, hi := 0, len(l.sums)-1
	for lo < hi {
		if mid := (lo + hi) / 2; l.sums[mid] <= at {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return l.words[lo]
}

// Given names are kept by sex and by birth years of five.
const (
	firstYear = 1930
	lastYear  = 2010
	period    = 5
	periods   = (lastYear-firstYear)/period + 1
)

// wordbook is everything names are drawn from.
type wordbook struct {
	surnames                 lot
	surnameFront             lot
	surnameBack              lot
	given, front, back       [2][periods]lot // by sex (0 male, 1 female) and birth years
	romaji                   *strings.Replacer
	listedSurname, listGiven float64 // share of names taken from the lists; the rest is put together
}

func loadWords() (*wordbook, error) {
	b := &wordbook{romaji: newRomaji(), listedSurname: 0.7, listGiven: 0.5}
	var surnames []struct {
		Name   string `csv:"name"`
		Kana   string `csv:"kana"`
		Weight int    `csv:"weight"`
	}
	if err := loadList("surnames.csv", &surnames); err != nil {
		return nil, err
	}
	for _, s := range surnames {
		b.surnames.add(word{s.Name, s.Kana}, s.Weight)
	}
	if err := b.loadGiven(); err != nil {
		return nil, err
	}
	return b, b.loadParts()
}

func (b *wordbook) loadGiven() error {
	var list []struct {
		Sex    string `csv:"sex"`
		Name   string `csv:"name"`
		Kana   string `csv:"kana"`
		From   int    `csv:"from"`
		To     int    `csv:"to"`
		Weight int    `csv:"weight"`
	}
	if err := loadList("given.csv", &list); err != nil {
		return err
	}
	for _, g := range list {
		sex := 0
		if g.Sex == "F" {
			sex = 1
		}
		spread(&b.given[sex], word{g.Name, g.Kana}, g.From, g.To, g.Weight)
	}
	return nil
}

func (b *wordbook) loadParts() error {
	var list []struct {
		Part   string `csv:"part"`
		Kanji  string `csv:"kanji"`
		Kana   string `csv:"kana"`
		From   int    `csv:"from"`
		To     int    `csv:"to"`
		Weight int    `csv:"weight"`
	}
	if err := loadList("parts.csv", &list); err != nil {
		return err
	}
	given := map[string]*[periods]lot{
		"male-front": &b.front[0], "male-back": &b.back[0],
		"female-front": &b.front[1], "female-back": &b.back[1],
	}
	for _, p := range list {
		w := word{p.Kanji, p.Kana}
		switch p.Part {
		case "surname-front":
			b.surnameFront.add(w, p.Weight)
		case "surname-back":
			b.surnameBack.add(w, p.Weight)
		default:
			lots, ok := given[p.Part]
			if !ok {
				return fmt.Errorf("parts.csv: unknown part %q", p.Part)
			}
			spread(lots, w, p.From, p.To, p.Weight)
		}
	}
	return nil
}

// spread adds w to every period that touches the years from … to.
func spread(lots *[periods]lot, w word, from, to, weight int) {
	for i := range lots {
		if y := firstYear + i*period; y+period > from && y <= to {
			lots[i].add(w, weight)
		}
	}
}

func loadList(name string, into any) error {
	b, err := data.ReadFile("data/" + name)
	if err != nil {
		return fmt.Errorf("read name list: %w", err)
	}
	if err := gocsv.UnmarshalBytes(b, into); err != nil {
		return fmt.Errorf("read name list %s: %w", name, err)
	}
	return nil
}

func (b *wordbook) surname(d *dice) word {
	if d.chance(b.listedSurname) {
		return b.surnames.draw(d)
	}
	front, back := b.surnameFront.draw(d), b.surnameBack.draw(d)
	for front.kanji == back.kanji {
		back = b.surnameBack.draw(d)
	}
	return front.join(back)
}

// givenName draws a name of the sex (0 male, 1 female) and birth year.
func (b *wordbook) givenName(d *dice, sex, year int) word {
	i := min(max((year-firstYear)/period, 0), periods-1)
	if d.chance(b.listGiven) {
		return b.given[sex][i].draw(d)
	}
	front, back := b.front[sex][i].draw(d), b.back[sex][i].draw(d)
	for front.kanji == back.kanji {
		back = b.back[sex][i].draw(d)
	}
	return front.join(back)
}

// newRomaji transcribes katakana by Hepburn without long vowels, as people
// form their mail addresses.
func newRomaji() *strings.Replacer {
	const pairs = "キャ kya キュ kyu キョ kyo シャ sha シュ shu ショ sho チャ cha チュ chu チョ cho " +
		"ニャ nya ニュ nyu ニョ nyo ヒャ hya ヒュ hyu ヒョ hyo ミャ mya ミュ myu ミョ myo リャ rya リュ ryu リョ ryo " +
		"ギャ gya ギュ gyu ギョ gyo ジャ ja ジュ ju ジョ jo ビャ bya ビュ byu ビョ byo ピャ pya ピュ pyu ピョ pyo " +
		"ア a イ i ウ u エ e オ o カ ka キ ki ク ku ケ ke コ ko サ sa シ shi ス su セ se ソ so " +
		"タ ta チ chi ツ tsu テ te ト to ナ na ニ ni ヌ nu ネ ne ノ no ハ ha ヒ hi フ fu ヘ he ホ ho " +
		"マ ma ミ mi ム mu メ me モ mo ヤ ya ユ yu ヨ yo ラ ra リ ri ル ru レ re ロ ro ワ wa ヲ o ン n " +
		"ガ ga ギ gi グ gu ゲ ge ゴ go ザ za ジ ji ズ zu ゼ ze ゾ zo ダ da ヂ ji ヅ zu デ de ド do " +
		"バ ba ビ bi ブ bu ベ be ボ bo パ pa ピ pi プ pu ペ pe ポ po ッ t ー - "
	return strings.NewReplacer(strings.Fields(pairs)...)
}
