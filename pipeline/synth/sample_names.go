package synth

import (
	"strings"

	"meibo/pipeline"
)

// duplicates is people with two IDs, and others who only look like it.
func (c *cast) duplicates() {
	name := func(s string) func(*pipeline.Agent) {
		return func(a *pipeline.Agent) { a.Name, a.NameKana, _ = strings.Cut(s, "/") }
	}
	cert := func(q *pipeline.Qualification) { q.CertificateNo = "K10-24-777001" }
	a := c.named("DUPCERT1A", "小林　明美/コバヤシ　アケミ", "1984-06-12", "2015-04-01").exam(1, "K10", "2024-05-10", "2024-05-15", cert)
	a.at(21, "1001", "").opens(1, "2020-04-01")
	a.again("DUPCERT1B", "2023-04-01", name("清水　明美/シミズ　アケミ")).exam(1, "K10", "2024-05-10", "2024-05-15", cert)
	c.named("DUPNAME1A", "田村　純一/タムラ　ジュンイチ", "1978-11-03", "2012-04-01").units(1, "2023-02-10").at(22, "1002", "").opens(1, "2019-04-01").
		again("DUPNAME1B", "2026-08-01", func(*pipeline.Agent) {})
	c.named("DUPWIDE1A", "長谷川　愛/ハセガワ　アイ", "1990-02-08", "2012-04-01").units(1, "2023-02-10").at(22, "1002", "").opens(1, "2019-04-01").
		again("DUPWIDE1B", "2026-08-01", name("長谷川愛/ﾊｾｶﾞﾜ ｱｲ"))
	c.named("DUPKANJI1A", "髙橋　健一/タカハシ　ケンイチ", "1969-07-21", "2012-04-01").units(1, "2023-02-10").at(22, "1002", "").opens(1, "2019-04-01").
		again("DUPKANJI1B", "2026-08-01", name("高橋　健一/タカハシ　ケンイチ"))
	c.named("DUPSUPP1A", "𠮷田　恵子/ヨシダ　ケイコ", "1971-01-30", "2012-04-01").units(1, "2023-02-10").at(22, "1002", "").opens(1, "2019-04-01").
		again("DUPSUPP1B", "2026-08-01", name("吉田　恵子/ヨシダ　ケイコ"))
	c.named("DUPIVS1A", "渡邉\U000E0101　誠/ワタナベ　マコト", "1965-09-17", "2012-04-01").units(1, "2023-02-10").at(22, "1002", "").opens(1, "2019-04-01").
		again("DUPIVS1B", "2026-08-01", name("渡邉　誠/ワタナベ　マコト"))
	c.named("DUPSWAP1A", "山﨑　由美子/ヤマザキ　ユミコ", "1973-04-11", "2012-04-01").units(1, "2023-02-10").at(23, "1003", "").opens(1, "2019-04-01").
		again("DUPSWAP1B", "2026-08-01", func(a *pipeline.Agent) { a.BornOn = 19731104 })
	c.named("DUPHOLD1A", "五十嵐　豊/イガラシ　ユタカ", "1968-12-02", "2012-04-01").units(1, "2023-02-10").at(23, "1003", "").opens(1, "2019-04-01").
		again("DUPHOLD1B", "2026-05-10", func(*pipeline.Agent) {})
	c.named("DUPHIDE1A", "服部　沙織/ハットリ　サオリ", "1988-03-25", "2012-04-01").exam(1, "K10", "2024-05-10", "2024-05-15", sharedCertificate).
		again("DUPHIDE1B", "2022-04-01", func(*pipeline.Agent) {}).exam(1, "K10", "2024-05-10", "2024-05-15", sharedCertificate).
		pass(1, "K11", "2021-10-10", "2021-10-15").at(23, "1003", "").opens(1, "2022-05-01")

	c.named("TWIN0001", "西村　翔太/ニシムラ　ショウタ", "1994-08-09", "2016-04-01").units(1, "2023-02-10").at(24, "1004", "").opens(1, "2019-04-01")
	c.named("TWIN0002", "西村　翔平/ニシムラ　ショウヘイ", "1994-08-09", "2016-04-01").trapped(trapTwin).units(1, "2023-02-10").at(24, "1004", "").opens(1, "2019-04-01")
	c.named("STRANGER1", "佐藤　浩/サトウ　ヒロシ", "1966-05-05", "2012-04-01").units(1, "2023-02-10").at(21, "1001", "").opens(1, "2019-04-01")
	c.named("STRANGER2", "佐藤　浩/サトウ　ヒロシ", "1966-05-05", "2014-04-01").trapped(trapStranger).units(1, "2023-02-10").at(24, "1004", "").opens(1, "2019-04-01")
	c.named("NAMECHG1", "中野　彩/ナカノ　アヤ", "1992-10-14", "2016-04-01").units(1, "2023-02-10").at(21, "1001", "").opens(1, "2019-04-01").
		update(2, func(a *pipeline.Agent) {
			a.Name, a.NameKana, a.FormerName = "大塚　彩", "オオツカ　アヤ", "中野　彩"
		})
	c.named("NAMELATN1", "ＯＢＲＩＥＮ　Ｍａｒｙ/オブライエン　メアリー", "1985-07-04", "2016-04-01").units(1, "2023-02-10").at(21, "1001", "").opens(1, "2019-04-01")
}

func sharedCertificate(q *pipeline.Qualification) { q.CertificateNo = "K10-24-777002" }

// writtenDates is one person for each way of writing a date, in a CP932 file
// of Japanese years with columns in another order. Each has a pass, so that
// none of them is due.
func (c *cast) writtenDates() {
	for i, born := range [][2]string{
		{"S55.4.1", "1980-04-01"},
		{"昭和55年4月2日", "1980-04-02"},
		{"Ｓ５５．４．３", "1980-04-03"},
		{"㍼55年4月4日", "1980-04-04"},
		{"s55-4-5", "1980-04-05"},
		{"昭55.4.6", "1980-04-06"},
		{"1980/4/7", "1980-04-07"},
		{"1980.4.8", "1980-04-08"},
		{"19800409", "1980-04-09"},
		{"1980年4月10日(木)", "1980-04-10"},
		{"１９８０／４／１１", "1980-04-11"},
		{"1980-04-12 00:00:00", "1980-04-12"},
		{"S64.1.7", "1989-01-07"},
		{"平成元年1月8日", "1989-01-08"},
		{"H1.1.9", "1989-01-09"},
		{"㍻2年3月4日", "1990-03-04"},
	} {
		c.wareki("DATE"+digits2(i+1), born, "令和元年5月1日", "", "なし")
	}
	for i, acquired := range []string{"R1.5.1", "平成31年4月30日", "平成31年5月1日", "平成35年3月31日", "H30.10.22"} {
		c.wareki("DATEACQ"+digits2(i+1), [2]string{"S60.1.1", "1985-01-01"}, acquired, "digit", "×")
	}
	c.wareki("NAMEIBM1", [2]string{"S50.1.1", "1975-01-01"}, "H20.4.1", "F", "無", "髙﨑　德子", "タカサキ　ノリコ")
	c.wareki("NAMEHALF1", [2]string{"S50.1.2", "1975-01-02"}, "H20.4.1", "M", "0", "草彅　剛志", "ｸｻﾅｷﾞ ﾂﾖｼ")
	c.wareki("NAMESUPP1", [2]string{"S50.1.3", "1975-01-03"}, "H20.4.1", "1", "FALSE", "𠮷野　家康", "ヨシノ　イエヤス")
	// 髙﨑 in the codes NEC chose for IBM's letters (EEE0 ED95), as older software writes them.
	r := c.person("NAMENEC1", "")
	r.agent.Name, r.agent.BornOn = "髙﨑　太郎", 19750104
	r.pass(1, "K10", "2024-04-10", "2024-04-15")
	c.rows = append(c.rows, line{night: 1, sender: association, kind: warekiAgents(), raw: []byte(
		"NAMENEC1,S50.1.4,\xee\xe0\xed\x95\x81\x40\x91\xbe\x98\x59,,,1,N,H20.4.1,namenec1@example.com\r\n",
	)})
}

// warekiAgents is the basic information in another order of columns.
func warekiAgents() kind { return agents.of(seriesWareki, 0, 4, 1, 2, 3, 5, 8, 7, 6) }

// wareki sends basic information in the words given: the birth date as written
// and as meant. Sex is a word, digit for the digits, or empty for what was drawn;
// name and reading may follow.
func (c *cast) wareki(id string, born [2]string, acquired, sex, stop string, name ...string) {
	r := c.person(id, "")
	r.agent.BornOn = day(born[1])
	if len(name) == 2 {
		r.agent.Name, r.agent.NameKana = name[0], name[1]
	}
	a := r.agent
	switch {
	case sex == "":
		sex = a.Sex
	case sex == "digit" && a.Sex == "男":
		sex = "1"
	case sex == "digit":
		sex = "2"
	}
	r.add(1, association, warekiAgents(), texts(a.ID, a.Name, a.NameKana, "", born[0], sex, a.Email, acquired, stop)).
		pass(1, "K10", "2024-04-10", "2024-04-15")
}

func digits2(n int) string { return string([]byte{'0' + byte(n/10), '0' + byte(n%10)}) }
