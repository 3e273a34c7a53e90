package deadline

import (
	"fmt"

	"meibo/pipeline"
	"meibo/pipeline/settings"
)

// document is a rules file while it is checked. It knows the line of every
// value, so that whoever edits the file is led to the place.
type document struct {
	name string
	file *settings.Document
}

// readDocument decodes the one YAML document in data into v. Keys that v does
// not know are errors.
func readDocument(name string, data []byte, v any) (*document, error) {
	file, err := settings.Parse(name, data)
	if err != nil {
		return nil, err
	}
	d := &document{name, file}
	if file.Empty() {
		return nil, pipeline.SettingFaults{d.fault("", "規則の版（versions）がありません。", "want one YAML document with versions")}
	}
	return d, file.Decode(v)
}

// fault says what is wrong at path, for example versions[0].kinds[2].code. A
// value that is missing is looked for where it should stand.
func (d *document) fault(path, ja, en string, args ...any) pipeline.SettingFault {
	return pipeline.SettingFault{
		File: d.name, Line: max(1, d.file.Line(path)), Key: path, JA: fmt.Sprintf(ja, args...), EN: fmt.Sprintf(en, args...),
	}
}

// versionHead is what every version of a rules file says of itself.
type versionHead struct {
	Version   string `yaml:"version"`
	ValidFrom string `yaml:"valid_from"`
	Authority string `yaml:"authority"`
}

// checkHeads checks names, authorities and days of the versions, which must
// stand in the order of their days, and returns the days.
func (d *document) checkHeads(heads []versionHead) ([]pipeline.Date, pipeline.SettingFaults) {
	var errs pipeline.SettingFaults
	if len(heads) == 0 {
		return nil, pipeline.SettingFaults{d.fault("versions", "規則の版が1つ以上必要です。", "want at least one version")}
	}
	days := make([]pipeline.Date, len(heads))
	names := map[string]bool{}
	for i, h := range heads {
		at := fmt.Sprintf("versions[%d]", i)
		if h.Version == "" || names[h.Version] {
			errs = append(errs, d.fault(at+".version", "版の名前がないか、ほかの版と同じです（「%s」）。別の名前にしてください。", "want a name that no other version has, got %q", h.Version))
		}
		names[h.Version] = true
		if h.Authority == "" {
			errs = append(errs, d.fault(at+".authority", "根拠となる規程の名前を書いてください。", "want the text that the version rests on"))
		}
		day, err := pipeline.ParseDate(h.ValidFrom)
		switch {
		case err != nil:
			errs = append(errs, d.fault(at+".valid_from", "「%[1]s」は日付ではありません。YYYY-MM-DD で書いてください。", "%[2]v", h.ValidFrom, err))
		case i > 0 && day <= days[i-1]:
			errs = append(errs, d.fault(at+".valid_from", "前の版の適用開始日 %s より後の日にしてください。", "want a day after that of the version before, %s", days[i-1]))
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
