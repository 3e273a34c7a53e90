//go:build !failpoint

package failpoint

// Hit is passed at a place; of says at which of several alike, and may be empty.
// The point is called place-of.
func Hit(place, of string) {}

// Near is Hit at a place of an inner package: of is the function outside of the
// calling package for which the work is done.
func Near(place string) {}
