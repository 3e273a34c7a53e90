package engine

import "strings"

// shortForms are English short forms that do not begin as the name they stand
// for, each line led by that name. Those that begin alike need no list.
const shortForms = `
abigail abby
andrew drew
anthony tony
barbara babs
charles chuck
deborah debby
dorothy dot dolly
edward ted ned
eleanor nell nora
elizabeth beth betty liz lizzie lisa libby
florence flo
henry hank harry
james jim jimmy jamie
john jack
joseph joe
katherine kate kathy katie kitty kay
lawrence larry
margaret maggie meg peggy
mary molly polly
matthew matty
michael mike mick mickey
nicholas nicky
patricia pat patty trish
rebecca becky
richard rick dick ricky
robert rob bob bobby robbie
sarah sally
stephen steve
susan sue suzie
theodore ted
theresa terry tess
thomas tom tommy
victoria vicky
william bill billy will
zachary zack
`

// fullNames gives the name a short form stands for; of two the first.
func fullNames() map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(shortForms) {
		words := strings.Fields(line)
		for _, short := range words[min(1, len(words)):] {
			if out[short] == "" {
				out[short] = words[0]
			}
		}
	}
	return out
}
