package identity

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLevelVectors(t *testing.T) {
	f, err := os.Open("testdata/names.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		id, a, b, want := row[0], row[1], row[2], NameLevel(row[3])
		if got := Level(a, b); got != want {
			t.Errorf("%s: Level(%q, %q) = %s, want %s (%s)", id, a, b, got, want, row[4])
		}
	}
}

// Every pair is written with its two kanji side by side.
func TestKanjiOfOneNameAreVariants(t *testing.T) {
	for pair := range strings.FieldsSeq(`
		髙高 﨑崎 嵜崎 濱浜 濵浜 澤沢 嶋島 嶌島 櫻桜 國国 圀国 廣広 龍竜 瀧滝 惠恵 榮栄 條条
		澁渋 澀渋 鹽塩 萬万 關関 兒児 壽寿 德徳 悳徳 曾曽 桒桑 𠮷吉 圡土 冨富 舘館 栁柳 桺柳
		籠篭 桧檜 槗橋 𣘺橋 黑黒 靑青 瀨瀬 賴頼 戶戸 凜凛 亙亘 彌弥 禮礼 龜亀 柏栢 淵渕 淵渊
		邊辺 邉辺 邉邊 齋斎 齊斉 眞真 峯峰 佛仏 體体 躰体 鐵鉄 鉃鉄 來来 靜静 淨浄 聰聡 總総
		緣縁 綠緑 祿禄 壹壱 與与 豐豊 莊荘 藏蔵 當当 團団 獨独 寶宝 寳宝 珎珍 蘆芦 穗穂 繩縄
		圓円 槇槙 堯尭 晉晋 會会 縣県 螢蛍 觀観 勳勲 薰薫 逹達 遙遥 瑤瑶 奧奥 應応 舩船 禰祢
		鷗鴎 楳梅 枩松 柗松 秌秋 穐秋 嶽岳 巖巌 鎭鎮 釼剣 劍剣 劔剣 釡釜 顯顕 餠餅 增増 曻昇
		鄕郷 隱隠 穩穏 雞鶏 鷄鶏 點点 爲為 將将 臺台 藝芸 苅刈 愽博 稻稲 耒来 薗園 讓譲 醫医
		釋釈 錢銭 雁鴈 靈霊 靏鶴 靍鶴 鸖鶴 寉鶴 湏須 滿満 泻潟 烟煙 熙煕 猨猿 畄留 疊畳 繪絵
		翆翠 脩脩 舍舎 蔣蒋 衞衛 覺覚 譽誉 邨村 郞郎 埜野 錄録 陦島 鄰隣 雜雑 靣面 驛駅 麥麦
		黃黄 默黙 凉涼 卋世 廚厨 吳呉 囯国 壻婿 姊姉 姬姫 娛娯 孃嬢 實実 帶帯 彥彦 恆恒 悅悦
		愼慎 戾戻 拔抜 拜拝 收収 敕勅 學学 斷断 晄晃 晝昼 曉暁 樣様 橫横 檢検 權権 步歩 歲歳
		歸帰 每毎 氣気 沖冲 泪涙 淺浅 淸清 溫温 灣湾 燈灯 爐炉 燒焼 狹狭 獎奨 盃杯 瓶甁 發発
		研硏 碎砕 祕秘 禪禅 糺糾 經経 絲糸 緖緒 縱縦 繡繍 纎繊 肅粛 艷艶 萠萌 藥薬 處処 裝装
		謠謡 證証 讀読 讚讃 轉転 辨弁 醬醤 鑛鉱 鑄鋳 錬鍊 雙双 霸覇 顏顔 類類 髮髪 鶯鴬 麵麺
		薮藪 桝枡 麹麴 砺礪 蛎蠣 侭儘 頴穎 騨驒 壷壺 剥剝 頚頸 諌諫 靭靱 ⻑長 ⻄西 ⻘青 﨔欅`) {
		r := []rune(pair)
		a, b := "山"+string(r[0])+"子", "山"+string(r[1])+"子"
		want := NameVariant
		if r[0] == r[1] {
			want = NameSame
		}
		if got := Level(a, b); got != want {
			t.Errorf("Level(%s, %s) = %s, want %s", a, b, got, want)
		}
	}
}

func TestCompatibilityKanjiAreTheSame(t *testing.T) {
	for compat, plain := range map[string]string{
		"\ufa10": "塚", "\ufa12": "晴", "\ufa15": "凞", "\ufa16": "猪", "\ufa17": "益", "\ufa18": "礼", "\ufa19": "神",
		"\ufa1a": "祥", "\ufa1b": "福", "\ufa1c": "靖", "\ufa1d": "精", "\ufa1e": "羽", "\ufa22": "諸", "\ufa25": "逸",
		"\ufa26": "都", "\ufa2a": "飯", "\ufa2b": "飼", "\ufa2c": "館", "\ufa2d": "鶴", "\uf9dc": "隆", "\ufa47": "漢",
		"\ufa4f": "祐", "\ufa50": "祖", "\ufa51": "祝", "\ufa5b": "者", "\ufa64": "賓", "\u2f95": "谷", "隆\U000e0100": "隆",
		"葛\U000e0101": "葛", "祐\ufe00": "祐", "辻\U000e0102": "辻",
	} {
		if got := Level("山"+compat, "山"+plain); got != NameSame {
			t.Errorf("Level(山%s %+q, 山%s) = %s, want same", compat, compat, plain, got)
		}
	}
}

func TestKanjiThatLookAlikeStayApart(t *testing.T) {
	for pair := range strings.FieldsSeq(`
		斎斉 齋齊 齋斉 坂阪 裕祐 太大 太犬 大犬 土士 末未 己已 已巳 己巳 千干 干于 鳥烏 藤籐 峰嶺
		峯嶺 荻萩 菅管 埼崎 碕崎 隅偶 堺境 堺界 境界 岩巌 庄荘 堀掘 俣又 辻逵 檀壇 輿与 舟船 屋家 麿磨
		棲栖 杉椙 連蓮 祇祗 脇脅 槻規 栗粟 桐洞 種稙 積績 箕蓑 華花 蒔時 郁都 酉西 英瑛 瑠琉 甲申 由田
		畠畑 真填 矢失 秦泰 篤竺 茅萱 葉叶 臣巨 遊游 鍛鍜 隈偶 鷲就 呂侶 幸倖 惇敦 慧恵 戎戒 揚楊
		昂昴 晃滉 晏安 杁入 杲昊 柊終 棚柵 涼椋 猶楢 澄登 輝煇 耀曜 秀季 穆睦 紀記 純淳 弘紘 見児
		貝具 瓜爪 人入 日曰 日目 白臼 石右 左右 問間 侍待 持待 住往 牛午 王玉 功切 師帥 着著 書昼 藁稿
		明朋 満漫 易陽 匡往 充亥 乃弓 升叔 二ニ 八ハ 力カ 口ロ 工エ 夕タ 卜ト 一ー 三ミ 千チ 子ネ 井丼`) {
		r := []rune(pair)
		a, b := "山"+string(r[0])+"子", "山"+string(r[1])+"子"
		if got := Level(a, b); got != NameDifferent {
			t.Errorf("Level(%s, %s) = %s, want different", a, b, got)
		}
	}
}

func TestLevel(t *testing.T) {
	tests := []struct {
		name, a, b string
		want       NameLevel
	}{
		{"a repeated kanji whose first writing is old", "佐〻木", "佐佐木", NameVariant},
		{"々 after a folded kanji", "濵々", "浜浜", NameVariant},
		{"々 alone repeats nothing", "々木", "木木", NameDifferent},
		{"々 twice", "野々々", "野野野", NameVariant},
		{"small ke written as カ", "竹ヶ原", "竹カ原", NameDifferent},
		{"small ka", "三ヵ尻", "三カ尻", NameVariant},
		{"が for ヶ", "竹が原", "竹ヶ原", NameDifferent},
		{"ー after a large ya", "ジャー", "ジヤア", NameKana},
		{"ー after a long vowel", "オーー", "オオオ", NameKana},
		{"コウ is not コー", "コウノ", "コーノ", NameDifferent},
		{"コウ is not コオ", "コウノ", "コオノ", NameDifferent},
		{"コオ is コー", "コオノ", "コーノ", NameKana},
		{"エイ is not エー", "ケイコ", "ケーコ", NameDifferent},
		{"ー after ン stays", "シンーイチ", "シンイチ", NameDifferent},
		{"オ is ヲ in hiragana", "かをる", "カオル", NameKana},
		{"ヰ and ヱ", "ヰヱコ", "イエコ", NameKana},
		{"ヅ", "シミヅ", "シミズ", NameKana},
		{"small ヮ", "クヮ", "クワ", NameKana},
		{"ヴ is not ブ", "ヴィオラ", "ビオラ", NameDifferent},
		{"シ is not ツ", "シジ", "ツジ", NameDifferent},
		{"ソ is not ン", "ソノ", "ンノ", NameDifferent},
		{"半濁点 is meaning", "ハナ", "パナ", NameDifferent},
		{"a foreign name with its dot", "じょん・すみす", "ジヨン・スミス", NameKana},
		{"half-width voicing", "ﾅｶﾞｼﾏ ﾊﾟｳﾛ", "ナガシマパウロ", NameSame},
		{"mixed writing is no kana name", "山田はな", "山田ハナ", NameDifferent},
		{"kanji against its reading", "高橋", "タカハシ", NameDifferent},
		{"umlaut and stroke", "Øksendal", "OKSENDAL", NameVariant},
		{"a letter with two marks", "Nguyễn", "NGUYEN", NameVariant},
		{"a combining mark", "Mu\u0308ller", "MÜLLER", NameSame},
		{"ligature", "Æbelø", "AEBELO", NameVariant},
		{"ü is not ue", "MÜLLER", "MUELLER", NameDifferent},
		{"other letters", "SMITH", "SMYTH", NameDifferent},
		{"empty against a name", "", "山田", NameDifferent},
		{"old kanji and a blank", "髙橋　惠", "高橋恵", NameVariant},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Level(tt.a, tt.b); got != tt.want {
				t.Errorf("Level(%q, %q) = %s, want %s", tt.a, tt.b, got, tt.want)
			}
		})
	}
}

func TestKeysOf(t *testing.T) {
	tests := []struct {
		name string
		want NameKeys
	}{
		{"渡邉　惠", NameKeys{Clean: "渡邉惠", Variant: "渡辺恵", Skeleton: "渡辺恵"}},
		{"齋藤", NameKeys{Clean: "齋藤", Variant: "斎藤", Skeleton: "斉藤"}},
		{"ｿﾉﾀﾞ ｼﾞｮｰ", NameKeys{Clean: "ソノダジョー", Kana: "ソノダジヨオ", Variant: "ソノダジョー", Skeleton: "ンノタシヨオ"}},
		{"ツヅキ", NameKeys{Clean: "ツヅキ", Kana: "ツズキ", Variant: "ツヅキ", Skeleton: "シスキ"}},
		{"佐々木ゆう子", NameKeys{Clean: "佐々木ゆう子", Variant: "佐佐木ゆう子", Skeleton: "佐佐木ユウ子"}},
		{"Anne-Marie O’Brién", NameKeys{Clean: "anne-marieo'brién", Variant: "anne-marieo'brien", Skeleton: "annemarieobrien", Latin: "annemarieobrien"}},
		{"SMITHさん", NameKeys{Clean: "smithさん", Variant: "smithさん", Skeleton: "smithサン"}},
		{"ー", NameKeys{Clean: "ー", Variant: "ー", Skeleton: "ー"}},
		{"", NameKeys{}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, KeysOf(tt.name)); diff != "" {
			t.Errorf("KeysOf(%q), -want +got:\n%s", tt.name, diff)
		}
	}
}

func TestStepsSayWhatWasFoldedAndWhy(t *testing.T) {
	tests := []struct {
		name string
		want []string
	}{
		{"山田太郎", nil},
		{"髙橋　惠", []string{
			"空白→なし（空白は比べない）",
			"髙→高（戸籍統一文字の親字・正字）",
			"惠→恵（戸籍統一文字の親字・正字）",
		}},
		{"佐々木", []string{"々→佐（繰り返し記号を前の漢字にする）"}},
		{"渡辺\U000e0101", []string{"辺\U000e0101→辺（異体字セレクタを外す）"}},
		{"竹ヶ原", []string{"ヶ→ケ（小さいヶ・ヵを大きくする）"}},
		{"ＳＭＩＴＨ", []string{"ＳＭＩＴＨ→smith（全角・半角と大文字・小文字をそろえる）"}},
		{"é", []string{"é→e（発音記号を外す）"}},
		{"\ufa10田", []string{"\ufa10→塚（互換漢字をもとの漢字にする）"}},
		{"薮", []string{"薮→藪（異体字の追加表）"}},
		{"ｼﾞｮｰをちゃん", []string{
			"ｼﾞｮｰ→ジョー（全角・半角をそろえる）",
			"をちゃん→ヲチャン（ひらがなをカタカナにする）",
			"ョャ→ヨヤ（小さいかなを大きくする）",
			"ヲ→オ（同じ読みのかなをそろえる）",
			"ー→オ（長音を前の母音にする）",
		}},
	}
	for _, tt := range tests {
		var got []string
		for _, s := range Steps(tt.name) {
			got = append(got, s.String())
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("Steps(%q), -want +got:\n%s", tt.name, diff)
		}
	}
}

func TestDiff(t *testing.T) {
	same := func(s string) Span { return Span{s, SpanSame} }
	written := func(s string) Span { return Span{s, SpanWritten} }
	other := func(s string) Span { return Span{s, SpanOther} }
	tests := []struct {
		name, a, b   string
		wantA, wantB []Span
	}{
		{"equal", "山田", "山田", []Span{same("山田")}, []Span{same("山田")}},
		{"a variant", "髙橋", "高橋", []Span{written("髙"), same("橋")}, []Span{written("高"), same("橋")}},
		{"another kanji", "斎藤", "斉藤", []Span{other("斎"), same("藤")}, []Span{other("斉"), same("藤")}},
		{"a blank more", "山田　太郎", "山田太郎", []Span{same("山田"), written("　"), same("太郎")}, []Span{same("山田太郎")}},
		{
			"a blank in both", "山田 太郎", "山本 太郎",
			[]Span{same("山"), other("田"), same(" 太郎")},
			[]Span{same("山"), other("本"), same(" 太郎")},
		},
		{"a kanji more", "山田太郎", "山田太", []Span{same("山田太"), other("郎")}, []Span{same("山田太")}},
		{"one in the middle", "山田太郎", "山太郎", []Span{same("山"), other("田"), same("太郎")}, []Span{same("山太郎")}},
		{"long vowel", "オーノ", "オオノ", []Span{same("オ"), written("ー"), same("ノ")}, []Span{same("オ"), written("オ"), same("ノ")}},
		{"a repeated kanji", "佐々木", "佐佐木", []Span{same("佐"), written("々"), same("木")}, []Span{same("佐"), written("佐"), same("木")}},
		{"kana in a mixed name", "森ゆう子", "森ユウ子", []Span{same("森"), written("ゆう"), same("子")}, []Span{same("森"), written("ユウ"), same("子")}},
		{"one letter for two", "Strauß", "Strauss", []Span{same("Strau"), written("ß")}, []Span{same("Strau"), written("ss")}},
		{"half width", "ｶﾞﾝ", "ガン", []Span{written("ｶﾞﾝ")}, []Span{written("ガン")}},
		{"nothing in common", "山田", "佐藤", []Span{other("山田")}, []Span{other("佐藤")}},
		{"one is missing", "", "佐藤", nil, []Span{other("佐藤")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			gotA, gotB := Diff(tt.a, tt.b)
			if diff := cmp.Diff([][]Span{tt.wantA, tt.wantB}, [][]Span{gotA, gotB}); diff != "" {
				t.Errorf("Diff(%q, %q), -want +got:\n%s", tt.a, tt.b, diff)
			}
		})
	}
}
