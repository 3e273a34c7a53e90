package purge

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"meibo/pipeline"
)

// A short number is a 募集人ID where the words around say so or nothing speaks
// against it, in a text of which the rest stays.
func TestShortNumbersThatAreIDs(t *testing.T) {
	for _, text := range []string{
		"募集人ID:~", "募集人ＩＤ：～", "ID：~", "ID:~", "id:~", "No.~", "Ｎｏ．~", "no. ~", "№~", "№ ~", "#~", "＃～", "~号",
		"募集人ID ~ の委任状", "募集人ID~の委任状", "ID~", "No~", "募集人~", "募集人No.~", "募集人番号~", "募集人番号：~", "募集人コード=~", "募集人№~号",
		"ID番号:~", "IDナンバー ~", "（ID:~）", "[ID=~]", "「~」", "(~)", "ID:「~」", "ID:~.", "ID No. ~", "agent id: ~", "AGENT_ID=~", "募集人第~号",
		"新ID:~", "旧ID：~", "本人のID:~", "登録番号~", "担当者のNo.~", "確かめた#~", "照会、No.~", "~", "~の委任状", "~、別人", "委任状 ~",
		"募集人ID:7/~", "ID：77、~", "ID 77・~", "IDは7と~", "No.7,~", "7番の募集人はID ~", "（~号）", "窓口~号", "窓口No.~", "担当 No.~", "紹介者 №~", "担当#~", "照会済 ~号", "前の~号の届", "~名義の届", "~さん", "~の代理人", "~代理人", "2名 ~",
	} {
		told(t, text, "123456", true)
	}
	for _, text := range []string{
		"ID:~", "募集人~号", "募集人No.~", "担当者のNo.~", "募集人ID:~番", "募集人IDは~番です", "~番の募集人", "~号の募集人", "ID-~", "ID_~", "ID/~", "ID.~", "募集人/~", "ＩＤは「~」",
		"募集人IDが~の人", "本人のIDも~", "エージェントID:~", "募集人登録番号~", "~本人", "~本件の届", "~点検済", "~社員証", "~口座振替", "~行為", "~株式", "~組合", "~台帳", "~、別紙", "~から2件の照会", "~は12月に", "~社労士",
	} {
		told(t, text, "11", true)
		told(t, text, "4711", true)
	}
	for _, next := range []string{
		"回答済み", "回収", "通知", "通報", "個人情報", "個別", "年齢", "件名", "項目", "日付", "日時", "名前", "名称", "名寄せ", "名義", "部署", "部門", "人違い", "人物", "番の届", "番です",
	} {
		told(t, "募集人ID ~"+next, "11", true)
		told(t, "~"+next, "305218", true)
	}
	for _, text := range []string{"No.~", "#~の届", "合計、~の届", "Windows ~", "~、2名", "別紙 ~の委任状", "担当：~", "対象者:~", "~：回答済", "~〜305220号", "~、2026年12月20日", "~番", "（~番）", "IDは~個人情報"} {
		told(t, text, "305218", true)
	}
	told(t, "No.~", "4711", true)
	told(t, "~、2026年12月20日", "11", true)
}

func TestShortNumbersThatAreNoIDs(t *testing.T) {
	for _, text := range []string{
		"~円", "~ 円", "¥~", "￥~", "$~", "~万円", "保険金~円", "金~", "~,000円", "1,~", "~件", "~人", "~名", "~歳の件", "~才", "~回目", "~通", "~枚", "~部", "~％",
		"~か月", "~ヶ月", "~代の人", "~番", "~番地", "第~条", "第~号", "~条", "~項", "~丁目", "~個", "~階", "~号室",
		"~点", "~社", "~台", "~本", "~字", "~行", "~株", "~口", "~㎡", "~ポイント", "~営業日", "~種類", "~団体", "~店舗", "~組", "~カ国", "~パーセント", "~百円", "~名前後", "~日付",
		"~〜12月", "~ 〜 12 月", "~・12月", "~、12、13条", "11、~、13条", "10〜~月", "~ 、 12 件",
		"電話~", "TEL:~", "ＴＥＬ ~", "FAX.~", "内線~", "03-~-5678", "03(~)5678", "〒~",
		"受付No.~", "受付番号~", "受付番号：~", "受付第~号", "証券No.~", "証券番号 ~", "事案№~", "事案番号の~", "案件#~", "照会ID:~", "受付ID：~", "管理者ID:~", "ログインID ~",
		"Case #~", "CASE ID:~", "契約のNo.~", "口座番号~", "合格証明書番号~", "免許証No.~", "代理店コード~", "文書番号:~",
		"No.~", "#~", "№ ~", "別紙~", "別紙 ~", "要領§~", "Windows ~", "Excel~版", "番号は7件、次は~件", "件数:~", "10：~", "~：10",
		"2026-11-~", "2026年~月", "~月20日", "11/~", "平成~", "令和~年", "10:~", "ID:10:~", "~-1", "ID:~-1", "12.~", "1~", "~1", "x~",
		"募集人~人", "募集人~名", "ID ~件", "募集人数~人", "ID ~本", "ID ~営業日",
	} {
		told(t, text, "123", false)
	}
	for _, text := range []string{"~号", "~号の2", "受付~号", "第~号", "~号室", "案件~号", "受付~番の募集人"} {
		told(t, text, "11", false)
	}
	for _, text := range []string{
		"第~号", "受付~号", "受付第~号", "事案~号", "証券~号", "~円", "約~人", "受付No.~", "TEL:~", "証券番号：~", "委任状No.~", "申請書 #~", "受付 ~号", "顧客番号~", "電話No.~", "本件№~", "代理店No.~", "受付番号の~",
		"~番地", "~番目", "受付~番", "受付は~番", "100000〜~円", "~〜200000円", "~ポイント", "~株",
	} {
		told(t, text, "123456", false)
	}
	told(t, "~号議案", "123456", true) // which nobody has 123,456 of
}

// What others are called by is told by the words before it.
func TestNumbersOfOthers(t *testing.T) {
	for _, text := range []string{
		"契約者番号~", "被保険者番号：~", "加入者番号 ~", "申込者番号~", "利用者番号は~", "受取人番号~", "お客様番号~", "法人番号~", "契約者のNo.~", "契約者ID:~",
		"証券番号は~", "証券番号が~", "口座を~に", "口座~", "口座は~", "会員~", "会員 ~", "診察券~", "医籍登録番号~", "建築士登録番号~", "代理店登録番号:~", "証券番号-~", "証券番号~、~",
		"セッションID:~", "ユーザーID ~", "デバイスIDは~", "社内ID ~", "会社ID~", "会社のID:~", "SESSION_ID=~", "request id: ~", "受付ID/~",
		"合計 ~", "金額：~", "残高 ~", "保険料~", "手数料 ~", "代金~", "金額は~です", "合計は ~", "要領§~", "患者番号~", "支社ID ~",
		"~@ok.example.jp", "x.~@ok.example.jp", "x@~.example.jp", "～＠ok.example.jp", "ID:~@ok.example.jp", "x@~",
	} {
		told(t, text, "11", false)
		told(t, text, "4711", false)
		told(t, text, "305218", false)
	}
}

// A number of eight digits that reads as a day is an ID only where the words before
// say so.
func TestNumbersThatReadAsDays(t *testing.T) {
	for _, id := range []string{"19570308", "20161130"} {
		for text, want := range map[string]bool{
			"募集人ID ~": true, "募集人ID：~の委任状": true, "ID:~": true, "募集人番号は~": true, "No.~": true, "ID 7、~": true, "募集人IDは~です": true, "募集人IDを~に": true, "新ID→~": true, "~→~に": false,
			"~": false, "~の委任状": false, "作成日~": false, "作成日 ~": false, "~付": false, "（~）": false, "委任状_~": false, "ID ~付": false, "募集人（~生）": false,
			"受付番号~": false, "会員ID:~": false,
		} {
			told(t, text, id, want)
		}
	}
	for _, id := range []string{"00001234", "19571308", "18991231", "21000101"} {
		told(t, "~の委任状", id, true)
	}
}

// told checks that a number in the place of ~ is found and taken out, or neither,
// and nothing else is.
func told(t *testing.T, text, id string, want bool) {
	t.Helper()
	wide := strings.Map(func(r rune) rune { return r - '0' + '０' }, id)
	cell := strings.ReplaceAll(strings.ReplaceAll(text, "~", id), "～", wide)
	tr := NewTraces([]Traced{{ID: id}})
	if got := tr.In([]string{cell}) != ""; got != want {
		t.Errorf("%q: found %v, want %v", cell, got, want)
		return
	}
	got := tr.Redact([]string{cell}, []int{0})
	switch {
	case !want && got != nil:
		t.Errorf("%q became %q", cell, got)
	case want && got == nil:
		t.Errorf("%q stays", cell)
	case want && (tr.In(got) != "" || strings.Contains(got[0], id) || strings.Contains(got[0], wide)):
		t.Errorf("%q is left as %q", cell, got)
	}
}

// Whatever stands beside an ID, what is found can be redacted: nothing is found
// after it, and the same text is left by a second redaction.
func TestWhatIsFoundCanBeRedacted(t *testing.T) {
	persons := []Traced{
		{ID: "123456", Names: []string{"試験　太郎", "シケン タロウ"}, BornOn: day("1980-03-12"), Emails: []string{"taro@example.test"}},
		{ID: "11"},
		{ID: "X9"},
		{ID: "T000001", Names: []string{"林　一"}, BornOn: day("1989-05-08")},
		{ID: "00001234"},
		{ID: "19890508"},
	}
	tr := NewTraces(persons)
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			"募集人", "ID", "No.", "№", "#", ":", "：", "号", "第", "受付", "番号", "証券", "の", " ", "　", "/", "-", "、", ",", "（", "）", "円", "年", "月", "人", "生", "@", "＠", "は", "番", "本人", "日付", "～", "金額", "Win ", pipeline.Redacted,
		}),
		rapid.SampledFrom([]string{
			"123456", "１２３４５６", "11", "X9", "x9", "T000001", "00001234", "taro@example.test", "試験太郎", "試験　太郎", "ｼｹﾝﾀﾛｳ", "林一", "林　一",
			"1980-03-12", "昭和55年3月12日", "S55.3.12", "平成元年5月8日", "H1.5.8", "19890508", "1989年（平成元年）5月8日", "S55(1980).3.12",
		}),
	)
	text := rapid.Custom(func(t *rapid.T) (s string) {
		for range rapid.IntRange(0, 9).Draw(t, "pieces") {
			s += piece.Draw(t, "piece")
		}
		return s
	})
	rapid.Check(t, func(t *rapid.T) {
		row := []string{text.Draw(t, "a"), text.Draw(t, "b"), "他"}
		got := tr.Redact(row, []int{0, 1})
		switch found := tr.In(row); {
		case got == nil && found != "":
			t.Fatalf("%q: %s found and nothing redacted", row, found)
		case got != nil && found == "":
			t.Fatalf("%q became %q although nothing is found", row, got)
		case got == nil:
			return
		}
		if left := tr.In(got); left != "" || len(tr.Cells(got)) > 0 {
			t.Fatalf("%q still tells by %s in %q", row, left, got)
		}
		if again := tr.Redact(got, []int{0, 1}); again != nil {
			t.Fatalf("%q: %q, then %q", row, got, again)
		}
		for i := range row {
			if !pipeline.SameText(got[i], row[i]) {
				t.Fatalf("%q is not what is left of %q", got[i], row[i])
			}
		}
	})
}
