package source

// Limits bound what a file may cost. Sizes are in bytes of what is really
// there, never of what a file says about itself.
type Limits struct {
	Rows       int   // rows below the header; default 1,048,576, what Excel can hold
	Columns    int   // columns with something in them; default 256
	HeaderRows int   // rows looked at for the header; default 100
	FileBytes  int64 // the file as received; default 1 GiB
	RowBytes   int   // one row of a CSV; default 1 MiB
	Entries    int   // files inside a workbook; default 1,000
	TotalBytes int64 // a workbook unpacked; default 2 GiB
	PartBytes  int64 // a part that is read whole (styles, relationships, …); default 32 MiB
	TextBytes  int64 // all shared strings of a workbook; default 512 MiB
	// Ratio of unpacked to packed size, for parts and files that unpack to more
	// than 4 MiB; default 200. Spreadsheet XML packs about 10 to 40 times.
	Ratio int64
}

func (l Limits) withDefaults() Limits {
	def(&l.Rows, maxRow)
	def(&l.Columns, 256)
	def(&l.HeaderRows, 100)
	def(&l.FileBytes, 1<<30)
	def(&l.RowBytes, 1<<20)
	def(&l.Entries, 1000)
	def(&l.TotalBytes, 2<<30)
	def(&l.PartBytes, 32<<20)
	def(&l.TextBytes, 512<<20)
	def(&l.Ratio, 200)
	return l
}

func def[T int | int64](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}

// MaxRow is how many rows a sheet of Excel holds.
const MaxRow = 1_048_576

// What Excel itself can hold.
const (
	maxRow    = MaxRow
	maxColumn = 16_384
)
