// Package failpoint marks the places at which tests kill the program.
//
// Only a build with the tag failpoint does anything here; in the program that is
// shipped the calls compile to nothing.
//
// Every commit, and every renaming or removal of a file that is to last, has a
// point before it and one behind it. MEIBO_FAILPOINT=NAME or NAME:3 kills the
// process, with SIGKILL as a power cut would, the first or third time it passes
// that point; with NAME:3:panic it panics instead, as a fault of this program
// would. MEIBO_FAILPOINT_LOG=FILE appends the name of each point passed.
package failpoint
