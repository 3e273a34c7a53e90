package store

import (
	"context"
	"encoding/json"
	"fmt"
)

// runSettings are the settings behind a config_hash of runs.
type runSettings struct {
	Hash     string
	Settings string // JSON: values by key
}

var settingsTable = mapping[runSettings]{
	Table{Name: "run_settings", Key: 1, Columns: []Column{col("config_hash", maxHash), col("settings", 0)}},
	func(s *runSettings) []field { return []field{(*text)(&s.Hash), (*text)(&s.Settings)} },
}

// Settings returns the settings of runs with that config hash; nil if they
// were not kept.
func (s *Store) Settings(ctx context.Context, hash string) (map[string]string, error) {
	row, found, err := one(stream(ctx, s.db, settingsTable, settingsTable.query("WHERE config_hash = ?"), hash))
	if err != nil || !found {
		return nil, err
	}
	var out map[string]string
	if err := json.Unmarshal([]byte(row.Settings), &out); err != nil {
		return nil, fmt.Errorf("settings %s: %w", hash, err)
	}
	return out, nil
}

// PutSettings keeps the settings behind a config hash. They must hold no secret.
func (s *Store) PutSettings(ctx context.Context, hash string, settings map[string]string) error {
	b, err := json.Marshal(settings)
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	return s.Write(ctx, func(tx *Tx) error {
		return put(ctx, tx, settingsTable, []runSettings{{hash, string(b)}}, settingsTable.values())
	})
}
