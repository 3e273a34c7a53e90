package intake

import (
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

// FaultInfo is one entry of the catalogue of faults.
type FaultInfo source.FaultInfo

// Faults is the catalogue of every fault that reading a file can yield: what
// source finds in its bytes, what a row shows by itself, and what it shows
// against the register. Codes are stable; the texts of single faults are more
// exact than these.
func Faults() []FaultInfo {
	var all []FaultInfo
	for _, i := range source.Faults() {
		all = append(all, FaultInfo(i))
	}
	all = append(all, fileFaults()...)
	all = append(all, cellFaults()...)
	all = append(all, dateFaults()...)
	all = append(all, rowFaults()...)
	for _, e := range mergeCatalogue {
		all = append(all, e.info())
	}
	return all
}

// info splits a fault's text into what is wrong and what to do.
func (e mergeEntry) info() FaultInfo {
	ja, doJA, _ := strings.Cut(e.JA, "。")
	en, doEN, ok := strings.Cut(e.EN, "; ")
	if !ok {
		en, doEN, _ = strings.Cut(e.EN, ": ")
	}
	return FaultInfo{
		Code: e.Code, Severity: e.Severity,
		MeaningJA: ja + "。", MeaningEN: en + ".", RemedyJA: doJA, RemedyEN: doEN,
	}
}

const (
	anError  = pipeline.SeverityError
	aWarning = pipeline.SeverityWarning
)

func fileFaults() []FaultInfo {
	return []FaultInfo{
		{
			CodeMissingColumn, anError, true, "必須の見出しがありません。", "a required header is missing.",
			"見出しを直して、ファイル全体を送り直してください。", "Correct the headers and send the whole file again.",
		},
		{
			CodeDoubledColumn, anError, true, "同じ意味の見出しの列が2つあります。", "two columns have the same header.",
			"どちらかの列を削除して、ファイル全体を送り直してください。", "Delete one and send the whole file again.",
		},
		{
			CodeUnknownColumn, aWarning, true, "取り込みの対象ではない列を読み飛ばしました。", "a column that is not part of the layout was skipped.",
			"見出しの書き間違いでないか確かめてください。", "Check that its header is not misspelt.",
		},
		{
			CodeTrailerMismatch, anError, true, "最終行の件数とデータの行数が合いません。", "the number in the last row is not the number of data rows.",
			"途中で切れていないか確かめ、ファイル全体を送り直してください。", "Check that nothing was cut off and send the whole file again.",
		},
		{
			CodeTooManyRejects, anError, true, "誤りのある行が限度を超えたため、何も取り込みませんでした。", "more rows are faulty than the limit, so nothing was imported.",
			"誤りを直して、ファイル全体を送り直してください。", "Correct them and send the whole file again.",
		},
		{
			CodeFaultsNotListed, aWarning, true, "指摘が多いため、一部だけを載せました。", "there are more faults than are listed.",
			"載っているものを直して、もう一度確かめてください。", "Correct those that are listed and check again.",
		},
		{
			CodeDriftRows, aWarning, true, "データの行数が、この送信元のこれまでのファイルと大きく違います。", "the number of data rows is far from that of the sender's earlier files.",
			"漏れや重複がないか確かめてください。ファイルは取り込まれています。", "Check that nothing is missing or doubled. The file was taken.",
		},
		{
			CodeDriftEmpty, aWarning, true, "ある列の空欄の割合が、この送信元のこれまでのファイルと大きく違います。", "the share of empty cells in a column is far from that of the sender's earlier files.",
			"列のずれや出力の漏れがないか確かめてください。ファイルは取り込まれています。", "Check for shifted or missing columns. The file was taken.",
		},
		{
			CodeDriftCodes, aWarning, true, "この送信元のこれまでのファイルになかったコードがあります。", "there are codes that no earlier file of the sender had.",
			"書き間違いや列のずれでないか確かめてください。ファイルは取り込まれています。", "Check for misspelt codes and shifted columns. The file was taken.",
		},
	}
}

func cellFaults() []FaultInfo {
	const typeAgainJA, typeAgainEN = "セルの書式を文字列にして、元の値を入力し直してください。", "Format the cell as text and type the value again."
	return []FaultInfo{
		{CodeRequired, anError, false, "必須の項目が空です。", "a required value is missing.", "値を書いてください。", "Write it."},
		{CodeMustBeEmpty, anError, false, "この行では書けない項目に値があります。", "a value that this row must not have.", "空にしてください。", "Clear it."},
		{CodeTooLong, anError, false, "文字数が上限を超えています。", "longer than allowed.", "短くしてください。", "Shorten it."},
		{
			CodeControlCharacter, anError, false, "改行・制御文字・見えない文字・文字化けした文字があります。", "holds line breaks, control, invisible or garbled characters.",
			"取り除くか、入力し直してください。", "Remove them or type the value again.",
		},
		{
			CodePrivateCharacter, aWarning, false, "外字が含まれています。", "holds private-use characters.",
			"標準の文字で書けないか確かめてください。", "Check whether a standard character will do.",
		},
		{CodeCellError, anError, false, "セルが数式のエラーになっています。", "the cell holds a formula's error.", "値を入力し直してください。", "Type the value."},
		{CodeFormulaEmpty, anError, false, "数式の計算結果が保存されていません。", "the cell holds a formula without its result.", "値として貼り付け直してください。", "Paste it as a value."},
		{CodeInexactNumber, anError, false, "数値になっていて、元の桁がわかりません。", "a number whose digits may not be those typed.", typeAgainJA, typeAgainEN},
		{CodeTurnedIntoDate, anError, false, "値が日付に変わっています。", "the spreadsheet has turned the value into a date.", typeAgainJA, typeAgainEN},
		{CodePadded, aWarning, false, "数値の先頭に0を補いました。", "a number was padded with zeros.", "セルの書式を文字列にしてください。", "Format the cell as text."},
		{CodeUnknownValue, anError, false, "決められた値ではありません。", "not an allowed value.", "決められた値のどれかを書いてください。", "Write one of the allowed values."},
		{CodeBadFlag, anError, false, "有無の書き方ではありません。", "not a yes or no.", "1/0、○/×、あり/なし などで書いてください。", "Write 1/0, ○/× or the like."},
		{CodeBadEmail, anError, false, "メールアドレスの形ではありません。", "not a mail address.", "半角で1つだけ書いてください。", "Write a single one."},
		{CodeBadNumber, anError, false, "0以上の整数ではありません。", "not a whole number.", "単位や小数点をつけずに書いてください。", "Write it without unit or decimals."},
		{CodeBadYearMonth, anError, false, "年月として読めません。", "not a year and month.", "2027-05 のように書いてください。", "Write it like 2027-05."},
		{CodeInFuture, anError, false, "基準日より後の日付です。", "lies after the as-of day.", "日付を確かめてください。", "Check the date."},
		{CodeLaterThanAsOf, aWarning, false, "基準日より後の日付ですが、取り込みました。", "lies after the as-of day, but was taken.", "日付を確かめてください。", "Check the date."},
		{CodeTooEarly, anError, false, "ありえないほど前の日付です。", "lies too far back.", "日付を確かめてください。", "Check the date."},
	}
}

func dateFaults() []FaultInfo {
	const checkJA, checkEN = "日付を確かめてください。", "Check the date."
	return []FaultInfo{
		{CodeBadDate, anError, false, "日付として読めません。", "not a date.", "2018-10-22 または H30.10.22 のように書いてください。", "Write it like 2018-10-22 or H30.10.22."},
		{CodeIncompleteDate, anError, false, "年・月・日がそろっていません。", "year, month and day are not all there.", "日まで書いてください。", "Write the whole date."},
		{CodeTwoDigitYear, anError, false, "年を読み取れません。", "which number is the year is unclear.", "西暦は4桁で先頭に、和暦は元号をつけて書いてください。", "Write four digits of year first, or an era."},
		{CodeImpossibleDate, anError, false, "暦にない日付です。", "no such day.", checkJA, checkEN},
		{CodeOutsideEra, anError, false, "元号の期間に入らない日付です。", "the day does not lie in that era.", "示された読みを確かめて、書き直してください。", "Check the reading offered and correct the date."},
		{CodeEraEnded, aWarning, false, "終わった元号（平成）で書かれた日付を読み替えました。", "a date after the end of Heisei was converted.", "元の書類と照らしてください。", "Compare it with the original."},
		{CodeLunarDate, anError, false, "明治5年までの旧暦の日付は換算できません。", "lunar dates up to Meiji 5 cannot be converted.", "西暦（新暦）で書いてください。", "Write the Gregorian date."},
		{CodeBadTimeOfDay, anError, false, "日付の後ろの時刻がありえない値です。", "the time of day behind the date does not exist.", "日付だけを書いてください。", "Write the date alone."},
		{CodeNumberAsDate, anError, false, "日付ではなく数値が入っています。", "the cell holds a number, not a date.", "セルの書式を日付にして入力し直してください。", "Give the cell a date format and enter the date again."},
	}
}

func rowFaults() []FaultInfo {
	const bothJA, bothEN = "両方の日付を確かめてください。", "Check both dates."
	return []FaultInfo{
		{CodeUnknownQualification, anError, false, "資格種類の一覧にないコードです。", "not in the list of qualification codes.", "コードを確かめてください。", "Check the code."},
		{CodeJudgedTooEarly, aWarning, false, "この資格種類が始まる前の合格判定日です。", "judged before this kind of qualification existed.", "資格種類コードと合格判定日を確かめてください。", "Check code and date."},
		{CodeExpiryBeforeJudged, anError, false, "資格有効期限年月日が合格判定日より前です。", "the end of validity lies before the day of judgement.", bothJA, bothEN},
		{CodeExpiryDiffers, aWarning, false, "資格有効期限年月日が規則による期限と異なります。", "the end of validity differs from the rule.", "書かれた期限のまま取り込みました。確かめてください。", "It was taken as written; check it."},
		{CodePostedBeforeJudged, anError, false, "登載日が合格判定日より前です。", "posted before the day of judgement.", bothJA, bothEN},
		{CodePostedMissing, anError, false, "初回の取り込みに必要な登載日がありません。", "the first load needs the day of posting.", "登載日を書いてください。", "Write it."},
		// CodeClosedBeforeOpened stands with the merge's, which finds it too.
		{CodeIDAcquiredMissing, aWarning, false, "ID取得日がないため、§10 No.2 は判定不能になります。", "without the day of acquisition §10 No.2 cannot be judged.", "わかり次第、送り直してください。", "Send it once it is known."},
		{CodeReviewMisplaced, anError, false, "この審査リストでは使えない判定か、対象を示す列がありません。", "a verdict that this list does not know, or no subject.", "審査リストの行と見出しはそのままにして、判定・理由・審査者だけを書いてください。", "Leave rows and headers of the list as they are and fill in the verdict, its reason and the reviewer only."},
		{CodeInquiryTooVague, anError, false, "照会の条件が足りません。", "the inquiry does not say enough to look for anybody.", "募集人ID、生年月日と氏名（またはカナ）、合格番号と生年月日のどれかを書いてください。", "Give an agent ID, a birth date with a name or its kana, or a certificate number with a birth date."},
		{
			CodeCorrectionItemUnknown, anError, false, "訂正・削除できる項目名ではありません。", "no item of the register.",
			"募集人基本情報、試験結果・資格情報、登録・届出のどれかの見出しを書いてください。", "Write a header of agents, exam-results or registrations.",
		},
		{
			CodeCorrectionItemFixed, anError, false, "申出では訂正・削除できない項目です。", "no request changes this item.",
			"その種類のファイルで正しい内容を送るか、項目と区分を確かめてください。", "Send the right data in a file of its own kind, or check item and division.",
		},
		{
			CodeCorrectionTargetMissing, anError, false, "どの資格・登録のことかを示す「対象」が空です。", "which qualification or registration is meant is missing.",
			"資格は「資格種類コード+合格番号」、登録は「代理店登録番号」を書いてください。", "Write code+certificate number, or the agency's number.",
		},
		{CodeCorrectionNothing, anError, false, "訂正前と訂正後が同じです。", "the values before and after are the same.", "正しい値を書いてください。", "Write the right one."},
		{CodeHeaderRepeated, anError, false, "見出しの行が、データの途中にもう一度あります。", "the header row stands among the data once more.", "この行を削除してください。", "Delete this row."},
		{CodeDuplicateKey, anError, false, "同じ対象の行がほかにあり、内容が違います。", "another row is about the same thing and says something else.", "正しい行だけを残して、送り直してください。", "Keep the right one and send it again."},
	}
}
