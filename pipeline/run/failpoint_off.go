//go:build !failpoint

package run

// Failpoint does nothing in the program that is shipped; with the build tag
// failpoint it can kill the process at a named place.
func Failpoint(string) {}
