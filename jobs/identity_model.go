package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/audit"
	"meibo/pipeline/durable"
	"meibo/pipeline/identity/engine"
	"meibo/pipeline/store"
)

// Files of the models in state_dir: the one in force, and every one there was.
const (
	modelFolder = "identity"
	modelFile   = modelFolder + "/model.json"
)

// identityModel is the model by which a night weighs identities: that of the
// configured file, or the one trained last, or the one shipped. It is read anew
// whenever it is asked for; a night asks once. ErrConfig says that a file there
// is cannot be used.
func (h *House) identityModel() (engine.Model, error) {
	if h.rehearsal {
		return h.model, nil
	}
	b, err := h.modelBytes()
	switch {
	case errors.Is(err, fs.ErrNotExist) && h.Config.Identity.Model == "":
		return engine.DefaultModel()
	case err != nil:
		return engine.Model{}, fmt.Errorf("%w: %w", ErrConfig, cannotRead(h.modelName(), "identity.model", err))
	}
	m, err := engine.ParseModel(b)
	if err != nil {
		return m, fmt.Errorf("%w: %w", ErrConfig, pipeline.SettingFaults{{
			File: h.modelName(), Key: "identity.model", EN: err.Error(), Err: err,
			JA: "名寄せのモデルのファイルではないか、壊れています。meibo identity train で作成したファイルを指定するか、取り除いて既定のモデルを使ってください。",
		}})
	}
	return m, nil
}

// modelName is the file of the model, for messages.
func (h *House) modelName() string {
	return cmp.Or(h.Config.Identity.Model, filepath.Join(h.Config.StateDir, modelFile))
}

func (h *House) modelBytes() ([]byte, error) {
	if h.Config.Identity.Model != "" {
		return os.ReadFile(h.Config.Identity.Model)
	}
	f, err := h.state.OpenFile(h.own(modelFile), os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(f)
	return b, errors.Join(err, f.Close())
}

// Training is what came of training a model on the register.
type Training struct {
	Model     string        `json:"model"` // hash
	Was       string        `json:"was"`   // of the model in force before
	TrainedOn pipeline.Date `json:"trained_on"`
	Records   int           `json:"records"`
	Pairs     float64       `json:"pairs"` // true ones that the model reckons with
	File      string        `json:"file"`  // empty: nothing was written
	Drift     float64       `json:"drift"` // how far today's true pairs are from the former model: the greatest difference of a share, 0 to 1
	Shifts    []Shift       `json:"shifts"`
	Listed    [2]int        `json:"listed"` // pairs of which the model asks: by the former one, by the new one
}

// Shift is one level whose weight the training moved.
type Shift struct {
	Comparison string  `json:"comparison"`
	Level      string  `json:"level"`
	Was        float64 `json:"was"` // bits
	Is         float64 `json:"is"`
}

// shiftTold is from how many bits on a shift is told.
const shiftTold = 0.5

// FewPairs is from how many pairs of one person on a training is worth much: with
// fewer most weights stay near those the program was shipped with.
const FewPairs = 100

// TrainOptions says what becomes of a training.
type TrainOptions struct {
	Write bool // put the model into force; otherwise only say what would come of it
	Force bool // even if it learnt from fewer than FewPairs
}

// Train learns a model from the register as of a day, for the nights that follow.
// It holds the lease, so that no night is at work. *ErrDecision is wrong use: a
// night was cut short, and goes on by the model it was begun with, or the register
// is too small to learn from.
func (h *House) Train(ctx context.Context, on pipeline.Date, by string, o TrainOptions) (t Training, err error) {
	if by = strings.TrimSpace(by); by == "" {
		return t, &ErrDecision{"学習を行う人を --by で指定してください。", "say who trains with --by"}
	}
	if err := checkWho(by); err != nil {
		return t, err
	}
	err = h.alone(ctx, func(ctx context.Context) error {
		row, unfinished, err := h.Store.Unfinished(ctx, Nightly)
		if err != nil {
			return err
		}
		if unfinished {
			return &ErrDecision{
				"終わっていない実行 " + row.ID + " があります。先に meibo resume で完了してください。",
				"the run " + row.ID + " is unfinished; finish it with meibo resume first",
			}
		}
		if by, err = h.decider(ctx, by); err != nil {
			return err
		}
		t, err = h.train(ctx, on, by, o)
		return err
	})
	return t, err
}

func (h *House) train(ctx context.Context, on pipeline.Date, by string, o TrainOptions) (t Training, err error) {
	was, err := h.identityModel()
	if err != nil {
		return t, err
	}
	columns, err := h.columns(ctx, on)
	if err != nil {
		return t, err
	}
	k := columns.Candidates()
	b, err := columns.Train(k, on).Marshal()
	if err != nil {
		return t, err
	}
	m, err := engine.ParseModel(b)
	if err != nil {
		return t, err
	}
	t = Training{
		Model: m.Hash, Was: was.Hash, TrainedOn: on, Records: m.Records, Pairs: m.PairsEach * float64(m.Records),
		Drift: columns.Shifts(k, was)[0].By(), Shifts: shifts(was, m),
	}
	for i, model := range []engine.Model{was, m} {
		if t.Listed[i], err = columns.Asked(k, model); err != nil {
			return t, err
		}
	}
	if !o.Write {
		return t, nil
	}
	if t.Pairs < FewPairs && !o.Force {
		return t, &ErrDecision{
			fmt.Sprintf("同一人の組の見込みが %.0f 組しかなく（目安は %d 組以上）、学習しても重みの多くは今までと変わらないため、モデルを替えませんでした。--dry-run で結果を確かめ、それでも替える場合は --force を付けてください。", t.Pairs, FewPairs),
			fmt.Sprintf("the register holds about %.0f pairs of one person, and a training wants %d: the model stays; look with --dry-run, and give --force to replace it all the same", t.Pairs, FewPairs),
		}
	}
	act, _, err := h.act(audit.ModelTrained, by, audit.Facts{
		"model": m.Hash, "was": was.Hash, "records": m.Records, "trained_on": on.String(),
	})
	if err != nil {
		return t, err
	}
	if t.File, err = h.putModel(m, b); err != nil {
		return t, err
	}
	return t, h.Store.Write(ctx, func(tx *store.Tx) error { return tx.AppendAudit(ctx, act) })
}

// shifts are the levels that weigh at least shiftTold more or less than before.
func shifts(was, is engine.Model) []Shift {
	out := []Shift{}
	for i, c := range is.Comparisons {
		for l := 1; l < len(c.Levels); l++ {
			s := Shift{c.Name, c.Levels[l].Name, was.Comparisons[i].Levels[l].Bits(), c.Levels[l].Bits()}
			if d := s.Is - s.Was; d >= shiftTold || d <= -shiftTold {
				out = append(out, s)
			}
		}
	}
	return out
}

// putModel writes the model under a name of its own, and then as the one in
// force.
func (h *House) putModel(m engine.Model, b []byte) (string, error) {
	content := func(w io.Writer) error { _, err := w.Write(b); return err }
	if err := h.makeOwn(modelFolder); err != nil {
		return "", err
	}
	name := fmt.Sprintf("%s/model-%s-%s.json", modelFolder, m.TrainedOn, m.Hash[:12])
	if _, err := durable.WriteIn(h.state, h.own(name), 0o600, content); err != nil {
		return "", fmt.Errorf("keep the model: %w", err)
	}
	if file := h.Config.Identity.Model; file != "" {
		_, err := durable.WriteFile(file, 0o644, content)
		return file, err
	}
	_, err := durable.WriteIn(h.state, h.own(modelFile), 0o600, content)
	return h.own(modelFile), err
}
