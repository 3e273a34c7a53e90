package jobs

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"meibo/pipeline"
	"meibo/pipeline/audit"
	"meibo/pipeline/durable"
	"meibo/pipeline/failpoint"
)

// AuditConfig says where the keys of the audit chain are.
type AuditConfig struct {
	// Keys is first-use (the default: a run without keys makes them in
	// state_dir/keys) or explicit (a run without keys is refused).
	Keys         string `yaml:"keys,omitempty"`
	SigningKey   string `yaml:"signing_key,omitempty"`   // file; empty: signing.key in state_dir/keys
	SurrogateKey string `yaml:"surrogate_key,omitempty"` // file; empty: surrogate.key there
}

// Where keys may stand besides their files.
const (
	signingVariable   = "MEIBO_SIGNING_KEY"
	surrogateVariable = "MEIBO_SURROGATE_KEY"
)

// Files of the folder for keys.
const (
	keysFolder       = "keys"
	signingFile      = "signing.key"
	publicFile       = "signing.pub"
	surrogateFile    = "surrogate.key"
	nextSigningFile  = "signing.key.next"
	surrogateType    = "MEIBO SURROGATE KEY"
	signingType      = "PRIVATE KEY" // PKCS #8, which openssl reads
	publicType       = "PUBLIC KEY"
	madeAtFirstUse   = "made at first use\n" // stands before a key that nobody asked for
	surrogateKeySize = 32
)

// ErrKeysExist says that keys are there already and stay as they are.
var ErrKeysExist = errors.New("keys are there already")

// keys are the secrets of the audit chain.
type keys struct {
	signing    ed25519.PrivateKey
	surrogates audit.Keyed
}

func (c Config) keysDir() string { return filepath.Join(c.StateDir, keysFolder) }

func (c Config) signingKey() string {
	if c.Audit.SigningKey != "" {
		return c.Audit.SigningKey
	}
	return filepath.Join(c.keysDir(), signingFile)
}

func (c Config) surrogateKey() string {
	if c.Audit.SurrogateKey != "" {
		return c.Audit.SurrogateKey
	}
	return filepath.Join(c.keysDir(), surrogateFile)
}

func (c Config) publicKey() string { return filepath.Join(filepath.Dir(c.signingKey()), publicFile) }

// validate refuses a word that is none.
func (a AuditConfig) validate(bad faulty) {
	if a.Keys != "" && a.Keys != "first-use" && a.Keys != "explicit" {
		bad("audit.keys", oneOfJA, oneOfEN, a.Keys, "first-use, explicit")
	}
}

// auditKeys reads the keys, once. At first use they are made, unless the
// configuration names files or wants them to be explicit, or there were others:
// checkpoints show it, which would look forged under a new key, or the audit chain
// of the register, whose people would not be known again (ErrOtherState).
func (h *House) auditKeys() (*keys, error) {
	if h.keyring != nil {
		return h.keyring, nil
	}
	k, err := h.readKeys()
	if errors.Is(err, fs.ErrNotExist) {
		if why := h.mayNotMakeKeys(); why != nil {
			return nil, fmt.Errorf("%w: %w: %w", ErrConfig, err, why)
		}
		if err := h.makeMissingKeys(); err != nil {
			return nil, err
		}
		k, err = h.readKeys()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	h.keyring = &k
	return h.keyring, nil
}

func (h *House) readKeys() (k keys, err error) {
	if k.signing, err = signingFrom(h.env(signingVariable), h.Config.signingKey()); err != nil {
		return k, err
	}
	secret, err := surrogateFrom(h.env(surrogateVariable), h.Config.surrogateKey())
	k.surrogates = audit.NewKeyed(secret)
	return k, err
}

func (h *House) env(name string) string {
	if h.o.Env == nil {
		return ""
	}
	return h.o.Env(name)
}

func (h *House) mayNotMakeKeys() error {
	if missing := h.missingKey(); missing != "" {
		if lines, err := h.checkpoints(); err != nil {
			return err
		} else if len(lines) > 0 {
			return keyLost(missing)
		}
	}
	switch {
	case h.Config.Audit.Keys == "explicit":
		return keyFault("", "監査記録の鍵がなく、audit.keys が explicit のため自動では作りません。meibo audit keygen で作成してください。", "audit.keys is explicit: make them with meibo audit keygen")
	case h.Config.Audit.SigningKey != "" || h.Config.Audit.SurrogateKey != "":
		return keyFault("", "設定の audit.signing_key か audit.surrogate_key が指すファイルがありません。指定を直すか、meibo audit keygen で作成してください。", "the configuration names the file: make it with meibo audit keygen")
	case h.past:
		return h.otherState()
	}
	return nil
}

// missingKey is the file of a key that is neither there nor in a variable; empty: none.
func (h *House) missingKey() string {
	for _, k := range [][2]string{{signingVariable, h.Config.signingKey()}, {surrogateVariable, h.Config.surrogateKey()}} {
		if h.env(k[0]) == "" && !isThere(k[1]) {
			return k[1]
		}
	}
	return ""
}

func isThere(file string) bool {
	_, err := os.Lstat(file)
	return err == nil
}

// keyFault is what is wrong with a key; file is where it stands, a file or a
// variable.
func keyFault(file, ja, en string) error {
	return pipeline.SettingFaults{{File: file, JA: ja, EN: en}}
}

// keyLost is what is wrong where a key is missing, and checkpoints or the public key
// show that it was there.
func keyLost(file string) error {
	return keyFault(file, "この鍵のファイルがありません。チェックポイントか公開鍵が残っており、前にはあった鍵なので、新しくは作りません。保管先から戻してください（作り直すと、これまでの記録が改ざんに見えたり、削除した人を見分けられなくなったりします）。",
		"the key is missing, and checkpoints or the public key show that it was there: bring it back from its safe place")
}

// makeMissingKeys makes the keys nobody asked for. Of two processes that do so
// at once, the first wins, and both use its keys.
func (h *House) makeMissingKeys() error {
	if h.env(signingVariable) == "" {
		if err := makeSigningKey(h.Config.signingKey(), madeAtFirstUse); err != nil && !errors.Is(err, ErrKeysExist) {
			return err
		}
		key, err := signingFrom("", h.Config.signingKey())
		if err != nil {
			return err
		}
		if err := writePublic(h.Config, key); err != nil {
			return err
		}
	}
	if h.env(surrogateVariable) == "" {
		if err := makeSurrogateKey(h.Config.surrogateKey(), madeAtFirstUse); err != nil && !errors.Is(err, ErrKeysExist) {
			return err
		}
	}
	h.o.Log.Info("audit keys made at first use")
	return nil
}

// MakeKeys makes both keys as explicit ones, each readable to its owner only,
// and returns the public key. It goes on where a process ended that was making
// them, and leaves alone what is there. ErrKeysExist: nothing was to be made;
// ErrConfig: a key is missing that was in use, and nothing was made either.
func MakeKeys(c Config) (public []byte, id string, err error) {
	surrogate, signing, told := isThere(c.surrogateKey()), isThere(c.signingKey()), isThere(c.publicKey())
	signed := isThere(filepath.Join(c.StateDir, checkpointFile))
	switch {
	case surrogate && signing && told:
		return nil, "", fmt.Errorf("%w: %s", ErrKeysExist, c.signingKey())
	case !signing && (signed || told):
		return nil, "", fmt.Errorf("%w: %w", ErrConfig, keyLost(c.signingKey()))
	case !surrogate && signed:
		return nil, "", fmt.Errorf("%w: %w", ErrConfig, keyLost(c.surrogateKey()))
	}
	if !surrogate {
		if err := makeSurrogateKey(c.surrogateKey(), ""); err != nil {
			return nil, "", err
		}
	}
	if !signing {
		if err := makeSigningKey(c.signingKey(), ""); err != nil {
			return nil, "", err
		}
	}
	key, err := signingFrom("", c.signingKey())
	if err != nil {
		return nil, "", err
	}
	return publicPEM(key), audit.KeyID(key.Public().(ed25519.PublicKey)), writePublic(c, key)
}

func makeSigningKey(name, before string) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make signing key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("make signing key: %w", err)
	}
	return writeNew(name, append([]byte(before), pem.EncodeToMemory(&pem.Block{Type: signingType, Bytes: der})...))
}

func makeSurrogateKey(name, before string) error {
	secret := make([]byte, surrogateKeySize)
	rand.Read(secret) // never fails
	return writeNew(name, append([]byte(before), pem.EncodeToMemory(&pem.Block{Type: surrogateType, Bytes: secret})...))
}

// halfMade begins the names of keys that are being written.
const halfMade = ".key-"

// sweepKeys removes what a killed process left of keys it was making: a secret
// that nobody looks after. The keys that are there it makes last, before anything
// rests on them: the process may have been killed before it did.
func sweepKeys(state durable.FS) error {
	entries, err := state.ReadDir(keysFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for half-made keys: %w", err)
	}
	for _, e := range entries {
		if e.Type().IsRegular() && strings.HasPrefix(e.Name(), halfMade) {
			if err := state.Remove(keysFolder + "/" + e.Name()); err != nil {
				return fmt.Errorf("remove half-made key: %w", err)
			}
		}
	}
	if _, err := durable.Sweep(state, keysFolder, false); err != nil {
		return err
	}
	if err := state.SyncDir(keysFolder); err != nil {
		return fmt.Errorf("keep keys: %w", err)
	}
	return nil
}

// writeNew makes a private file appear whole, unless one of that name is there
// (ErrKeysExist): a key that was written over is lost for good.
func writeNew(name string, content []byte) (err error) {
	dir := filepath.Dir(name)
	folder, err := durable.MakeRoot(dir, 0o700)
	if err != nil {
		return fmt.Errorf("make folder for keys: %w", err)
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	f, err := os.CreateTemp(dir, halfMade+"*") // mode 0600
	if err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	defer func() {
		failpoint.Hit("remove-before", "key")
		err = errors.Join(err, os.Remove(f.Name()))
		failpoint.Hit("remove-after", "key")
	}()
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	if err := os.Link(f.Name(), name); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %s", ErrKeysExist, name)
	} else if err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	return folder.SyncDir(".")
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync folder for keys: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

func publicPEM(key ed25519.PrivateKey) []byte {
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		panic(err) // an Ed25519 key always marshals
	}
	return pem.EncodeToMemory(&pem.Block{Type: publicType, Bytes: der})
}

// writePublic writes the public key beside the signing key, for auditors.
func writePublic(c Config, key ed25519.PrivateKey) error {
	_, err := durable.WriteFile(c.publicKey(), 0o644, func(w io.Writer) error {
		_, err := w.Write(publicPEM(key))
		return err
	})
	if err != nil {
		return fmt.Errorf("write public key: %w", err)
	}
	return nil
}

// signingFrom takes the signing key from a variable's value or else a file. No
// error shows anything of it.
func signingFrom(value, file string) (ed25519.PrivateKey, error) {
	b, where, err := secretFrom(signingVariable, value, file)
	if err != nil {
		return nil, err
	}
	if seed, err := hex.DecodeString(string(bytes.TrimSpace(b))); err == nil && len(seed) == ed25519.SeedSize {
		return ed25519.NewKeyFromSeed(seed), nil
	}
	if block, _ := pem.Decode(b); block != nil && block.Type == signingType {
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if k, ok := key.(ed25519.PrivateKey); err == nil && ok {
			return k, nil
		}
	}
	return nil, keyFault(where, "署名鍵（Ed25519）ではありません。PEM形式（PKCS #8）か16進数64桁の鍵を置いてください。", "not an Ed25519 key, as PKCS #8 in PEM or as 64 hex digits")
}

func surrogateFrom(value, file string) ([]byte, error) {
	b, where, err := secretFrom(surrogateVariable, value, file)
	if err != nil {
		return nil, err
	}
	if k, err := hex.DecodeString(string(bytes.TrimSpace(b))); err == nil && len(k) == surrogateKeySize {
		return k, nil
	}
	if block, _ := pem.Decode(b); block != nil && block.Type == surrogateType && len(block.Bytes) == surrogateKeySize {
		return block.Bytes, nil
	}
	return nil, keyFault(where, "置換え用の鍵（32バイト）ではありません。PEM形式か16進数64桁の鍵を置いてください。", "not a surrogate key of 32 bytes, in PEM or as hex digits")
}

func secretFrom(variable, value, file string) (b []byte, where string, err error) {
	if value != "" {
		return []byte(value), variable, nil
	}
	b, err = readSecret(file)
	return b, file, err
}

// readSecret reads a file that nobody but this account may read or write. A key
// that was made at first use and was opened to others since, as by a copy, is
// closed again; one that somebody made on purpose is refused.
func readSecret(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > 1<<16 {
		return nil, keyFault(name, "鍵のファイルではありません。指定を確かめてください。", "not a file with a key")
	}
	b := make([]byte, info.Size())
	if _, err := f.ReadAt(b, 0); err != nil && len(b) > 0 {
		return nil, fmt.Errorf("read key: %w", err)
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok && int(s.Uid) != os.Geteuid() {
		return nil, keyFault(name, "別のアカウントが所有するファイルです。meibo を実行するアカウントの所有にしてください。", "it belongs to another account than the one that works here")
	}
	if info.Mode().Perm()&0o077 == 0 {
		return b, nil
	}
	if !strings.HasPrefix(string(b), madeAtFirstUse) {
		return nil, keyFault(name, fmt.Sprintf("本人以外が読み書きできるファイルです（%s）。chmod 600 で本人だけが読めるようにし、読まれたおそれがあれば meibo audit rotate で鍵を交換してください。", info.Mode()),
			fmt.Sprintf("others may read or write it (%s); give it mode 0600 and, if others could read it, rotate it", info.Mode()))
	}
	if err := f.Chmod(0o600); err != nil {
		return nil, fmt.Errorf("close key to others: %w", err)
	}
	return b, nil
}

// ReadPublicKey reads a public key as keygen prints it, or as 64 hex digits.
func ReadPublicKey(name string) (ed25519.PublicKey, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read public key: %w", err)
	}
	if k, err := hex.DecodeString(string(bytes.TrimSpace(b))); err == nil && len(k) == ed25519.PublicKeySize {
		return k, nil
	}
	if block, _ := pem.Decode(b); block != nil && block.Type == publicType {
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if k, ok := key.(ed25519.PublicKey); err == nil && ok {
			return k, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", name, ErrPublicKey)
}

// ErrPublicKey says that a file holds no public key.
var ErrPublicKey = errors.New("not an Ed25519 public key, as PEM or as 64 hex digits")
