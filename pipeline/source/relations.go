package source

import (
	"net/url"
	"path"
	"strings"
)

// The namespaces of a workbook, transitional and strict.
var (
	mainSpaces    = []string{"http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"}
	relSpaces     = []string{"http://schemas.openxmlformats.org/package/2006/relationships"}
	contentSpaces = []string{"http://schemas.openxmlformats.org/package/2006/content-types"}
)

// contentTypes says what each part is, by part or by extension, in lower case.
type contentTypes struct{ parts, extensions map[string]string }

func (c contentTypes) of(part string) string {
	if t, ok := c.parts[partKey(part)]; ok {
		return t
	}
	return c.extensions[strings.ToLower(strings.TrimPrefix(path.Ext(part), "."))]
}

func (p *pkg) contentTypes(l Limits) (contentTypes, error) {
	c := contentTypes{map[string]string{}, map[string]string{}}
	err := p.whole("[Content_Types].xml", l.PartBytes, "Types", contentSpaces, func(x *scanner) error {
		return x.children(func(name []byte) error {
			into, attr := c.parts, "PartName"
			if string(name) == "Default" {
				into, attr = c.extensions, "Extension"
			}
			key, err := x.value(attr)
			if err != nil {
				return err
			}
			typ, err := x.value("ContentType")
			if err != nil {
				return err
			}
			into[partKey(key)] = strings.ToLower(typ)
			return x.skip()
		})
	})
	return c, err
}

// forbidden refuses parts that run, that draw on other files, or that carry
// other files inside.
func (p *pkg) forbidden(c contentTypes) error {
	kinds := []struct {
		refusal error
		words   []string // of a name or content type, in lower case
	}{
		{refuse(CodeMacro), []string{"vbaproject", "macroenabled", "macrosheet"}},
		{refuse(CodeExternalLink), []string{"externallink"}},
		{refuse(CodeEmbedded), []string{"/embeddings/", "oleobject", "activex"}},
	}
	for _, k := range kinds {
		for key := range p.files {
			for _, w := range k.words {
				if strings.Contains(key, w) || strings.Contains(c.of(key), w) {
					return k.refusal
				}
			}
		}
	}
	return nil
}

// relation is one relationship of a part.
type relation struct {
	kind   string // last word of its type, such as worksheet
	target string // part name from the root of the package; empty if outside of it
}

// relations reads the relationships of a part by id; the part "" is the package.
func (p *pkg) relations(part string, l Limits) (map[string]relation, error) {
	dir, base := path.Split(part)
	rels := map[string]relation{}
	name := dir + "_rels/" + base + ".rels"
	err := p.whole(name, l.PartBytes, "Relationships", relSpaces, func(x *scanner) error {
		return x.children(func([]byte) error {
			var v [4]string
			for i, attr := range []string{"Id", "Type", "Target", "TargetMode"} {
				var err error
				if v[i], err = x.value(attr); err != nil {
					return err
				}
			}
			if _, again := rels[v[0]]; again {
				return refuse(CodeBadPackage, name)
			}
			r := relation{kind: path.Base(v[1])}
			if v[3] != "External" {
				r.target = p.resolve(dir, v[2])
			}
			rels[v[0]] = r
			return x.skip()
		})
	})
	return rels, err
}

// resolve turns a target, relative to dir or from the root, into a part name.
func (p *pkg) resolve(dir, target string) string {
	if !strings.HasPrefix(target, "/") {
		target = "/" + dir + target
	}
	name := strings.TrimPrefix(path.Clean(target), "/")
	if p.files[partKey(name)] == nil {
		if plain, err := url.PathUnescape(name); err == nil {
			return plain
		}
	}
	return name
}
