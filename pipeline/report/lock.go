package report

import (
	"bytes"
	"crypto/rand"
	"fmt"

	"meibo/pipeline/agile"
)

// Lock encrypts a finished workbook with a password (ECMA-376 agile encryption,
// AES-256 with an HMAC), as Excel 2010 and later and LibreOffice open it. Each
// call gives other bytes: two locked workbooks are the same if what they hold is.
func Lock(plain []byte, password string) ([]byte, error) {
	var b bytes.Buffer
	if err := agile.Encrypt(&b, bytes.NewReader(plain), int64(len(plain)), password, rand.Reader); err != nil {
		return nil, fmt.Errorf("encrypt workbook: %w", err)
	}
	return b.Bytes(), nil
}
