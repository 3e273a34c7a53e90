package jobs

import (
	"slices"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/run"
)

// logFile says what became of a file. Its name is the sender's own choice and
// may hold a person's name, so the file is known by its hash, and by its kind
// and its folder only if there are such a kind and such a sender.
func (n *night) logFile(f run.File, state string, c run.Counts) {
	if f.State == run.FileDuplicate {
		state = pipeline.BatchDuplicate // of a batch of this day: its own row says applied
	}
	sender, kind := n.known(f.Sender, f.Kind)
	n.o.Log.Info("file", "run", n.row.ID, "seq", f.Seq, "sender", sender, "kind", kind, "sha256", f.SHA256[:12], "state", state,
		"read", c.Read, "applied", c.Applied, "unchanged", c.Unchanged, "rejected", c.Rejected, "duplicates", c.Duplicates)
}

// known gives sender and kind of a file if there are such, and otherwise says
// that they are unknown.
func (n *night) known(sender, kind string) (string, string) {
	if _, known := n.layouts[kind]; !known {
		kind = "unknown"
	}
	if role, _ := n.Config.role(sender); role == "" {
		sender = "unknown"
	}
	return sender, kind
}

// shownAs is a file in an error, which is logged.
func (n *night) shownAs(sender, kind string) string {
	sender, kind = n.known(sender, kind)
	return sender + "/" + kind
}

// warnAssumed names senders that were taken for insurers because none is configured.
func (n *night) warnAssumed(w *run.Work, files []run.File) {
	var seen []string
	for _, f := range files {
		if _, assumed := n.Config.role(f.Sender); assumed && !slices.Contains(seen, f.Sender) {
			seen = append(seen, f.Sender)
		}
	}
	if len(seen) == 0 {
		return
	}
	slices.Sort(seen)
	w.Warn(assumedWarning(seen))
}

func assumedWarning(senders []string) run.Warning {
	list := strings.Join(senders, ", ")
	return run.Warning{
		Code: "insurers-not-configured",
		JA:   "meibo.yaml に insurers の登録がないため、4 桁のフォルダー名を保険会社として扱いました: " + list,
		EN:   "no insurers are configured; folders of four digits were taken for insurers: " + list,
	}
}
