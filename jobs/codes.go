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
)

// meaning is what a code stands for, for a page that counts codes.
func meaning(code pipeline.Code) string {
	switch code {
	case CodeUnknownSender:
		return "送信元のフォルダー名が登録されていません。"
	case CodeUnknownKind:
		return "ファイル名から種類を判断できません。"
	case CodeUnknownExtension:
		return "拡張子が .csv でも .xlsx でもありません。"
	case CodeKindNotAllowed:
		return "この送信元からは受け付けていない種類です。"
	case CodeListShrunk:
		return "全件のファイルの行数が前回より大きく減ったため、保留しました。"
	}
	for _, f := range intake.Faults() {
		if f.Code == code {
			// Texts of single faults name a number or a column here.
			return strings.NewReplacer("%d", "…", "%s", "…", "%g", "…").Replace(f.MeaningJA)
		}
	}
	return string(code)
}
