package intake

import (
	"io/fs"
	"regexp"
	"strconv"
	"testing"

	"meibo/schemas"
)

// SQLite keeps what MySQL refuses, so every length is checked at intake: no
// layout may take more than its table can hold.
func TestLayoutsFitTheTables(t *testing.T) {
	other := map[string]string{
		"qualification": "qualification_code", "lines": "product_lines", "activity": "kind",
	}
	tables := map[string]string{
		"agents": "00001_agents.sql", "exam-results": "00003_qualifications.sql",
		"registrations": "00004_registration_events.sql", "activities": "00007_activities.sql",
		"inquiries": "00060_inquiries.sql", "bulk-inquiries": "00061_bulk_inquiries.sql", "staff": "00062_staff.sql",
		"managers": "00063_managers.sql", "corrections": "00080_corrections.sql",
	}
	column := regexp.MustCompile("`([a-z_]+)` +VARCHAR\\((\\d+)\\)")
	for kind, file := range tables {
		sql, err := fs.ReadFile(schemas.FS, "sql/"+file)
		if err != nil {
			t.Fatal(err)
		}
		widths := map[string]int{}
		for _, m := range column.FindAllStringSubmatch(string(sql), -1) {
			if widths[m[1]], err = strconv.Atoi(m[2]); err != nil {
				t.Fatal(err)
			}
		}
		compared := 0
		for _, c := range shipped(t)[kind].Columns {
			name := c.Key
			if o, ok := other[name]; ok {
				name = o
			}
			width, stored := widths[name]
			if !stored {
				continue // a date, or a name that is only compared
			}
			compared++
			longest := c.Max
			for _, v := range c.values() {
				longest = max(longest, len([]rune(v)))
			}
			if longest > width {
				t.Errorf("%s: %s takes %d characters, the table %d", kind, c.Key, longest, width)
			}
		}
		if compared < 3 {
			t.Errorf("%s: only %d columns compared", kind, compared)
		}
	}
}
