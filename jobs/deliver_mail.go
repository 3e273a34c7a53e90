package jobs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/audit"
	"meibo/pipeline/delivery"
	"meibo/pipeline/durable"
	"meibo/pipeline/failpoint"
	"meibo/pipeline/store"
)

// AddressWaiting is an address to which no report goes yet.
type AddressWaiting struct {
	Reader   string        `json:"reader"`
	Address  string        `json:"address"`
	TestedOn pipeline.Date `json:"tested_on,omitzero"` // of the test message that is to be confirmed; none: it has not left
}

// AddressesWaiting lists the configured addresses whose confirmation is missing or
// too old, by reader, in the order of the configuration.
func (h *House) AddressesWaiting(ctx context.Context) (out []AddressWaiting, err error) {
	known, err := h.Store.DeliveryAddresses(ctx)
	if err != nil {
		return nil, err
	}
	for _, reader := range slices.Sorted(maps.Keys(h.Config.Delivery.Readers)) {
		c := h.Config.Delivery.Readers[reader]
		if c.Channel != channelMail {
			continue
		}
		for _, address := range c.To {
			var a store.DeliveryAddress
			if i := slices.IndexFunc(known, func(a store.DeliveryAddress) bool { return a.Reader == reader && a.Address == address }); i >= 0 {
				a = known[i]
			}
			if delivery.Confirmed(a.ConfirmedOn, h.today()) {
				continue
			}
			if a.TestedOn <= a.ConfirmedOn {
				a.TestedOn = 0 // the test of a confirmation that ran out
			}
			out = append(out, AddressWaiting{reader, address, a.TestedOn})
		}
	}
	return out, nil
}

// rules are those of one reader. An address that is new, or whose confirmation
// is too old, is sent a test message.
func (o *outgoing) rules(ctx context.Context, reader string) (delivery.Rules, error) {
	c := o.Config.Delivery.Readers[reader]
	r := delivery.Rules{Mail: c.Channel == channelMail, Key: c.KeyChannel, MaxBytes: o.Config.Delivery.maxBytes(), To: c.To}
	if !r.Mail {
		return r, nil
	}
	confirmed := true
	for _, address := range c.To {
		a := o.addresses[[2]string{reader, address}]
		if delivery.Confirmed(a.ConfirmedOn, o.today()) {
			if r.TestMailOn.IsZero() || a.TestedOn < r.TestMailOn {
				r.TestMailOn = a.TestedOn
			}
			continue
		}
		confirmed = false
		if err := o.test(ctx, reader, address, a); err != nil {
			return r, err
		}
	}
	if !confirmed {
		r.TestMailOn = 0
	}
	return r, nil
}

// test sends the test message to an address, once for each confirmation.
func (o *outgoing) test(ctx context.Context, reader, address string, a store.DeliveryAddress) error {
	if !o.send || a.TestedOn > a.ConfirmedOn {
		return nil
	}
	m, err := o.once(ctx, reader, delivery.KindTest, delivery.TestMessage(reader, address, a.ConfirmedOn, o.today()), func(tx *store.Tx, _ store.DeliveryMail) error {
		a.Reader, a.Address, a.TestedOn = reader, address, o.today()
		return tx.PutDeliveryAddress(ctx, a)
	})
	if err != nil || m.State == delivery.Sent {
		return err
	}
	o.o.Log.Warn("test message not sent", "reader", reader, "state", m.State, "reason", m.Reason)
	return nil
}

// mail brings a file to a reader who gets mail: as an attachment, or a notice
// that it lies in the folder.
func (o *outgoing) mail(ctx context.Context, root durable.FS, i *DeliveryItem, f delivery.File, rules delivery.Rules) error {
	id, kind := f.ID(), delivery.KindReport
	if i.Channel == delivery.ByFolder {
		id, kind = f.NoticeID(), delivery.KindNotice
	}
	if rules.TestMailOn.IsZero() {
		i.State, i.Reason = ItemWaiting, delivery.Unconfirmed
		return nil
	}
	if !o.send {
		before, err := o.before(ctx, id)
		if before.State == delivery.Sending || before.State == delivery.Unknown {
			i.State, i.Reason = ItemWaiting, delivery.StateUnknown
		}
		return err
	}
	x := delivery.NoticeMessage(f, rules.To, i.Reason)
	if kind == delivery.KindReport {
		content, err := wholeFile(root, f.Name)
		if err != nil {
			return err
		}
		x = delivery.ReportMessage(f, rules.To, content)
	}
	m, err := o.once(ctx, f.Reader, kind, x, nil)
	if err == nil && kind == delivery.KindReport && m.State == delivery.Failed && m.Reason == delivery.RefusedSize {
		i.Channel, i.Reason = delivery.ByFolder, delivery.TooLarge // it would be refused every night
		m, err = o.once(ctx, f.Reader, delivery.KindNotice, delivery.NoticeMessage(f, rules.To, delivery.TooLarge), nil)
	}
	switch {
	case err != nil:
		return err
	case m.State == delivery.Sent:
		return o.log(ctx, i, f, rules, &m)
	case m.State == delivery.Unknown:
		i.State, i.Reason = ItemWaiting, delivery.StateUnknown
	default:
		i.State, i.Reason = ItemWaiting, m.Reason
	}
	return nil
}

func (o *outgoing) before(ctx context.Context, id string) (store.DeliveryMail, error) {
	rows, err := o.Store.DeliveryMails(ctx, []string{id})
	if err != nil || len(rows) == 0 {
		return store.DeliveryMail{}, err
	}
	return rows[0], nil
}

// once sends a mail at most once, wherever the program is killed. That it is
// being sent stands in the register before, and what became of it behind; who
// finds the first without the second cannot know, and leaves it to a person.
// done is written with the end of a mail that was sent.
func (o *outgoing) once(ctx context.Context, reader, kind string, x delivery.Message, done func(*store.Tx, store.DeliveryMail) error) (store.DeliveryMail, error) {
	m, err := o.before(ctx, x.ID)
	if err != nil || m.State == delivery.Sent || m.State == delivery.Unknown {
		return m, err
	}
	put := func(then func(*store.Tx, store.DeliveryMail) error) error {
		m.At = pipeline.InstantOf(o.o.Now())
		return o.Store.Write(ctx, func(tx *store.Tx) error {
			if err := tx.PutDeliveryMail(ctx, m); err != nil || then == nil {
				return err
			}
			return then(tx, m)
		})
	}
	if m.State == delivery.Sending {
		m.State = delivery.Unknown
		return m, put(nil)
	}
	m = store.DeliveryMail{ID: x.ID, Reader: reader, Kind: kind, State: delivery.Sending, Tries: m.Tries + 1, AsOf: o.asOf}
	if err := put(nil); err != nil {
		return m, err
	}
	failpoint.Hit("mail-before", "send")
	err = o.mailer.Send(ctx, x)
	failpoint.Hit("mail-after", "send")
	var failed *delivery.SendError
	switch {
	case err == nil:
		m.State = delivery.Sent
		return m, put(done)
	case !errors.As(err, &failed): // nothing was begun
		m.State, m.Reason = delivery.Failed, "not-composed"
		return m, errors.Join(err, put(nil))
	case failed.Uncertain:
		m.State = delivery.Unknown
	default:
		m.State = delivery.Failed
	}
	m.Reason = failed.Code
	o.o.Log.Warn("mail not sent", "reader", reader, "mail", m.ID, "state", m.State, "reason", m.Reason)
	return m, put(nil)
}

func wholeFile(root durable.FS, name string) ([]byte, error) {
	b, err := readAll(root, name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", shownReport(name), nameless(err, name))
	}
	return b, nil
}

// ErrDelivery says that a confirmation or a settlement names nothing there is.
var ErrDelivery = errors.New("nothing of that name waits")

// Why an address cannot be confirmed: each is ErrDelivery.
var (
	ErrNoAddress = fmt.Errorf("%w: the reader has no such address in the configuration", ErrDelivery)
	ErrUntested  = fmt.Errorf("%w: no test message was sent there within %d days", ErrDelivery, delivery.ConfirmedDays)
)

// recorder is the name of the association's account that records something of a
// delivery; no insurer confirms its own address. *ErrAccount and *ErrAccess say
// that it may not.
func (h *House) recorder(ctx context.Context, by string) (string, error) {
	a, err := h.account(ctx, by)
	if err != nil {
		return "", err
	}
	if a.Insurer != "" {
		return "", &ErrAccess{"提供の記録は、協会またはコンタクトセンターのアカウントで行ってください（手引3(3)）。", "deliveries are recorded by accounts of the association or its contact center"}
	}
	return a.Name(), nil
}

// ConfirmAddress records that the test message to an address arrived. From then
// on reports go there, for a year.
func (h *House) ConfirmAddress(ctx context.Context, reader, address, by string) error {
	by, err := h.recorder(ctx, by)
	if err != nil {
		return err
	}
	if !slices.Contains(h.Config.Delivery.Readers[reader].To, address) {
		return ErrNoAddress
	}
	known, err := h.Store.DeliveryAddresses(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(known, func(a store.DeliveryAddress) bool { return a.Reader == reader && a.Address == address })
	if i < 0 || known[i].TestedOn.IsZero() || !delivery.Confirmed(known[i].TestedOn, h.today()) {
		return ErrUntested
	}
	a := known[i]
	a.ConfirmedOn, a.ConfirmedBy = h.today(), by
	act, k, err := h.act(audit.AddressConfirmed, by, audit.Facts{"reader": auditText(reader), "tested_on": a.TestedOn.String()})
	if err != nil {
		return err
	}
	act.Object = k.surrogates.Surrogate("address", reader, address)
	return h.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.PutDeliveryAddress(ctx, a); err != nil {
			return err
		}
		return tx.AppendAudit(ctx, act)
	})
}

// Settle says of a mail that may have left what really became of it: it arrived,
// or it is to be sent again.
func (h *House) Settle(ctx context.Context, id string, arrived bool, by string) error {
	by, err := h.recorder(ctx, by)
	if err != nil {
		return err
	}
	rows, err := h.Store.DeliveryMails(ctx, []string{id})
	if err != nil {
		return err
	}
	if len(rows) == 0 || rows[0].State != delivery.Unknown && rows[0].State != delivery.Sending {
		return ErrDelivery
	}
	m, word := rows[0], "again"
	m.State = delivery.Failed
	if arrived {
		m.State, word = delivery.Sent, "arrived"
	}
	act, _, err := h.act(audit.DeliverySettled, by, audit.Facts{"reader": auditText(m.Reader), "mail": m.ID, "outcome": word})
	if err != nil {
		return err
	}
	return h.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.PutDeliveryMail(ctx, m); err != nil {
			return err
		}
		return tx.AppendAudit(ctx, act)
	})
}
