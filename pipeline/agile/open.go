package agile

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"hash"
	"io"
)

// ErrNotOurs says that a file is not one that Encrypt made with this password:
// another format, another password, or damaged.
var ErrNotOurs = errors.New("not locked by this program with this password")

// Decrypt writes to w what Encrypt locked in the size bytes of r. It knows the
// one form that Encrypt writes and no other: what comes from elsewhere belongs
// into a process of its own. Memory does not depend on the size. The HMAC can
// only be compared at the end: after an error, what was written is worthless.
func Decrypt(w io.Writer, r io.ReaderAt, size int64, password string) error {
	info, pack, err := parts(r, size)
	if err != nil {
		return err
	}
	k, mac, err := keysOf(info, password)
	if err != nil {
		return err
	}
	sum := hmac.New(sha512.New, k.hmacKey)
	if err := k.decryptPackage(w, io.TeeReader(pack, sum), pack.Size()); err != nil {
		return err
	}
	if !hmac.Equal(sum.Sum(nil), mac) {
		return ErrNotOurs
	}
	return nil
}

// parts finds the two streams where layOut puts them: the package behind the
// header, EncryptionInfo first in the mini stream behind it.
func parts(r io.ReaderAt, size int64) (info []byte, pack *io.SectionReader, err error) {
	head := make([]byte, sectorSize+8)
	if _, err := r.ReadAt(head, 0); err != nil || !bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) {
		return nil, nil, ErrNotOurs
	}
	plain := int64(binary.LittleEndian.Uint64(head[sectorSize:]))
	if plain < 0 || plain > size {
		return nil, nil, ErrNotOurs
	}
	length := 8 + (plain+aes.BlockSize-1)/aes.BlockSize*aes.BlockSize
	if length < miniCutoff {
		return nil, nil, ErrNotOurs // in the mini stream: no workbook is so small
	}
	at := sectorSize + int64(sectors(length, sectorSize))*sectorSize
	info = make([]byte, miniCutoff)
	n, err := r.ReadAt(info, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, fmt.Errorf("read a locked workbook: %w", err)
	}
	info = info[:n]
	const closing = "</encryption>"
	end := bytes.Index(info, []byte(closing))
	if end < 0 || !bytes.HasPrefix(info, []byte{4, 0, 4, 0, 0x40, 0, 0, 0}) {
		return nil, nil, ErrNotOurs
	}
	return info[8 : end+len(closing)], io.NewSectionReader(r, sectorSize, length), nil
}

// infoXML is what EncryptionInfo tells; the methods are always the same.
type infoXML struct {
	Data struct {
		Salt string `xml:"saltValue,attr"`
	} `xml:"keyData"`
	Integrity struct {
		Key   string `xml:"encryptedHmacKey,attr"`
		Value string `xml:"encryptedHmacValue,attr"`
	} `xml:"dataIntegrity"`
	Key struct {
		Spins    int    `xml:"spinCount,attr"`
		Salt     string `xml:"saltValue,attr"`
		Input    string `xml:"encryptedVerifierHashInput,attr"`
		Verifier string `xml:"encryptedVerifierHashValue,attr"`
		Value    string `xml:"encryptedKeyValue,attr"`
	} `xml:"keyEncryptors>keyEncryptor>encryptedKey"`
}

// keysOf opens the keys of a file with its password; mac is what its HMAC must be.
func keysOf(info []byte, password string) (k *keys, mac []byte, err error) {
	var x infoXML
	if err := xml.Unmarshal(info, &x); err != nil || x.Key.Spins != Spins {
		return nil, nil, ErrNotOurs
	}
	raw := [7][]byte{}
	for i, part := range []struct {
		text string
		size int
	}{
		{x.Data.Salt, saltSize},
		{x.Integrity.Key, sha512.Size},
		{x.Integrity.Value, sha512.Size},
		{x.Key.Salt, saltSize},
		{x.Key.Input, saltSize},
		{x.Key.Verifier, sha512.Size},
		{x.Key.Value, keySize},
	} {
		if raw[i], err = base64.StdEncoding.DecodeString(part.text); err != nil || len(raw[i]) != part.size {
			return nil, nil, ErrNotOurs
		}
	}
	k = &keys{dataSalt: raw[0], passwordSalt: raw[3]}
	base := spin(k.passwordSalt, password)
	open := func(block, sealed []byte) []byte {
		h := sha512.Sum512(append(base[:len(base):len(base)], block...))
		b, _ := aes.NewCipher(h[:keySize]) // the size is right
		return uncbc(b, k.passwordSalt, sealed)
	}
	input := sha512.Sum512(open(blockVerifierInput, raw[4]))
	if subtle.ConstantTimeCompare(input[:], open(blockVerifierHash, raw[5])) != 1 {
		return nil, nil, ErrNotOurs
	}
	if k.data, err = aes.NewCipher(open(blockKey, raw[6])); err != nil {
		return nil, nil, err
	}
	h := sha512.New()
	k.hmacKey = uncbc(k.data, k.iv(h, blockHMACKey), raw[1])
	return k, uncbc(k.data, k.iv(h, blockHMACValue), raw[2]), nil
}

func uncbc(b cipher.Block, iv, sealed []byte) []byte {
	out := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(b, iv[:aes.BlockSize]).CryptBlocks(out, sealed)
	return out
}

// decryptPackage reads the stream EncryptedPackage of so many bytes.
func (k *keys) decryptPackage(w io.Writer, r io.Reader, size int64) error {
	var left int64
	if err := binary.Read(r, binary.LittleEndian, &left); err != nil {
		return fmt.Errorf("read a locked workbook: %w", err)
	}
	size -= 8
	var h hash.Hash = sha512.New()
	buf, n := make([]byte, segment), [4]byte{}
	for i := uint32(0); size > 0; i++ {
		part := buf[:min(size, segment)]
		if _, err := io.ReadFull(r, part); err != nil {
			return fmt.Errorf("read a locked workbook: %w", err)
		}
		size -= int64(len(part))
		binary.LittleEndian.PutUint32(n[:], i)
		plain := uncbc(k.data, k.iv(h, n[:]), part)
		if _, err := w.Write(plain[:min(int64(len(plain)), left)]); err != nil {
			return err
		}
		left -= int64(len(plain))
	}
	return nil
}
