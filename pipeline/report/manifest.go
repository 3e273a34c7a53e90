package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"meibo/pipeline"
)

// Manifest lists the files of one reader and day. It is written last: a reader
// trusts only what it names.
type Manifest struct {
	AsOf    pipeline.Date  `json:"as_of"`
	Reader  string         `json:"reader"`
	Version string         `json:"version"`
	Files   []ManifestFile `json:"files"`
}

// ManifestFile is one file as it lies in the folder of its reader.
type ManifestFile struct {
	Name    string `json:"name"`
	SHA256  string `json:"sha256"` // hex
	Rows    int    `json:"rows"`
	Guarded int    `json:"guarded,omitempty"` // cells of a CSV file that pipeline.Guard changed
}

// ManifestName is the name of the manifest of a day.
func ManifestName(day pipeline.Date) string { return "manifest_" + day.String() + ".json" }

// Write writes the manifest with its files in the order of their names. Two
// files of one name are an error.
func (m Manifest) Write(w io.Writer) error {
	if m.AsOf.IsZero() || m.Reader == "" || m.Version == "" {
		return errors.New("write manifest: as-of day, reader and version are required")
	}
	m.Files = slices.Clone(m.Files)
	slices.SortFunc(m.Files, func(a, b ManifestFile) int { return cmp.Compare(a.Name, b.Name) })
	for i, f := range m.Files {
		if f.Name == "" || len(f.SHA256) != 64 {
			return fmt.Errorf("write manifest: file %q has no name or no SHA-256", f.Name)
		}
		if i > 0 && f.Name == m.Files[i-1].Name {
			return fmt.Errorf("write manifest: %s is listed twice", f.Name)
		}
	}
	if m.Files == nil {
		m.Files = []ManifestFile{}
	}
	return writeJSON(w, m)
}

// ParseManifest reads what Write wrote. What is not such a document is an error.
func ParseManifest(b []byte) (m Manifest, err error) {
	if err := json.Unmarshal(b, &m); err != nil {
		return Manifest{}, fmt.Errorf("read manifest: %w", err)
	}
	return m, nil
}

// writeJSON writes an indented document with text as it is, not escaped for HTML.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write json: %w", err)
	}
	return nil
}
