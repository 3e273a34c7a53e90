package synth

import (
	"fmt"
	"strings"
)

// agency is one 代理店.
type agency struct {
	no      string // 代理店登録番号
	name    string
	address string
	lead    string // 代理申請会社
	others  string // 非代理申請会社, joined by 、
}

// agency returns the agency with the number.
func (r *register) agency(number int) agency {
	d := roll(r.seed, forAgency, uint64(number))
	a := agency{no: fmt.Sprintf("D%07d", number+1), lead: r.insurers[d.n(len(r.insurers))]}
	var others []string
	for _, code := range r.insurers {
		if code != a.lead && d.chance(0.25) {
			others = append(others, code)
		}
	}
	a.others = strings.Join(others, "、")
	owner := r.words.surname(d).kanji
	a.name = strings.Replace([]string{
		"＊保険事務所", "有限会社＊保険", "株式会社＊総合保険サービス", "＊損害保険代理店", "株式会社＊モータース", "＊自動車整備工場",
	}[d.n(6)], "＊", owner, 1)
	town := []string{
		"北海道札幌市中央区北一条西", "宮城県仙台市青葉区国分町", "東京都千代田区神田錦町", "東京都世田谷区桜丘", "埼玉県川越市脇田町",
		"神奈川県横浜市中区本町", "新潟県新潟市中央区東大通", "愛知県名古屋市中区錦", "京都府京都市下京区四条町", "大阪府大阪市北区梅田",
		"兵庫県神戸市中央区三宮町", "広島県広島市中区紙屋町", "香川県高松市丸亀町", "福岡県福岡市博多区店屋町", "沖縄県那覇市久茂地",
	}[d.n(15)]
	a.address = fmt.Sprintf("%s%d-%d-%d", town, 1+d.n(9), 1+d.n(30), 1+d.n(20))
	return a
}
