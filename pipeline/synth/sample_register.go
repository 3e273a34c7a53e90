package synth

import "meibo/pipeline"

// expiries is every step of the expiry report as of 2026-11-21, from ten
// months ahead (no step yet) to a year behind (no step any more).
func (c *cast) expiries() {
	for _, e := range []struct{ id, judged string }{
		{"EXP10M01", "2022-09-15"},
		{"EXP09M01", "2022-08-15"},
		{"EXP04M01", "2022-03-15"},
		{"EXP03M01", "2022-02-15"},
		{"EXP01M01", "2021-12-31"},
		{"EXPNOW01", "2021-11-30"},
		{"EXPOUT01", "2021-10-31"},
		{"EXPOUT12", "2020-11-15"},
		{"EXPOUT13", "2020-10-15"},
	} {
		c.registered(e.id).units(1, e.judged)
	}
	c.registered("EXPDAY01").units(1, "2024-04-10").exam(1, "C01", "2023-11-20", "2023-11-25", changeNothing)
	c.registered("EXPDAY02").units(1, "2024-04-10").exam(1, "C01", "2023-11-21", "2023-11-25", changeNothing)
	c.registered("EXPEND01").units(1, "2024-04-10").pass(1, "B01", "2020-11-20", "2020-11-25")
	c.registered("EXPLEAP1").units(1, "2024-02-29").pass(1, "S01", "2024-02-29", "2024-03-05")
	c.registered("EXPNEXT1").units(1, "2021-11-20").exam(2, "K10", "2026-11-18", "2026-11-20", newCertificate).
		exam(2, "K11", "2026-11-18", "2026-11-20", newCertificate)
	c.registered("EXPLINE1").pass(1, "K10", "2024-04-10", "2024-04-15").pass(1, "K11", "2021-10-10", "2021-10-15").pass(1, "K12", "2024-04-10", "2024-04-15")
	c.registered("EXPBASE1").pass(1, "K10", "2021-09-10", "2021-09-15").pass(1, "K11", "2024-04-10", "2024-04-15")
	cali := c.id("EXPJIBAI1", "2018-04-01").at(5, "1001", "1002、1004")
	cali.agency.Lines = "自賠責"
	cali.opens(1, "2020-04-01")
	c.registered("EXPGIVEN1").exam(1, "K10", "2022-01-20", "2022-01-25", func(q *pipeline.Qualification) { q.ExpiresOn = 20270131 }).
		exam(1, "K11", "2022-01-20", "2022-01-25", func(q *pipeline.Qualification) { q.ExpiresOn = 20270228 })
	c.registered("EXPNEVER1").units(1, "2024-04-10").exam(1, "Q01", "2005-06-01", "2010-04-01", func(q *pipeline.Qualification) { q.Unlimited = true })
	c.registered("EXPSPEC1").units(1, "2024-04-10").exam(1, "X01", "2021-08-31", "2021-09-05", completed).exam(1, "X02", "2022-08-31", "2022-09-05", completed)
}

// registered returns somebody with a registration that stands since 2020.
func (c *cast) registered(id string) *role {
	return c.id(id, "2018-04-01").at(5, "1001", "1002、1004").opens(1, "2020-04-01")
}

func changeNothing(*pipeline.Qualification) {}

func completed(q *pipeline.Qualification) { q.Result = pipeline.ResultCompleted }

func newCertificate(q *pipeline.Qualification) { q.CertificateNo += "-R" }

// examResults is what else a results file may say.
func (c *cast) examResults() {
	c.registered("EXMFAIL1").units(1, "2024-04-10").exam(2, "S01", "2026-11-17", "2026-11-20", failed)
	c.registered("EXMWDRW1").units(1, "2024-04-10").exam(2, "K11", "2024-04-10", "", withdrawn)
	c.registered("EXMPOST1").units(1, "2024-04-10").pass(2, "S01", "2026-11-16", "").pass(3, "S01", "2026-11-16", "2026-11-18")
	c.registered("EXMPOST2").units(1, "2024-04-10").pass(2, "S01", "2026-11-16", "2026-11-18").pass(3, "S01", "2026-11-16", "2026-11-20")
	c.registered("EXMOLDX1").units(1, "2024-04-10").exam(1, "X01", "2011-09-30", "2011-10-05", completed)
	r := c.registered("EXMNEXT1").units(1, "2024-04-10")
	for i, month := range []string{"2027-05", "2027/5", "202705", "2027年5月", "R9.5"} {
		r.exam(1, "S01", "2026-05-10", "2026-05-15", func(q *pipeline.Qualification) { q.CertificateNo += string(rune('A' + i)) })
		last := r.rows[len(r.rows)-1].cells
		last[8] = text(month)
	}
	r = c.registered("EXMFLAG1").units(1, "2024-04-10").pass(1, "D01", "2024-04-10", "2024-04-15")
	r.rows[len(r.rows)-1].cells[5] = text("1") // 合否 as a flag
}

// registrations is what happens to a registration.
func (c *cast) registrations() {
	c.id("REGOPEN1", "2018-04-01").units(1, "2024-04-10").at(11, "1001", "1003").event(1, "登録", "2020-04-01", "")
	c.id("REGMIX01", "2018-04-01").units(1, "2024-04-10").at(12, "1002", "1004").
		closes(1, "2025-09-30").event(1, "変更", "2022-10-01", "").opens(1, "2020-04-01")
	c.id("REGFUT01", "2026-05-10").at(12, "1002", "1004").opens(1, "2026-12-01")
	c.id("REGANN01", "2018-04-01").units(1, "2024-04-10").at(13, "1003", "1001").opens(1, "2020-04-01").
		event(1, "廃止", "2026-12-31", "2026-12-31").event(2, "変更", "2026-11-19", "")
	c.id("REGTODAY1", "2020-01-10").at(14, "1004", "").opens(1, "2020-04-01").closes(1, "2026-11-20")
	lead := c.id("REGLEAD1", "2018-04-01").units(1, "2024-04-10").at(15, "1001", "1002").opens(1, "2020-04-01")
	lead.at(15, "1002", "1001").event(2, "変更", "2026-11-18", "")
	c.id("REGNOOP1", "2018-04-01").units(1, "2024-04-10").at(13, "1003", "1001").closes(1, "2025-06-30").opens(3, "2019-04-01")
	c.id("REGTWO01", "2018-04-01").units(1, "2024-04-10").at(11, "1001", "1003").opens(1, "2020-04-01").closes(1, "2025-03-31").
		at(12, "1002", "1004").opens(1, "2021-04-01")
	role := c.id("REGROLE1", "2018-04-01").units(1, "2024-04-10").at(14, "1004", "").opens(1, "2020-04-01")
	role.agency.Role = "役員"
	role.event(1, "届出", "2023-04-01", "").closes(2, "2026-11-10")
	c.id("REGBACK1", "2018-04-01").units(1, "2024-04-10").at(12, "1002", "1004").event(1, "届出", "2019-04-01", "2021-03-31").opens(1, "2023-04-01")
	other := c.id("REGOTHER1", "2018-04-01").units(1, "2024-04-10").at(11, "1001", "1003").opens(1, "2020-04-01")
	other.agency.Sender = "1003" // a 非代申 may change, not close
	other.event(2, "変更", "2026-11-18", "")
	late := c.id("REGCUT01", "2018-04-01").units(1, "2024-04-10").at(13, "1003", "1001").opens(2, "2026-11-19")
	late.agency.Role = "代表者"
	late.event(2, "登録", "2026-11-19", "")
}
