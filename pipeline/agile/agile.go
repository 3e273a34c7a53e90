// Package agile locks a workbook with a password the way Office 2010 and later
// do: ECMA-376 agile encryption, AES-256 in CBC with an HMAC over the whole.
package agile

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"unicode/utf16"
)

// Spins is how often the password is hashed, as Excel itself does it.
const Spins = 100_000

const (
	segment  = 4096 // bytes of the package encrypted with one IV
	saltSize = aes.BlockSize
	keySize  = 32
)

// Blocks that tell apart what is derived from one password ([MS-OFFCRYPTO]
// 2.3.4.11 to 2.3.4.14).
var (
	blockVerifierInput = []byte{0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79}
	blockVerifierHash  = []byte{0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e}
	blockKey           = []byte{0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6}
	blockHMACKey       = []byte{0x5f, 0xb2, 0xad, 0x01, 0x0c, 0xb9, 0xe1, 0xf6}
	blockHMACValue     = []byte{0xa0, 0x67, 0x7f, 0x02, 0xb2, 0x2c, 0x84, 0x33}
)

// ErrPassword says that there is no password to lock with.
var ErrPassword = errors.New("empty password")

// Encrypt writes the size bytes of an .xlsx, locked with the password, to w. The
// random numbers come from random; two files made with other ones have nothing
// in common. Memory does not depend on the size.
func Encrypt(w io.Writer, xlsx io.Reader, size int64, password string, random io.Reader) error {
	if password == "" {
		return ErrPassword
	}
	k, err := newKeys(password, random)
	if err != nil {
		return err
	}
	c := container{
		{path: []string{"EncryptionInfo"}, size: int64(len(k.info(make([]byte, sha512.Size))))},
		{path: []string{"EncryptedPackage"}, size: 8 + (size+aes.BlockSize-1)/aes.BlockSize*aes.BlockSize},
	}
	c = append(c, dataSpaces()...)
	mac := hmac.New(sha512.New, k.hmacKey)
	c[1].write = func(w io.Writer) error { return k.encryptPackage(io.MultiWriter(w, mac), xlsx, size) }
	// The package is written before all small streams, so that its HMAC is known.
	c[0].write = func(w io.Writer) error {
		_, err := w.Write(k.info(mac.Sum(nil)))
		return err
	}
	return c.writeTo(w)
}

// keys are the random parts of one file and what follows from its password.
type keys struct {
	dataSalt, passwordSalt []byte
	data                   cipher.Block
	hmacKey                []byte

	verifierInput, verifierHash, key []byte // encrypted
}

func newKeys(password string, random io.Reader) (*keys, error) {
	var raw struct {
		DataSalt, PasswordSalt, Verifier [saltSize]byte
		Key                              [keySize]byte
		HMACKey                          [sha512.Size]byte
	}
	if err := binary.Read(random, binary.LittleEndian, &raw); err != nil {
		return nil, fmt.Errorf("draw a key: %w", err)
	}
	k := &keys{dataSalt: raw.DataSalt[:], passwordSalt: raw.PasswordSalt[:], hmacKey: raw.HMACKey[:]}
	var err error
	if k.data, err = aes.NewCipher(raw.Key[:]); err != nil {
		return nil, err
	}
	base := spin(k.passwordSalt, password)
	verifier := sha512.Sum512(raw.Verifier[:])
	for _, x := range []struct {
		to    *[]byte
		block []byte
		plain []byte
	}{
		{&k.verifierInput, blockVerifierInput, raw.Verifier[:]},
		{&k.verifierHash, blockVerifierHash, verifier[:]},
		{&k.key, blockKey, raw.Key[:]},
	} {
		h := sha512.Sum512(append(base[:len(base):len(base)], x.block...))
		b, err := aes.NewCipher(h[:keySize])
		if err != nil {
			return nil, err
		}
		*x.to = cbc(b, k.passwordSalt, x.plain)
	}
	return k, nil
}

// spin is the hash of a password that takes its time.
func spin(salt []byte, password string) []byte {
	h := sha512.New()
	h.Write(salt)
	for _, u := range utf16.Encode([]rune(password)) {
		h.Write([]byte{byte(u), byte(u >> 8)})
	}
	sum := h.Sum(nil)
	var n [4]byte
	for i := range uint32(Spins) {
		binary.LittleEndian.PutUint32(n[:], i)
		h.Reset()
		h.Write(n[:])
		h.Write(sum)
		sum = h.Sum(sum[:0])
	}
	return sum
}

// cbc encrypts plain, filled up with zeros to whole blocks.
func cbc(b cipher.Block, iv, plain []byte) []byte {
	out := make([]byte, (len(plain)+aes.BlockSize-1)/aes.BlockSize*aes.BlockSize)
	copy(out, plain)
	cipher.NewCBCEncrypter(b, iv[:aes.BlockSize]).CryptBlocks(out, out)
	return out
}

// iv is the initial vector that belongs to a block of the package.
func (k *keys) iv(h hash.Hash, block []byte) []byte {
	h.Reset()
	h.Write(k.dataSalt)
	h.Write(block)
	return h.Sum(nil)[:aes.BlockSize]
}

// encryptPackage writes the stream EncryptedPackage.
func (k *keys) encryptPackage(w io.Writer, xlsx io.Reader, size int64) error {
	if err := binary.Write(w, binary.LittleEndian, size); err != nil {
		return err
	}
	h, buf := sha512.New(), make([]byte, segment)
	var n [4]byte
	for i := uint32(0); size > 0; i++ {
		part := buf[:min(size, segment)]
		if _, err := io.ReadFull(xlsx, part); err != nil {
			return fmt.Errorf("read what is to be locked: %w", err)
		}
		size -= int64(len(part))
		binary.LittleEndian.PutUint32(n[:], i)
		if _, err := w.Write(cbc(k.data, k.iv(h, n[:]), part)); err != nil {
			return err
		}
	}
	return nil
}

// info is the stream EncryptionInfo for a package with this HMAC.
func (k *keys) info(mac []byte) []byte {
	h := sha512.New()
	b64 := base64.StdEncoding.EncodeToString
	const (
		office = "http://schemas.microsoft.com/office/2006/"
		method = `saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES" cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512"`
	)
	var b bytes.Buffer
	b.Write([]byte{4, 0, 4, 0, 0x40, 0, 0, 0}) // version 4.4, agile
	b.WriteString(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\r\n")
	fmt.Fprintf(&b, `<encryption xmlns="%sencryption" xmlns:p="%skeyEncryptor/password">`, office, office)
	fmt.Fprintf(&b, `<keyData %s saltValue="%s"/>`, method, b64(k.dataSalt))
	fmt.Fprintf(&b, `<dataIntegrity encryptedHmacKey="%s" encryptedHmacValue="%s"/>`,
		b64(cbc(k.data, k.iv(h, blockHMACKey), k.hmacKey)), b64(cbc(k.data, k.iv(h, blockHMACValue), mac)))
	fmt.Fprintf(&b, `<keyEncryptors><keyEncryptor uri="%skeyEncryptor/password">`, office)
	fmt.Fprintf(&b, `<p:encryptedKey spinCount="%d" %s saltValue="%s" encryptedVerifierHashInput="%s" encryptedVerifierHashValue="%s" encryptedKeyValue="%s"/>`,
		Spins, method, b64(k.passwordSalt), b64(k.verifierInput), b64(k.verifierHash), b64(k.key))
	b.WriteString(`</keyEncryptor></keyEncryptors></encryption>`)
	return b.Bytes()
}

// dataSpaces are the streams that tell a reader of compound files that
// EncryptedPackage is encrypted ([MS-OFFCRYPTO] 2.2); they are always the same.
func dataSpaces() container {
	const folder, id = "\x06DataSpaces", "{FF9A3F03-56EF-4613-BDD5-5A41C1D07246}"
	version := []byte{1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}
	number := func(ns ...uint32) (b []byte) {
		for _, n := range ns {
			b = binary.LittleEndian.AppendUint32(b, n)
		}
		return b
	}
	entry := slices.Concat(number(1, 0), text("EncryptedPackage"), text("StrongEncryptionDataSpace"))
	transform := slices.Concat(number(1), text(id))
	fixed := func(b []byte, path ...string) stream {
		return stream{path: append([]string{folder}, path...), size: int64(len(b)), write: func(w io.Writer) error {
			_, err := w.Write(b)
			return err
		}}
	}
	return container{
		fixed(slices.Concat(text("Microsoft.Container.DataSpaces"), version), "Version"),
		fixed(slices.Concat(number(8, 1, uint32(len(entry)+4)), entry), "DataSpaceMap"),
		fixed(slices.Concat(number(8, 1), text("StrongEncryptionTransform")), "DataSpaceInfo", "StrongEncryptionDataSpace"),
		fixed(slices.Concat(number(uint32(len(transform)+4)), transform, text("Microsoft.Container.EncryptionTransform"), version, number(0, 0, 0, 4)),
			"TransformInfo", "StrongEncryptionTransform", "\x06Primary"),
	}
}

// text is a UNICODE-LP-P4: its length in bytes, UTF-16, filled up to four bytes.
func text(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	out := binary.LittleEndian.AppendUint32(nil, uint32(len(b)))
	return append(append(out, b...), make([]byte, (4-len(b)%4)%4)...)
}
