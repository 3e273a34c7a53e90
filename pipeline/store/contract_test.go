package store

import (
	"slices"
	"strings"
	"testing"
)

// contract is what readers outside the program were promised: table, key and
// columns. What the tables hold besides is documented, not promised.
const contract = `
expiry_report    | insurer_code agent_id qualification_code certificate_no | agency_no agency_name name qualification_name judged_on expires_on expiry_source state step next_exam lines_allowed person_state
purge_list       | list_no agent_id | retention_case base_kind base_on period extensions last_day first_deletable state holds reason evidence
purge_lists      | list_no | as_of rows hash state approvals receipt_no
purge_receipts   | receipt_no |
duplicate_list   | agent_id_a agent_id_b | weight probability class reasons decision decided_by decided_at
import_batches   | batch_id | sender kind file_name sha256 received_at state rows_read applied unchanged rejected duplicates
import_faults    | batch_id row_no column_key code | severity sheet message_ja message_en
conduct_findings | rule_id subject_key acted_on | clause rule_version verdict reason_code staff_id evidence first_seen waived_by waived_until
deliveries       | delivery_id | reader report sha256 rows encryption file_channel key_channel test_mail_on cc at
runs             | run_id | job as_of state counts started_at finished_at version config_hash
run_steps        | run_id seq | state counts started_at finished_at
report_manifest  | report reader | as_of run_id rows sha256 state
`

func TestTablesForReadersAreAsPromised(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		var promised []string
		for line := range strings.Lines(strings.TrimSpace(contract)) {
			parts := strings.Split(line, "|")
			name, key, columns := strings.TrimSpace(parts[0]), strings.Fields(parts[1]), strings.Fields(parts[2])
			promised = append(promised, name)
			rows, err := s.db.QueryxContext(t.Context(), "SELECT * FROM "+quote(name)+" LIMIT 0")
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			live, err := rows.Columns()
			rows.Close()
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range slices.Concat(key, columns) {
				if !slices.Contains(live, c) {
					t.Errorf("%s has no column %s", name, c)
				}
			}
			wantEqual(t, "key of "+name, keyOf(t, s, name), slices.Sorted(slices.Values(key)))
		}
		for _, table := range Tables() {
			if table.Reader != slices.Contains(promised, table.Name) {
				t.Errorf("%s: Reader is %t", table.Name, table.Reader)
			}
		}
	})
}

// keyOf lists the columns of the live primary key, sorted by name.
func keyOf(t *testing.T, s *Store, table string) (columns []string) {
	t.Helper()
	query := "SELECT name FROM pragma_table_info(?) WHERE pk > 0"
	if s.Dialect() == "mysql" {
		query = "SELECT column_name FROM information_schema.key_column_usage" +
			" WHERE table_schema = DATABASE() AND table_name = ? AND constraint_name = 'PRIMARY'"
	}
	if err := s.db.SelectContext(t.Context(), &columns, query, table); err != nil {
		t.Fatal(err)
	}
	slices.Sort(columns)
	return columns
}
