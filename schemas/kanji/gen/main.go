// Command gen derives the table of kanji variants from the MJ shrink map.
//
// It fetches one fixed version of the npm package @mandel59/mojidata, checks
// that the bytes are the recorded ones, and writes variants.txt, everyday.txt
// and joins.txt into the working directory, which must be schemas/kanji. The
// same package gives the same bytes.
package main

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// The source and its checksum as npm records it. To move to a newer version
// change both, run the command and read the difference of variants.txt.
const (
	pkgName   = "@mandel59/mojidata"
	version   = "1.8.1"
	integrity = "sha512-OLA5LEmPHuVbdI8lGXwV3pGVpSIFAqU5+oqhPzK7q662ziWYMqxTGXoxfFb9dQCJ31WzSCG1C5rsUb2uynQhIQ=="
)

func main() {
	tarball := flag.String("tarball", "", "packed package; fetched with npm when empty")
	flag.Parse()
	if err := run(*tarball); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(tarball string) error {
	dir, err := os.MkdirTemp("", "mojidata")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if tarball == "" {
		if tarball, err = npmPack(dir); err != nil {
			return err
		}
	}
	if err := verify(tarball); err != nil {
		return err
	}
	db := filepath.Join(dir, "moji.db")
	if err := extract(tarball, "package/dist/moji.db", db); err != nil {
		return fmt.Errorf("unpack %s: %w", tarball, err)
	}
	src, err := readSource(db)
	if err != nil {
		return err
	}
	if err := src.readLocal("local.txt"); err != nil {
		return err
	}
	classes, err := src.classes()
	if err != nil {
		return err
	}
	return write(src, classes)
}

// npmPack fetches the package into dir and returns its file name.
func npmPack(dir string) (string, error) {
	cmd := exec.Command("npm", "pack", "--silent", "--pack-destination", dir, pkgName+"@"+version)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("npm pack %s@%s: %w", pkgName, version, err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("npm pack left %d files: %w", len(found), err)
	}
	return found[0], nil
}

// verify refuses a package whose bytes are not the recorded ones.
func verify(tarball string) error {
	f, err := os.Open(tarball)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha512.New()
	if _, err := io.Copy(h, f); err != nil {
		return fmt.Errorf("read %s: %w", tarball, err)
	}
	if got := "sha512-" + base64.StdEncoding.EncodeToString(h.Sum(nil)); got != integrity {
		return fmt.Errorf("%s is %s, want %s", tarball, got, integrity)
	}
	return nil
}

// extract writes the member of the packed tarball to the file to.
func extract(tarball, member, to string) (err error) {
	f, err := os.Open(tarball)
	if err != nil {
		return err
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	tr := tar.NewReader(zr)
	for {
		h, err := tr.Next()
		if err != nil {
			return fmt.Errorf("look for %s: %w", member, err)
		}
		if h.Name == member {
			break
		}
	}
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, tr)
	return errors.Join(err, out.Close())
}
