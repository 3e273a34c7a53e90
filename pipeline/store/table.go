package store

import "strings"

// Column describes one column of a table.
type Column struct {
	Name string
	Max  int // longest text in characters; 0 for text without a limit and for numbers
	// Clock marks what depends on the wall clock or the machine and so differs
	// between two runs over the same input; Dump leaves it out.
	Clock bool
}

// Table describes one table: its columns in order, the first Key of them being
// the primary key, in the order in which rows are streamed.
type Table struct {
	Name    string
	Key     int
	Columns []Column
	// Local marks a table about this database and its processes rather than
	// about the register: neither dumped nor copied.
	Local bool
	// Reader marks a table of the contract with readers outside the program:
	// it goes into the export's database too.
	Reader bool
}

func (t Table) names(columns []Column) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.Name
	}
	return out
}

func (t Table) keys() []string   { return t.names(t.Columns[:t.Key]) }
func (t Table) values() []string { return t.names(t.Columns[t.Key:]) }
func (t Table) all() []string    { return t.names(t.Columns) }

// query selects all columns; tail is the rest of the statement.
func (t Table) query(tail string) string {
	return "SELECT " + quoted(t.all()) + " FROM " + quote(t.Name) + " " + tail
}

// ordered is query in key order, after a WHERE clause that may be empty.
func (t Table) ordered(where string) string {
	return t.query(where + " ORDER BY " + quoted(t.keys()))
}

// insert is an INSERT of rows rows; upsert adds the dialect's tail.
func (t Table) insert(rows int) string {
	one := "(" + marks(len(t.Columns)) + ")"
	return "INSERT INTO " + quote(t.Name) + " (" + quoted(t.all()) + ") VALUES " +
		strings.TrimSuffix(strings.Repeat(one+",", rows), ",")
}

// insertBeside is an INSERT of one row that is added only if of has a row with the
// key that is its last parameter, of one column.
func (t Table) insertBeside(of Table) string {
	return "INSERT INTO " + quote(t.Name) + " (" + quoted(t.all()) + ") SELECT " +
		marks(len(t.Columns)) + " FROM " + quote(of.Name) + whereKeys(of, 1)
}

// marks stands for n parameters of a statement.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

// mapping ties a table to the Go struct of its rows.
type mapping[T any] struct {
	Table
	fields func(*T) []field // in the order of Columns
}

// col is a column of text with a limit, or of text or a number without (max 0).
func col(name string, max int) Column { return Column{Name: name, Max: max} }

func clock(name string, max int) Column { return Column{Name: name, Max: max, Clock: true} }

// Longest texts in characters. Intake refuses what is longer, from its layouts;
// the store refuses it again, for SQLite would keep what MySQL refuses.
const (
	maxID          = 20  // 募集人ID, 代理店登録番号, cluster
	maxCode        = 20  // 保険会社コード, 資格種類コード, 合格管理コード
	maxWord        = 20  // one of our own fixed words: state, kind, class
	maxName        = 60  // 氏名
	maxKana        = 80  // 氏名カナ
	maxEmail       = 254 // RFC 5321
	maxCertificate = 30
	maxAgencyName  = 120
	maxText        = 200 // 事務所所在地, 備考, 商品資格
	maxInsurers    = 1000
	maxActor       = 60
	maxSender      = 64
	maxKind        = 40
	maxFile        = 255 // no file system takes more
	maxPath        = 1000
	maxArrival     = 400
	maxBatch       = 80
	maxRun         = 80
	maxHash        = 64 // SHA-256 in hex
	maxDate        = 10
	maxMonth       = 7
	maxInstant     = 27
	maxSheet       = 100
	maxProgress    = 300
	maxColumnKey   = 200
	maxFaultCode   = 60
	maxWho         = 120
	maxSubject     = 120
	maxSignature   = 120
)
