package deadline

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"meibo/pipeline"
)

// document is a rules file while it is checked. It knows the line of every
// value, so that whoever edits the file is led to the place.
type document struct {
	name string
	file *ast.File
}

// readDocument decodes the one YAML document in data into v. Keys that v does
// not know are errors.
func readDocument(name string, data []byte, v any) (*document, error) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, withLine(name, err)
	}
	d := &document{name, file}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, fmt.Errorf("%s: want one YAML document with versions", name)
	}
	if err := yaml.UnmarshalWithOptions(data, v, yaml.Strict()); err != nil {
		return nil, withLine(name, err)
	}
	return d, nil
}

func withLine(name string, err error) error {
	var ye yaml.Error
	if errors.As(err, &ye) && ye.GetToken() != nil {
		return fmt.Errorf("%s:%d: %s", name, ye.GetToken().Position.Line, ye.GetMessage())
	}
	return fmt.Errorf("%s: %w", name, err)
}

// fault says what is wrong at path, for example versions[0].kinds[2].code. A
// value that is missing is looked for where it should stand.
func (d *document) fault(path, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s: %s", d.name, d.line(path), path, fmt.Sprintf(format, args...))
}

func (d *document) line(path string) int {
	for path != "" {
		if p, err := yaml.PathString("$." + path); err == nil {
			if n, err := p.FilterFile(d.file); err == nil && n != nil && n.GetToken() != nil {
				return n.GetToken().Position.Line
			}
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return 1
}

// versionHead is what every version of a rules file says of itself.
type versionHead struct {
	Version   string `yaml:"version"`
	ValidFrom string `yaml:"valid_from"`
	Authority string `yaml:"authority"`
}

// checkHeads checks names, authorities and days of the versions, which must
// stand in the order of their days, and returns the days.
func (d *document) checkHeads(heads []versionHead) ([]pipeline.Date, []error) {
	var errs []error
	if len(heads) == 0 {
		return nil, []error{d.fault("versions", "want at least one version")}
	}
	days := make([]pipeline.Date, len(heads))
	names := map[string]bool{}
	for i, h := range heads {
		at := fmt.Sprintf("versions[%d]", i)
		if h.Version == "" || names[h.Version] {
			errs = append(errs, d.fault(at+".version", "want a name that no other version has, got %q", h.Version))
		}
		names[h.Version] = true
		if h.Authority == "" {
			errs = append(errs, d.fault(at+".authority", "want the text that the version rests on"))
		}
		day, err := pipeline.ParseDate(h.ValidFrom)
		switch {
		case err != nil:
			errs = append(errs, d.fault(at+".valid_from", "%v", err))
		case i > 0 && day <= days[i-1]:
			errs = append(errs, d.fault(at+".valid_from", "want a day after that of the version before, %s", days[i-1]))
		}
		days[i] = day
	}
	return days, errs
}

// versionOn returns the index of the version in force on day d.
func versionOn(days []pipeline.Date, d pipeline.Date, what string) (int, error) {
	for i := len(days) - 1; i >= 0; i-- {
		if days[i] <= d {
			return i, nil
		}
	}
	return 0, fmt.Errorf("no version of the rules on %s is in force on %s: the first holds from %s", what, d, days[0])
}
