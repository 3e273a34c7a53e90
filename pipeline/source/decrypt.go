package source

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime/debug"
	"time"

	"github.com/xuri/excelize/v2"
)

const (
	// maxEncrypted bounds a workbook with a password, in bytes: decrypting
	// holds it in memory several times.
	maxEncrypted = 128 << 20

	// decryptMemory bounds the process that decrypts, in bytes.
	decryptMemory = 1 << 30

	// decryptCPU bounds the time that process works; a good workbook of the
	// greatest size takes a few seconds. The time on the clock is no measure: a
	// machine that stood still for its backup makes no workbook bad.
	decryptCPU = time.Minute

	// decryptPatience is when the process is given up although it hardly worked.
	decryptPatience = 15 * time.Minute
)

// Exit codes of that process. The runtime gives 2 when it crashes.
const (
	exitDamaged = 1 // or another password
	exitUnable  = 3 // it could not do its work, whatever the workbook is like
)

// Decrypter opens workbooks with a password in a process of its own, because a
// damaged one makes the decrypting library crash or ask for gigabytes.
type Decrypter struct {
	// Command is the program with its arguments. It must do nothing but call
	// DecryptMain. It gets no environment.
	Command []string
}

// Decrypt returns the plain workbook. It is a fault of the file if the password
// is not its own, or if it is damaged, which can not always be told apart.
func (d Decrypter) Decrypt(r io.ReaderAt, size int64, password string) ([]byte, error) {
	if size > maxEncrypted {
		return nil, refuse(CodeTooLarge, maxEncrypted>>20)
	}
	if len(d.Command) == 0 {
		return nil, errors.New("decrypt workbook: no program to do it")
	}
	secret, err := json.Marshal(password) // on one line, whatever it holds
	if err != nil {
		return nil, fmt.Errorf("decrypt workbook: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), decryptPatience)
	defer cancel()
	world := newWorldReader(r, size)
	plain := &capped{room: int(size)}
	child := exec.CommandContext(ctx, d.Command[0], d.Command[1:]...)
	child.Env = []string{"GOTRACEBACK=none"}
	child.Stdin = io.MultiReader(bytes.NewReader(append(secret, '\n')), world.all())
	child.Stdout = plain
	child.WaitDelay = time.Second
	child.SysProcAttr = apart() // an interrupt from the keyboard is for the parent to judge
	var exit *exec.ExitError
	err = child.Run()
	// Of a file that was not read to its end the child makes a damaged one.
	if failed := world.err(); failed != nil {
		return nil, fmt.Errorf("decrypt workbook: %w", failed)
	}
	switch {
	case plain.over, errors.As(err, &exit) && exit.Exited() && exit.ExitCode() != exitUnable:
		return nil, refuse(CodeDamaged, "EncryptedPackage")
	case err != nil: // not started, given up, or killed by somebody
		return nil, fmt.Errorf("decrypt workbook: %w", errors.Join(err, ctx.Err()))
	}
	if !bytes.HasPrefix(plain.b, []byte("PK\x03\x04")) {
		return nil, refuse(CodeWrongPassword)
	}
	return withoutPadding(plain.b), nil
}

// capped keeps what is written to it. Plain bytes are never more than the
// encrypted ones.
type capped struct {
	b    []byte
	room int
	over bool // more was written
}

func (c *capped) Write(p []byte) (int, error) {
	if len(c.b)+len(p) > c.room {
		c.over = true
		return 0, errors.New("more than was encrypted")
	}
	c.b = append(c.b, p...)
	return len(p), nil
}

// withoutPadding cuts off what fills the last block of a decrypted ZIP: less
// than the longest block that any of the encryptions has.
func withoutPadding(zip []byte) []byte {
	const longestBlock, endRecord = 4096, 22
	i := bytes.LastIndex(zip, []byte("PK\x05\x06"))
	if i < 0 || i+endRecord > len(zip) {
		return zip
	}
	end := i + endRecord + int(binary.LittleEndian.Uint16(zip[i+20:]))
	if end > len(zip) || len(zip)-end >= longestBlock {
		return zip
	}
	return zip[:end]
}

// DecryptMain is the whole work of the process that a Decrypter starts: it reads
// a password and a workbook from in, writes the plain workbook to out, and
// returns the exit code. It bounds the memory and the working time of the process
// it runs in, and may crash.
func DecryptMain(in io.Reader, out io.Writer) (code int) {
	if err := errors.Join(limitMemory(decryptMemory), limitCPU(decryptCPU)); err != nil {
		return exitUnable
	}
	debug.SetMemoryLimit(decryptMemory * 3 / 4)
	r := bufio.NewReader(in)
	line, err := r.ReadBytes('\n')
	if err != nil {
		return exitUnable
	}
	var password string
	if err := json.Unmarshal(line, &password); err != nil {
		return exitUnable
	}
	file, err := io.ReadAll(r)
	if err != nil {
		return exitUnable
	}
	plain, err := excelize.Decrypt(file, &excelize.Options{Password: password})
	if err != nil {
		return exitDamaged
	}
	if _, err := out.Write(plain); err != nil {
		return exitUnable
	}
	return 0
}
