package jobs

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"meibo/pipeline/audit"
	"meibo/pipeline/durable"
	"meibo/pipeline/purge"
	"meibo/pipeline/report"
)

// receiptFile is the JSON file of a receipt.
type receiptFile struct {
	name string // base name
	no   string // by its name
	purge.Receipt
	altered bool // it is not what the program writes of any receipt
}

// ErrNotReceipt says that a file that was named is no JSON file of a receipt.
type ErrNotReceipt struct {
	Name     string
	Workbook bool // it is one: of a receipt, the JSON file beside it is meant
}

func (e *ErrNotReceipt) Error() string {
	return fmt.Sprintf("%s is not the JSON file of a receipt", e.Name)
}

// VerifyReceiptFiles checks the JSON files of receipts with public keys alone,
// without a database: content, signature and chain. names are files, or folders
// that hold them. Of a folder, all receipts from the first on must be there; files
// alone are checked as far as they go. That receipts at the end are not there
// cannot be told from files. A file that is not there is fs.ErrNotExist, one that
// is no receipt *ErrNotReceipt, a key that is none ErrPublicKey.
func VerifyReceiptFiles(names, publicKeys []string) (c ReceiptsChecked, err error) {
	known := map[string]ed25519.PublicKey{}
	for _, name := range publicKeys {
		key, err := ReadPublicKey(name)
		if err != nil {
			return c, err
		}
		known[audit.KeyID(key)] = key
	}
	files, folder, err := receiptFiles(names)
	if err != nil {
		return c, err
	}
	files, c.Duplicates = eachOnce(files)
	c.Receipts, c.Damage = len(files), []purge.Damage{}
	all := make([]purge.Receipt, len(files))
	for i := range files {
		f := &files[i]
		all[i] = f.Receipt
		switch {
		case f.altered:
			c.Damage = append(c.Damage, purge.Damage{No: f.no, Kind: purge.DamageAltered, Place: f.name})
		case f.no != f.No:
			c.Damage = append(c.Damage, purge.Damage{No: f.No, Kind: purge.DamageName, Place: f.name})
		}
		c.Last = all[i].No
	}
	keys := func(id string) (ed25519.PublicKey, bool) {
		k, found := known[id]
		return k, found
	}
	var found []purge.Damage
	if folder {
		found = purge.Verify(all, keys, 0)
	} else {
		found, c.Unchained = purge.VerifyGiven(all, keys)
	}
	for _, d := range found {
		if i := slices.IndexFunc(all, func(r purge.Receipt) bool { return r.No == d.No }); i >= 0 {
			d.Place = files[i].name
		}
		if !slices.Contains(c.Damage, d) {
			c.Damage = append(c.Damage, d)
		}
	}
	return c, nil
}

// eachOnce takes out files that say what the one before says, and counts them.
func eachOnce(files []receiptFile) (once []receiptFile, more int) {
	for i := range files {
		f := &files[i]
		if n := len(once); n > 0 && f.repeats(&once[n-1]) {
			more++
			continue
		}
		once = append(once, *f)
	}
	return once, more
}

// repeats reports whether two files are of the same receipt, as it was written.
func (f *receiptFile) repeats(x *receiptFile) bool {
	return !f.altered && !x.altered && f.no == f.No && x.no == x.No && reflect.DeepEqual(f.Receipt, x.Receipt)
}

// receiptFiles reads the files, in order of the numbers in their names; folder is
// true if any of the names is one.
func receiptFiles(names []string) (out []receiptFile, folder bool, err error) {
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return nil, false, fmt.Errorf("read receipts: %w", err)
		}
		if !info.IsDir() {
			f, err := namedReceipt(name)
			if err != nil {
				return nil, false, err
			}
			out = append(out, f)
			continue
		}
		folder = true
		in, err := receiptsIn(name)
		if err != nil {
			return nil, false, err
		}
		out = append(out, in...)
	}
	slices.SortStableFunc(out, func(a, b receiptFile) int {
		return cmp.Or(strings.Compare(a.no, b.no), strings.Compare(a.name, b.name))
	})
	return out, folder, nil
}

// receiptsIn are the files of receipts in a folder.
func receiptsIn(folder string) (out []receiptFile, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("read receipts: %w", err)
	}
	for _, e := range entries {
		if !permanent(e.Name()) || filepath.Ext(e.Name()) != ".json" {
			continue
		}
		b, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("read receipt: %w", err)
		}
		out = append(out, receiptIn(e.Name(), b))
	}
	return out, nil
}

// namedReceipt reads a file that somebody named. One whose name is not that of a
// receipt and that is none is *ErrNotReceipt, as any workbook is.
func namedReceipt(name string) (receiptFile, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return receiptFile{}, fmt.Errorf("read receipt: %w", err)
	}
	base := filepath.Base(name)
	if bytes.HasPrefix(b, []byte("PK\x03\x04")) || strings.EqualFold(filepath.Ext(base), ".xlsx") {
		return receiptFile{}, &ErrNotReceipt{base, true}
	}
	f := receiptIn(base, b)
	if _, err := receiptNumber(f.no); err != nil { // neither its name nor its content has one
		return receiptFile{}, &ErrNotReceipt{base, false}
	}
	return f, nil
}

// receiptIn reads what the program wrote: a file that says more or the same
// otherwise, but for blanks, was altered.
func receiptIn(name string, b []byte) receiptFile {
	f := receiptFile{name: name}
	f.no = strings.TrimSuffix(strings.TrimPrefix(name, receiptPrefix), filepath.Ext(name))
	if err := json.Unmarshal(b, &f.Receipt); err != nil {
		f.altered = true
	} else {
		f.altered = !sameReceipt(b, &f.Receipt)
	}
	if f.altered {
		f.No = f.no
	}
	if _, err := receiptNumber(f.no); err != nil { // under a name of its own
		f.no = f.No
	}
	return f
}

// sameReceipt reports whether a file says what a receipt says, in as many words.
func sameReceipt(file []byte, r *purge.Receipt) bool {
	var ours, theirs, want bytes.Buffer
	if report.PurgeReceiptJSON(&ours, r) != nil || json.Compact(&want, ours.Bytes()) != nil || json.Compact(&theirs, file) != nil {
		return false
	}
	return bytes.Equal(want.Bytes(), theirs.Bytes())
}

// alteredFiles are the files of receipts, in the outbox and in state_dir, that do
// not say what the register holds. That one was taken away is no damage: the
// outbox is there for it.
func (h *House) alteredFiles(_ context.Context, all []purge.Receipt) (out []purge.Damage, err error) {
	box, err := h.boxFolder(SenderCompliance)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	for i := range all {
		r := &all[i]
		for _, at := range []struct {
			fsys        durable.FS
			name, place string
		}{
			{box, report.ReceiptName(r.No, "json"), placeOutbox + "/" + SenderCompliance + "/" + report.ReceiptName(r.No, "json")},
			{h.state, h.keptReceipt(r.No), rootState + "/" + h.keptReceipt(r.No)},
		} {
			b, err := readAll(at.fsys, at.name)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("read receipt %s: %w", r.No, err)
			}
			if !sameReceipt(b, r) {
				out = append(out, purge.Damage{No: r.No, Kind: purge.DamageAltered, Place: at.place})
			}
		}
	}
	return out, nil
}
