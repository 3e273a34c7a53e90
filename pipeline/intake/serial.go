package intake

import (
	"math"
	"strconv"

	"meibo/pipeline"
)

// The serial numbers that are taken for days: 1900-01-01 to 2099-12-31 in
// workbooks that count from 1900.
const (
	firstSerial = 1
	lastSerial  = 73_050
)

// Spreadsheets that count from 1900 hold 1900 for a leap year: serial 60 is a
// 29 February that never was, and the serials before it are one day off.
const leapSerial = 60

// ReadSerial reads the number of a workbook's cell as a day. A serial counts
// only if the cell has a date format (dated), since a typed 2018 would
// otherwise be a day of 1905; eight digits are YYYYMMDD with or without one. A
// fraction is a time of day and is dropped. date1904 is the workbook's flag
// for counting from 1904-01-01, which is 0.
func ReadSerial(text string, dated, date1904 bool) (pipeline.Date, *Finding) {
	if len(text) == 8 && number(text) >= 0 {
		return ReadDate(text)
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, badForm()
	}
	day := math.Floor(n)
	switch {
	case n == day && n >= 10_000_000 && n <= 99_999_999:
		return ReadDate(strconv.Itoa(int(n)))
	case !dated:
		return 0, bad(CodeNumberAsDate,
			"日付ではなく数値が入っています。セルの書式を日付にして入力し直すか、2018-10-22 のように書いてください。",
			"the cell holds a number, not a date; give it a date format and enter the date again, or write it like 2018-10-22")
	case day < firstSerial || day > lastSerial:
		return 0, bad(CodeNumberAsDate,
			"日付の通し番号が範囲（1から73050まで）にありません。日付を入力し直してください。",
			"the serial number of the day is not between 1 and 73050; enter the date again")
	case date1904:
		return pipeline.Date(19040101).AddDays(int(day)), nil
	case day == leapSerial:
		return 0, bad(CodeImpossibleDate,
			"1900年2月29日は暦にない日です（表計算ソフトだけの日付です）。日付を確かめてください。",
			"1900-02-29 exists in spreadsheets only; check the date")
	case day < leapSerial:
		return pipeline.Date(18991231).AddDays(int(day)), nil
	}
	return pipeline.Date(18991230).AddDays(int(day)), nil
}
