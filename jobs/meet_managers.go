package jobs

import (
	"context"
	"fmt"

	"meibo/pipeline"
	"meibo/pipeline/access"
	"meibo/pipeline/intake"
	"meibo/pipeline/store"
)

// meetManagers keeps the 管理者ID of insurers (要領 §5(2)) and their accounts. Of
// a password only its hash is kept.
func (t *taking) meetManagers(ctx context.Context, chunk []*intake.Record) (*meeting, error) {
	stored, err := t.Store.Managers(ctx, ids(chunk, keyed("insurer")))
	if err != nil {
		return nil, err
	}
	m := &meeting{}
	var good []*intake.Record
	for i, f := range t.managerFaults(chunk) {
		if !m.fault(chunk[i], f) {
			good = append(good, chunk[i])
		}
	}
	accounts, err := t.accountsOf(ctx)
	if err != nil {
		return nil, err
	}
	given := newGivenIDs(stored)
	k := keeping[store.Manager]{
		key:  func(x *store.Manager) string { return x.Insurer + " " + x.ID },
		from: func(x *store.Manager) *pipeline.Provenance { return &x.From },
		put:  func(ctx context.Context, tx *store.Tx, rows []store.Manager) error { return tx.PutManagers(ctx, rows) },
		fill: func(f *filling, x *store.Manager) {
			f.text("role", &x.Role)
			f.text("insurer", &x.Insurer)
			f.text("manager_id", &x.ID)
			f.text("name", &x.Name)
			f.text("department", &x.Department)
			f.text("email", &x.Email)
			f.flag("stopped", &x.Stopped)
			if x.Role == store.RoleSpecial && x.ID == "" {
				x.ID = given.of(x.Insurer, x.Name)
			}
		},
		note: func(r *intake.Record, before, x *store.Manager) {
			named := access.Account{Insurer: x.Insurer, ID: x.ID}
			accounts.put(r, ofManager(accounts.known[named.Name()], *before, x, t.row.AsOf))
		},
	}
	k.keep(t, m, good, stored)
	for _, r := range good {
		v := cells(r)
		named := access.Account{Insurer: v.Text("insurer"), ID: v.Text("manager_id")}
		if err := accounts.password(m, r, named.Name(), v.Text("password")); err != nil {
			return nil, err
		}
	}
	accounts.with(m)
	return m, nil
}

// managerFaults finds for each row what others than itself show: an insurer
// speaks for itself only, and a 特別管理者, who has no ID in the file, stands
// there once.
func (t *taking) managerFaults(chunk []*intake.Record) [][]*pipeline.Fault {
	role, _ := t.Config.role(t.file.Sender)
	out := make([][]*pipeline.Fault, len(chunk))
	first := map[special]int{}
	for i, r := range chunk {
		v := cells(r)
		if role == RoleInsurer && v.Text("insurer") != t.file.Sender {
			out[i] = append(out[i], intake.Against(intake.CodeNotTheirCompany))
		}
		if v.Text("role") != store.RoleSpecial {
			continue
		}
		who := specialOf(v.Text("insurer"), v.Text("name"))
		j, twice := first[who]
		if !twice {
			first[who] = i
		} else if chunk[j].Content != r.Content {
			out[i] = append(out[i], intake.Against(intake.CodeSpecialManagerTwice))
			if len(out[j]) == 0 {
				out[j] = append(out[j], intake.Against(intake.CodeSpecialManagerTwice))
			}
		}
	}
	return out
}

// special is how a 特別管理者 is known again.
type special struct{ insurer, name string }

func specialOf(insurer, name string) special { return special{insurer, pipeline.CleanName(name)} }

// givenIDs gives each 特別管理者 an ID of its own.
type givenIDs struct {
	ids   map[special]string
	taken map[string]bool // insurer and ID
	next  map[string]int  // by insurer
}

func newGivenIDs(stored []store.Manager) *givenIDs {
	g := &givenIDs{map[special]string{}, map[string]bool{}, map[string]int{}}
	for _, x := range stored {
		g.taken[x.Insurer+" "+x.ID] = true
		if x.Role == store.RoleSpecial {
			g.ids[specialOf(x.Insurer, x.Name)] = x.ID
		}
	}
	return g
}

// of is the ID of a 特別管理者, the next free one of the insurer for a new one.
func (g *givenIDs) of(insurer, name string) string {
	who := specialOf(insurer, name)
	id := g.ids[who]
	for id == "" {
		g.next[insurer]++
		if next := fmt.Sprintf("SP-%s-%02d", insurer, g.next[insurer]); !g.taken[insurer+" "+next] {
			id = next
		}
	}
	g.ids[who], g.taken[insurer+" "+id] = id, true
	return id
}
