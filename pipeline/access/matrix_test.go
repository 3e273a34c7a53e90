package access_test

import (
	"flag"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"meibo/pipeline/access"
	"meibo/schemas"
)

var update = flag.Bool("update", false, "write the page of the matrix")

const page = "../../schemas/rules/access/README.md"

func shipped(t testing.TB) *access.Matrix {
	t.Helper()
	b, err := fs.ReadFile(schemas.FS, "rules/access.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := access.ParseMatrix("access.yaml", b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// all is what a reader who lacks nothing can show.
var all = access.Facts{
	Self: true, AtAgency: true, Applying: true, Contract: true, Prospect: "P-1", Both: true, Asked: true, Proved: true, Reason: "照会対応",
}

// granted is the whole of 要領§4 and §5 once more, by hand: role and purpose →
// fields. What does not stand here is denied.
var granted = map[access.Use]string{
	{Role: "R1", Purpose: "P1ア"}:          "basic qualification registration",
	{Role: "R1", Purpose: "P1イ"}:          "basic qualification registration",
	{Role: "R2", Purpose: "P2"}:           "basic qualification",
	{Role: "R3", Purpose: "P3"}:           "basic qualification registration",
	{Role: "R4", Purpose: "P4ア(ア)"}:       "basic flags qualification registration",
	{Role: "R4", Purpose: "P4ア(イ)"}:       "registration",
	{Role: "R4", Purpose: "P4ア(ウ)"}:       "basic flags qualification registration",
	{Role: "R4", Purpose: "P4イ"}:          "basic qualification",
	{Role: "R4", Purpose: "P4ウ"}:          "basic flags qualification registration",
	{Role: "R4", Purpose: "P11"}:          "basic correction",
	{Role: "R4", Purpose: "P14"}:          "own-data account",
	{Role: "R5", Purpose: "P5ア"}:          "basic flags qualification registration correction",
	{Role: "R5", Purpose: "P5イ"}:          "basic qualification",
	{Role: "R5", Purpose: "P5ウ"}:          "statistics",
	{Role: "R5", Purpose: "P5エ"}:          "basic flags qualification registration activity identity deadline correction inquiry account statistics",
	{Role: "R5", Purpose: "P10"}:          "basic flags qualification registration activity identity deadline correction",
	{Role: "R5", Purpose: "P11"}:          "basic correction inquiry",
	{Role: "R5", Purpose: "P14"}:          "own-data account",
	{Role: "R6", Purpose: "P5ア"}:          "basic flags qualification registration correction",
	{Role: "R6", Purpose: "P5イ"}:          "basic qualification",
	{Role: "R6", Purpose: "P5ウ"}:          "statistics",
	{Role: "R6", Purpose: "P5エ"}:          "basic flags qualification registration activity statistics",
	{Role: "R6", Purpose: "P14"}:          "own-data",
	{Role: "compliance", Purpose: "P10"}:  "basic flags qualification registration activity identity deadline correction",
	{Role: "compliance", Purpose: "P11"}:  "basic correction inquiry",
	{Role: "compliance", Purpose: "P14"}:  "own-data",
	{Role: "exam-center", Purpose: "P5イ"}: "basic qualification",
	{Role: "exam-center", Purpose: "P14"}: "own-data",
}

func TestEveryCombinationIsDecidedAsTheManualSays(t *testing.T) {
	m := shipped(t)
	seen, allowed := 0, 0
	for _, r := range m.Roles {
		for _, p := range m.Purposes {
			fields := strings.Fields(granted[access.Use{Role: r.ID, Purpose: p.ID}])
			for _, f := range m.Fields {
				v := m.Allowed(r.ID, p.ID, []string{f.ID}, all)
				if want := slices.Contains(fields, f.ID); v.Allowed != want {
					t.Errorf("%s for %s: %s: allowed is %t", r.ID, p.ID, f.ID, v.Allowed)
				}
				if v.Reason == "" || !strings.HasPrefix(v.Clause, "要領§") {
					t.Errorf("%s for %s: %s: reason %q, clause %q", r.ID, p.ID, f.ID, v.Reason, v.Clause)
				}
				seen++
				if v.Allowed {
					allowed++
				}
				for name, facts := range map[string]access.Facts{"stopped": {Stopped: true}, "unrelated": {}} {
					if name == "stopped" {
						facts = all
						facts.Stopped = true
					}
					bare := m.Allowed(r.ID, p.ID, []string{f.ID}, facts)
					if bare.Allowed && (name == "stopped" || p.Relation != "none" || p.Reason) {
						t.Errorf("%s for %s: %s: allowed although %s", r.ID, p.ID, f.ID, name)
					}
				}
			}
		}
	}
	if want := len(m.Roles) * len(m.Purposes) * len(m.Fields); seen != want || want < 1000 || allowed == 0 {
		t.Errorf("looked at %d of %d combinations, %d allowed", seen, want, allowed)
	}
}

func TestRelationsDecide(t *testing.T) {
	m := shipped(t)
	for name, tt := range map[string]struct {
		role, purpose string
		lacks         func(*access.Facts)
	}{
		"somebody else's own data":           {"R1", "P1ア", func(f *access.Facts) { f.Self = false }},
		"neither there nor applying":         {"R2", "P2", func(f *access.Facts) { f.AtAgency, f.Applying = false, false }},
		"a former member":                    {"R3", "P3", func(f *access.Facts) { f.AtAgency = false }},
		"a plan without a number":            {"R4", "P4ア(ア)", func(f *access.Facts) { f.Prospect = " " }},
		"one insurer alone":                  {"R4", "P4ア(イ)", func(f *access.Facts) { f.Both = false }},
		"another company's person":           {"R4", "P4ア(ウ)", func(f *access.Facts) { f.Contract = false }},
		"other work without a reason":        {"R4", "P4ウ", func(f *access.Facts) { f.Reason = "　" }},
		"a proof nobody asked to act on":     {"R5", "P5ア", func(f *access.Facts) { f.Asked = false }},
		"a request without a proof":          {"R5", "P5ア", func(f *access.Facts) { f.Proved = false }},
		"staff's other work, no reason":      {"R5", "P5エ", func(f *access.Facts) { f.Reason = "" }},
		"an operator's other work, likewise": {"R6", "P5エ", func(f *access.Facts) { f.Reason = "" }},
	} {
		t.Run(name, func(t *testing.T) {
			fields := strings.Fields(granted[access.Use{Role: tt.role, Purpose: tt.purpose}])
			if v := m.Allowed(tt.role, tt.purpose, fields, all); !v.Allowed {
				t.Fatalf("with everything: %+v", v)
			}
			facts := all
			tt.lacks(&facts)
			if v := m.Allowed(tt.role, tt.purpose, fields, facts); v.Allowed || v.Reason == "" {
				t.Errorf("without it: %+v", v)
			}
		})
	}
}

// Whatever is asked for together, in whatever relation: nobody but 運営者 sees
// one of the three flags, and no insurer sees somebody else's person.
func TestNoCombinationShowsFlagsOrStrangers(t *testing.T) {
	m := shipped(t)
	var fields, roles, purposes []string
	for _, f := range m.Fields {
		fields = append(fields, f.ID)
	}
	for _, r := range m.Roles {
		roles = append(roles, r.ID)
	}
	for _, p := range m.Purposes {
		purposes = append(purposes, p.ID)
	}
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SliceOfDistinct(rapid.SampledFrom(append(fields, "nothing such")), func(s string) string { return s }).Draw(t, "fields")
		role := rapid.SampledFrom(append(roles, "R7", "")).Draw(t, "role")
		purpose := rapid.SampledFrom(append(purposes, "P9", "")).Draw(t, "purpose")
		facts := access.Facts{
			Stopped: rapid.Bool().Draw(t, "stopped"), Self: rapid.Bool().Draw(t, "self"), AtAgency: rapid.Bool().Draw(t, "agency"),
			Applying: rapid.Bool().Draw(t, "applying"), Contract: rapid.Bool().Draw(t, "contract"), Both: rapid.Bool().Draw(t, "both"),
			Prospect: rapid.SampledFrom([]string{"", "P-1"}).Draw(t, "prospect"), Reason: rapid.SampledFrom([]string{"", "理由"}).Draw(t, "reason"),
		}
		v := m.Allowed(role, purpose, some, facts)
		if !v.Allowed {
			return
		}
		if facts.Stopped || len(some) == 0 {
			t.Errorf("allowed although stopped, or nothing: %v", some)
		}
		outside := role != "R4" && role != "R5" && role != "R6" && role != "compliance"
		if slices.Contains(some, "flags") && outside {
			t.Errorf("%s sees the flags for %s", role, purpose)
		}
		if role == "R4" && strings.HasPrefix(purpose, "P4") && !facts.Contract && facts.Prospect == "" && !facts.Both {
			t.Errorf("an insurer sees a stranger for %s: %v", purpose, some)
		}
		for _, f := range some { // what is allowed together is allowed alone
			if !m.Allowed(role, purpose, []string{f}, facts).Allowed {
				t.Errorf("%s alone is denied to %s for %s", f, role, purpose)
			}
		}
	})
}

func TestWrongMatricesAreRefused(t *testing.T) {
	b, err := fs.ReadFile(schemas.FS, "rules/access.yaml")
	if err != nil {
		t.Fatal(err)
	}
	good := string(b)
	for name, tt := range map[string]struct{ old, new, want string }{
		"an unknown key":              {"\nversion:", "\nextra: 1\nversion:", "extra"},
		"no version":                  {"version: 要領2018-10-22", "version: \"\"", "no version"},
		"a combination left open":     {"purposes: [P3], fields: [basic, qualification, registration]", "purposes: [P4イ], fields: []", "decided twice"},
		"a purpose nobody knows":      {"purposes: [P1ア, P1イ], fields", "purposes: [P1ア, P1ウ], fields", "no purpose"},
		"a role that decides nothing": {"lines:\n", "lines:\n  - {role: R9, purposes: [P2], fields: [], clause: x, reason: y}\n", "no role"},
		"flags for an agency":         {"{role: R3, purposes: [P3], fields: [basic,", "{role: R3, purposes: [P3], fields: [flags, basic,", "運営者 alone"},
		"a field nobody knows":        {"fields: [statistics], clause", "fields: [statistic], clause", "no field"},
		"no reason":                   {"reason: 自身の情報に限ります。", "reason: \"\"", "clause and a reason"},
		"a relation nobody knows":     {"relation: self", "relation: cousin", "relation"},
		"a role twice":                {"{id: R2,", "{id: R1,", "twice"},
		"undecided":                   {"P5エ, P10, P11, P14], fields: [], clause: 要領§4(1),", "P5エ, P10, P11], fields: [], clause: 要領§4(1),", "no line decides"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(good, tt.old, tt.new, 1)
			if text == good {
				t.Fatalf("%q does not stand in the matrix", tt.old)
			}
			if _, err := access.ParseMatrix("access.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestThePageIsWhatTheMatrixSays(t *testing.T) {
	want := shipped(t).Page()
	if *update {
		if err := os.MkdirAll("../../schemas/rules/access", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Errorf("the page is not what the matrix says; go test ./pipeline/access -update (-want +got):\n%s", d)
	}
}

func TestSharesOfOtherWork(t *testing.T) {
	counts := map[access.Use]int{
		{Role: "R4", Purpose: "P4ウ"}: 5, {Role: "R4", Purpose: "P4ア(ウ)"}: 95,
		{Role: "R5", Purpose: "P5エ"}: 6, {Role: "R5", Purpose: "P10"}: 94, {Role: "compliance", Purpose: "P10"}: 900,
	}
	got := access.CatchAll(counts)
	want := []access.Share{{Role: "R4", Purpose: "P4ウ", Other: 5, All: 100}, {Role: "R5", Purpose: "P5エ", Other: 6, All: 100}}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("-want +got:\n%s", d)
	}
	if got[0].Review() || !got[1].Review() {
		t.Error("exactly 5 % is no case for review, 6 % is")
	}
}
