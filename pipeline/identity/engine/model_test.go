package engine

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestAModelReadsAsItWasWritten(t *testing.T) {
	c := build(t, flatRecords(t, 3000, 2).records...)
	m := c.Train(c.Candidates(), trainingDay)
	text, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseModel(text)
	if err != nil {
		t.Fatal(err)
	}
	m.Hash = got.Hash
	if diff := cmp.Diff(m, got); diff != "" {
		t.Errorf("model (-written +read):\n%s", diff)
	}
}

func TestModelsThatWereChangedAreRefused(t *testing.T) {
	for _, tt := range []struct{ name, old, new, want string }{
		{"a weight", `"m": 0.`, `"m": 0.9`, "hash"},
		{"another version", `"version": 2`, `"version": 1`, "version"},
		{"an unknown setting", `"version"`, `"colour": 1, "version"`, "colour"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			changed := strings.Replace(string(shipped), tt.old, tt.new, 1)
			if _, err := ParseModel([]byte(changed)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("ParseModel = %v, want an error about the %s", err, tt.want)
			}
		})
	}
}

func TestTheShippedModelIsSound(t *testing.T) {
	m, err := DefaultModel()
	if err != nil {
		t.Fatal(err)
	}
	name, born := m.Comparisons[compareName].Levels, m.Comparisons[compareBorn].Levels
	for _, x := range []struct {
		more, less Level
	}{
		{name[nameAll], name[nameReading]},
		{name[nameReading], name[nameOtherGiven]},
		{name[nameKana], name[nameOtherFamily]},
		{name[nameChangedWoman], name[nameChanged]},
		{name[nameFormer], name[nameChangedWoman]},
		{name[nameNearGiven], name[nameRelative]},
		{born[bornEqual], born[bornNextDay]},
		{born[bornNextDay], born[bornDigit]},
		{born[bornDigit], born[bornNear]},
		{born[bornNear], born[bornConflict]},
		{m.Comparisons[compareCert].Levels[certConflict], m.Comparisons[compareCert].Levels[certSameDay]},
	} {
		if x.more.bits() <= x.less.bits() {
			t.Errorf("%s weighs %.2f bits, %s %.2f: want more", x.more.Name, x.more.bits(), x.less.Name, x.less.bits())
		}
	}
}

func TestDrift(t *testing.T) {
	c := build(t, flatRecords(t, 20_000, 2).records...)
	k := c.Candidates()
	own := c.Shifts(k, c.Train(k, trainingDay))[0].By()
	other := build(t, latinRecords(1000, 1).records...)
	m, err := DefaultModel()
	if err != nil {
		t.Fatal(err)
	}
	far := other.Shifts(other.Candidates(), m)
	if own > 0.01 || far[0].By() < 10*own || far[0].By() < 0.2 {
		t.Errorf("drift %.4f against its own model, %.4f of another kind of file: want next to none, and much", own, far[0].By())
	}
	if kanji := outline()[compareName].Levels[nameAll].Name; far[0].Level != kanji || far[0].Now > 0.05 {
		t.Errorf("a file in Latin letters shifted most %+v, want that nobody's %s", far[0], kanji)
	}
	for i, s := range far[1:] {
		if s.By() > far[i].By() {
			t.Errorf("shift %d is greater than the one before it", i+2)
		}
	}
}

// Each level of a pair of stronger weighs at least as much as the weaker one, to
// the digits of a model.
func checkEven(t interface{ Errorf(string, ...any) }, m Model) {
	for i, pairs := range stronger() {
		for _, p := range pairs {
			ls := m.Comparisons[i].Levels
			if a, b := ls[p[0]].bits(), ls[p[1]].bits(); a < b-1e-4 {
				t.Errorf("%s: %s weighs %.4f bits, %s %.4f", m.Comparisons[i].Name, ls[p[0]].Name, a, ls[p[1]].Name, b)
			}
		}
	}
}

func TestAStrongerAgreementNeverWeighsLess(t *testing.T) {
	m, err := DefaultModel()
	if err != nil {
		t.Fatal(err)
	}
	checkEven(t, m)
	c := build(t, flatRecords(t, 2000, 4).records...)
	checkEven(t, c.Train(c.Candidates(), trainingDay))
	rapid.Check(t, func(t *rapid.T) {
		m := Model{Comparisons: outline()}
		share := rapid.Float64Range(1e-5, 1)
		for _, x := range m.Comparisons {
			for l := range x.Levels {
				x.Levels[l].M, x.Levels[l].U = share.Draw(t, "m"), share.Draw(t, "u")
			}
		}
		m.even()
		checkEven(t, m)
		before := m.sheet()
		m.even()
		for i, levels := range m.sheet() {
			for l, bits := range levels {
				if math.Abs(bits-before[i][l]) > 1e-9 {
					t.Errorf("level %d of %d was even and moved from %v to %v bits", l, i, before[i][l], bits)
				}
			}
		}
	})
}
