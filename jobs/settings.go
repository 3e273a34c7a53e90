package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"meibo/pipeline"
	"meibo/pipeline/run"
)

// ErrConfigChanged says that an unfinished run was begun with other settings
// than those in force now: wrong use, unless somebody confirms them.
type ErrConfigChanged struct {
	Run     string
	AsOf    pipeline.Date
	Changes []SettingChange // in order of keys; none if the old settings are not known
}

// SettingChange is one setting then and now; empty is not set. It holds no secret.
type SettingChange struct {
	Key string `json:"key"`
	Was string `json:"was"`
	Is  string `json:"is"`
}

func (e *ErrConfigChanged) Error() string {
	keys := make([]string, len(e.Changes))
	for i, c := range e.Changes {
		keys[i] = c.Key
	}
	return fmt.Sprintf("the unfinished run %s was begun with another configuration (changed: %s)", e.Run, cmp.Or(strings.Join(keys, ", "), "not known"))
}

// ConfirmConfig lets an unfinished run go on with the settings in force now,
// although it was begun with others.
func (h *House) ConfirmConfig() { h.confirmed = true }

// ConfirmUnfinished is ConfirmConfig for the runs that are unfinished now and for
// no later one: for a house that goes on working on its own.
func (h *House) ConfirmUnfinished(ctx context.Context) error {
	return h.eachUnfinished(ctx, func(row run.Row) error {
		h.confirmedRuns = append(h.confirmedRuns, row.ID)
		return nil
	})
}

// UnfinishedConfig is *ErrConfigChanged if a run is unfinished that was begun
// with other settings than those in force now, and nil if there is none.
func (h *House) UnfinishedConfig(ctx context.Context) error {
	return h.eachUnfinished(ctx, func(row run.Row) error {
		hash, err := h.configHash(row.AsOf)
		if err != nil || row.ConfigHash == hash {
			return err
		}
		return h.changedConfig(ctx, row)
	})
}

func (h *House) eachUnfinished(ctx context.Context, do func(run.Row) error) error {
	for _, find := range []func() (run.Row, bool, error){
		func() (run.Row, bool, error) { return h.Store.Unfinished(ctx, Purge) },
		func() (run.Row, bool, error) { return h.Store.Unfinished(ctx, Nightly) },
		func() (run.Row, bool, error) { return h.owing(ctx) },
	} {
		row, found, err := find()
		if err == nil && found {
			err = do(row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sameConfig checks that the run goes on with the settings it was begun with,
// or with those that somebody confirmed.
func (h *House) sameConfig(ctx context.Context, row run.Row) (run.Row, error) {
	hash, err := h.configHash(row.AsOf)
	switch {
	case err != nil:
		return row, err
	case row.ConfigHash == hash:
		return row, nil
	case h.confirmed || slices.Contains(h.confirmedRuns, row.ID):
		row.ConfigHash = hash
		return row, h.keepSettings(ctx, row)
	}
	return row, h.changedConfig(ctx, row)
}

// changedConfig is *ErrConfigChanged: what has changed since the run was begun.
func (h *House) changedConfig(ctx context.Context, row run.Row) error {
	was, err := h.Store.Settings(ctx, row.ConfigHash)
	if err != nil {
		return err
	}
	e := &ErrConfigChanged{Run: row.ID, AsOf: row.AsOf}
	if was != nil {
		is, err := h.settingsOn(row.AsOf)
		if err != nil {
			return err
		}
		e.Changes = settingChanges(was, is)
	}
	return e
}

// keepSettings keeps what the run's config hash stands for, so that a change
// can be shown later.
func (h *House) keepSettings(ctx context.Context, row run.Row) error {
	kept, err := h.Store.Settings(ctx, row.ConfigHash)
	if err != nil || kept != nil {
		return err
	}
	is, err := h.settingsOn(row.AsOf)
	if err != nil {
		return err
	}
	return h.Store.PutSettings(ctx, row.ConfigHash, is)
}

func settingChanges(was, is map[string]string) []SettingChange {
	all := maps.Clone(was)
	maps.Copy(all, is)
	var out []SettingChange
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if was[key] != is[key] {
			out = append(out, SettingChange{key, was[key], is[key]})
		}
	}
	return out
}

// settingsOn is everything configHash is made of, as plain text by key and
// without secrets.
func (h *House) settingsOn(asOf pipeline.Date) (map[string]string, error) {
	out := h.Config.settings()
	if kinds, settings, err := h.rulesOn(asOf); err == nil {
		out["rules.qualifications"] = kinds.Version
		out["rules.retention"] = settings.Version + " (" + settings.Hash()[:12] + ")"
	}
	m, err := h.identityModel()
	if err != nil {
		return nil, err
	}
	out["identity.model"] = m.TrainedOn.String() + " (" + m.Hash[:12] + ")"
	if rules, err := h.Rules.Conduct.On(asOf); err == nil {
		out["rules.conduct"] = rules.Version
		for _, s := range rules.Settings() {
			out["rules.conduct."+s.Name] = strconv.Itoa(s.Value)
		}
	}
	return out, nil
}

// settings are the deciding settings by key, such as insurers.1001.expect.
func (c Config) settings() map[string]string {
	b, err := yaml.Marshal(c.deciding())
	var tree any
	if err = errors.Join(err, yaml.Unmarshal(b, &tree)); err != nil {
		panic(err) // plain values always marshal
	}
	out := map[string]string{}
	flatten(out, "", tree)
	return out
}

// flatten puts the leaves of a tree under their paths. An entry of a list that
// has a code is called by it: in another place of the list it is the same.
func flatten(out map[string]string, path string, node any) {
	under := func(key string) string { return strings.TrimPrefix(path+"."+key, ".") }
	switch v := node.(type) {
	case map[string]any:
		for key, x := range v {
			flatten(out, under(key), x)
		}
	case []any:
		var plain []string
		for i, x := range v {
			if m, ok := x.(map[string]any); ok {
				flatten(out, under(cmp.Or(fmt.Sprint(m["code"]), fmt.Sprint(i))), x)
			} else {
				plain = append(plain, fmt.Sprint(x))
			}
		}
		if len(plain) > 0 {
			out[path] = strings.Join(plain, ", ")
		}
	case nil:
	default:
		if text := fmt.Sprint(v); text != "" {
			out[path] = text
		}
		if secretKey.MatchString(path) {
			out[path] = "***" // belongs elsewhere; that it changed is all that is told
		}
	}
}

// secretKey are keys that would hold a secret. None of today's does.
var secretKey = regexp.MustCompile(`(?i)(password|passphrase|secret|token|dsn)[^.]*$`)
