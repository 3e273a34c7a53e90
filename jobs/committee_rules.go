package jobs

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/report"
)

// settingTexts say in the committee's words what the settings of
// schemas/rules/retention.yaml and of meibo.yaml are.
func settingTexts() map[string]string {
	return map[string]string{
		"period_rule":          "期間の数え方",
		"months_no1":           "No.1 の管理期間",
		"months_no2":           "No.2 の管理期間",
		"months_no3":           "No.3 の管理期間",
		"months_no4":           "No.4 の管理期間",
		"months_extension":     "利用があったときに延びる期間",
		"months_inquiry":       "照会対応記録の保管期間",
		"closing_day_counts":   "廃止の当日は登録中とみなす",
		"pass_after_closing":   "廃止後に登載された合格の扱い",
		"future_opening":       "先の日付で届け出られた登録の扱い",
		"late_activity":        "期限後に記録された利用の扱い",
		"bulk_inquiry_extends": "保険会社の一括照会で管理期間が延びる",
		"withdrawn_grace_days": "取消により直ちに対象となる記録を審査に回す日数",
		"grace_days":           "遅れて届く利用履歴を待つ日数",
		"duplicate_hold_days":  "重複の疑いによる保留の上限",
		"notice_days":          "削除を予告する日数",
		"cluster_remark":       "合格が別の募集人IDにあることを注記する",
		"inquiry_base":         "照会対応記録の起算日",
		"purge.mode":           "削除の承認の方式",
		"purge.review_days":    "自動の方式での審査期間",
		"purge.approval_days":  "承認の有効期間",
		"purge.undo_days":      "削除を取り消せる期間",
		"purge.guard_months":   "削除した募集人IDの再出現を見張る期間",
		"archive.keep_days":    "受領したファイルの保管期間",
		"outbox.keep_days":     "提供した帳票の保管期間",
	}
}

// settingValue writes a value of a setting as people read it, a number with its unit.
func settingValue(name, value string) string {
	words := map[string]string{
		"yes": "はい", "no": "いいえ", "decision": "審査で決める", "literal": "文言どおり", "ignore": "数えない",
		"later": "受付日と回答日の遅い方", "received": "受付日", "answered": "回答日",
		"civil-code": "民法の期間計算", "clamped": "月数後の応当日", "approve": "2人の承認", "automatic": "審査期間後に自動",
	}
	if _, err := strconv.Atoi(value); err != nil {
		return cmp.Or(words[value], value)
	}
	if strings.Contains(name, "months") {
		return value + "か月"
	}
	return value + "日"
}

// rulesInForce are the settings by which the day is judged, and which of them came
// into force within the quarter (要領§9: the committee hears of changes).
func (n *night) rulesInForce(from, to pipeline.Date) ([]report.RuleInForce, error) {
	s := n.settings
	within := func(d pipeline.Date) bool { return from <= d && d <= to }
	var out []report.RuleInForce
	texts := settingTexts()
	for _, x := range s.List() {
		out = append(out, report.RuleInForce{
			Group: "保管と削除", Name: x.Name, Text: texts[x.Name], Value: settingValue(x.Name, x.Value), Default: settingValue(x.Name, x.Default),
			Clause: x.Clause, Version: s.Version, From: s.ValidFrom, Changed: within(s.ValidFrom),
		})
	}
	conduct, err := n.Rules.Conduct.On(n.row.AsOf)
	if err != nil {
		return nil, err
	}
	out = append(out, []report.RuleInForce{
		{Group: "資格", Text: "資格の種類と期間の表", Value: strings.Join(n.kinds.Codes(), " "), Version: n.kinds.Version, Clause: "要領§5(1)"},
		{Group: "業務記録の点検", Text: "点検規則", Version: conduct.Version, Clause: "要領§8・§9(2)・§11"},
		{Group: "利用目的", Text: "役割と利用目的の表", Version: n.Rules.Access.Version, Clause: "要領§3・§4"},
		{Group: "提供", Text: "帳票と項目の表", Version: n.Rules.Disclosure.Version, Clause: "要領§5(1)注、手引"},
	}...)
	defaults := DefaultConfig().committeeSettings()
	for name, v := range n.Config.committeeSettings() { // sorted below
		out = append(out, report.RuleInForce{
			Group: "運用の設定", Name: name, Text: texts[name], Value: settingValue(name, v), Default: settingValue(name, defaults[name]),
			Version: "meibo.yaml", Clause: "要領§10",
		})
	}
	slices.SortStableFunc(out, func(a, b report.RuleInForce) int {
		return cmp.Or(cmp.Compare(groupRank(a.Group), groupRank(b.Group)), cmp.Compare(a.Name, b.Name))
	})
	return out, nil
}

func groupRank(group string) int {
	return slices.Index([]string{"保管と削除", "資格", "業務記録の点検", "利用目的", "提供", "運用の設定"}, group)
}

// committeeSettings are the settings of the house that decide over people's records.
func (c Config) committeeSettings() map[string]string {
	return map[string]string{
		"purge.mode":          c.Purge.Mode,
		"purge.review_days":   strconv.Itoa(c.Purge.ReviewDays),
		"purge.approval_days": strconv.Itoa(c.Purge.ApprovalDays),
		"purge.undo_days":     strconv.Itoa(c.Purge.UndoDays),
		"purge.guard_months":  strconv.Itoa(c.Purge.GuardMonths),
		"archive.keep_days":   strconv.Itoa(c.Archive.KeepDays),
		"outbox.keep_days":    strconv.Itoa(c.OutboxKeepDays),
	}
}
