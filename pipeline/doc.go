// Package pipeline holds the nouns of the register: Agent, Qualification,
// Registration, Activity, Batch, Date, Origin, Fault and Code.
//
// It imports nothing of ours; everything else imports it. The house is cut
// into three kinds of package and nothing between them:
//
//   - meaning (pipeline, identity, deadline, conduct, purge, access, audit):
//     values in, values out. No files, SQL, clock or context. The reason comes
//     back with the verdict.
//   - edges (source, intake, store, report, delivery, durable, console): one
//     kind of outside world each.
//   - conduct of work (run, jobs, cmd/meibo): order, restart, schedule, exit
//     codes.
//
// Below them lies failpoint, which is nothing at all in the shipped program: it
// lets tests kill a build of their own wherever it commits or renames.
//
// Data flows one way, and so do imports. jobs/imports_test.go keeps this table:
//
//	package                       imports of ours
//	pipeline                      –
//	pipeline/settings             pipeline
//	pipeline/source               pipeline
//	pipeline/intake               pipeline, source, schemas
//	pipeline/identity             pipeline, schemas/kanji
//	pipeline/identity/engine      pipeline, identity
//	pipeline/deadline             pipeline, settings
//	pipeline/conduct              pipeline
//	pipeline/purge                pipeline, deadline
//	pipeline/access               pipeline
//	pipeline/audit                pipeline
//	pipeline/failpoint            –
//	pipeline/durable              failpoint
//	pipeline/durable/durabletest  durable
//	pipeline/synth                pipeline
//	pipeline/agile                –
//	pipeline/run                  pipeline, failpoint
//	pipeline/store                pipeline, access, audit, failpoint, purge, run, schemas
//	pipeline/store/storetest      –
//	pipeline/report               pipeline, access, failpoint, purge
//	pipeline/delivery             pipeline
//	pipeline/delivery/smtptest    –
//	schemas                       –
//	schemas/kanji                 –
//	schemas/kanji/gen             –
//	jobs                          all of the above
//	cmd/meibo                     all of the above
package pipeline
