package agile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// dice is a source of random numbers that always rolls the same.
func dice(seed uint64) io.Reader { return rand.NewChaCha8([32]byte{byte(seed)}) }

// workbook is an .xlsx of so many rows that its bytes hardly shrink.
func workbook(t testing.TB, rows int) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range rows {
		if err := w.SetRow(fmt.Sprint("A", i+1), []any{fmt.Sprint("行", i+1), fmt.Sprint(r.Uint64(), r.Uint64())}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := f.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func locked(t testing.TB, plain []byte, password string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Encrypt(&b, bytes.NewReader(plain), int64(len(plain)), password, dice(1)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Sizes around what decides the layout: mini stream or not, one FAT sector or
// more, and a FAT that the header alone cannot name.
func TestAnotherReaderOpensIt(t *testing.T) {
	for _, size := range []int{0, 1, 16, 4079, 4080, 4088, 4097, 65_024, 7_200_000, 16_000_000} {
		plain := make([]byte, size)
		rand.NewChaCha8([32]byte{2}).Read(plain)
		got, err := excelize.Decrypt(locked(t, plain, "パスワード1"), &excelize.Options{Password: "パスワード1"})
		// That reader keeps what fills up the last block.
		if err != nil || len(got) < size || !bytes.Equal(got[:size], plain) {
			t.Errorf("%d bytes: %d come back, %v", size, len(got), err)
		}
	}
}

func TestAWrongPasswordOpensNothing(t *testing.T) {
	f, err := excelize.OpenReader(bytes.NewReader(locked(t, workbook(t, 10), "right")), excelize.Options{Password: "wrong"})
	if err == nil {
		f.Close()
		t.Error("opened")
	}
}

func TestNothingInCommon(t *testing.T) {
	plain := workbook(t, 10)
	var one, two bytes.Buffer
	for seed, b := range map[uint64]*bytes.Buffer{1: &one, 2: &two} {
		if err := Encrypt(b, bytes.NewReader(plain), int64(len(plain)), "p", dice(seed)); err != nil {
			t.Fatal(err)
		}
	}
	if bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("two files are equal")
	}
	if again := locked(t, plain, "p"); !bytes.Equal(again, one.Bytes()) {
		t.Error("the same random numbers make another file")
	}
	if bytes.Contains(one.Bytes(), plain[:64]) {
		t.Error("the workbook can be read")
	}
}

func TestWhatCannotBeLocked(t *testing.T) {
	broken := errors.New("broken")
	tests := []struct {
		name     string
		plain    io.Reader
		password string
		random   io.Reader
		want     error
	}{
		{"without a password", strings.NewReader("12345678"), "", dice(1), ErrPassword},
		{"a file that ends too soon", strings.NewReader("1234567"), "p", dice(1), io.ErrUnexpectedEOF},
		{"no random numbers", strings.NewReader("12345678"), "p", strings.NewReader("x"), io.ErrUnexpectedEOF},
	}
	for _, tt := range tests {
		if err := Encrypt(io.Discard, tt.plain, 8, tt.password, tt.random); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if err := Encrypt(failing{broken}, bytes.NewReader(make([]byte, 1<<17)), 1<<17, "p", dice(1)); !errors.Is(err, broken) {
		t.Errorf("a full disk: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
