package intake

import "meibo/pipeline"

// Codes of faults in the header or the file as a whole.
const (
	CodeMissingColumn   pipeline.Code = "missing-column"
	CodeDoubledColumn   pipeline.Code = "doubled-column"
	CodeUnknownColumn   pipeline.Code = "unknown-column"
	CodeTrailerMismatch pipeline.Code = "trailer-mismatch"
	CodeTooManyRejects  pipeline.Code = "too-many-rejects"
	CodeFaultsNotListed pipeline.Code = "faults-not-listed"
)

// Codes of faults in one cell.
const (
	CodeRequired         pipeline.Code = "required"
	CodeMustBeEmpty      pipeline.Code = "must-be-empty"
	CodeTooLong          pipeline.Code = "too-long"
	CodeControlCharacter pipeline.Code = "control-character"
	CodePrivateCharacter pipeline.Code = "private-character"
	CodeCellError        pipeline.Code = "cell-error"
	CodeFormulaEmpty     pipeline.Code = "formula-empty"
	CodeInexactNumber    pipeline.Code = "inexact-number"
	CodeTurnedIntoDate   pipeline.Code = "turned-into-date"
	CodePadded           pipeline.Code = "padded"
	CodeUnknownValue     pipeline.Code = "unknown-value"
	CodeBadFlag          pipeline.Code = "bad-flag"
	CodeBadEmail         pipeline.Code = "bad-email"
	CodeBadNumber        pipeline.Code = "bad-number"
	CodeBadYearMonth     pipeline.Code = "bad-year-month"
	CodeInFuture         pipeline.Code = "in-future"
	CodeLaterThanAsOf    pipeline.Code = "later-than-as-of"
	CodeTooEarly         pipeline.Code = "too-early"
)

// Codes of faults of written dates; see ReadDate and ReadSerial.
const (
	CodeBadDate        pipeline.Code = "bad-date"
	CodeIncompleteDate pipeline.Code = "incomplete-date"
	CodeTwoDigitYear   pipeline.Code = "two-digit-year"
	CodeImpossibleDate pipeline.Code = "impossible-date"
	CodeOutsideEra     pipeline.Code = "outside-era"
	CodeEraEnded       pipeline.Code = "era-ended"
	CodeLunarDate      pipeline.Code = "lunar-date"
	CodeBadTimeOfDay   pipeline.Code = "bad-time-of-day"
	CodeNumberAsDate   pipeline.Code = "number-as-date"
)

// Codes of faults that only columns together, rows together or the rule tables show.
const (
	CodeUnknownQualification pipeline.Code = "unknown-qualification"
	CodeJudgedTooEarly       pipeline.Code = "judged-before-kind"
	CodeExpiryBeforeJudged   pipeline.Code = "expiry-before-judged"
	CodeExpiryDiffers        pipeline.Code = "expiry-differs"
	CodePostedBeforeJudged   pipeline.Code = "posted-before-judged"
	CodePostedMissing        pipeline.Code = "posted-missing"
	CodeClosedBeforeOpened   pipeline.Code = "closed-before-opened"
	CodeIDAcquiredMissing    pipeline.Code = "id-acquired-missing"
	CodeDuplicateKey         pipeline.Code = "duplicate-key"
	CodeHeaderRepeated       pipeline.Code = "header-repeated"
	CodeInquiryTooVague      pipeline.Code = "inquiry-too-vague"
	CodeReviewMisplaced      pipeline.Code = "review-misplaced"
)

// Codes of files that lie far from the sender's earlier ones of the kind; see Drift.
const (
	CodeDriftRows  pipeline.Code = "drift-rows"
	CodeDriftEmpty pipeline.Code = "drift-empty-cells"
	CodeDriftCodes pipeline.Code = "drift-new-codes"
)
