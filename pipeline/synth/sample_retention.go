package synth

import "meibo/pipeline"

// neverRegistered is 要領 §10 No.1 (a pass on file: newest 登載日 + 10年) and
// No.2 (none: ID取得日 + 半年, extended by activities).
func (c *cast) neverRegistered() {
	c.id("CASE1DUE01", "2012-01-10").pass(1, "K10", "2016-11-14", "2016-11-20")
	c.id("CASE1DUE02", "2012-01-10").pass(1, "K10", "2016-11-10", "2016-11-18")
	c.id("CASE1LEAP1", "2012-01-10").pass(1, "K10", "2016-02-22", "2016-02-29")
	c.id("CASE1NOTE90", "2012-01-10").pass(1, "K10", "2017-02-10", "2017-02-18")
	c.id("CASE1NOTE91", "2012-01-10").pass(1, "K10", "2017-02-10", "2017-02-19")
	c.id("CASE1NEW01", "2010-01-10").pass(1, "K10", "2012-03-01", "2012-03-10").pass(1, "K11", "2020-03-23", "2020-03-31")
	c.id("CASE1USE01", "2012-01-10").pass(1, "K10", "2016-09-20", "2016-09-30").uses(1, "2026-09-01")
	c.id("CASE1STOP1", "2012-01-10").update(2, suspended).pass(1, "K10", "2016-08-20", "2016-08-31")
	c.id("CASE1CORR1", "2012-01-10").pass(1, "K10", "2016-10-20", "2016-10-31").pass(2, "K10", "2016-10-20", "2026-11-01")
	c.id("CASE1WDRW1", "2016-01-10").pass(1, "K10", "2020-05-10", "2020-05-20").exam(3, "K10", "2020-05-10", "", withdrawn)
	c.id("CASE1POST1", "2026-05-01").pass(2, "K10", "2026-11-19", "")

	c.id("CASE2DUE01", "2026-05-20")
	c.id("CASE2DUE02", "2026-05-18")
	c.id("CASE2MEND1", "2026-05-31")
	c.id("CASE2MEND2", "2025-08-31")
	c.id("CASE2MEND3", "2026-05-30")
	c.id("CASE2LEAP1", "2024-02-29")
	c.id("CASE2LEAP2", "2016-02-29")
	c.id("CASE2NOTE90", "2026-08-18")
	c.id("CASE2NOTE91", "2026-08-19")
	c.id("CASE2EXT01", "2026-03-31").uses(1, "2026-09-30")
	c.id("CASE2EXT02", "2025-09-30").uses(1, "2026-09-15", "2026-03-15")
	c.id("CASE2EXT03", "2024-11-30").uses(1, "2025-11-30", "2025-05-31", "2026-05-31")
	c.id("CASE2GAP01", "2024-11-30").uses(1, "2025-05-31", "2025-12-01", "2026-05-31")
	c.id("CASE2LATE1", "2026-03-31").uses(1, "2026-10-01")
	c.id("CASE2BASE1", "2026-05-10").uses(1, "2026-05-10")
	c.id("CASE2EARLY1", "2026-05-10").uses(1, "2026-05-09")
	c.id("CASE2KIND1", "2026-05-10").use(1, contactCenter, pipeline.ActivityInquiry, "2026.10.05")
	c.id("CASE2KIND2", "2026-05-10").use(1, "1002", pipeline.ActivityCheck100, "2026-10-05")
	c.id("CASE2BULK1", "2026-05-10").use(1, association, pipeline.ActivityBulk, "2026-10-05")
	c.id("CASE2TIME1", "2026-05-10").use(1, association, pipeline.ActivityLogin, "2026/11/10 23:59:59")
	c.id("CASE2SAVE1", "2026-04-30").add(3, association, activities.of(seriesLate), texts("CASE2SAVE1", "ログイン", "2026-10-20", "OP01"))
	c.id("CASE2SAVE2", "2026-04-30").add(3, contactCenter, activities.of(seriesUTF16), texts("CASE2SAVE2", "照会", "令和8年10月31日", "CC07"))
	c.person("CASE2STOP1", "2026-05-10").update(1, suspended)
	c.person("CASE2STOP2", "2026-05-10").update(1, suspended).update(3, func(a *pipeline.Agent) { a.Suspended = pipeline.FlagNo })
	c.person("CASE2STOP3", "2026-05-10").update(1, suspended).update(3, func(a *pipeline.Agent) {
		a.Suspended, a.Email = pipeline.FlagUnset, "case2stop3.new@example.com"
	})
	c.id("CASE2NOID1", "")
	c.id("CASE2NOID2", "").update(2, func(a *pipeline.Agent) { a.IDAcquiredOn = 20260510 })
	c.id("CASE2FAIL1", "2026-05-10").exam(1, "K10", "2026-05-25", "2026-05-28", failed)
}

// formerlyRegistered is 要領 §10 No.3 (a pass on file: newest 廃止年月日 + 10年)
// and No.4 (none: newest 廃止年月日 + 半年, extended by activities).
func (c *cast) formerlyRegistered() {
	c.id("CASE3DUE01", "2010-01-10").pass(1, "K10", "2012-03-01", "2012-03-10").at(1, "1001", "1002").opens(1, "2012-04-01").closes(1, "2016-11-20")
	c.id("CASE3LEAP1", "2010-01-10").pass(1, "K10", "2012-03-01", "2012-03-10").at(1, "1001", "1002").opens(1, "2012-04-01").closes(1, "2016-02-29")
	c.id("CASE3TWO01", "2010-01-10").pass(1, "K10", "2012-03-01", "2012-03-10").at(1, "1001", "1002").opens(1, "2012-04-01").closes(1, "2015-03-31").
		at(2, "1002", "").opens(1, "2015-04-01").closes(1, "2017-02-18")
	c.id("CASE3FAR01", "2010-01-10").pass(1, "K10", "2021-03-01", "2021-03-10").at(2, "1002", "").opens(1, "2012-04-01").closes(1, "2024-02-29")
	c.id("CASE3POST1", "2010-01-10").pass(1, "K10", "2018-03-01", "2018-03-10").at(2, "1002", "").opens(1, "2012-04-01").closes(1, "2016-06-30")
	c.person("CASE3STOP1", "2010-01-10").update(1, suspended).pass(1, "K10", "2012-03-01", "2012-03-10").at(1, "1001", "1002").opens(1, "2012-04-01").closes(1, "2016-06-30")
	c.id("CASE3AGAIN1", "2010-01-10").units(1, "2024-03-01").at(1, "1001", "1002").opens(1, "2012-04-01").closes(1, "2015-06-30").opens(1, "2024-04-01")
	c.id("CASE3WDRW1", "2018-01-10").pass(1, "K10", "2019-03-01", "2019-03-10").at(2, "1002", "").opens(1, "2019-04-01").closes(1, "2024-03-31").
		exam(2, "K10", "2019-03-01", "", withdrawn)
	c.id("CASE3USE01", "2010-01-10").pass(1, "K10", "2012-03-01", "2012-03-10").at(1, "1001", "1002").opens(1, "2012-04-01").closes(1, "2016-09-30").uses(1, "2026-09-01")

	c.id("CASE4DUE01", "2020-01-10").at(3, "1003", "1001").opens(1, "2020-04-01").closes(1, "2026-05-20")
	c.id("CASE4MEND1", "2020-01-10").at(3, "1003", "1001").opens(1, "2020-04-01").closes(1, "2025-08-31")
	c.id("CASE4MEND2", "2020-01-10").at(3, "1003", "1001").opens(1, "2020-04-01").closes(1, "2026-05-31")
	c.id("CASE4TWO01", "2020-01-10").at(3, "1003", "1001").opens(1, "2020-04-01").closes(1, "2025-03-31").at(4, "1004", "").opens(1, "2020-05-01").closes(1, "2026-08-18")
	c.id("CASE4EXT01", "2020-01-10").at(4, "1004", "").opens(1, "2020-04-01").closes(1, "2026-04-30").uses(1, "2026-10-31")
	c.id("CASE4LATE1", "2020-01-10").at(4, "1004", "").opens(1, "2020-04-01").closes(1, "2026-04-30").uses(1, "2026-11-01")
	c.id("CASE4EARLY1", "2020-01-10").at(4, "1004", "").opens(1, "2020-04-01").closes(1, "2026-04-30").uses(1, "2026-04-29")
	c.person("CASE4STOP1", "2020-01-10").update(1, suspended).at(4, "1004", "").opens(1, "2020-04-01").closes(1, "2026-04-30")
	c.id("CASE4NOOP1", "2020-01-10").at(4, "1004", "").closes(1, "2026-05-12")
	c.id("CASE4NEWS1", "2020-01-10").at(1, "1001", "1002").opens(1, "2020-04-01").closes(3, "2026-05-12")
	c.id("CASE4ONE01", "2020-01-10").at(1, "1001", "1002").event(1, "届出", "2020-04-01", "2026-05-15")
}

func suspended(a *pipeline.Agent) { a.Suspended = pipeline.FlagYes }

// withdrawn makes a result the 取消 of the pass with the same key.
func withdrawn(q *pipeline.Qualification) { q.Result = pipeline.ResultWithdrawn }

// failed makes a result a 不合格, which carries no certificate.
func failed(q *pipeline.Qualification) { q.Result, q.CertificateNo = pipeline.ResultFailed, "" }
