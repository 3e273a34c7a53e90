package identity

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"meibo/pipeline"
)

// Few values, so that records agree and decisions contradict each other often.
var (
	someNames  = []string{"佐藤花子", "佐藤 花子", "田中花子", "渡邉花子", "渡辺花子", "ワタナベハナコ", "Smith Jane", "ＳＭＩＴＨ　Ｊａｎｅ"}
	someKana   = []string{"サトウハナコ", "ﾜﾀﾅﾍﾞ ﾊﾅｺ", "ワタナベハナコ"}
	someBirths = []string{"", "1980-04-01", "1980-04-01", "1985-05-05"}
	someCerts  = []string{"H1", "h1", "H2", "H3"}
)

func drawRecords(t *rapid.T) []Record {
	records := make([]Record, rapid.IntRange(0, 9).Draw(t, "records"))
	for i := range records {
		r := rec(string(rune('A'+i)), rapid.SampledFrom(someBirths).Draw(t, "born"),
			rapid.SampledFrom(someNames).Draw(t, "name"),
			rapid.SliceOfN(rapid.SampledFrom(someCerts), 0, 2).Draw(t, "certificates")...)
		if rapid.Bool().Draw(t, "renamed") {
			r = r.formerly(rapid.SampledFrom(someNames).Draw(t, "former"))
		}
		records[i] = r.read(rapid.SliceOfN(rapid.SampledFrom(someKana), 0, 2).Draw(t, "kana")...)
	}
	return records
}

func drawDecisions(t *rapid.T) []Decision {
	id := rapid.StringMatching("[A-J]")
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Decision {
		d := decide(id.Draw(t, "a"), id.Draw(t, "b"),
			rapid.SampledFrom([]string{Same, Different, Later}).Draw(t, "verdict"),
			rapid.SampledFrom([]string{"2026-11-01", "2026-11-02"}).Draw(t, "on"))
		d.Fingerprint = rapid.SampledFrom([]string{"", NoEvidence}).Draw(t, "fingerprint")
		return d
	}), 0, 5).Draw(t, "decisions")
}

var whole = cmp.Options{
	cmpopts.EquateEmpty(),
	cmpopts.EquateNaNs(),
	cmp.Comparer(func(a, b pipeline.Instant) bool { return a == b }),
}

func TestOrderIsNoEvidence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records, decisions := drawRecords(t), drawDecisions(t)
		want := resolve(t, records, decisions...)
		turned := slices.Clone(decisions)
		for i := range turned {
			if rapid.Bool().Draw(t, "turned") {
				turned[i].A, turned[i].B = turned[i].B, turned[i].A
			}
		}
		got := resolve(t, rapid.Permutation(records).Draw(t, "order"), rapid.Permutation(turned).Draw(t, "order")...)
		if d := cmp.Diff(want, got, whole); d != "" {
			t.Fatalf("in another order (-want +got):\n%s", d)
		}
	})
}

// A pair is listed if and only if a name, a reading or a number agrees.
func TestComparingFindsWhatTheLevelsSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := drawRecords(t)
		r := resolve(t, records)
		for i, a := range records {
			for _, b := range records[:i] {
				want := !a.BornOn.IsZero() && a.BornOn == b.BornOn && (anyNameAgrees(a, b) || sharesNumber(a, b))
				if got := classIn(r, a.AgentID, b.AgentID) != ""; got != want {
					t.Fatalf("%+v and %+v: listed %v, want %v", a, b, got, want)
				}
			}
		}
	})
}

func anyNameAgrees(a, b Record) bool {
	for _, x := range a.Names {
		for _, y := range b.Names {
			level := Level(x.Text, y.Text)
			written := x.Kind != pipeline.NameKana && y.Kind != pipeline.NameKana
			if KeysOf(x.Text).Kana != "" && level == NameSame || level == NameKana || written && level != NameDifferent {
				return true
			}
		}
	}
	return false
}

func sharesNumber(a, b Record) bool {
	return slices.ContainsFunc(a.Certificates, func(x Certificate) bool {
		return slices.ContainsFunc(b.Certificates, func(y Certificate) bool {
			return NumberKey(x.Number) != "" && NumberKey(x.Number) == NumberKey(y.Number)
		})
	})
}

// What people say holds, whatever the evidence.
func TestDecisionsBind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := drawRecords(t)
		for i := range records {
			for j := range i {
				verdict := rapid.SampledFrom([]string{Same, Different, Later}).Draw(t, "verdict")
				d := decide(records[i].AgentID, records[j].AgentID, verdict, "2026-11-01")
				r := resolve(t, records, d)
				class := classIn(r, d.A, d.B)
				switch {
				case verdict == Same && (class != pipeline.ClassConfirmed || !together(r, d.A, d.B)):
					t.Fatalf("%s and %s are the same to a person, but %q here", d.A, d.B, class)
				case verdict == Different && (class != "" || together(r, d.A, d.B)):
					t.Fatalf("%s and %s are different to a person, but %q here, together %v", d.A, d.B, class, together(r, d.A, d.B))
				case verdict == Later && class == "":
					t.Fatalf("%s and %s wait for a person, but are not listed", d.A, d.B)
				}
			}
		}
	})
}

// Whatever people say at once, the result is sound: clusters are parts, each
// confirmed pair is in one, and two who are different never are.
func TestClustersAreSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records, decisions := drawRecords(t), drawDecisions(t)
		r := resolve(t, records, decisions...)
		seen := map[string]bool{}
		for _, c := range r.Clusters {
			for _, id := range c {
				if seen[id] || len(c) < 2 || !slices.IsSorted(c) {
					t.Fatalf("clusters are no parts in order: %v", r.Clusters)
				}
				seen[id] = true
			}
		}
		for _, p := range r.Pairs {
			if p.A >= p.B || len(p.Reasons) == 0 || p.Fingerprint == "" {
				t.Fatalf("pair without order, reason or fingerprint: %+v", p)
			}
			if p.Class == pipeline.ClassConfirmed && !together(r, p.A, p.B) {
				t.Fatalf("%s and %s are confirmed but in no cluster", p.A, p.B)
			}
			if p.Decision.Verdict == Different && (p.Class != pipeline.ClassReview || together(r, p.A, p.B)) {
				t.Fatalf("%s and %s are different to a person, but %+v", p.A, p.B, p)
			}
		}
	})
}

// To say what the program found changes nothing of it.
func TestConfirmingWhatIsConfirmedChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := drawRecords(t)
		first := resolve(t, records)
		var decisions []Decision
		for _, p := range first.Pairs {
			if p.Class == pipeline.ClassConfirmed {
				decisions = append(decisions, decide(p.A, p.B, Same, "2026-11-01"))
			}
		}
		if d := cmp.Diff(shape(first), shape(resolve(t, records, decisions...))); d != "" {
			t.Fatalf("after people agreed (-want +got):\n%s", d)
		}
	})
}

// Twins share surname and birth date. Without a certificate they are no pair,
// whatever their given names are.
func TestTwinsAreNeverAPair(t *testing.T) {
	given := rapid.StringOfN(rapid.RuneFrom([]rune("花子桃太郎一二三美")), 1, 3, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b := given.Draw(t, "first"), given.Draw(t, "second")
		if a == b {
			t.Skip("one given name")
		}
		r := resolve(t, []Record{
			rec("A", "1980-04-01", "佐藤"+a, "H1").formerly("田中" + a),
			rec("B", "1980-04-01", "佐藤"+b, "H2").formerly("田中" + b),
		})
		if len(r.Pairs) > 0 {
			t.Fatalf("twins are listed: %v", shape(r))
		}
	})
}

func classIn(r Result, a, b string) string {
	if a > b {
		a, b = b, a
	}
	for _, p := range r.Pairs {
		if p.A == a && p.B == b {
			return p.Class
		}
	}
	return ""
}

func together(r Result, a, b string) bool {
	return slices.ContainsFunc(r.Clusters, func(c []string) bool {
		return slices.Contains(c, a) && slices.Contains(c, b)
	})
}
