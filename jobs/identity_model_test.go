package jobs_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline/audit"
	"meibo/pipeline/identity/engine"
)

func (p *place) train(t testing.TB, write bool) (r jobs.Training) {
	t.Helper()
	p.with(t, func(h *jobs.House) {
		var err error
		r, err = h.Train(t.Context(), sampleDays[0], "C0001", jobs.TrainOptions{Write: write, Force: true})
		must(t, err)
	})
	return r
}

func TestTrainingPutsAModelIntoForce(t *testing.T) {
	p := after(t, 1)
	events := len(p.chain(t))
	model := filepath.Join(p.StateDir, "identity", "model.json")
	tried := p.train(t, false)
	if _, err := os.Stat(model); !errors.Is(err, os.ErrNotExist) || tried.File != "" || len(p.chain(t)) != events {
		t.Errorf("on trial: %v, file %q, %d new events", err, tried.File, len(p.chain(t))-events)
	}
	p.with(t, func(h *jobs.House) { // the sample has too little to teach
		var wrong *jobs.ErrDecision
		if _, err := h.Train(t.Context(), sampleDays[0], "C0001", jobs.TrainOptions{Write: true}); tried.Pairs >= jobs.FewPairs || !errors.As(err, &wrong) {
			t.Errorf("trained on %.0f pairs without a word: %v", tried.Pairs, err)
		}
	})
	if _, err := os.Stat(model); !errors.Is(err, os.ErrNotExist) || len(p.chain(t)) != events {
		t.Errorf("a training that was refused left something: %v", err)
	}
	done := p.train(t, true)
	b, err := os.ReadFile(model)
	must(t, err)
	m, err := engine.ParseModel(b)
	must(t, err)
	if m.Hash != done.Model || m.TrainedOn != sampleDays[0] || m.Records != done.Records || done.Records < 1000 || tried.Model != done.Model {
		t.Errorf("model %.12s of %s with %d records; told %+v, on trial %.12s", m.Hash, m.TrainedOn, m.Records, done, tried.Model)
	}
	shipped, err := engine.DefaultModel()
	must(t, err)
	if done.Was != shipped.Hash || done.Drift <= 0 || done.Drift > 1 || done.Listed[0] == 0 || done.Listed[1] == 0 {
		t.Errorf("report: %+v", done)
	}
	kept := filepath.Join(p.StateDir, "identity", "model-2026-11-19-"+m.Hash[:12]+".json")
	if c, err := os.ReadFile(kept); err != nil || string(c) != string(b) {
		t.Errorf("the version beside it: %v", err)
	}
	last := p.chain(t)[events]
	if last.Action != audit.ModelTrained || !strings.Contains(last.Payload, m.Hash) {
		t.Errorf("event %s %s", last.Action, last.Payload)
	}
	if again := p.train(t, true); again.Was != m.Hash || again.Model != m.Hash || len(again.Shifts) > 0 {
		t.Errorf("trained again on the same register: %+v", again)
	}
}

// A model is a setting that decides: a run goes on by the one it was begun with.
func TestAnotherModelIsAnotherConfiguration(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.pairsInbox(t)
	p.night(t, sampleDays[0])
	trained := p.train(t, true)
	file := filepath.Join(p.StateDir, "identity", "model.json")
	b, err := os.ReadFile(file)
	must(t, err)
	must(t, os.Remove(file))
	p.cutNight(t, "lists", sampleDays[1])
	p.with(t, func(h *jobs.House) {
		var wrong *jobs.ErrDecision
		if _, err := h.Train(t.Context(), sampleDays[1], "C0001", jobs.TrainOptions{Write: true, Force: true}); !errors.As(err, &wrong) {
			t.Errorf("training beside a run that was cut short: %v", err)
		}
	})
	must(t, os.WriteFile(file, b, 0o600))
	p.with(t, func(h *jobs.House) {
		_, _, err := h.Resume(t.Context())
		var changed *jobs.ErrConfigChanged
		if !errors.As(err, &changed) || len(changed.Changes) != 1 || changed.Changes[0].Key != "identity.model" || !strings.Contains(changed.Changes[0].Is, trained.Model[:12]) {
			t.Errorf("resumed with another model: %v", err)
		}
		h.ConfirmConfig()
		if _, _, err := h.Resume(t.Context()); err != nil {
			t.Errorf("resumed once it was confirmed: %v", err)
		}
	})
}

func TestAModelThatWasTamperedWithIsRefused(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.pairsInbox(t)
	p.night(t, sampleDays[0])
	p.train(t, true)
	file := filepath.Join(p.StateDir, "identity", "model.json")
	b, err := os.ReadFile(file)
	must(t, err)
	p.Identity.Model = filepath.Join(t.TempDir(), "own.json")
	refused := func(name string) {
		t.Helper()
		p.with(t, func(h *jobs.House) {
			if _, err := h.Night(t.Context(), sampleDays[1], false); !errors.Is(err, jobs.ErrConfig) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	refused("a configured model that is not there")
	must(t, os.WriteFile(p.Identity.Model, []byte(strings.Replace(string(b), "2026-11-19", "2026-11-18", 1)), 0o600))
	refused("a model changed by hand")
	must(t, os.WriteFile(p.Identity.Model, b, 0o600))
	p.night(t, sampleDays[1])
}
