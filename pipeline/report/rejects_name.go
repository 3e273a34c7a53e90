package report

import (
	"fmt"
	"strings"
)

// ReturnedName is the name under which a file goes back: its own behind
// rejects_, which it keeps when it comes a second time. readable asks for the
// workbook that goes along with a CSV or any other file that is no workbook.
func ReturnedName(file string, readable bool) string {
	name := strings.TrimPrefix(file, rejectsPrefix)
	stem, ext := splitName(name)
	if readable && !strings.EqualFold(ext, ".xlsx") {
		// The extension stays part of the name: the sender may have a workbook of
		// that stem too. An underscore keeps the kind what it is.
		stem, ext = stem+strings.Replace(ext, ".", "_", 1), ".xlsx"
	}
	return rejectsPrefix + clipName(stem, maxName-len(rejectsPrefix)-len(ext)) + ext
}

// splitName parts a name before its extension. What is long is none.
func splitName(name string) (stem, ext string) {
	const longest = 10 // bytes
	if i := strings.LastIndexByte(name, '.'); i >= 0 && len(name)-i <= longest {
		return name[:i], name[i:]
	}
	return name, ""
}

const rejectsPrefix = "rejects_"

// maxName is the longest file name written, in bytes; file systems take 255,
// and temporary names are longer than the name they stand for.
const maxName = 200

func clipName(s string, limit int) string {
	limit = max(limit, 0)
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "")
}

// Distinct gives name a number if it is taken. Case does not tell names apart,
// for some file systems do not either.
func Distinct(name string, taken map[string]bool) string {
	stem, ext := splitName(name)
	for n := 2; taken[strings.ToLower(name)]; n++ {
		name = fmt.Sprintf("%s_%d%s", stem, n, ext)
	}
	taken[strings.ToLower(name)] = true
	return name
}

// NamePart is an ID or a number as part of a file name. What no file system takes,
// or what means a folder, stands there as % and its code, and so does % itself:
// two IDs never share a name.
func NamePart(id string) string {
	var b strings.Builder
	for _, r := range id {
		if r <= 0x20 || r == 0x7f || strings.ContainsRune(`/\:*?"<>|%`, r) {
			fmt.Fprintf(&b, "%%%02X", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
