package jobs

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"meibo/pipeline/delivery"
	"meibo/pipeline/run"
)

// WhyNotMailed is, in Japanese, why a report goes another way or waits, and what
// an operator does about it; do is empty where nothing has to be done. A reason
// that is not known is given as it is: a code of the mail server.
func WhyNotMailed(reason string) (why, do string) {
	const again = "のうえ、meibo deliver で送り直してください"
	switch reason {
	case delivery.NotEncrypted:
		return "暗号化されていないためフォルダーに置き、通知のみ送信", ""
	case delivery.TooLarge:
		return "大きいためフォルダーに置き、通知のみ送信", ""
	case delivery.Unconfirmed:
		return "宛先が未確認", "テストメールが届いたかを宛先に確かめ、meibo deliver confirm-address <提供先> <アドレス> --by <アカウント> で記録してください"
	case delivery.StateUnknown:
		return "届いたか不明", "届いたかを宛先に確かめ、meibo deliver --dry-run に出るIDを付けて meibo deliver settle <ID> --arrived（届いていた）か --again（もう一度送る）で記録してください"
	case delivery.Changed:
		return "ファイルの内容が目録と一致しない", "outbox のファイルが書き換えられていないかを確かめ、meibo run で作り直してください"
	case delivery.NoPassword:
		return "パスワードを取り決めているのに暗号化されていない", "meibo run で暗号化したものに作り直してください"
	case "no-connection":
		return "メールサーバーに接続できない", "サーバーの状態と設定の delivery.smtp を確認" + again
	case "no-starttls":
		return "メールサーバーが暗号化に対応していない", "設定の delivery.smtp の port と tls を確認" + again
	case "certificate-not-trusted":
		return "メールサーバーの証明書を確認できない", "サーバーの証明書と、独自の認証局の場合は設定の delivery.smtp.ca_file を確認" + again
	case "login-refused":
		return "メールサーバーにログインできない", "設定の delivery.smtp.user と環境変数 " + smtpVariable + " を確認" + again
	case "no-session", "connection-lost":
		return "メールサーバーとの通信が途中で切れた", "サーバーの状態を確認" + again
	}
	if code, ok := strings.CutPrefix(reason, "smtp-"); ok {
		return "メールサーバーが受け付けなかった（応答コード " + code + "）", "宛先と容量の制限をサーバーの管理者に確認" + again
	}
	return reason, "meibo deliver --dry-run で状況を確かめてください"
}

// BehindJA tells an entry of Result.Behind in Japanese.
func BehindJA(behind string) string {
	what, reason, _ := strings.Cut(behind, " (")
	why, _ := WhyNotMailed(strings.TrimSuffix(reason, ")"))
	return what + "（" + why + "）"
}

// undeliveredWarning says which reports wait, each cause with what to do.
func undeliveredWarning(items []DeliveryItem) run.Warning {
	byReason := map[string][]string{}
	for _, i := range items {
		if i.State == ItemWaiting {
			byReason[i.Reason] = append(byReason[i.Reason], i.Reader+"/"+i.Report)
		}
	}
	var ja []string
	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		what := byReason[reason]
		slices.Sort(what)
		why, do := WhyNotMailed(reason)
		ja = append(ja, fmt.Sprintf("%s（%s）: %s。", strings.Join(slices.Compact(what), "、"), why, do))
	}
	return run.Warning{
		Code: "undelivered",
		JA:   "まだ提供できていない帳票があります。" + strings.Join(ja, ""),
		EN:   "reports are not delivered yet: " + strings.Join(undelivered(items), ", ") + "; see meibo deliver --dry-run",
	}
}
