// Package synth makes synthetic registers with known truth.
package synth

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"meibo/pipeline"
)

// Options say which register to make. Equal options give equal bytes.
type Options struct {
	Agents    int           // IDs of the first night, second IDs included; at least 1
	Seed      uint64        // chooses one register of many
	Nights    int           // folders, one a day; later ones hold changes only; 0 means 1
	LastNight pipeline.Date // day of the last folder; none means 2026-11-21
	Out       string        // folder that gets <YYYY-MM-DD>/<sender>/… and truth.csv
	Insurers  []string      // 保険会社コード; none means 1001 to 1004
}

// Summary counts what was written.
type Summary struct {
	Agents        int // IDs over all nights
	People        int // the persons behind them
	SecondIDs     int
	Twins         int
	Strangers     int // pairs of different people of one name and birth date
	Files         int // input files, truth.csv not counted
	AgentRows     int
	ExamRows      int
	Registrations int // rows of registrations files
	Activities    int
}

// MaxAgents is the largest register that Generate makes: the IDs have nine digits.
const MaxAgents = 100_000_000

// MaxNights is the largest number of nights that Generate makes.
const MaxNights = 366

// Generate writes the input files of a synthetic register, night by night, as
// the senders would deliver them, and truth.csv, which tells for each ID who
// is behind it and why that is hard to see. Memory does not grow with Agents.
// It refuses a folder that already holds one of its nights.
func Generate(o Options) (Summary, error) {
	o, err := o.withDefaults()
	if err != nil {
		return Summary{}, err
	}
	r, err := newRegister(o)
	if err != nil {
		return Summary{}, err
	}
	g := &generator{register: r, style: plainStyle, truth: filepath.Join(o.Out, "truth.csv")}
	err = g.generate(o)
	return g.sum, err
}

func (o Options) withDefaults() (Options, error) {
	if o.Nights == 0 {
		o.Nights = 1
	}
	if o.LastNight.IsZero() {
		o.LastNight = 20261121
	}
	if len(o.Insurers) == 0 {
		o.Insurers = []string{"1001", "1002", "1003", "1004"}
	}
	switch {
	case o.Agents < 1 || o.Agents > MaxAgents:
		return o, fmt.Errorf("generate: agents %d: want 1 to %d", o.Agents, MaxAgents)
	case o.Nights < 1 || o.Nights > MaxNights:
		return o, fmt.Errorf("generate: nights %d: want 1 to %d", o.Nights, MaxNights)
	case o.Out == "":
		return o, errors.New("generate: no folder to write to")
	case slices.Contains(o.Insurers, ""):
		return o, errors.New("generate: an insurer without a code")
	}
	return o, nil
}

func newRegister(o Options) (*register, error) {
	words, err := loadWords()
	if err != nil {
		return nil, err
	}
	return &register{
		seed: o.Seed, agents: o.Agents, agencies: max(1, o.Agents/12), insurers: o.Insurers,
		first: o.LastNight.AddDays(1 - o.Nights), words: words,
	}, nil
}

// generator writes one register, night by night.
type generator struct {
	*register
	style func(sender string, k kind) format
	extra func(n int, s *shelf, t *truth) error // rows of others, after the register's own; night n, from 0
	truth string                                // path of the truth
	sum   Summary
}

func (g *generator) generate(o Options) (err error) {
	for n := range o.Nights {
		dir := filepath.Join(o.Out, g.first.AddDays(n).String())
		if _, err := os.Lstat(dir); err == nil {
			return fmt.Errorf("generate: %s: %w: choose an empty folder", dir, fs.ErrExist)
		}
	}
	truth, err := newTruth(g.truth)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, truth.close()) }()
	for n := range o.Nights {
		if err := g.night(o.Out, n, truth); err != nil {
			return fmt.Errorf("generate night %d: %w", n+1, err)
		}
	}
	return nil
}

func (g *generator) night(out string, n int, truth *truth) (err error) {
	day := g.first.AddDays(n)
	s := &shelf{dir: filepath.Join(out, day.String()), day: day, style: g.style}
	defer func() {
		err = errors.Join(err, s.close())
		g.sum.Files += s.files
	}()
	if n == 0 {
		for slot := range g.agents {
			if err := g.newcomer(s, truth, slot, g.history(slot)); err != nil {
				return err
			}
		}
	} else if err := g.changes(s, truth, n); err != nil {
		return err
	}
	if g.extra != nil {
		return g.extra(n, s, truth)
	}
	return nil
}

// newcomer writes an ID that stands in no earlier night.
func (g *generator) newcomer(s *shelf, truth *truth, slot int, f folder) error {
	g.sum.Agents++
	switch {
	case f.trap&trapSecond != 0:
		g.sum.SecondIDs++
	case f.trap&trapTwin != 0:
		g.sum.Twins++
	case f.trap&trapStranger != 0:
		g.sum.Strangers++
	}
	if f.person.no == slot+1 {
		g.sum.People++
	}
	return errors.Join(truth.add(g.truthRow(f)), g.file(s, f, true))
}

// file puts the rows of a folder on the shelf; the basic information only if asked.
func (g *generator) file(s *shelf, f folder, basics bool) error {
	if basics {
		g.sum.AgentRows++
		if err := s.put(association, agents, agentCells(f.agent)); err != nil {
			return err
		}
	}
	for _, q := range f.qualifications {
		g.sum.ExamRows++
		if err := s.put(examSender(q), exams, examCells(f.agent, q)); err != nil {
			return err
		}
	}
	for _, e := range f.events {
		g.sum.Registrations++
		if err := s.put(e.Sender, registrations, eventCells(f.agent, e)); err != nil {
			return err
		}
	}
	for _, a := range f.activities {
		g.sum.Activities++
		if err := s.put(activitySender(a), activities, activityCells(a)); err != nil {
			return err
		}
	}
	return nil
}
