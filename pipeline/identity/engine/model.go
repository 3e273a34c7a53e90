package engine

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"meibo/pipeline"
)

// modelVersion changes when levels or their meaning do: a model of another
// version is refused, not guessed at.
const modelVersion = 2

// Level is one outcome of a comparison. Its weight is log2(M/U) bits; what
// agrees in a rare value weighs more by the rarity of the value.
type Level struct {
	Name string  `json:"name"` // Japanese
	M    float64 `json:"m"`    // chance among pairs that are one person
	U    float64 `json:"u"`    // chance among pairs that are not, a rare value's rarity aside
}

// bits is the weight of the level.
func (l Level) bits() float64 { return math.Log2(l.M / l.U) }

// Comparison is all outcomes of comparing one thing; the first is "unknown"
// and weighs nothing.
type Comparison struct {
	Name   string  `json:"name"` // Japanese
	Levels []Level `json:"levels"`
}

// Model says what agreement is worth.
type Model struct {
	Version     int           `json:"version"`
	TrainedOn   pipeline.Date `json:"trained_on"` // as the caller says
	Records     int           `json:"records"`    // it was trained on
	PairsEach   float64       `json:"pairs_each"` // true pairs per record: what to expect before looking
	Comparisons []Comparison  `json:"comparisons"`
	FalseShare  float64       `json:"false_share"` // of the pairs in one cluster that may be wrong, by the model's own reckoning
	Review      float64       `json:"review"`      // bits from which people are asked
	Unseen      float64       `json:"unseen"`      // bits of a pair that shares no key
	Hash        string        `json:"hash"`        // SHA-256 of all the above
}

// The comparisons in their order.
const (
	compareName = iota
	compareBorn
	compareMail
	compareCert
	compareSex
	compareAgency
)

//go:embed model.json
var shipped []byte

// DefaultModel returns the model that is used before any training.
func DefaultModel() (Model, error) { return ParseModel(shipped) }

// ParseModel reads a model that Marshal wrote, and refuses one that was changed
// since or that this program would misread.
func ParseModel(b []byte) (Model, error) {
	var m Model
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return Model{}, fmt.Errorf("read identity model: %w", err)
	}
	if m.Version != modelVersion {
		return Model{}, fmt.Errorf("read identity model: version %d: want %d; train it again", m.Version, modelVersion)
	}
	if want, err := m.hash(); err != nil || m.Hash != want {
		return Model{}, errors.Join(errors.New("read identity model: its hash does not fit: it was changed after training"), err)
	}
	return m, m.check()
}

// check refuses a model whose levels are not those of this program.
func (m Model) check() error {
	want := outline()
	if len(m.Comparisons) != len(want) {
		return fmt.Errorf("identity model: %d comparisons: want %d", len(m.Comparisons), len(want))
	}
	for i, c := range want {
		got := m.Comparisons[i]
		if got.Name != c.Name || len(got.Levels) != len(c.Levels) {
			return fmt.Errorf("identity model: comparison %d is %s with %d levels: want %s with %d", i+1, got.Name, len(got.Levels), c.Name, len(c.Levels))
		}
		for j, l := range got.Levels {
			if l.Name != c.Levels[j].Name || !(l.M > 0 && l.M <= 1 && l.U > 0 && l.U <= 1) {
				return fmt.Errorf("identity model: %s: level %d is not %s with m and u above 0 and at most 1", c.Name, j+1, c.Levels[j].Name)
			}
		}
	}
	if !(m.PairsEach > 0) || m.Records < 0 {
		return errors.New("identity model: pairs_each and records must not be negative")
	}
	return nil
}

// Marshal gives the model as indented JSON with its hash.
func (m Model) Marshal() ([]byte, error) {
	var err error
	if m.Hash, err = m.hash(); err != nil {
		return nil, err
	}
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write identity model: %w", err)
	}
	return append(b, '\n'), nil
}

func (m Model) hash() (string, error) {
	m.Hash = ""
	b, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("hash identity model: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// prior is the weight of two records of n before they are compared.
func (m Model) prior(n int) float64 {
	p := min(2*m.PairsEach/max(float64(n-1), 1), 0.5)
	return math.Log2(p / (1 - p))
}

// sheet holds the bits of all levels.
type sheet [6][32]float64

func (m Model) sheet() *sheet {
	var s sheet
	for i, c := range m.Comparisons {
		for l := 1; l < len(c.Levels); l++ {
			s[i][l] = c.Levels[l].bits()
		}
	}
	return &s
}

// steps gives the bits of each comparison, rarity aside.
func (s *sheet) steps(p pattern) [6]float64 {
	var out [6]float64
	for i, l := range p.levels() {
		out[i] = s[i][l]
	}
	if p.name().givenAgrees() { // which has told the sex already
		switch p.sex() {
		case flatEqual:
			out[compareSex] = 0
		case flatConflict:
			out[compareSex] = max(out[compareSex], conflictOfNamesakes)
		}
	}
	return out
}

// conflictOfNamesakes is the least that another sex can weigh beside the same
// given name: such a name is borne by both.
const conflictOfNamesakes = -3

// levels gives the level of each comparison.
func (p pattern) levels() [6]int {
	return [6]int{int(p.name()), int(p.born()), int(p.mail()), int(p.cert()), int(p.sex()), int(p.agency())}
}

// table gives the weights of all levels at once, by the low bits of a pattern,
// with the prior among n records; each comparison costs worst at most. Patterns
// of levels that do not exist weigh what no pair asks.
func (m Model) table(n int, worst float64) []float32 {
	out := make([]float32, 1<<levelBits)
	prior := m.prior(n)
	all := m.sheet()
	for i := range out {
		w := prior
		for _, b := range all.steps(pattern(i)) {
			w += max(b, worst)
		}
		out[i] = float32(w)
	}
	return out
}

// Probability is the chance that a pair of so many bits is one person.
func Probability(bits float64) float64 { return 1 / (1 + math.Exp2(-bits)) }
