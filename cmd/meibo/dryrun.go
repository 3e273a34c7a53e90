package main

import (
	"fmt"
	"strconv"
	"strings"

	"meibo/pipeline/store"
)

// printChanges is what a dry run says that the night would write. Rows are told
// by their keys; no name stands here.
func (a *app) printChanges(changes []store.TableChanges) {
	if len(changes) == 0 {
		fmt.Fprintln(a.out, a.say("データベースに書き込まれる変更はありません。", "no row of the database would change"))
		return
	}
	fmt.Fprintln(a.out, a.say("本番で実行した場合にデータベースへ書き込まれる変更:", "what the night would write to the database:"))
	table := [][]string{strings.Fields(a.say("表 追加 変更 削除", "table inserts changes removals"))}
	for _, c := range changes {
		table = append(table, []string{c.Table, strconv.Itoa(c.Inserted), strconv.Itoa(c.Changed), strconv.Itoa(c.Removed)})
	}
	printTable(a.out, table)
	for _, c := range changes {
		for _, e := range []struct {
			ja, en string
			keys   []string
			all    int
		}{
			{"追加", "insert", c.Examples.Inserted, c.Inserted},
			{"変更", "change", c.Examples.Changed, c.Changed},
			{"削除", "remove", c.Examples.Removed, c.Removed},
		} {
			if len(e.keys) > 0 {
				fmt.Fprintf(a.out, "  %s %s: %s%s\n", c.Table, a.say(e.ja, e.en), strings.Join(e.keys, ", "), more(e.all-len(e.keys)))
			}
		}
	}
}

// more stands for keys that are not shown.
func more(n int) string {
	if n <= 0 {
		return ""
	}
	return ", …(+" + strconv.Itoa(n) + ")"
}
