package jobs

import (
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/intake"
)

// Codes of faults of whole files that show before or after their rows are read.
const (
	CodeUnknownSender    pipeline.Code = "unknown-sender"    // the folder is no sender
	CodeUnknownKind      pipeline.Code = "unknown-kind"      // the file name names no kind
	CodeUnknownExtension pipeline.Code = "unknown-extension" // neither .csv nor .xlsx
	CodeKindNotAllowed   pipeline.Code = "kind-not-allowed"  // not a kind of this sender
	CodeListShrunk       pipeline.Code = "list-shrunk"       // a full list with far fewer rows than the last
	CodeInternal         pipeline.Code = "internal-error"    // this program fails on the file
)

// Faults is the catalogue of every fault a file can have: what shows before its
// rows are read, what reading them yields, and what only the sender's earlier
// files show. schemas/layouts/faults/README.md is written from it.
func Faults() []intake.FaultInfo {
	const e = pipeline.SeverityError
	return append([]intake.FaultInfo{
		{
			Code: CodeUnknownSender, Severity: e, WholeFile: true,
			MeaningJA: "送信元のフォルダー名が登録されていません。", MeaningEN: "the sender's folder is not known.",
			RemedyJA: "設定の insurers にある保険会社コードか、決められた名前のフォルダーに置いてください。",
			RemedyEN: "Use the code of a configured insurer or one of the office names.",
		},
		{
			Code: CodeUnknownKind, Severity: e, WholeFile: true,
			MeaningJA: "ファイル名から種類を判断できません。", MeaningEN: "the file name names no kind.",
			RemedyJA: "名前の先頭（最初の「_」の前）を種類にしてください。例: registrations_20261121.xlsx",
			RemedyEN: "Begin the name with the kind and a _, as in registrations_20261121.xlsx.",
		},
		{
			Code: CodeUnknownExtension, Severity: e, WholeFile: true,
			MeaningJA: "拡張子が .csv でも .xlsx でもありません。", MeaningEN: "the extension is neither .csv nor .xlsx.",
			RemedyJA: "拡張子だけを書き換えず、CSVまたはExcelブック（.xlsx）として保存し直してください。",
			RemedyEN: "Save it again as CSV or as a workbook (.xlsx) instead of renaming it.",
		},
		{
			Code: CodeKindNotAllowed, Severity: e, WholeFile: true,
			MeaningJA: "この送信元からは受け付けていない種類です。", MeaningEN: "this sender may not deliver this kind.",
			RemedyJA: "送信元のフォルダーとファイル名を確かめてください。", RemedyEN: "Check the folder and the file name.",
		},
		{
			Code: CodeListShrunk, Severity: e, WholeFile: true,
			MeaningJA: "全件のファイルの行数が前回より大きく減ったため、保留しました。", MeaningEN: "a full list has far fewer rows than the last and is held.",
			RemedyJA: "欠けている場合は全件を送り直してください。正しい場合は、運用者が meibo run --accept で取り込みます。",
			RemedyEN: "Send the whole list again; if this is the whole, an operator lets it in with meibo run --accept.",
		},
		{
			Code: CodeInternal, Severity: e, WholeFile: true,
			MeaningJA: "システム側の不具合により、このファイルを処理できませんでした。", MeaningEN: "this program failed on the file.",
			RemedyJA: "ファイルを直す必要はありません。運用担当からの連絡をお待ちください。",
			RemedyEN: "Nothing need be corrected; wait to hear from the operators.",
		},
	}, intake.Faults()...)
}

// withoutVerbs shows a text of the catalogue where no number or name is known.
func withoutVerbs(text string) string {
	return strings.NewReplacer("%d", "…", "%s", "…", "%g", "…").Replace(text)
}

// meaning is what a code stands for, for a page that counts codes.
func meaning(code pipeline.Code) string {
	for _, f := range Faults() {
		if f.Code == code {
			return withoutVerbs(f.MeaningJA)
		}
	}
	return string(code)
}
