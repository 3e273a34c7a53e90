// Package identity decides which records are one person; human decisions bind.
//
// It holds the rules of rules.md §5: what two records have in common (Compare),
// and what becomes of the pairs (Resolve): a certificate number with the birth
// date confirms, everything else asks, people decide. Package engine finds the
// pairs in a whole register and weighs them.
package identity

import (
	"meibo/pipeline"
)

// Record is what one 募集人ID tells of who its person is.
type Record struct {
	AgentID      string
	Names        []pipeline.Name // 氏名 is the present name, 旧氏名 are earlier ones; the first カナ is the present reading, others are earlier; 英字 is no evidence yet
	BornOn       pipeline.Date   // a record without a birth date pairs with nobody but by decision
	Certificates []Certificate   // of qualifications on file: withdrawn ones are no evidence
}

// Certificate is one pass as evidence.
type Certificate struct {
	Code     string // 資格種類コード
	Number   string // 資格(修了)・合格番号
	JudgedOn pipeline.Date
}

// RecordOf takes from p what bears on identity; p may be reused afterwards. An
// earlier 氏名 becomes a 旧氏名, and qualifications that were withdrawn or have no
// number are left out.
func RecordOf(p *pipeline.Person) Record {
	r := Record{AgentID: p.Agent.ID, BornOn: p.Agent.BornOn}
	now, read := pipeline.CleanName(p.Agent.Name), pipeline.CleanName(p.Agent.NameKana)
	r.Names = append(r.Names, pipeline.Name{AgentID: r.AgentID, Kind: pipeline.NameKanji, Text: p.Agent.Name})
	if p.Agent.FormerName != "" {
		r.Names = append(r.Names, pipeline.Name{AgentID: r.AgentID, Kind: pipeline.NameFormer, Text: p.Agent.FormerName})
	}
	if read != "" {
		r.Names = append(r.Names, pipeline.Name{AgentID: r.AgentID, Kind: pipeline.NameKana, Text: p.Agent.NameKana})
	}
	for _, n := range p.Names {
		switch n.Kind {
		case pipeline.NameKanji:
			if pipeline.CleanName(n.Text) == now {
				continue
			}
			n.Kind = pipeline.NameFormer
		case pipeline.NameKana:
			if pipeline.CleanName(n.Text) == read {
				continue
			}
		}
		r.Names = append(r.Names, n)
	}
	for _, q := range p.Qualifications {
		if q.OnFile() && q.CertificateNo != "" {
			r.Certificates = append(r.Certificates, Certificate{q.Code, q.CertificateNo, q.JudgedOn})
		}
	}
	return r
}

// Verdicts of a person on a pair.
const (
	Same      = "同一人"
	Different = "別人"
	Later     = "保留"
)

// Decision is what a person said of two records. The newest of a pair binds, by
// number, then by time; undone decisions are not given to Resolve.
type Decision struct {
	No      int    // place in the order in which decisions were recorded
	A, B    string // agent IDs, in either order
	Verdict string // Same, Different or Later
	By      string
	At      pipeline.Instant

	// Fingerprint is Pair.Fingerprint, or that of Fingerprint, at the time. An
	// equal certificate that it does not hold brings a Different pair back to
	// review. Empty: what the person knew is not on record, and nothing does.
	Fingerprint string
}

// Settings says when a value is shared too widely to tell people apart.
type Settings struct {
	// A certificate number borne under more than MaxBirthDates different birth
	// dates or by more than MaxIDs records is generic, a dummy: no key.
	MaxBirthDates int
	MaxIDs        int

	// MaxBlock is the most records of one name or reading and birth date of which all
	// pairs are listed. In a larger block each record is paired with the next
	// in order of ID only: nobody is left out, and the list stays readable.
	MaxBlock int
}

// DefaultSettings returns the settings of rules.md §5.
func DefaultSettings() Settings { return Settings{MaxBirthDates: 3, MaxIDs: 5, MaxBlock: 50} }

// Case is a pair that somebody or something brought together.
type Case struct {
	A, B        string // agent IDs, A < B
	Evidence    Evidence
	Certificate bool    // they have a certificate number that is not generic, and the birth date
	Doubtful    bool    // three and more people of unlike names bear the number: it looks like a dummy
	Review      bool    // a model asks
	Weight      float64 // of the model, in bits; NaN if none weighed them
	Probability float64
	Notes       []string // Japanese: what the model found, told where nothing else speaks for one person
	Effect      float64  // what a decision is expected to change, for the order of review
}

// Result is what Resolve makes of the cases; all of it is in order of agent ID.
type Result struct {
	Pairs    []Pair
	Clusters [][]string // of two and more records that are one person, by confirmed pairs
}

// Pair is two records that are or may be one person, A < B.
type Pair struct {
	A, B                string
	Class               string   // pipeline.ClassConfirmed or ClassReview
	Reasons             []string // Japanese
	Fingerprint         string   // of the evidence that stands today; see Decision
	Weight, Probability float64
	Effect              float64
	Decision            Decision // the binding one; the zero Decision if there is none
}

// Shared is a key that too many records share; see Settings.
type Shared struct {
	Key        string // Japanese: 合格番号 or 氏名と生年月日
	FirstID    string // smallest agent ID among them
	IDs        int
	BirthDates int
	Chained    bool // not all pairs were looked at, but each record's with the next
}

// Row returns the pair as a row of duplicate_list.
func (p Pair) Row() pipeline.DuplicateRow {
	return pipeline.DuplicateRow{
		AgentA: p.A, AgentB: p.B, Weight: p.Weight, Probability: p.Probability, Class: p.Class, Reasons: p.Reasons,
		Decision: p.Decision.Verdict, DecidedBy: p.Decision.By, DecidedAt: p.Decision.At,
	}
}
