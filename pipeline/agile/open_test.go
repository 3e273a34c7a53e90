package agile_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"testing"

	"meibo/pipeline/agile"
)

func TestWhatWasLockedComesBack(t *testing.T) {
	for _, size := range []int{4081, 4096, 8200, 65_024, 7_200_000} {
		plain := make([]byte, size)
		mathrand.NewChaCha8([32]byte{3}).Read(plain)
		var locked, got bytes.Buffer
		if err := agile.Encrypt(&locked, bytes.NewReader(plain), int64(size), "パスワード1", rand.Reader); err != nil {
			t.Fatal(err)
		}
		r := bytes.NewReader(locked.Bytes())
		if err := agile.Decrypt(&got, r, r.Size(), "パスワード1"); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), plain) {
			t.Errorf("of %d bytes others came back", size)
		}
	}
}

func TestOnlyOursOpensAndOnlyWhole(t *testing.T) {
	plain := bytes.Repeat([]byte("synthetic "), 2000)
	var locked bytes.Buffer
	if err := agile.Encrypt(&locked, bytes.NewReader(plain), int64(len(plain)), "agreed", rand.Reader); err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(locked.Bytes())
	flipped[9000] ^= 1
	tests := []struct {
		name, password string
		file           []byte
	}{
		{"another password", "Agreed", locked.Bytes()},
		{"one bit flipped", "agreed", flipped},
		{"cut in the middle", "agreed", locked.Bytes()[:9000]},
		{"no compound file", "agreed", plain},
		{"nothing", "agreed", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := bytes.NewReader(tt.file)
			if err := agile.Decrypt(&bytes.Buffer{}, r, r.Size(), tt.password); !errors.Is(err, agile.ErrNotOurs) {
				t.Errorf("err = %v, want ErrNotOurs", err)
			}
		})
	}
}
