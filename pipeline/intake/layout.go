package intake

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"meibo/pipeline"
	"meibo/schemas"
)

// Layout is the data that describes one kind of file. See
// schemas/layouts/README.md for what each key means to a person who writes one.
type Layout struct {
	Kind       string   `yaml:"kind"`   // part of the file name before the first _
	Title      string   `yaml:"title"`  // Japanese name of the kind
	Clause     string   `yaml:"clause"` // what the rule books call it
	Senders    []string `yaml:"senders"`
	Format     string   `yaml:"format"`    // csv or xlsx: what senders usually send; both are taken
	Sheet      string   `yaml:"sheet"`     // empty: the first visible sheet
	RecordKind string   `yaml:"record"`    // what a row becomes; see the Record… constants
	Repeats    bool     `yaml:"repeats"`   // rows may share a key (logs, events)
	Continued  bool     `yaml:"continued"` // our own workbook: a long table goes on in sheets (2), (3), …
	KeyColumns []string `yaml:"key"`
	List       string   `yaml:"list"` // full: a file says all there is to say; empty: what has changed
	Rejects    Limit    `yaml:"max_rejected"`
	Drift      Drift    `yaml:"drift"`
	Ignored    []string `yaml:"ignored"` // headers of our own workbooks that are for their reader only
	Columns    []Column `yaml:"columns"`

	index   map[string]int // column key → position in Columns
	headers map[string]int // normalised header or alias → position in Columns
	ignored map[string]bool
	keys    []int // positions of KeyColumns
	fields  []int // field of the record kind → position in Columns
	tied    []int // positions of columns with a condition
	kind    recordKind
}

// What a row becomes.
const (
	RecordAgent        = "agent"
	RecordExamResult   = "exam-result"
	RecordRegistration = "registration-event"
	RecordActivity     = "activity"
	RecordBulkInquiry  = "bulk-inquiry"
	RecordReview       = "review"
	RecordCorrection   = "correction"
	RecordValues       = "values" // as the layout says and no further: a *Values
)

// Senders that stand for more than one folder, or for none in particular.
const (
	SenderAssociation   = "association"
	SenderExamCenter    = "exam-center"
	SenderContactCenter = "contact-center"
	SenderCompliance    = "compliance"
	SenderInsurer       = "insurer" // every folder that is an insurer's code
)

// ListFull marks a layout whose files are whole lists: a newer one replaces the
// older.
const ListFull = "full"

// Type says how the text of a column is read.
type Type string

// The types of columns.
const (
	TypeID        Type = "id"         // opaque: NFKC, upper case, no inner blanks
	TypeCodes     Type = "codes"      // several ids, separated by 、 , / ; or blanks; a set
	TypeText      Type = "text"       // as written, apart from blanks around it
	TypeList      Type = "list"       // several texts, separated like codes, in the order written
	TypeDate      Type = "date"       // see ReadDate and ReadSerial
	TypeYearMonth Type = "year-month" // see ReadYearMonth
	TypeFlag      Type = "flag"       // see ReadFlag
	TypeEnum      Type = "enum"       // one of Values
	TypeEmail     Type = "email"
	TypeInteger   Type = "integer" // 0 to 999,999,999
	TypeSecret    Type = "secret"  // text that must never be stored, shown or archived
	TypeValue     Type = "value"   // as written, whatever it is: another column says what it must be
)

// Column is one column of a layout. Lengths are in characters.
type Column struct {
	Header    string     `yaml:"header"`
	Key       string     `yaml:"key"`
	Aliases   []string   `yaml:"aliases"`
	Type      Type       `yaml:"type"`
	Required  bool       `yaml:"required"` // column and value
	Blank     bool       `yaml:"blank"`    // of a required column: its value may be missing
	Max       int        `yaml:"max"`      // 0: the type sets the bound
	Pad       int        `yaml:"pad"`      // a numeric cell is zero-padded to this length, with a warning
	Multiline bool       `yaml:"multiline"`
	Watch     bool       `yaml:"watch"`     // a code: one that the sender never used is worth a warning
	Values    []Value    `yaml:"values"`    // of an enum; of a list, if only these may stand in it
	Unlimited []string   `yaml:"unlimited"` // words that stand in a date column for "no end"
	Earliest  string     `yaml:"earliest"`  // YYYY-MM-DD; an earlier date is an error
	Future    FutureRule `yaml:"future"`    // a date after the as-of day: allow (default), warning or error

	// RequiredWhen and EmptyWhen make a value required or forbidden where
	// another column holds one of the listed values.
	RequiredWhen *Condition `yaml:"required_when"`
	EmptyWhen    *Condition `yaml:"empty_when"`

	earliest pipeline.Date
	words    map[string]string // normalised spelling → value
}

// Value is one allowed value of an enumeration and its other spellings.
type Value struct {
	Value   string   `yaml:"value"`
	Aliases []string `yaml:"aliases"`
}

// FutureRule says what a date after the as-of day is.
type FutureRule string

// The rules for dates after the as-of day; empty is FutureAllowed.
const (
	FutureAllowed FutureRule = "allow"
	FutureWarning FutureRule = "warning"
	FutureError   FutureRule = "error"
)

// Condition is met by a row whose column holds one of the values.
type Condition struct {
	Column string   `yaml:"column"`
	In     []string `yaml:"in"`

	column int
}

// Limit says how many rows of a file may be rejected before the file is
// refused whole: it is exceeded when both parts are.
type Limit struct {
	Percent float64 `yaml:"percent"` // share of the data rows
	Rows    int     `yaml:"rows"`
}

// DefaultLimit holds for layouts that state no max_rejected.
var DefaultLimit = Limit{Percent: 5, Rows: 20}

// Exceeded reports whether rejected of rowsRead data rows are too many. Both
// bounds are inclusive: a file at a bound passes.
func (l Limit) Exceeded(rowsRead, rejected int) bool {
	return rejected > l.Rows && float64(rejected)*100 > l.Percent*float64(rowsRead)
}

// Layouts holds the layouts by kind.
type Layouts map[string]*Layout

// Kinds returns the kinds in the order of their names.
func (ls Layouts) Kinds() []string {
	kinds := make([]string, 0, len(ls))
	for k := range ls {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	return kinds
}

// LoadLayouts reads and checks the layouts shipped in the binary.
func LoadLayouts() (Layouts, error) { return ReadLayouts(schemas.FS, "layouts") }

// ReadLayouts reads and checks all *.yaml files of dir. Every file must be
// named after its kind. An unknown key is an error that shows its line.
func ReadLayouts(fsys fs.FS, dir string) (Layouts, error) {
	names, err := fs.Glob(fsys, path.Join(dir, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("layouts in %s: %w", dir, err)
	}
	ls := make(Layouts, len(names))
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read layout: %w", err)
		}
		l, err := ParseLayout(data)
		if err != nil {
			return nil, fmt.Errorf("layout %s: %w", name, err)
		}
		if want := strings.TrimSuffix(path.Base(name), ".yaml"); l.Kind != want {
			return nil, fmt.Errorf("layout %s: kind is %q, the file name says %q", name, l.Kind, want)
		}
		ls[l.Kind] = l
	}
	return ls, nil
}

// ParseLayout reads and checks one layout.
func ParseLayout(data []byte) (*Layout, error) {
	l := &Layout{Rejects: DefaultLimit}
	if err := yaml.UnmarshalWithOptions(data, l, yaml.Strict()); err != nil {
		return nil, err
	}
	if err := l.prepare(); err != nil {
		return nil, err
	}
	return l, nil
}

// AllowsSender reports whether the folder sender may deliver this kind;
// insurer says whether that folder is an insurer's.
func (l *Layout) AllowsSender(sender string, insurer bool) bool {
	if insurer {
		sender = SenderInsurer
	} else if sender == SenderInsurer {
		return false // a word of layouts, not a folder
	}
	return slices.Contains(l.Senders, sender)
}

// Column returns the column of that key, or nil.
func (l *Layout) Column(key string) *Column {
	if i, ok := l.index[key]; ok {
		return &l.Columns[i]
	}
	return nil
}
