package source_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

// What the test binary is when it is started with such an argument.
const (
	decryptArgument = "decrypt-for-test"
	unfedArgument   = "unfed-for-test"   // it decrypts, but is given nothing
	endlessArgument = "endless-for-test" // it works for ever, within a limit
)

// TestMain lets the test binary be the program that decrypts.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 {
		switch os.Args[1] {
		case decryptArgument:
			os.Exit(source.DecryptMain(os.Stdin, os.Stdout))
		case unfedArgument:
			os.Exit(source.DecryptMain(strings.NewReader(""), os.Stdout))
		case endlessArgument:
			if err := source.LimitCPU(time.Second); err != nil {
				panic(err)
			}
			for {
				sha256.Sum256(nil)
			}
		}
	}
	os.Exit(m.Run())
}

// decrypting makes Options that decrypt with a password.
func decrypting(t testing.TB, password string) source.Options {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	d := source.Decrypter{Command: []string{exe, decryptArgument}}
	return source.Options{Decrypt: func(r io.ReaderAt, size int64) ([]byte, error) { return d.Decrypt(r, size, password) }}
}

func encrypted(t testing.TB, plain []byte, password string) []byte {
	t.Helper()
	b, err := excelize.Encrypt(plain, &excelize.Options{Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Excel encrypts in the agile form, which excelize reads and does not write: the
// file in testdata/agile is that of testdata/libreoffice, encrypted by another
// program with AES-256 and SHA-512.
func TestAgileEncryptedWorkbook(t *testing.T) {
	const password = "合言葉-synthetic"
	file := func(dir string) []byte {
		b, err := os.ReadFile(filepath.Join("testdata", dir, "from-csv.xlsx"))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	locked := file("agile")
	if !bytes.Contains(locked, []byte("http://schemas.microsoft.com/office/2006/keyEncryptor/password")) {
		t.Fatal("the file is not in the agile form")
	}
	want := read(t, file("libreoffice"), "a.xlsx", source.Options{})
	if g := read(t, locked, "a.xlsx", decrypting(t, password)); len(want.Rows) == 0 || cmp.Diff(want, g) != "" {
		t.Errorf("(-plain +decrypted):\n%s", cmp.Diff(want, g))
	}
	for name, tt := range map[string]struct {
		options source.Options
		want    pipeline.Code
	}{
		"another password": {decrypting(t, password+"x"), source.CodeWrongPassword},
		"no password":      {source.Options{}, source.CodeEncrypted},
	} {
		_, err := source.Open(bytes.NewReader(locked), int64(len(locked)), "a.xlsx", tt.options)
		if f, ok := errors.AsType[*pipeline.Fault](err); !ok || f.Code != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

func TestEncryptedWorkbook(t *testing.T) {
	for _, password := range []string{"synthetic-1", "合言葉　\"\n'", strings.Repeat("p", 200)} {
		for rows := range 20 { // sizes that do and do not fill the last block
			plain := bigWorkbook(t, rows+1, 3)
			want := read(t, plain, "a.xlsx", source.Options{})
			g := read(t, encrypted(t, plain, password), "a.xlsx", decrypting(t, password))
			if d := cmp.Diff(want, g); d != "" {
				t.Fatalf("%d rows (-plain +decrypted):\n%s", rows+1, d)
			}
			if rows > 1 && password != "synthetic-1" {
				break
			}
		}
	}
}

func TestEncryptedWorkbookRefused(t *testing.T) {
	file := encrypted(t, bigWorkbook(t, 3, 3), "synthetic-1")
	tests := []struct {
		name string
		file []byte
		o    source.Options
		want pipeline.Code
	}{
		{"no password is agreed", file, source.Options{}, source.CodeEncrypted},
		{"another password", file, decrypting(t, "synthetic-2"), source.CodeWrongPassword},
		{"an empty password", file, decrypting(t, ""), source.CodeWrongPassword},
		{"cut in the middle", file[:len(file)/2], decrypting(t, "synthetic-1"), source.CodeDamaged},
		{"an old workbook", []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("x", 2000)), decrypting(t, "synthetic-1"), source.CodeOldExcel},
		{
			"a bomb behind a password", encrypted(t, book(head).with(t, sheet1, "</worksheet>", "</worksheet>"+strings.Repeat(" ", 20<<20)).zip(t), "synthetic-1"),
			decrypting(t, "synthetic-1"), source.CodeBomb,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if g := read(t, tt.file, "a.xlsx", tt.o); g.Refuse != tt.want {
				t.Errorf("refused with %q, want %q", g.Refuse, tt.want)
			}
		})
	}
}

// A program that cannot be run, or cannot work, is no fault of the sender.
func TestDecrypterThatIsNotThere(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := encrypted(t, bigWorkbook(t, 3, 3), "synthetic-1")
	for _, command := range [][]string{nil, {"/nonexistent/meibo"}, {exe, unfedArgument}} {
		_, err := source.Decrypter{Command: command}.Decrypt(bytes.NewReader(file), int64(len(file)), "synthetic-1")
		var f *pipeline.Fault
		if err == nil || fmt.Sprintf("%T", err) == fmt.Sprintf("%T", f) {
			t.Errorf("%q: %v", command, err)
		}
	}
}

// Whatever happened to an encrypted workbook, this process goes on and the file
// is refused or gives the same table.
func TestDamagedEncryptedWorkbooks(t *testing.T) {
	plain := bigWorkbook(t, 60, 6)
	want := read(t, plain, "a.xlsx", source.Options{})
	file := encrypted(t, plain, "synthetic-1")
	o := decrypting(t, "synthetic-1")
	rng := rand.New(rand.NewPCG(20261121, 2))
	work := make(chan []byte)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for damaged := range work {
				g := read(t, damaged, "a.xlsx", o)
				if d := cmp.Diff(want, g); g.Refuse == "" && d != "" {
					t.Errorf("another table:\n%s", d)
				}
			}
		})
	}
	for range 200 {
		damaged := slices.Clone(file)
		damaged[8+rng.IntN(504)] ^= byte(1 + rng.IntN(255)) // the header
		for range 3 {
			damaged[rng.IntN(len(damaged))] ^= byte(1 + rng.IntN(255))
		}
		work <- damaged
	}
	close(work)
	wg.Wait()
}
