package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"meibo/schemas"
)

// wholeDatabase stands for every table of the database.
const wholeDatabase = "*"

// Rights are what an account may do, each as VERB TABLE or VERB(COLUMN) TABLE,
// with * for all tables of the database.
type Rights map[string]bool

// grant reads GRANT verbs ON object TO account, as templates and servers write it.
var (
	grant = regexp.MustCompile(`(?s)^GRANT (.+) ON (.+) TO `)
	verbs = regexp.MustCompile(`([A-Z][A-Z ]*[A-Z]) *(?:\(([^)]*)\))?`)
)

// add reads one statement; database is what the register's is called in it.
func (r Rights) add(statement, database string) {
	m := grant.FindStringSubmatch(strings.TrimSpace(statement))
	if m == nil {
		return
	}
	object := strings.NewReplacer("`", "", `\_`, "_").Replace(m[2])
	table, own := strings.CutPrefix(object, database+".")
	if !own {
		table = object
	}
	for _, v := range verbs.FindAllStringSubmatch(m[1], -1) {
		switch {
		case v[1] == "USAGE":
		case v[2] == "":
			r[v[1]+" "+table] = true
		default:
			for c := range strings.SplitSeq(strings.ReplaceAll(v[2], "`", ""), ",") {
				r[v[1]+"("+strings.TrimSpace(c)+") "+table] = true
			}
		}
	}
}

// allows reports whether a right follows from these.
func (r Rights) allows(right string) bool {
	verb, table, _ := strings.Cut(right, ") ")
	if table == "" {
		i := strings.LastIndex(right, " ")
		verb, table = right[:i], right[i+1:]
	}
	whole, _, _ := strings.Cut(verb, "(")
	return r[right] || r[whole+" "+table] || r[whole+" "+wholeDatabase] ||
		r["ALL PRIVILEGES "+wholeDatabase] || r["ALL PRIVILEGES *.*"]
}

// Without lists the rights that do not follow from others, in order.
func (r Rights) Without(others Rights) (out []string) {
	for right := range r {
		if !others.allows(right) {
			out = append(out, right)
		}
	}
	slices.Sort(out)
	return out
}

// Add brings in the rights of another account.
func (r Rights) Add(others Rights) {
	for right := range others {
		r[right] = true
	}
}

// TemplateRights are those that a template of schemas/grants gives: migrate, run,
// review, purge or export.
func TemplateRights(name string) (Rights, error) {
	text, err := fs.ReadFile(schemas.FS, "grants/"+name+".sql")
	if err != nil {
		return nil, fmt.Errorf("read grants: %w", err)
	}
	r := Rights{}
	plain := strings.NewReplacer("{{database}}", "m", "{{schema}}", "m").Replace(string(text))
	for statement := range strings.SplitSeq(plain, ";\n") {
		_, statement, _ = strings.Cut("\n"+statement, "\nGRANT ")
		r.add("GRANT "+statement, "m")
	}
	return r, nil
}

// AccountRights logs in at dsn and returns the name of its account and what it
// may do, as the server says. SQLite, where files have rights, gives no name.
func AccountRights(ctx context.Context, dsn string, o Options) (name string, r Rights, err error) {
	rest, ok := strings.CutPrefix(dsn, mysqlScheme)
	if !ok {
		return "", nil, nil
	}
	cfg, err := mysqlConfig(rest)
	if err != nil {
		return "", nil, err
	}
	o.KeepSchema = true
	s, err := Open(ctx, dsn, o)
	if err != nil {
		return cfg.User, nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	var lines []string
	if err := s.db.SelectContext(ctx, &lines, "SHOW GRANTS"); err != nil {
		return cfg.User, nil, fmt.Errorf("read the rights of an account: %w", err)
	}
	r = Rights{}
	for _, l := range lines {
		r.add(l, cfg.DBName)
	}
	return cfg.User, r, nil
}
