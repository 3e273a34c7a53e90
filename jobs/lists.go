package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"iter"
	"maps"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
	"meibo/pipeline/purge"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// Names of reports in report_manifest.
const (
	reportExpiry     = store.ReportExpiry
	reportPurge      = "purge_list"
	reportDuplicates = "duplicate_list"
)

// lists brings the tables that others read up to the day: what lapses, for each
// insurer, and what must be deleted, for compliance.
func (n *night) lists(ctx context.Context, w *run.Work) error {
	if err := n.expiryReport(ctx, w); err != nil {
		return err
	}
	if err := n.insurerViews(ctx, w, n.Store); err != nil {
		return err
	}
	if err := n.settle(ctx, w, n.row.AsOf); err != nil {
		return err
	}
	return n.purgeList(ctx, w)
}

func (n *night) expiryReport(ctx context.Context, w *run.Work) error {
	kin, err := n.kin(ctx)
	if err != nil {
		return err
	}
	readers, err := n.expiryReaders(ctx)
	if err != nil {
		return err
	}
	absent, err := n.absencesOn(ctx, n.settings, n.row.AsOf)
	if err != nil {
		return err
	}
	digests := map[string]*digest{}
	for _, r := range readers {
		digests[r] = newDigest()
	}
	rows := func(yield func(*pipeline.ExpiryRow, error) bool) {
		for p, err := range n.Store.People(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			var c deadline.Cluster
			if qs, ok := kin.others(p.Agent.ID); ok {
				c = deadline.Cluster{Confirmed: true, Others: qs}
			}
			out := n.kinds.ExpiryRows(p, c, n.row.AsOf)
			if len(out) > 0 && absent.of(p) {
				continue
			}
			for i := range out {
				d := digests[out[i].InsurerCode]
				if d == nil {
					d = newDigest()
					digests[out[i].InsurerCode] = d
				}
				d.add(out[i])
				if !yield(&out[i], nil) {
					return
				}
			}
		}
	}
	diff, err := n.Store.SyncExpiry(ctx, rows, store.Sync{
		Apply: true,
		First: func(ctx context.Context, tx *store.Tx) error { return tx.BeginReport(ctx, reportExpiry, readers...) },
		Last: func(ctx context.Context, tx *store.Tx, _ store.Diff) error {
			for _, reader := range slices.Sorted(maps.Keys(digests)) {
				if err := tx.FinishReport(ctx, n.manifest(reportExpiry, reader, digests[reader])); err != nil {
					return err
				}
			}
			return nil
		},
	})
	w.Add(diffCounts(diff))
	return err
}

// expiryReaders are the insurers that get an expiry report: those configured,
// and those that ever had one.
func (n *night) expiryReaders(ctx context.Context) ([]string, error) {
	return expiryReaders(ctx, n.Config, n.Store)
}

func expiryReaders(ctx context.Context, c Config, s *store.Store) ([]string, error) {
	manifests, err := s.Manifests(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, m := range manifests {
		if m.Report == reportExpiry {
			out = append(out, m.Reader)
		}
	}
	for _, i := range c.Insurers {
		out = append(out, i.Code)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// digest is the content of a report for one reader in a hash and a number.
type digest struct {
	hash.Hash
	rows int
}

func newDigest() *digest { return &digest{Hash: sha256.New()} }

// add takes a row, a struct of plain values, into the digest.
func (d *digest) add(row any) {
	fmt.Fprintf(d, "%+v\n", row)
	d.rows++
}

func (n *night) manifest(report, reader string, d *digest) store.Manifest {
	return store.Manifest{
		Report: report, Reader: reader, AsOf: n.row.AsOf, RunID: n.row.ID,
		Rows: d.rows, SHA256: hex.EncodeToString(d.Sum(nil)), State: store.ManifestDone,
	}
}

// reported is a sync of a table that is one report for one reader; d holds the
// digest of its rows by the time the last of them is stored.
func (n *night) reported(report, reader string, d *digest) store.Sync {
	return store.Sync{
		Apply: true,
		First: func(ctx context.Context, tx *store.Tx) error { return tx.BeginReport(ctx, report, reader) },
		Last: func(ctx context.Context, tx *store.Tx, _ store.Diff) error {
			return tx.FinishReport(ctx, n.manifest(report, reader, d))
		},
	}
}

// digested adds each row to d as it streams by.
func digested[T any](rows iter.Seq2[*T, error], d *digest) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		for r, err := range rows {
			if err == nil {
				d.add(*r)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// purgeList computes the list of the day. A list equal to the last one keeps
// its number; only its rows' hashes are held in memory.
func (n *night) purgeList(ctx context.Context, w *run.Work) error {
	around, err := n.surroundings(ctx)
	if err != nil {
		return err
	}
	var hashes [][sha256.Size]byte
	for r, err := range n.purgeRows(ctx, around, 0) {
		if err != nil {
			return err
		}
		hashes = append(hashes, purge.RowHash(r))
	}
	rows, sum := len(hashes), purge.HashOf(hashes)
	last, _, err := n.Store.LastPurgeList(ctx)
	if err != nil {
		return err
	}
	no := purge.Next(last, sum)
	list := pipeline.PurgeList{No: no, AsOf: n.row.AsOf, Rows: rows, Hash: sum, State: pipeline.PurgeListPublished, Approvals: "[]"}
	d := newDigest()
	sync := n.reported(reportPurge, SenderCompliance, d)
	finish := sync.Last
	if no != last.No {
		sync.Last = nil
	}
	diff, err := n.Store.SyncPurgeList(ctx, no, digested(n.purgeRows(ctx, around, no), d), sync)
	w.Add(diffCounts(diff))
	if err != nil || no == last.No {
		return err
	}
	return n.publish(ctx, last, list, func(ctx context.Context, tx *store.Tx) error { return finish(ctx, tx, diff) })
}

// openPairs are the candidates of each ID on which nobody who may act decided.
func (h *House) openPairs(ctx context.Context) (map[string][]deadline.Candidate, error) {
	out := map[string][]deadline.Candidate{}
	for d, err := range h.Store.Duplicates(ctx) {
		if err != nil {
			return nil, err
		}
		if !heavy(d) {
			continue
		}
		out[d.AgentA] = append(out[d.AgentA], deadline.Candidate{Other: d.AgentB, FirstSeen: d.FirstSeen})
		out[d.AgentB] = append(out[d.AgentB], deadline.Candidate{Other: d.AgentA, FirstSeen: d.FirstSeen})
	}
	void, err := h.undecided(ctx)
	for id, candidates := range void {
		out[id] = append(out[id], candidates...)
	}
	return out, err
}

// purgeRows yields the rows of the day's list in order of ID. Only those near
// their deadline are looked at again, in groups.
func (n *night) purgeRows(ctx context.Context, around *surroundings, no int) iter.Seq2[*pipeline.PurgeRow, error] {
	return func(yield func(*pipeline.PurgeRow, error) bool) {
		horizon := n.row.AsOf.AddDays(n.settings.NoticeDays())
		files := map[string]string{}
		for ids, err := range n.near(ctx, horizon, around.asked) {
			if err != nil {
				yield(nil, err)
				return
			}
			persons, err := n.persons(ctx, ids)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, p := range persons {
				v := deadline.Judge(p, n.settings, around.of(p.Agent.ID, n.row.AsOf), n.row.AsOf)
				row, listed := purge.Row(p, v, n.row.AsOf, n.settings)
				if !listed {
					continue
				}
				row.ListNo = no
				if err := n.nameFiles(ctx, &row, files); err != nil {
					yield(nil, err)
					return
				}
				if !yield(&row, nil) {
					return
				}
			}
		}
	}
}

// near yields the IDs whose first deletable day is not after horizon, and those
// whose deletion was asked for.
func (n *night) near(ctx context.Context, horizon pipeline.Date, asked requests) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		var ids []string
		for d, err := range n.Store.Deadlines(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			_, wished := asked.whole[d.AgentID]
			if !wished && (d.Status != deadline.Dated || d.FirstDeletable > horizon) {
				continue
			}
			if ids = append(ids, d.AgentID); len(ids) == lookupSize {
				if !yield(ids, nil) {
					return
				}
				ids = nil
			}
		}
		if len(ids) > 0 {
			yield(ids, nil)
		}
	}
}

// nameFiles puts the names of files beside the references of a row's evidence.
func (n *night) nameFiles(ctx context.Context, row *pipeline.PurgeRow, known map[string]string) error {
	var failed error
	purge.NameFiles(row, func(batch string) string {
		name, ok := known[batch]
		if !ok {
			b, _, err := n.Store.Batch(ctx, batch)
			if err != nil {
				failed = fmt.Errorf("name the file of batch %s: %w", batch, err)
			}
			name = b.FileName
			known[batch] = name
		}
		return name
	})
	return failed
}

// Overdue counts the records of the newest list that should be gone by the day.
func (h *House) Overdue(ctx context.Context, asOf pipeline.Date) (int, error) {
	last, found, err := h.Store.LastPurgeList(ctx)
	if err != nil || !found {
		return 0, err
	}
	count := 0
	for r, err := range h.Store.PurgeRows(ctx, last.No) {
		if err != nil {
			return 0, err
		}
		if purge.Overdue(r, asOf) {
			count++
		}
	}
	return count, nil
}
