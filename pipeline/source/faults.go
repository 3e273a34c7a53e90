package source

import (
	"fmt"

	"meibo/pipeline"
)

// Codes of faults in one row; the others go on.
const (
	CodeCellCount   pipeline.Code = "cell-count"          // more or fewer cells than the header
	CodeBadBytes    pipeline.Code = "bad-bytes"           // bytes that are no character of the encoding
	CodeNUL         pipeline.Code = "nul-byte"            // a NUL byte in the row
	CodeBadQuotes   pipeline.Code = "bad-quotes"          // quotation marks that do not pair
	CodeStrayCell   pipeline.Code = "cell-outside-header" // a value in a column without a header
	CodeRowTooLarge pipeline.Code = "row-too-large"       // a row longer than any real one
)

// Codes of faults for which a file is refused.
const (
	CodeEmptyFile      pipeline.Code = "empty-file"           // nothing in it
	CodeUnknownFormat  pipeline.Code = "unknown-format"       // neither .csv nor .xlsx
	CodeWrongExtension pipeline.Code = "wrong-extension"      // content and extension disagree
	CodeEncrypted      pipeline.Code = "encrypted-workbook"   // a workbook with a password
	CodeWrongPassword  pipeline.Code = "wrong-password"       // a workbook with another password than agreed
	CodeOldExcel       pipeline.Code = "old-excel-format"     // .xls content under .xlsx
	CodeEncoding       pipeline.Code = "unknown-encoding"     // a CSV in an encoding that is not read
	CodeNoHeader       pipeline.Code = "no-header-row"        // no row is the header
	CodeTooLarge       pipeline.Code = "file-too-large"       // more bytes than the limit
	CodeTooManyRows    pipeline.Code = "too-many-rows"        // more rows than the limit
	CodeTooManyColumns pipeline.Code = "too-many-columns"     // more columns than the limit
	CodeBomb           pipeline.Code = "zip-bomb"             // unpacks to far more than a workbook does
	CodeDamaged        pipeline.Code = "damaged-workbook"     // the ZIP or its XML is broken
	CodeBadPackage     pipeline.Code = "bad-package"          // a ZIP that is not a proper workbook
	CodeDoctype        pipeline.Code = "xml-doctype"          // XML with a document type
	CodeXMLEncoding    pipeline.Code = "xml-encoding"         // XML in another encoding than UTF-8
	CodeMacro          pipeline.Code = "workbook-macro"       // holds program code
	CodeExternalLink   pipeline.Code = "workbook-link"        // draws values from other files
	CodeEmbedded       pipeline.Code = "workbook-embedded"    // holds other files
	CodeNoSheet        pipeline.Code = "no-sheet"             // the sheet to read is not there
	CodeBadRowNumber   pipeline.Code = "bad-row-number"       // rows out of order or beyond Excel's last
	CodeBadCellRef     pipeline.Code = "bad-cell-reference"   // a cell out of order or in another row
	CodeBadCell        pipeline.Code = "bad-cell-value"       // a cell that contradicts its own type
	CodeBadString      pipeline.Code = "bad-string-reference" // a text that is not in the workbook
)

// FaultInfo describes a code in the catalogue of faults. Meaning and remedy in
// Japanese are also the text of the fault; the verbs in it stand for a limit, a
// position, or the part of the workbook.
type FaultInfo struct {
	Code                 pipeline.Code
	Severity             pipeline.Severity
	WholeFile            bool   // refuses the file; else sets one row aside
	MeaningJA, MeaningEN string // what is wrong
	RemedyJA, RemedyEN   string // what to do
}

// Faults lists every fault this package yields, row faults first.
func Faults() []FaultInfo { return append(rowFaults(), fileFaults()...) }

func rowFaults() []FaultInfo {
	const e = pipeline.SeverityError
	return []FaultInfo{
		{
			CodeCellCount, e, false,
			"列の数が見出し（%d列）と違います（%d列）。", "the row has another number of cells than the header (%d; the row: %d).",
			"区切り文字や引用符（\"）の過不足を確認してください。", "Check delimiters and quotation marks.",
		},
		{
			CodeBadBytes, e, false,
			"文字コード（%s）として読めない文字があります（ファイルの先頭から%dバイト目）。", "not readable as %s at byte %d of the file.",
			"外字や文字化けがないか確認し、正しい文字に直してください。", "Look for private-use or garbled characters and correct them.",
		},
		{
			CodeNUL, e, false,
			"使えない文字（NUL）が入っています（ファイルの先頭から%dバイト目）。", "a NUL character at byte %d of the file.",
			"この行を入力し直すか、ファイルを出力し直してください。", "Type the row again or export the file again.",
		},
		{
			CodeBadQuotes, e, false,
			"引用符（\"）の対応が正しくありません。", "quotation marks do not pair.",
			"値の中の引用符は「\"\"」と2つ続けて書き、値全体を引用符で囲んでください。", "Double a quotation mark inside a value and enclose the value in quotation marks.",
		},
		{
			CodeStrayCell, e, false,
			"見出しのない列（%s列）に値があります。", "a value stands in column %s, which has no header.",
			"その値を消すか、見出しを付けてください。", "Remove the value or give the column a header.",
		},
		{
			CodeRowTooLarge, e, false,
			"1行が長すぎます（上限%dバイト）。", "the row is longer than %d bytes.",
			"引用符（\"）の閉じ忘れや改行の抜けがないか確認してください。", "Look for a missing closing quotation mark or line break.",
		},
	}
}

func fileFaults() []FaultInfo {
	return append(formatFaults(), workbookFaults()...)
}

func formatFaults() []FaultInfo {
	const e = pipeline.SeverityError
	return []FaultInfo{
		{
			CodeEmptyFile, e, true, "ファイルが空です。", "the file is empty.",
			"正しいファイルを送り直してください。", "Send the right file.",
		},
		{
			CodeUnknownFormat, e, true, "取り込めない種類のファイルです。", "not a kind of file that is read.",
			"CSV（.csv）またはExcelブック（.xlsx）で送ってください。", "Send CSV (.csv) or an Excel workbook (.xlsx).",
		},
		{
			CodeWrongExtension, e, true, "拡張子とファイルの中身が合っていません。", "the extension does not agree with the content.",
			"拡張子だけを書き換えず、CSVまたはExcelブック（.xlsx）として保存し直してください。", "Save it again as CSV or as an Excel workbook (.xlsx) instead of renaming it.",
		},
		{
			CodeEncrypted, e, true, "ブックにパスワードが設定されていて開けません。", "the workbook has a password.",
			"取り決めたパスワードで保存するか、パスワードを外して送り直してください。", "Save it with the agreed password or without one.",
		},
		{
			CodeWrongPassword, e, true, "取り決めたパスワードではブックを開けません（パスワードが違うか、ブックが壊れています）。", "the agreed password does not open the workbook: another was used, or it is damaged.",
			"取り決めたパスワードを設定して保存し直し、送り直してください。", "Save it again with the agreed password and send it again.",
		},
		{
			CodeOldExcel, e, true, "古い形式のExcelファイルです。", "a workbook in an old Excel format.",
			"「Excelブック（.xlsx）」として保存し直してください。", "Save it again as an Excel workbook (.xlsx).",
		},
		{
			CodeEncoding, e, true, "文字コードを判別できません。", "the encoding is not one that is read.",
			"UTF-8、Shift_JIS（CP932）またはBOM付きUTF-16で保存し直してください。", "Save it as UTF-8, Shift_JIS (CP932) or UTF-16 with a byte order mark.",
		},
		{
			CodeNoHeader, e, true, "必要な見出しがそろった行が先頭の%d行に見つかりません。", "none of the first %d rows is the header.",
			"見出しの名前を確認してください。CSVはカンマかタブで区切り、Excelブックは非表示でない最初のシートに見出しとデータを置いてください。",
			"Check the headers. A CSV is parted by commas or tabs; of a workbook the first sheet that is not hidden is read.",
		},
		{
			CodeTooLarge, e, true, "ファイルが大きすぎます（上限%dMB）。", "the file is larger than %d MB.",
			"ファイルを分けて送ってください。", "Split the file.",
		},
		{
			CodeTooManyRows, e, true, "行が多すぎます（上限%d行）。", "more than %d rows.",
			"ファイルを分けて送ってください。", "Split the file.",
		},
		{
			CodeTooManyColumns, e, true, "列が多すぎます（上限%d列）。", "more than %d columns.",
			"不要な列を削除してください。", "Delete columns that are not needed.",
		},
	}
}

func workbookFaults() []FaultInfo {
	const e = pipeline.SeverityError
	const saveJA, saveEN = "元のブックをExcelで開き、保存し直して送ってください。", "Open the original in Excel, save it again and send that."
	return []FaultInfo{
		{
			CodeBomb, e, true, "展開すると異常に大きくなるブックのため、開きません（%s）。", "the workbook unpacks to an abnormal size (%s).",
			"使っていない書式や空白を削除し、新しいブックに値を貼り付けて送ってください。", "Paste the values into a new workbook and send that.",
		},
		{
			CodeDamaged, e, true, "ブックが壊れているか、途中で切れています（%s）。", "the workbook is damaged or cut off (%s).",
			"送信が最後まで終わったか確認し、" + saveJA, "Check that it was sent to the end. " + saveEN,
		},
		{CodeBadPackage, e, true, "Excelブックとして正しい構成ではありません（%s）。", "not a proper Excel workbook (%s).", saveJA, saveEN},
		{CodeDoctype, e, true, "ブックに許可されていないXML宣言（DOCTYPE）が含まれています（%s）。", "the workbook holds a DOCTYPE (%s).", saveJA, saveEN},
		{CodeXMLEncoding, e, true, "ブックの内部がUTF-8以外の文字コードで書かれています（%s）。", "the workbook's XML is not UTF-8 (%s).", saveJA, saveEN},
		{
			CodeMacro, e, true, "マクロを含むブックは取り込めません。", "the workbook holds macros.",
			"「Excelブック（.xlsx）」としてマクロなしで保存し直してください。", "Save it as an Excel workbook (.xlsx) without macros.",
		},
		{
			CodeExternalLink, e, true, "ほかのファイルへのリンクを含むブックは取り込めません。", "the workbook draws values from other files.",
			"「データ」の「リンクの編集」でリンクを解除し、値だけにして保存し直してください。", "Break the links (Data, Edit Links) and save the values.",
		},
		{
			CodeEmbedded, e, true, "ほかのファイルが埋め込まれたブックは取り込めません。", "other files are embedded in the workbook.",
			"埋め込まれたオブジェクトを削除して保存し直してください。", "Delete the embedded objects and save it again.",
		},
		{
			CodeNoSheet, e, true, "取り込むシートがありません。", "the sheet to read is not there.",
			"シートの名前と、非表示になっていないかを確認してください。", "Check the sheet's name and that it is not hidden.",
		},
		{CodeBadRowNumber, e, true, "行番号の並びが正しくありません（%s）。", "row numbers are out of order (%s).", saveJA, saveEN},
		{CodeBadCellRef, e, true, "セルの位置の並びが正しくありません（%s）。", "cell references are out of order (%s).", saveJA, saveEN},
		{CodeBadCell, e, true, "セルの値がセルの種類と合っていません（%s）。", "a cell's value does not fit its type (%s).", saveJA, saveEN},
		{CodeBadString, e, true, "セルの文字列がブックの中に見つかりません（%s）。", "a cell's text is missing from the workbook (%s).", saveJA, saveEN},
	}
}

// fault makes the fault of a row; args fill the verbs of the meaning.
func fault(row int, code pipeline.Code, args ...any) *pipeline.Fault {
	for _, i := range Faults() {
		if i.Code == code {
			return &pipeline.Fault{
				Origin: pipeline.Origin{Row: row}, Code: code, Severity: i.Severity,
				JA: fmt.Sprintf(i.MeaningJA, args...) + i.RemedyJA,
				EN: fmt.Sprintf(i.MeaningEN, args...) + " " + i.RemedyEN,
			}
		}
	}
	panic("source: no such fault " + code) // a code without an entry is a mistake of this package
}

// refuse makes a fault of the whole file.
func refuse(code pipeline.Code, args ...any) *pipeline.Fault { return fault(0, code, args...) }
