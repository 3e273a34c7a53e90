package pipeline

import "strings"

// Redacted stands in a text where it told of a person who was deleted (要領 §10).
const Redacted = "（削除済み）"

// SameText reports whether told is what kept says, or may have said before
// persons were taken out of it: Redacted in kept stands for any text. A sender
// who repeats a row in its old words says nothing new.
func SameText(kept, told string) bool {
	first, rest, redacted := strings.Cut(kept, Redacted)
	if !redacted {
		return kept == told
	}
	told, begins := strings.CutPrefix(told, first)
	if !begins {
		return false
	}
	for {
		var part string
		part, rest, redacted = strings.Cut(rest, Redacted)
		if !redacted {
			return strings.HasSuffix(told, part)
		}
		_, after, found := strings.Cut(told, part) // the leftmost leaves most for what follows
		if !found {
			return false
		}
		told = after
	}
}
