package store

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Folder is one kind of file that the program writes or takes: where, what it
// holds, and how long it stays.
type Folder struct {
	Root     string `yaml:"root"`     // inbox, outbox or state_dir
	Path     string `yaml:"path"`     // pattern of path.Match below it; ending in /** for all that lies below
	Holds    string `yaml:"holds"`    // what stands in it
	Personal bool   `yaml:"personal"` // whether data of people does
	Term     string `yaml:"term"`     // how long it stays, by which setting
	Owner    string `yaml:"owner"`    // who answers for it (要領 §14)
	Keys     bool   `yaml:"keys"`     // random bytes, in which nobody need be looked for
}

// Terms of files that the program works out the last day by.
const (
	TermOutbox  = "outbox.keep_days"
	TermArchive = "archive.keep_days"
)

// Place is the folder of the pattern without what stands for any name: how a
// receipt names it.
func (f *Folder) Place() string {
	dir := path.Dir(f.Path)
	for strings.ContainsAny(dir, "*?[") {
		dir = path.Dir(dir)
	}
	if dir == "." && strings.HasSuffix(f.Path, "/**") {
		dir = strings.TrimRight(strings.TrimSuffix(f.Path, "/**"), "*-")
	}
	return path.Join(f.Root, dir)
}

// roots are where files of the program lie.
var roots = [...]string{"inbox", "outbox", "state_dir"}

func (f *Folder) check() error {
	var errs []error
	bad := func(what string) { errs = append(errs, fmt.Errorf("%s/%s: %s", f.Root, f.Path, what)) }
	if !slices.Contains(roots[:], f.Root) {
		bad("lies below none of " + strings.Join(roots[:], ", "))
	}
	if _, err := path.Match(f.Path, ""); err != nil || f.Path == "" || f.Path == "/**" || f.Path == "**" {
		bad("is no pattern of one kind of file")
	}
	if f.Holds == "" || f.Term == "" || f.Owner == "" {
		bad("does not say what it holds, how long it stays, or who answers for it")
	}
	return errors.Join(errs...)
}

// matches reports whether a file, by its path below the root, is of this kind.
func (f *Folder) matches(name string) bool {
	if above, all := strings.CutSuffix(f.Path, "/**"); all {
		depth := strings.Count(above, "/") + 1
		parts := strings.Split(name, "/")
		if len(parts) <= depth {
			return false
		}
		ok, _ := path.Match(above, strings.Join(parts[:depth], "/"))
		return ok
	}
	ok, _ := path.Match(f.Path, name)
	return ok
}

// Folder finds what is declared of a file below inbox, outbox or state_dir: the
// first that matches. Nothing may lie there that nobody declared.
func (inv *Inventory) Folder(root, name string) (Folder, bool) {
	i := slices.IndexFunc(inv.Folders, func(f Folder) bool { return f.Root == root && f.matches(name) })
	if i < 0 {
		return Folder{}, false
	}
	return inv.Folders[i], true
}
