package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"meibo/pipeline"
	"meibo/pipeline/delivery"
	"meibo/pipeline/durable"
	"meibo/pipeline/report"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// DeliveryItem is one file on its way to a reader, as the operator sees it.
type DeliveryItem struct {
	ID         string        `json:"delivery_id"`
	Reader     string        `json:"reader"`
	Report     string        `json:"report"`
	File       string        `json:"-"` // may bear a name that its sender gave
	AsOf       pipeline.Date `json:"as_of"`
	Rows       int           `json:"rows"`
	Encryption string        `json:"encryption"`
	Channel    string        `json:"file_channel"`
	Key        string        `json:"key_channel"`
	State      string        `json:"state"`
	Reason     string        `json:"reason,omitempty"` // why it goes another way, or not yet
}

// States of an item.
const (
	ItemDelivered = "delivered"
	ItemDue       = "due"     // would go now
	ItemWaiting   = "waiting" // cannot go yet
)

// deliver is the step behind reports: what lies finished in a folder is noted
// as delivered, and mailed where the reader gets mail. A mail server that is
// away fails no night; what stays behind is told and ends with code 5.
func (n *night) deliver(ctx context.Context, w *run.Work) error {
	items, err := n.deliverAll(ctx, n.row.AsOf, !n.rehearsal, func(c run.Counts) { w.Add(c) })
	if err != nil {
		return err
	}
	if len(undelivered(items)) > 0 {
		w.Warn(undeliveredWarning(items))
	}
	return nil
}

// undelivered names what waits, as reader/report (reason), each once.
func undelivered(items []DeliveryItem) []string {
	var out []string
	for _, i := range items {
		if i.State == ItemWaiting {
			out = append(out, i.Reader+"/"+i.Report+" ("+i.Reason+")")
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Deliver brings to their readers what is due as of a day. It holds the lease of
// the main job while it works.
func (h *House) Deliver(ctx context.Context, asOf pipeline.Date) (items []DeliveryItem, err error) {
	err = run.Hold(ctx, h.Store, Nightly, h.o.Now, func(ctx context.Context) error {
		items, err = h.deliverAll(ctx, asOf, true, nil)
		return err
	})
	return items, err
}

// Deliveries tells what Deliver would do now, and does nothing.
func (h *House) Deliveries(ctx context.Context, asOf pipeline.Date) ([]DeliveryItem, error) {
	o := &outgoing{House: h, asOf: asOf}
	return o.all(ctx)
}

// deliverAll brings what is due to these readers, or to all if none is named.
func (h *House) deliverAll(ctx context.Context, asOf pipeline.Date, send bool, count func(run.Counts), only ...string) ([]DeliveryItem, error) {
	o := &outgoing{House: h, asOf: asOf, act: true, send: send, count: count, only: only}
	if send {
		var err error
		if o.mailer, err = h.mailer(); err != nil {
			return nil, err
		}
	}
	return o.all(ctx)
}

// outgoing is one round of deliveries.
type outgoing struct {
	*House
	asOf   pipeline.Date
	act    bool // log what is delivered
	send   bool // and send mails
	count  func(run.Counts)
	mailer *delivery.Mailer
	only   []string // readers; empty: all

	addresses map[[2]string]store.DeliveryAddress // by reader and address
	earlier   map[string]store.Diff               // what attempts of the step that were cut short delivered, by ID
}

func (o *outgoing) all(ctx context.Context) ([]DeliveryItem, error) {
	known, err := o.Store.DeliveryAddresses(ctx)
	if err != nil {
		return nil, err
	}
	if o.earlier, err = o.Store.Progress(ctx); err != nil {
		return nil, err
	}
	o.addresses = map[[2]string]store.DeliveryAddress{}
	for _, a := range known {
		o.addresses[[2]string{a.Reader, a.Address}] = a
	}
	readers, err := o.readerFolders()
	if err != nil {
		return nil, err
	}
	slices.Sort(readers)
	var out []DeliveryItem
	for _, reader := range readers {
		role, _ := o.Config.role(reader)
		if role == "" && reader != readerAgent || len(o.only) > 0 && !slices.Contains(o.only, reader) {
			continue
		}
		items, err := o.reader(ctx, reader)
		if err != nil {
			return out, fmt.Errorf("deliver to %s: %w", reader, err)
		}
		out = append(out, items...)
	}
	return out, nil
}

// reader brings one reader what is not delivered yet.
func (o *outgoing) reader(ctx context.Context, reader string) (items []DeliveryItem, err error) {
	root, err := o.boxFolder(reader)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	rules, err := o.rules(ctx, reader)
	if err != nil {
		return nil, err
	}
	files, err := o.finished(root, reader)
	if err != nil {
		return nil, err
	}
	for group := range slices.Chunk(files, lookupSize) {
		logged, err := o.loggedOf(ctx, group)
		if err != nil {
			return items, err
		}
		for _, f := range group {
			if logged[f.ID()] || rules.Mail && superseded(f, files) {
				o.counted(o.earlier[f.ID()].Inserted > 0)
				continue
			}
			way := rules
			way.Mail = way.Mail && !fetched(f)
			item, err := o.one(ctx, root, way, f)
			if err != nil {
				return items, err
			}
			items = append(items, item)
		}
	}
	return items, nil
}

// counted counts a file, and whether this run delivered it.
func (o *outgoing) counted(delivered bool) {
	c := run.Counts{Read: 1, Unchanged: 1}
	if delivered {
		c = run.Counts{Read: 1, Applied: 1}
	}
	if o.count != nil {
		o.count(c)
	}
}

func (o *outgoing) loggedOf(ctx context.Context, files []delivery.File) (map[string]bool, error) {
	ids := make([]string, len(files))
	for i, f := range files {
		ids[i] = f.ID()
	}
	rows, err := o.Store.Deliveries(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, r := range rows {
		out[r.ID] = true
	}
	return out, nil
}

// superseded reports whether a dated report has a newer one: mailing the old one
// too would help nobody.
func superseded(f delivery.File, all []delivery.File) bool {
	series := func(name string) string { return dayAtEnd.ReplaceAllString(name, "") }
	return !dayInName(f.Name).IsZero() && slices.ContainsFunc(all, func(g delivery.File) bool {
		return series(g.Name) == series(f.Name) && dayInName(g.Name) > dayInName(f.Name)
	})
}

// fetched are files that are never mailed, and of which no mail tells: rosters are
// many, and their reader is not the one in whose folder they lie.
func fetched(f delivery.File) bool { return strings.HasPrefix(f.Name, "agency-roster_") }

// finished lists what the manifests of a folder name up to the day, each file
// once as its newest manifest says. What no manifest names is not finished.
func (o *outgoing) finished(root durable.FS, reader string) ([]delivery.File, error) {
	entries, err := root.ReadDir(".")
	if err != nil {
		return nil, err
	}
	newest := map[string]delivery.File{}
	for _, e := range entries { // by name, and so by day
		day := dayInName(e.Name())
		if day.IsZero() || day > o.asOf || e.Name() != report.ManifestName(day) {
			continue
		}
		m, err := readManifest(root, e.Name())
		if err != nil {
			return nil, err
		}
		if m.Reader != reader { // it lies in another's folder: nothing of it is released
			continue
		}
		for _, x := range m.Files {
			newest[x.Name] = fileOf(reader, day, x)
		}
	}
	var out []delivery.File
	for _, e := range entries {
		if f, ok := newest[e.Name()]; ok && e.Type().IsRegular() {
			out = append(out, f)
		}
	}
	return out, nil
}

// fileOf is a file as a manifest names it.
func fileOf(reader string, day pipeline.Date, x report.ManifestFile) delivery.File {
	return delivery.File{Reader: reader, Name: x.Name, AsOf: day, SHA256: x.SHA256, Rows: x.Rows}
}

// one brings one file to its reader, or says why not.
func (o *outgoing) one(ctx context.Context, root durable.FS, rules delivery.Rules, f delivery.File) (DeliveryItem, error) {
	sum, err := o.look(root, &f)
	if err != nil {
		return DeliveryItem{}, err
	}
	f.Title = o.Rules.Disclosure.Title(f.Report())
	way := rules.WayOf(f)
	i := DeliveryItem{
		ID: f.ID(), Reader: f.Reader, Report: f.Report(), File: f.Name, AsOf: f.AsOf, Rows: f.Rows,
		Encryption: f.Encryption, Channel: way.Channel, Key: rules.KeyOf(f), State: ItemDue, Reason: way.Reason,
	}
	switch {
	case sum != f.SHA256:
		i.State, i.Reason = ItemWaiting, delivery.Changed
	case o.secrets.password(f.Reader) != "" && isWorkbook(f.Name) && f.Encryption != delivery.Agile && !permanent(f.Name):
		i.State, i.Reason = ItemWaiting, delivery.NoPassword
	case i.Key == i.Channel:
		return i, fmt.Errorf("the password of %s would go by the way of the file", f.Report())
	case !rules.Mail && o.act:
		err = o.log(ctx, &i, f, rules, nil)
	case rules.Mail:
		err = o.mail(ctx, root, &i, f, rules)
	}
	o.counted(i.State == ItemDelivered)
	return i, err
}

// look reads a file that is to be released: its hash, its size, how it begins.
func (o *outgoing) look(root durable.FS, f *delivery.File) (sum string, err error) {
	file, err := root.OpenFile(f.Name, os.O_RDONLY, 0)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", shownReport(f.Name), nameless(err, f.Name))
	}
	defer file.Close()
	head := make([]byte, 8)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read %s: %w", shownReport(f.Name), nameless(err, f.Name))
	}
	f.Encryption = delivery.Encryption(f.Name, head[:n])
	sum, f.Size, err = hashOf(file)
	return sum, err
}

// log notes a delivery, and the end of its mail with it.
func (o *outgoing) log(ctx context.Context, i *DeliveryItem, f delivery.File, rules delivery.Rules, m *store.DeliveryMail) error {
	d := store.Delivery{
		ID: i.ID, Reader: i.Reader, Report: i.Report, SHA256: f.SHA256, Rows: i.Rows, Encryption: i.Encryption,
		FileChannel: i.Channel, KeyChannel: i.Key, At: pipeline.InstantOf(o.slot(f.AsOf)),
	}
	if m != nil {
		d.TestMailOn, d.CC, d.At = rules.TestMailOn, delivery.BothInCopy, m.At
	}
	err := o.Store.Write(ctx, func(tx *store.Tx) error {
		if m != nil {
			if err := tx.PutDeliveryMail(ctx, *m); err != nil {
				return err
			}
		}
		if err := tx.AddDeliveries(ctx, []store.Delivery{d}); err != nil {
			return err
		}
		return tx.PutProgress(ctx, d.ID, store.Diff{Inserted: 1})
	})
	if err == nil {
		i.State = ItemDelivered
	}
	return err
}

// readManifest reads one of our manifests; one that is not there, or not ours,
// names nothing.
func readManifest(root durable.FS, name string) (m report.Manifest, err error) {
	b, err := readIfThere(root, name)
	if err != nil {
		return m, fmt.Errorf("read manifest: %w", err)
	}
	m, _ = report.ParseManifest(b)
	return m, nil
}

// today is the day by the clock in the house's zone: of tests and confirmations.
func (h *House) today() pipeline.Date { return pipeline.DateOf(h.o.Now().In(cmp.Or(h.zone, time.UTC))) }
