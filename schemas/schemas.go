// Package schemas carries the data that decides without being code: SQL
// migrations, layouts of input files, and the rule tables, embedded in the
// binary.
//
// The three folders are read by the packages that give them meaning: sql by
// store, layouts by intake, rules by intake, identity and deadline. Nothing
// here interprets them.
package schemas

import "embed"

// FS holds the folders layouts, rules, sql and grants, and inventory.yaml, as they stand in the source
// tree. Each also holds a README.md for people; readers pick files by suffix.
//
//go:embed layouts rules sql inventory.yaml grants/*.sql
var FS embed.FS
