package report

import (
	"errors"
	"io"
	"strings"

	"meibo/pipeline"
)

// BulkAnswer answers one row of an insurer's 一括照会.
type BulkAnswer struct {
	Asker  string // insurer that asked
	No     string // 照会番号
	Row    int    // of the file that asked
	Hits   int
	Person *AnsweredPerson // only where exactly one ID was found
}

// AnsweredPerson is what an insurer is told of the one person found.
type AnsweredPerson struct {
	AgentID        string
	State          string   // 募集可, 募集不可 or 未登録
	Lines          []string // product lines
	Qualifications []AnsweredQualification
}

// AnsweredQualification is one qualification with its state on the day.
type AnsweredQualification struct {
	Code, Name, CertificateNo, State string
	ExpiresOn                        pipeline.Date // empty: without end, or withdrawn
}

const answersPrefix = "bulk-answers_"

// BulkAnswersName is the name of the answers to a file; of one that is no
// workbook the extension stays part of the name.
func BulkAnswersName(file string) string {
	name := strings.TrimPrefix(ReturnedName(file, true), rejectsPrefix)
	stem, ext := splitName(name)
	return answersPrefix + clipName(stem, maxName-len(answersPrefix)-len(ext)) + ext
}

// BulkAnswers writes bulk-answers_<file>: one line for each inquiry in the order
// given (要領 §11(1)): the 募集人ID, the qualifications and the registration of
// the person stand there only where exactly one ID was found. What was asked is
// not repeated, so that no 募集人ID stands beside a birth date. An answer to another
// insurer's inquiry is ErrOtherReader.
func BulkAnswers(w io.Writer, m Meta, answers []BulkAnswer) (st Stats, err error) {
	defer wrap("bulk answers", &err)
	for i := range answers {
		if answers[i].Asker != m.Reader {
			return st, ErrOtherReader
		}
	}
	b, err := newBook(m, "一括照会の回答")
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	s, err := b.table(layout{
		name: "回答", title: b.title, rows: len(answers), fixed: 1, filter: true,
		legend: []legend{{notice, "該当が 1 件ではない"}},
		lines: []string{
			"該当が 1 件の場合に限り募集人IDを回答します（取扱要領§11(1)）。同じ人の募集人IDが 2 つあるときも回答せず、重複として確認します。",
			"照会の条件（氏名・生年月日など）は、募集人IDと並べないため、この回答には記載していません。照会番号で照合してください。",
		},
		columns: []column{
			{header: "照会番号", width: 16},
			{header: "該当件数", width: 18, align: "center"},
			{header: "結果", width: 30},
			{header: "募集人ID", width: 16},
			{header: "登録状況", width: 12, align: "center"},
			{header: "取扱可能な種目", width: 30},
			{header: "資格・状態・有効期限", width: 54},
		},
	})
	if err != nil {
		return st, err
	}
	for i := range answers {
		if err := s.bulkAnswer(&answers[i]); err != nil {
			return st, err
		}
	}
	if err := s.finish(); err != nil {
		return st, err
	}
	return Stats{Rows: len(answers)}, b.save(w)
}

func (s *sheet) bulkAnswer(a *BulkAnswer) error {
	s.text(plain, a.No)
	s.figure(toneIf(notice, a.Hits != 1), a.Hits)
	switch {
	case a.Hits == 0:
		s.wrap(notice, "該当者なし")
	case a.Person == nil:
		s.wrap(notice, "該当が複数あるため回答できません")
	default:
		s.wrap(plain, "該当者あり")
	}
	p := a.Person
	if p == nil {
		p = &AnsweredPerson{}
	}
	s.text(plain, p.AgentID)
	s.text(plain, p.State)
	s.wrap(plain, strings.Join(p.Lines, "、"))
	var held []string
	for _, q := range p.Qualifications {
		held = append(held, joined(" ", q.Code, q.Name, q.CertificateNo, q.State, q.ExpiresOn.String()))
	}
	s.wrap(plain, strings.Join(held, "\n"))
	return s.end()
}
