package synth

import "meibo/pipeline"

var corrections = kind{name: "corrections", headers: []string{
	"受付番号", "募集人ID", "区分", "項目", "対象", "訂正前", "訂正後", "証明書類", "申出日", "受付者",
}}

// asks sends a row of corrections about the person.
func (r *role) asks(night int, sender, no, division, item, target, before, after, proof, on string) *role {
	return r.add(night, sender, corrections, []cell{
		text(no), text(r.agent.ID), text(division), text(item), text(target), text(before), text(after), text(proof),
		date(day(on)), text("受付　協子"),
	})
}

const (
	correct = pipeline.DivisionCorrect
	remove  = pipeline.DivisionDelete

	familyRegister = "戸籍抄本"
	licence        = "運転免許証の写し"
	certificate    = "合格証書の写し"
)

// asksForCorrections is what people ask to have put right or deleted (要領
// §4(5)ア, §11(3)–(5)). Files whose data are older follow on the third night.
func (c *cast) asksForCorrections() {
	old := agents.of("old")
	old.file = "agents_20261101_old" // a file of the first of the month, found late
	born := c.corrected("CORROWN01")
	born.asks(2, "1001", "T-1001-1", correct, "生年月日", "", "1971-03-04", "1971-03-14", licence, "2026-11-19")
	born.agent.Email = "" // an old file need not say it
	born.add(3, association, old, agentCells(born.agent))

	name := c.corrected("CORROWN02")
	name.asks(2, "1001", "T-1001-2", correct, "氏名", "", name.agent.Name, "見本　花織", familyRegister, "2026-11-19")
	name.update(3, func(a *pipeline.Agent) { a.Name, a.NameKana = "見本　香織", "ミホン　カオリ" })

	c.corrected("CORRPASS1").asks(2, "1001", "T-1001-3", correct, "登載日", "K10+K10-CORRPASS1", "2024-04-15", "2024-04-12", certificate, "2026-11-19").
		asks(2, "1001", "T-1001-3", remove, "合格番号", "K13+K13-CORRPASS1", "", "", certificate, "2026-11-19")
	c.corrected("CORRMIS01").asks(2, "1001", "T-1001-4", correct, "生年月日", "", "1971-04-03", "1971-03-14", licence, "2026-11-19").
		asks(2, "1001", "T-1001-4", correct, "血液型", "", "A", "B", licence, "2026-11-19")

	routed := c.corrected("CORRSENT1")
	routed.asks(2, association, "T-K-1", correct, "生年月日", "", "1971-03-04", "1971-03-05", licence, "2026-11-18").
		asks(3, "1001", "T-K-1", correct, "生年月日", "", "1971-03-04", "1971-03-05", licence, "2026-11-18")
	c.corrected("CORRWAIT1").asks(2, association, "T-K-2", correct, "メールアドレス", "", "corrwait1@example.com", "corrwait@example.com", licence, "2026-11-18")

	c.id("CORRFREE1", "2026-05-10").asks(2, association, "T-K-3", correct, "ID取得日", "", "2026-05-10", "2026-08-10", licence, "2026-11-18")
	c.id("CORRHOLD1", "2026-05-10").asks(2, "1002", "T-1002-1", correct, "氏名カナ", "", "", "ミホン　ハナ", familyRegister, "2026-11-18")
	c.id("CORRGONE1", "2020-04-01").pass(1, "K10", "2022-05-10", "2022-05-15").
		asks(2, association, "T-K-4", remove, "", "", "", "", licence, "2026-11-18")
	c.corrected("CORRGONE2").asks(3, "1001", "T-1001-5", remove, "", "", "", "", licence, "2026-11-20")
}

// corrected returns somebody registered with 1001 whose birth date is known and
// whose units have certificate numbers of their own.
func (c *cast) corrected(id string) *role {
	r := c.person(id, "2018-04-01")
	r.agent.BornOn = 19710304
	r.arrive(1).at(5, "1001", "1002、1004").opens(1, "2020-04-01")
	for _, code := range []string{"K10", "K11", "K12", "K13"} {
		r.exam(1, code, "2024-04-10", "2024-04-15", func(q *pipeline.Qualification) {
			q.CertificateNo = code + "-" + id
		})
	}
	return r
}
