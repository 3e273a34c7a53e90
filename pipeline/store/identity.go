package store

import "context"

// identity is what tells one register from another, through every backup of it.
type identity struct{ ID string }

var identityTable = mapping[identity]{
	Table{Name: "register_identity", Key: 1, Local: true, Columns: []Column{col("register_id", maxIdentity)}},
	func(i *identity) []field { return []field{(*text)(&i.ID)} },
}

const maxIdentity = 16

// RegisterID is the identity of the register in this database, which a backup
// keeps; empty before SetRegisterID.
func (s *Store) RegisterID(ctx context.Context) (string, error) {
	row, _, err := one(stream(ctx, s.db, identityTable, identityTable.query("ORDER BY register_id LIMIT 1")))
	return row.ID, err
}

// SetRegisterID gives the register its identity, 16 characters, once for good.
func (tx *Tx) SetRegisterID(ctx context.Context, id string) error {
	return addMissing(ctx, tx, identityTable, []identity{{id}})
}
