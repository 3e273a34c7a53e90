package jobs

import (
	"context"
	"slices"

	"meibo/pipeline/store"
)

// AccountCheck compares what an account of a server may do with what it needs
// for the settings that name it. It holds no password and no address.
type AccountCheck struct {
	Settings []string `json:"settings"` // variables whose work it does
	Account  string   `json:"account"`
	Reached  bool     `json:"reached"` // it could log in
	Missing  []string `json:"missing"` // rights such as "UPDATE agents" or "UPDATE(state) purge_lists"
	Excess   []string `json:"excess"`
}

// SQLAccounts are the addresses of the accounts besides those in Config.
type SQLAccounts struct{ Migrate string }

// CheckRights logs in by every account and compares its rights with the
// templates; an account that serves several settings needs the rights of all.
// SQLite has no accounts: then there are none.
func CheckRights(ctx context.Context, c Config, more SQLAccounts) ([]AccountCheck, error) {
	var out []AccountCheck
	var addresses []string
	needs := map[string]store.Rights{}
	for _, x := range []struct{ setting, template, dsn string }{
		{"MEIBO_DB", "run", c.DB},
		{"MEIBO_DB_REVIEW", "review", c.ReviewDB},
		{"MEIBO_DB_PURGE", "purge", c.PurgeDB},
		{"MEIBO_DB_MIGRATE", "migrate", more.Migrate},
		{"MEIBO_EXPORT_DB", "export", c.Export.DB},
	} {
		if x.dsn == "" {
			continue
		}
		want, err := store.TemplateRights(x.template)
		if err != nil {
			return nil, err
		}
		i := slices.Index(addresses, x.dsn)
		if i < 0 {
			i = len(out)
			out, addresses = append(out, AccountCheck{}), append(addresses, x.dsn)
			needs[x.dsn] = store.Rights{}
		}
		out[i].Settings = append(out[i].Settings, x.setting)
		needs[x.dsn].Add(want)
	}
	for i, dsn := range addresses {
		a := &out[i]
		a.Missing, a.Excess = []string{}, []string{}
		name, has, err := store.AccountRights(ctx, dsn, c.storeOptions(nil))
		a.Account, a.Reached = name, err == nil
		if err == nil {
			a.Missing, a.Excess = append(a.Missing, needs[dsn].Without(has)...), append(a.Excess, has.Without(needs[dsn])...)
		}
	}
	return slices.DeleteFunc(out, func(a AccountCheck) bool { return a.Account == "" }), nil
}
