package store

import (
	"context"

	"meibo/pipeline"
)

// Delivery is one file that reached its reader: a row of the log that is never
// changed.
type Delivery struct {
	ID          string // see delivery.ID: of reader, report and content
	Reader      string
	Report      string // kind of file, such as expiry-report
	SHA256      string // of the file as delivered, hex
	Rows        int
	Encryption  string
	FileChannel string
	KeyChannel  string        // another than FileChannel; empty: the file has no password
	TestMailOn  pipeline.Date // of the confirmed address; empty: not by mail
	CC          string
	At          pipeline.Instant
}

var deliveryTable = mapping[Delivery]{deliveriesTable, func(d *Delivery) []field {
	return []field{
		(*text)(&d.ID), (*text)(&d.Reader), (*text)(&d.Report), (*text)(&d.SHA256),
		integer[int]{&d.Rows},
		(*text)(&d.Encryption), (*text)(&d.FileChannel), (*text)(&d.KeyChannel),
		date{&d.TestMailOn},
		(*text)(&d.CC),
		instant{&d.At},
	}
}}

// DeliveryMail is what became of one mail. It stands there before the mail is
// sent, so that a mail that may have left is never sent a second time.
type DeliveryMail struct {
	ID     string // of the delivery, notice or test message; the Message-ID is made of it
	Reader string
	Kind   string // see delivery.Kinds
	State  string // see delivery.States
	Reason string // why it was not sent; no text of the server, which may name people
	Tries  int
	AsOf   pipeline.Date
	At     pipeline.Instant
}

var deliveryMailsTable = mapping[DeliveryMail]{
	Table{Name: "delivery_mails", Key: 1, Columns: []Column{
		col("mail_id", maxRun), col("reader", maxSender), col("kind", maxWord), col("state", maxWord),
		col("reason", maxKind), col("tries", 0), col("as_of", maxDate), clock("at", maxInstant),
	}},
	func(m *DeliveryMail) []field {
		return []field{
			(*text)(&m.ID), (*text)(&m.Reader), (*text)(&m.Kind), (*text)(&m.State), (*text)(&m.Reason),
			integer[int]{&m.Tries},
			date{&m.AsOf},
			instant{&m.At},
		}
	},
}

// DeliveryAddress is an address of a reader: tested, and confirmed by a person.
type DeliveryAddress struct {
	Reader      string
	Address     string
	TestedOn    pipeline.Date // of the last test message
	ConfirmedOn pipeline.Date
	ConfirmedBy string
}

var deliveryAddressesTable = mapping[DeliveryAddress]{
	Table{Name: "delivery_addresses", Key: 2, Columns: []Column{
		col("reader", maxSender), col("address", maxEmail), col("tested_on", maxDate), col("confirmed_on", maxDate),
		col("confirmed_by", maxWho),
	}},
	func(a *DeliveryAddress) []field {
		return []field{
			(*text)(&a.Reader), (*text)(&a.Address),
			date{&a.TestedOn},
			date{&a.ConfirmedOn},
			(*text)(&a.ConfirmedBy),
		}
	},
}

// AddDeliveries logs deliveries. One that is logged already stays as it is.
func (tx *Tx) AddDeliveries(ctx context.Context, rows []Delivery) error {
	return addMissing(ctx, tx, deliveryTable, rows)
}

// Deliveries returns the logged ones among these, in key order.
func (s *Store) Deliveries(ctx context.Context, ids []string) ([]Delivery, error) {
	return lookup(ctx, s.db, deliveryTable, "delivery_id", ids)
}

// PutDeliveryMail adds a mail or replaces what is known of it.
func (tx *Tx) PutDeliveryMail(ctx context.Context, m DeliveryMail) error {
	return put(ctx, tx, deliveryMailsTable, []DeliveryMail{m}, deliveryMailsTable.values())
}

// DeliveryMails returns what is known of these mails, in key order.
func (s *Store) DeliveryMails(ctx context.Context, ids []string) ([]DeliveryMail, error) {
	return lookup(ctx, s.db, deliveryMailsTable, "mail_id", ids)
}

// DeliveryMailsIn returns the mails in one state, in key order.
func (s *Store) DeliveryMailsIn(ctx context.Context, state string) ([]DeliveryMail, error) {
	return collect(stream(ctx, s.db, deliveryMailsTable, deliveryMailsTable.ordered("WHERE state = ?"), state))
}

// PutDeliveryAddress adds an address or replaces what is known of it.
func (tx *Tx) PutDeliveryAddress(ctx context.Context, a DeliveryAddress) error {
	return put(ctx, tx, deliveryAddressesTable, []DeliveryAddress{a}, deliveryAddressesTable.values())
}

// DeliveryAddresses returns all addresses in key order.
func (s *Store) DeliveryAddresses(ctx context.Context) ([]DeliveryAddress, error) {
	return collect(stream(ctx, s.db, deliveryAddressesTable, deliveryAddressesTable.ordered("")))
}

// AllDeliveries returns the whole log in key order.
func (s *Store) AllDeliveries(ctx context.Context) ([]Delivery, error) {
	return collect(stream(ctx, s.db, deliveryTable, deliveryTable.ordered("")))
}
