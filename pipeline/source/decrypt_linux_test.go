package source_test

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

// A workbook that would keep a processor busy for ever is refused.
func TestDecrypterThatComesToNoEnd(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := encrypted(t, bigWorkbook(t, 3, 3), "synthetic-1")
	_, err = source.Decrypter{Command: []string{exe, endlessArgument}}.Decrypt(bytes.NewReader(file), int64(len(file)), "synthetic-1")
	if f, ok := errors.AsType[*pipeline.Fault](err); !ok || f.Code != source.CodeDamaged {
		t.Errorf("%v, want it refused as damaged", err)
	}
}
