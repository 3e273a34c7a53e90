// Package intake turns rows into checked records by a layout, all faults of a
// row at once.
//
// A layout (schemas/layouts/*.yaml) says which columns a kind of file has and
// what may stand in them; this package gives those words their meaning: how a
// date, a flag or an ID is read as people write it, which faults set a row
// aside, and when a file is refused whole. What the register says about a
// record (unknown agents, differing names) is judged by CheckPerson, CheckSender and
// the Merge functions, after the row itself has been found good.
package intake
