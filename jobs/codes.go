package jobs

import "meibo/pipeline"

// Codes of faults of whole files that show before or after their rows are read.
const (
	CodeUnknownSender    pipeline.Code = "unknown-sender"    // the folder is no sender
	CodeUnknownKind      pipeline.Code = "unknown-kind"      // the file name names no kind
	CodeUnknownExtension pipeline.Code = "unknown-extension" // neither .csv nor .xlsx
	CodeKindNotAllowed   pipeline.Code = "kind-not-allowed"  // not a kind of this sender
)
