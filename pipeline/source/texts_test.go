package source_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"

	"meibo/pipeline/source"
)

func TestTextsOfNothing(t *testing.T) {
	err := source.Texts(strings.NewReader(""), 0, nil, func(row []string) bool {
		t.Errorf("a row: %q", row)
		return true
	})
	if err != nil {
		t.Errorf("an empty file: %v; nothing is written in it", err)
	}
}

// Whoever looks for a person in a file must not take a disk that fails for a file
// that nobody can look into, let alone for one without that person.
func TestTextsTellOfTheWorld(t *testing.T) {
	const last = "最後の人"
	csv := []byte("id,name\n" + strings.Repeat("1,\"山田　太郎\"\n", 20_000) + "2,\"" + last + "\"\n")
	sjis, err := japanese.ShiftJIS.NewEncoder().Bytes(csv)
	if err != nil {
		t.Fatal(err)
	}
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes(csv)
	if err != nil {
		t.Fatal(err)
	}
	var rows strings.Builder
	for n := range 3000 {
		fmt.Fprintf(&rows, `<row r="%d"><c r="A%[1]d" t="inlineStr"><is><t>H%05[1]d</t></is></c></row>`, n+2)
	}
	plain := book(head + rows.String() + `<row r="9999"><c r="A9999" t="inlineStr"><is><t>` + last + `</t></is></c></row>`).zip(t)
	decrypt := decrypting(t, "synthetic-1").Decrypt
	for name, b := range map[string][]byte{
		"UTF-8": csv, "Shift_JIS": sjis, "UTF-16": utf16, "workbook": plain, "workbook with a password": encrypted(t, plain, "synthetic-1"),
	} {
		t.Run(name, func(t *testing.T) {
			look := func(r io.ReaderAt) (found bool, err error) {
				err = source.Texts(r, int64(len(b)), decrypt, func(row []string) bool {
					found = found || strings.Contains(strings.Join(row, ","), last)
					return !found
				})
				return found, err
			}
			if found, err := look(bytes.NewReader(b)); err != nil || !found {
				t.Fatalf("found: %t, %v", found, err)
			}
			for n := int64(0); n < int64(len(b)); n += int64(len(b)/7) + 1 {
				found, err := look(failing{bytes.NewReader(b), n})
				if !found && (!errors.Is(err, errDisk) || errors.Is(err, source.ErrOpaque)) {
					t.Errorf("failing from byte %d of %d: %v", n, len(b), err)
				}
			}
		})
	}
}
