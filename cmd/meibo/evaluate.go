package main

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"meibo/pipeline"
	"meibo/pipeline/durable"
	"meibo/pipeline/identity/engine"
	"meibo/pipeline/run"
)

// evaluation is one call of evaluate.
type evaluation struct {
	file, model, out, saved string
	fields                  map[string]string // column by field, as mapped
	day                     pipeline.Date
}

// evaluated is its outcome; the JSON is the contract of outputs.md.
type evaluated struct {
	Records int                `json:"records"`
	Pairs   int64              `json:"pairs"`
	Own     *engine.Quality    `json:"own,omitempty"`
	Best    *engine.Quality    `json:"best,omitempty"`
	Seconds map[string]float64 `json:"seconds"`
	Peak    int64              `json:"peak_rss_bytes"`
	Model   string             `json:"model"` // its hash
	Classes map[string]int     `json:"classes"`
	Blocks  []engine.Block     `json:"blocks"`
	Review  engine.Queue       `json:"review"`
	Alarms  []engine.Alarm     `json:"alarms"`
	Dates   datesRead          `json:"dates"`
	Drift   *float64           `json:"drift,omitempty"` // only with a model that is given, like the shifts
	Shifts  []engine.Shift     `json:"shifts,omitempty"`
}

func (a *app) identityEvaluate() *cobra.Command {
	var e evaluation
	var fields []string
	c := &cobra.Command{
		Use:   "evaluate FILE --map id=…,name=…,born=…,truth=…",
		Short: "Resolve a CSV file in memory and measure it against the truth",
		Long: `evaluate reads a CSV file with a header, in UTF-8, CP932 or UTF-16, finds who is one person and,
given a column of the truth, says how well: precision, recall and F1 over all
pairs in one cluster, at the engine's own threshold and at the best one. No
database is opened. Without --model it trains on the file itself; with one it says how
far the data has drifted from what the model was trained on. It also counts the pairs
that are neither joined nor apart beyond doubt, and warns of groups too large to be
one person.

--map names the column of each field: id, family and given or name, kana_family
and kana_given or kana, former, born, sex, email, agency, certificate, truth.
Columns that are named like a field need no mention. Several former names or
certificates in one cell are set apart by ; or 、, and what stands in the place
of a number (不明, -, 0000) is none.

A birth date may be written in any of the usual ways; whether the day or the month
comes first in 3/4/1990 is decided for the whole column by the dates that can be read
in one way only, the day if there are none, and told, as is how many dates could not
be read. Either all records have an id of their own, or none has one.

The seconds of --json always hold read, normalise, block, compare, train, cluster,
measure, write and total; a stage that was not needed took 0.`,
		Example: "  meibo identity evaluate people.csv --map id=unique_id,family=surname,given=first_name,born=dob,truth=cluster --json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(nil, "CSV ファイルを 1 つ指定してください。", "give one CSV file")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			e.file = args[0]
			var err error
			if e.fields, err = fieldMap(fields); err != nil {
				return err
			}
			if e.day, err = a.trainingDay(); err != nil {
				return err
			}
			r, err := e.run()
			if err != nil {
				return err
			}
			a.evaluated(r)
			return nil
		},
	}
	f := c.Flags()
	f.StringSliceVar(&fields, "map", nil, "field=column, several with commas or by repeating the flag")
	f.StringVar(&e.model, "model", "", "use this model instead of training one; the word default: the one shipped with the program")
	f.StringVar(&e.saved, "save-model", "", "write the model that was used to this file")
	f.StringVar(&e.out, "out", "", "write id,cluster to this CSV file")
	return c
}

// trainingDay is the day a model is said to be of.
func (a *app) trainingDay() (pipeline.Date, error) {
	if a.asOf != "" {
		return pipeline.ParseDate(a.asOf)
	}
	return pipeline.DateOf(time.Now()), nil
}

// evaluateFields are what a column may be mapped to.
func evaluateFields() []string {
	return []string{
		"id", "family", "given", "name", "kana_family", "kana_given", "kana",
		"former", "born", "sex", "email", "agency", "certificate", "truth",
	}
}

func fieldMap(pairs []string) (map[string]string, error) {
	out := map[string]string{}
	for _, p := range pairs {
		field, column, ok := strings.Cut(p, "=")
		field, column = strings.TrimSpace(field), strings.TrimSpace(column)
		if !ok || column == "" || !slices.Contains(evaluateFields(), field) {
			return nil, usage(nil, fmt.Sprintf("--map の %q は「項目=列名」の形で指定してください。項目は %s です。", p, strings.Join(evaluateFields(), "、")),
				fmt.Sprintf("--map %q: want field=column with a field of %s", p, strings.Join(evaluateFields(), ", ")))
		}
		if _, twice := out[field]; twice {
			return nil, usage(nil, fmt.Sprintf("--map の項目 %s が 2 回指定されています。", field), fmt.Sprintf("--map gives %s twice", field))
		}
		out[field] = column
	}
	return out, nil
}

// run does it all. The collector is told to keep close to what is in use: the
// columns hold no pointers, so looking at them costs it nothing.
func (e *evaluation) run() (*evaluated, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(40))
	r := &evaluated{Seconds: noSeconds(), Classes: map[string]int{pipeline.ClassConfirmed: 0, pipeline.ClassReview: 0}, Alarms: []engine.Alarm{}}
	begun := time.Now()
	last := begun
	stage := func(name string) {
		now := time.Now()
		r.Seconds[name] += now.Sub(last).Seconds()
		last = now
	}
	if err := e.overwrites(); err != nil {
		return nil, err
	}
	given, err := e.given()
	if err != nil {
		return nil, err
	}
	read, err := e.read()
	if err != nil {
		return nil, err
	}
	r.Dates = read.dates
	stage("read")
	columns, err := engine.Build(read.builders...)
	if err != nil {
		return nil, e.misnumbered(err)
	}
	stage("normalise")
	candidates := columns.CandidatesWatched(func(comparing bool) {
		if comparing {
			stage("block")
		} else {
			stage("compare")
		}
	})
	stage("block")
	model := given
	if e.model == "" {
		model = columns.Train(candidates, e.day)
	} else {
		r.drift(columns, candidates, model)
	}
	stage("train")
	found, err := columns.Resolve(candidates, model, nil)
	if err != nil {
		return nil, err
	}
	stage("cluster")
	r.measure(columns, found, read.truth)
	stage("measure")
	if err := e.write(columns, found, model, r); err != nil {
		return nil, err
	}
	stage("write")
	r.Seconds["total"] = time.Since(begun).Seconds()
	r.Records, r.Pairs, r.Blocks = columns.Len(), candidates.Scored, candidates.Blocks
	r.Peak = run.PeakRSS()
	return r, nil
}

// stages are those of an evaluation, in their order.
func stages() []string {
	return []string{"read", "normalise", "block", "compare", "train", "cluster", "measure", "write", "total"}
}

func noSeconds() map[string]float64 {
	out := map[string]float64{}
	for _, s := range stages() {
		out[s] = 0
	}
	return out
}

// misnumbered says which ids are wrong, and what to do.
func (e *evaluation) misnumbered(err error) error {
	var wrong *engine.IDError
	if !errors.As(err, &wrong) {
		return err
	}
	file, column := filepath.Base(e.file), cmp.Or(e.fields["id"], "id")
	if wrong.ID == "" {
		return usage(nil, fmt.Sprintf("%s の %d 件目（見出しを除く）で、列 %s が空です。値を入れるか、この列を使わない指定（--map id=別の列）にしてください。", file, wrong.Record, column),
			fmt.Sprintf("%s: record %d (the header aside): column %s is empty; fill it in, or map id to another column", file, wrong.Record, column))
	}
	return usage(nil, fmt.Sprintf("%s の %d 件目と %d 件目（見出しを除く）で、列 %s の値 %s が重複しています。id は 1 件ごとに異なる値にするか、別の列を --map id=… で指定してください。", file, wrong.Record, wrong.Again, column, wrong.ID),
		fmt.Sprintf("%s: records %d and %d (the header aside) have one value %s in column %s; an id must be unique: mend it, or map id to another column", file, wrong.Record, wrong.Again, wrong.ID, column))
}

// shifted is by how much the m of a level must differ to be told.
const shifted = 0.05

// drift tells how far the data is from what a given model was trained on.
func (r *evaluated) drift(c *engine.Columns, k *engine.Candidates, m engine.Model) {
	all := c.Shifts(k, m)
	drift := all[0].By()
	r.Drift = &drift
	r.Shifts = slices.DeleteFunc(all, func(s engine.Shift) bool { return s.By() < shifted })
}

// measure compares what was found with the truth, if there is one.
func (r *evaluated) measure(c *engine.Columns, found engine.Result, labels []uint64) {
	var own engine.Quality
	var truth *engine.Truth
	if labels != nil {
		truth = engine.NewTruth(labels)
		var best engine.Quality
		own, best = c.Evaluate(found.Merges, truth, found.Threshold)
		r.Own, r.Best = &own, &best
	}
	r.Review = c.Queue(found, truth, own)
	r.Alarms = append(r.Alarms, found.Alarms...)
	for _, p := range found.Pairs {
		r.Classes[p.Class]++
	}
}

// overwrites refuses results in the place of what they are made from, and of
// each other.
func (e *evaluation) overwrites() error {
	same := func(a, b string) bool {
		if a == "" || b == "" {
			return false
		}
		x, errX := os.Stat(a)
		y, errY := os.Stat(b)
		return filepath.Clean(a) == filepath.Clean(b) || errX == nil && errY == nil && os.SameFile(x, y)
	}
	if same(e.out, e.file) || same(e.out, e.model) || same(e.out, e.saved) || same(e.saved, e.file) {
		return usage(nil, "--out、--save-model には、読み込むファイルとは別の、互いに異なるファイルを指定してください。",
			"--out and --save-model want files of their own, not those that are read")
	}
	return nil
}

// given is the model of --model; "default" is the one shipped.
func (e *evaluation) given() (engine.Model, error) {
	switch e.model {
	case "":
		return engine.Model{}, nil
	case "default":
		return engine.DefaultModel()
	}
	b, err := os.ReadFile(e.model)
	if err != nil {
		return engine.Model{}, usage(err, "モデルを読めません。", "cannot read the model")
	}
	m, err := engine.ParseModel(b)
	if err != nil {
		return m, usage(err, "モデルを使えません。作り直してください。", "the model is of no use; train it again")
	}
	return m, nil
}

// write writes the files that were asked for.
func (e *evaluation) write(c *engine.Columns, found engine.Result, m engine.Model, r *evaluated) error {
	b, err := m.Marshal()
	if err != nil {
		return err
	}
	sealed, err := engine.ParseModel(b)
	if err != nil {
		return err
	}
	r.Model = sealed.Hash
	if e.saved != "" {
		if _, err := durable.WriteFile(e.saved, 0o644, func(w io.Writer) error { _, err := w.Write(b); return err }); err != nil {
			return err
		}
	}
	if e.out == "" {
		return nil
	}
	_, err = durable.WriteFile(e.out, 0o644, func(w io.Writer) error {
		buf := bufio.NewWriterSize(w, 1<<16)
		out := csv.NewWriter(buf)
		if err := out.Write([]string{"id", "cluster"}); err != nil {
			return fmt.Errorf("write clusters: %w", err)
		}
		for id, cluster := range c.Labels(found.Clusters) {
			if err := out.Write([]string{id, cluster}); err != nil {
				return fmt.Errorf("write clusters: %w", err)
			}
		}
		out.Flush()
		return errors.Join(out.Error(), buf.Flush())
	})
	return err
}
