package engine

import (
	"fmt"
	"strings"
	"testing"

	"meibo/pipeline"
	"meibo/pipeline/identity"
)

// A register of another make than that of synth: other names, one ID in a
// hundred is a second one, half of the mail addresses and a third of the
// readings are missing, offices share mailboxes, families have twins.
func TestQualityOnARoughRegister(t *testing.T) {
	p := roughRecords(60_000, 1)
	c := build(t, p.records...)
	k := c.Candidates()
	shipped, err := DefaultModel()
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]Model{"trained": c.Train(k, trainingDay), "shipped": shipped} {
		r, err := c.Resolve(k, m, nil)
		if err != nil {
			t.Fatal(err)
		}
		own, best := c.Evaluate(r.Merges, NewTruth(p.labels()), r.Threshold)
		t.Logf("%s: own %+v, best %+v, %d pairs to look at", name, own, best, len(r.Pairs))
		if own.Precision < 0.995 || own.Recall < 0.8 || best.F1 < own.F1 {
			t.Errorf("%s: own %+v, best %+v", name, own, best)
		}
		for _, x := range r.Pairs {
			a, b := c.ID(int(x.A)), c.ID(int(x.B))
			if x.Class == pipeline.ClassConfirmed && p.truth[a] != p.truth[b] {
				t.Errorf("%s: %s and %s are %s but two people", name, a, b, x.Class)
			}
		}
	}
}

// roughNames are made of two parts, each written and read.
type roughNames struct{ heads, tails []string }

func (n roughNames) draw(r *rng) (kanji, kana string) {
	head, tail := strings.Split(r.word(n.heads), "/"), strings.Split(r.word(n.tails), "/")
	return head[0] + tail[0], head[1] + tail[1]
}

func roughLists() (family, man, woman roughNames) {
	list := strings.Fields
	return roughNames{
			list("高/タカ 山/ヤマ 渡/ワタ 大/オオ 小/コ 中/ナカ 石/イシ 松/マツ 藤/フジ 西/ニシ 北/キタ 上/ウエ 青/アオ 黒/クロ 森/モリ 吉/ヨシ 福/フク 竹/タケ 岩/イワ 長/ナガ 浜/ハマ 廣/ヒロ 富/トミ 平/ヒラ 横/ヨコ 杉/スギ 柳/ヤナギ 桜/サクラ 稲/イナ 飯/イイ 今/イマ 堀/ホリ 宮/ミヤ 瀬/セ 関/セキ 星/ホシ 砂/スナ 鶴/ツル 熊/クマ 荒/アラ"),
			list("田/ダ 橋/ハシ 川/カワ 本/モト 村/ムラ 井/イ 野/ノ 島/シマ 沢/ザワ 木/キ 崎/ザキ 原/ハラ 谷/タニ 口/グチ 岡/オカ 内/ウチ 辺/ナベ 瀬/セ 塚/ツカ 山/ヤマ 森/モリ 浦/ウラ 江/エ 戸/ド 保/ホ 尾/オ 見/ミ 倉/クラ 松/マツ 田/タ"),
		},
		roughNames{
			list("健/ケン 大/ダイ 正/マサ 和/カズ 弘/ヒロ 裕/ユウ 哲/テツ 拓/タク 秀/ヒデ 光/ミツ 信/ノブ 義/ヨシ 俊/トシ 孝/タカ 修/シュウ 康/ヤス 博/ヒロ 英/ヒデ 幸/ユキ 慎/シン 良/リョウ 敏/トシ 清/キヨ 昭/アキ 武/タケ 直/ナオ 元/モト 貴/タカ"),
			list("一/イチ 太/タ 介/スケ 司/シ 也/ヤ 男/オ 樹/キ 彦/ヒコ 人/ト 郎/ロウ 明/アキ 之/ユキ 治/ジ 平/ヘイ 輔/スケ 道/ミチ 成/ナリ 行/ユキ 吾/ゴ 志/シ"),
		},
		roughNames{
			list("由/ユ 美/ミ 恵/エ 真/マ 智/トモ 裕/ユウ 陽/ヨウ 久/ク 里/リ 千/チ 香/カ 奈/ナ 理/リ 和/カズ 幸/サチ 京/キョウ 典/ノリ 佳/ヨシ 沙/サ 麻/マ 彩/アヤ 友/トモ 純/ジュン 明/アキ 早/サ 春/ハル 秋/アキ 冬/フユ"),
			list("子/コ 美/ミ 代/ヨ 香/カ 江/エ 奈/ナ 菜/ナ 里/リ 恵/エ 乃/ノ 花/カ 穂/ホ 紀/キ 織/オリ 音/ネ 希/キ 世/ヨ 実/ミ 枝/エ 葉/ハ"),
		}
}

// rough is a person, or one ID of theirs.
type rough struct {
	fam, kfam, giv, kgiv, former, mail, agency, cert string
	woman                                            bool
	year, month, day                                 int
}

// roughRecords makes a register of about n IDs.
func roughRecords(n int, seed uint64) people {
	r := rng(seed << 40)
	family, man, woman := roughLists()
	p := people{truth: map[string]string{}, traps: map[string]string{}}
	person := 0
	add := func(x rough) {
		record := x.record(&r, len(p.records))
		p.records = append(p.records, record)
		p.truth[record.ID] = fmt.Sprint("P", person)
	}
	for len(p.records) < n {
		x := rough{woman: r.chance(45), year: 1945 + r.n(60), month: 1 + r.n(12), day: 1 + r.n(28)}
		x.fam, x.kfam = family.draw(&r)
		names := man
		if x.woman {
			names = woman
		}
		x.giv, x.kgiv = names.draw(&r)
		x.agency, x.cert = fmt.Sprintf("A%05d", r.n(n/25+1)), fmt.Sprintf("N%09d", mix(uint64(r), 5)%1_000_000_000)
		if x.mail = fmt.Sprintf("%c%d@rough.example", 'a'+rune(r.n(26)), mix(uint64(r), 6)%10_000_000); r.chance(10) {
			x.mail = strings.ToLower(x.agency) + "@office.example"
		}
		add(x)
		if r.chance(1) {
			add(x.second(&r, family))
		}
		if person++; r.n(300) == 0 { // a twin
			for giv := x.giv; giv == x.giv; {
				x.giv, x.kgiv = names.draw(&r)
			}
			x.cert = fmt.Sprintf("N%09d", mix(uint64(r), 7)%1_000_000_000)
			add(x)
			person++
		}
	}
	return p
}

// second is what a second ID of a person says, years later.
func (x rough) second(r *rng, family roughNames) rough {
	if x.woman && r.chance(25) {
		if r.chance(50) {
			x.former = x.fam
		}
		x.fam, x.kfam = family.draw(r)
	}
	if r.chance(60) {
		x.mail = fmt.Sprintf("%c%d@new.example", 'a'+rune(r.n(26)), mix(uint64(*r), 8)%10_000_000)
	}
	if r.chance(70) {
		x.cert = fmt.Sprintf("N%09d", mix(uint64(*r), 9)%1_000_000_000)
	}
	if r.chance(40) {
		x.agency = "Z" + x.agency[1:]
	}
	switch r.n(20) {
	case 0:
		x.day = 1 + x.day%28
	case 1:
		x.month, x.day = 1+(x.day-1)%12, x.month
	case 2:
		x.year++
	case 3:
		x.kgiv = roughSlip(r, x.kgiv)
	case 4:
		x.kfam = roughSlip(r, x.kfam)
	}
	return x
}

// roughSlip drops or doubles a letter.
func roughSlip(r *rng, s string) string {
	letters := []rune(s)
	i := r.n(len(letters))
	if r.chance(50) && len(letters) > 2 {
		return string(letters[:i]) + string(letters[i+1:])
	}
	return string(letters[:i+1]) + string(letters[i:])
}

// record writes an ID down, with what is missing missing.
func (x rough) record(r *rng, n int) Record {
	blank := "　"
	if r.chance(30) {
		blank = ""
	}
	out := Record{
		ID: fmt.Sprintf("R%08d", n), Name: x.fam + blank + x.giv, Kana: x.kfam + "　" + x.kgiv, Sex: "男", Agency: x.agency,
		Born: pipeline.Date(x.year*10000 + x.month*100 + x.day), Email: x.mail, Certificates: []identity.Certificate{{Number: x.cert}},
	}
	if x.woman {
		out.Sex = "女"
	}
	if x.former != "" {
		out.Former = []string{x.former}
	}
	for _, cell := range []struct {
		percent int
		of      *string
	}{{33, &out.Kana}, {50, &out.Email}, {5, &out.Sex}, {10, &out.Agency}} {
		if r.chance(cell.percent) {
			*cell.of = ""
		}
	}
	if r.chance(2) {
		out.Born = 0
	}
	if r.chance(20) {
		out.Certificates = nil
	}
	return out
}
