package report

import (
	"fmt"

	"github.com/xuri/excelize/v2"
)

// Lock encrypts a finished workbook with a password (ECMA-376 standard
// encryption, AES-128), as Excel and LibreOffice open it. Each call gives other
// bytes: two locked workbooks are the same if what they hold is.
func Lock(plain []byte, password string) ([]byte, error) {
	if password == "" {
		return nil, fmt.Errorf("encrypt workbook: no password")
	}
	locked, err := excelize.Encrypt(plain, &excelize.Options{Password: password})
	if err != nil {
		return nil, fmt.Errorf("encrypt workbook: %w", err)
	}
	return locked, nil
}
