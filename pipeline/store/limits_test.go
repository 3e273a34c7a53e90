package store

import (
	"io/fs"
	"testing"

	"github.com/goccy/go-yaml"

	"meibo/schemas"
)

// TestWhatIntakeLetsPassFits compares the limits of the layouts with those of
// the columns their values go to.
func TestWhatIntakeLetsPassFits(t *testing.T) {
	limits := map[string]int{} // table.column → characters
	for _, table := range Tables() {
		for _, c := range table.Columns {
			limits[table.Name+"."+c.Name] = c.Max
		}
	}
	type layout struct {
		Columns []struct {
			Key string `yaml:"key"`
			Max int    `yaml:"max"`
		} `yaml:"columns"`
	}
	goesTo := map[string]map[string][]string{ // file → key → columns
		"agents.yaml": {
			"agent_id": {"agents.agent_id"}, "name": {"agents.name", "agent_names.name", "expiry_report.name"},
			"name_kana": {"agents.name_kana", "agent_names.name"}, "former_name": {"agents.former_name", "agent_names.name"},
			"email": {"agents.email"},
		},
		"exam-results.yaml": {
			"agent_id": {"qualifications.agent_id"}, "qualification": {"qualifications.qualification_code"},
			"pass_code": {"qualifications.pass_code"}, "certificate_no": {"qualifications.certificate_no", "expiry_report.certificate_no"},
			"acquired_at": {"qualifications.acquired_at"}, "posted_by": {"qualifications.posted_by"},
		},
		"registrations.yaml": {
			"agent_id": {"registrations.agent_id"}, "agency_no": {"registrations.agency_no", "agencies.agency_no"},
			"agency_name":    {"registrations.agency_name", "agencies.name", "expiry_report.agency_name"},
			"agency_address": {"registrations.agency_address", "agencies.address"},
			"lead_insurer":   {"registrations.lead_insurer", "agencies.lead_insurer"},
			"other_insurers": {"registrations.other_insurers", "registration_events.other_insurers", "agencies.other_insurers"},
			"lines":          {"registrations.product_lines", "registration_events.product_lines"},
			"note":           {"registrations.note", "registration_events.note"},
		},
		"activities.yaml": {"agent_id": {"activities.agent_id"}, "actor": {"activities.actor"}},
	}
	for file, keys := range goesTo {
		text, err := fs.ReadFile(schemas.FS, "layouts/"+file)
		if err != nil {
			t.Fatal(err)
		}
		var l layout
		if err := yaml.Unmarshal(text, &l); err != nil {
			t.Fatal(err)
		}
		allowed := map[string]int{}
		for _, c := range l.Columns {
			allowed[c.Key] = c.Max
		}
		for key, columns := range keys {
			if allowed[key] == 0 {
				t.Errorf("%s gives %s no limit", file, key)
			}
			for _, column := range columns {
				if limits[column] < allowed[key] {
					t.Errorf("%s lets %s have %d characters, %s takes %d", file, key, allowed[key], column, limits[column])
				}
			}
		}
	}
}
