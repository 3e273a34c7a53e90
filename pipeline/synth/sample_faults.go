package synth

import (
	"strings"

	"meibo/pipeline"
)

// faultyAgents is one row for each fault of basic information. They stand in
// the file of Japanese years: 19 rows that are set aside, so that the file
// stays below the limit above which it would be refused.
func (c *cast) faultyAgents() {
	k := warekiAgents()
	row := func(id, name, born, sex, email, acquired, stop string) {
		c.add(1, association, k, texts(id, name, "", "", born, sex, email, acquired, stop))
	}
	row("FLTA01", "", "S50.2.1", "男", "", "H20.4.1", "")
	row("FLTA02", "欠測　生年月日", "", "男", "", "H20.4.1", "")
	row("FLTA03", "存在　しない日", "令和5年2月29日", "", "", "R5.4.1", "")
	row("FLTA04", "元号　違い", "R1.4.30", "", "", "R5.4.1", "")
	row("FLTA05", "未来　生まれ", "R9.1.1", "", "", "R5.4.1", "")
	row("FLTA06", "大昔　生まれ", "M32.12.31", "", "", "H20.4.1", "")
	row("FLTA07", "性別　誤記", "S50.2.7", "不明", "", "H20.4.1", "")
	row("FLTA08", "宛先　誤記", "S50.2.8", "女", "flta08.example.com", "H20.4.1", "")
	row("FLTA09", "停止　誤記", "S50.2.9", "女", "", "H20.4.1", "保留")
	row("FLTA10", strings.Repeat("長", 61), "S50.2.10", "女", "", "H20.4.1", "")
	row("FLTA11TOOLONGFORANIDXX", "長い　番号", "S50.2.11", "女", "", "H20.4.1", "")
	row("FLTA12", "西暦　二桁", "75/02/12", "女", "", "H20.4.1", "")
	row("FLTA13", "月日　なし", "昭和50年", "女", "", "H20.4.1", "")
	row("FLTA15", "重複　一行目", "S50.2.15", "女", "", "H20.4.1", "")
	row("FLTA15", "重複　二行目", "S50.2.16", "女", "", "H20.4.1", "")
	row("FLTA16", "全部　誤り", "S50.13.1", "不明", "flta16@", "いつか", "多分")
	row("", "番号　なし", "S50.2.17", "女", "", "H20.4.1", "")
	c.add(1, association, k, texts("FLTA17", "S50.2.18", "列が　足りない"))
	c.rows = append(c.rows, line{night: 1, sender: association, kind: k, raw: []byte("FLTA18,S50.2.19,\xfd\xfe\xff,,,,,H20.4.1,\r\n")})
	c.id("FLTA19", "2020-04-01").pass(1, "K10", "2022-05-10", "2022-05-15").update(2, func(a *pipeline.Agent) { a.IDAcquiredOn = 20200402 })
}

// faultyExams is one row for each fault of a result.
func (c *cast) faultyExams() {
	k := exams.of(seriesFaults)
	p := c.registered("FLTE00").units(1, "2024-04-10").agent
	row := func(change func([]cell)) {
		q := pipeline.Qualification{AgentID: p.ID, Code: "S01", Result: pipeline.ResultPassed, JudgedOn: 20250510, PostedOn: 20250515}
		cells := examCells(p, q)
		cells[9] = text("S01-25-" + digits2(len(c.rows)%100) + "-FLTE")
		change(cells)
		c.add(1, examCenter, k, cells)
	}
	set := func(column int, s string) { row(func(cells []cell) { cells[column] = text(s) }) }
	set(0, "NOBODY0001") // unknown-agent
	row(func(cells []cell) { cells[1], cells[2] = text("別人　太郎"), date(19700101) })
	set(1, "別人　太郎")                           // one of the two: a warning
	set(2, "S45.1.1")                         // the other: a warning
	set(3, "Z99")                             // unknown code
	set(5, "優秀")                              // unknown result
	set(6, "R8.12.24")                        // in the future
	set(6, "")                                // required
	set(7, "R2.1.1")                          // before the judgement
	set(7, "当分の間")                            // no date
	set(8, "来春")                              // no month
	set(9, "")                                // a pass without a certificate
	set(9, "一二三四五六七八九〇一二三四五六七八九〇一二三四五六七八九〇一") // 31 letters
	set(12, "H30.1.1")                        // posted before judged
	set(12, "R8.11.31")                       // no such day
	set(4, "P123456789012345678901")
	for _, code := range []string{"P000001", "P000002"} { // one key, two contents
		row(func(cells []cell) { cells[4], cells[9] = text(code), text("S01-25-TWICE") })
	}
	c.add(1, examCenter, k, append(examCells(p, pipeline.Qualification{AgentID: p.ID, Code: "S01"}), text("余分")))
}

// faultyRegistrations is one row for each fault of a registration, in a
// workbook of 1003 whose dates are text.
func (c *cast) faultyRegistrations() {
	k := registrations.of(seriesFaults)
	p := c.id("FLTR00", "2018-04-01").units(1, "2024-04-10").at(31, "1003", "1004").opens(1, "2020-04-01")
	row := func(event, on, closed string, change func([]cell)) {
		e := p.agency
		e.Event, e.On, e.ClosedOn = event, day(on), day(closed)
		cells := eventCells(p.agent, e)
		change(cells)
		c.add(1, "1003", k, cells)
	}
	set := func(column int, s string) {
		row("変更", "2026-10-01", "", func(cells []cell) { cells[column] = text(s) })
	}
	row("廃止", "2026-10-01", "", func([]cell) {})           // 廃止年月日 is missing
	row("届出", "2026-10-01", "2026-09-30", func([]cell) {}) // closed before opened
	set(8, "アルバイト")
	set(9, "休止")
	set(5, "NOBODY0002")
	set(2, strings.Repeat("9", 21))
	set(3, "")
	set(10, "令和8年9月31日")
	set(10, "8/10/01")
	set(2, "D9000099") // 変更 of nothing
	row("変更", "2026-10-01", "", func(cells []cell) { cells[6], cells[7] = text("別人　花子"), date(19700101) })
	row("変更", "2026-10-01", "", func(cells []cell) { cells[10] = cell{text: "2018", num: true} })
	row("届出", "2026-10-01", "", func(cells []cell) { cells[0], cells[1] = text("1001"), text("1002") }) // neither 代申 nor 非代申
	row("廃止", "2026-10-01", "2026-10-01", func(cells []cell) {                                          // a 非代申 must not close
		cells[0], cells[1], cells[2], cells[3] = text("1001"), text("1003"), text("D9000011"), text("株式会社見本保険サービス第11")
	})
}

// faultyActivities is one row for each fault of an activity.
func (c *cast) faultyActivities() {
	k := activities.of(seriesFaults)
	c.registered("FLTU00").units(1, "2024-04-10")
	for _, cells := range [][]cell{
		texts("NOBODY0003", "ログイン", "2026-10-01", "OP01"),
		texts("FLTU00", "散歩", "2026-11-01", "OP01"),
		texts("FLTU00", "ログイン", "", "OP01"),
		texts("FLTU00", "ログイン", "2026-12-01", "OP01"),
		texts("FLTU00", "ログイン", "2026-02-30", "OP01"),
		texts("FLTU00", "ログイン"),
		texts("", "ログイン", "2026-11-01", "OP01"),
		texts("FLTU00", "照会", "2026-09-01", "OP01"), // a good row among them
	} {
		c.add(1, association, k, cells)
	}
}

// comeBack is the rejected rows of two people, mended by the association and
// sent back with the third night: only the columns that matter, and those that
// tell of the errors, which are ignored.
func (c *cast) comeBack() {
	k := kind{
		name: agents.name, series: "rejects", file: "rejects_agents_20261119_wareki",
		headers: []string{"募集人ID", "氏名", "生年月日", "ID取得日", "エラー1"},
	}
	c.add(3, association, k, texts("FLTA04", "元号　違い", "H31.4.30", "R8.9.1", "元号の誤り"))
	c.add(3, association, k, texts("FLTA08", "宛先　誤記", "S50.2.8", "R8.9.1", "メールアドレスの誤り"))
}
