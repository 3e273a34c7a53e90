//go:build !failpoint

package run

// failpoint does nothing in the program that is shipped; with the build tag
// failpoint it can kill the process at a named place.
func failpoint(string) {}
