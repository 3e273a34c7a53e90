package jobs

import (
	"strings"
	"testing"

	"meibo/pipeline/delivery"
)

// An operator reads no code: each reason has words, and each that keeps a report
// back says what to do.
func TestEveryReasonOfADeliveryHasWords(t *testing.T) {
	todo := map[string]bool{
		delivery.NotEncrypted: false, delivery.TooLarge: false,
		delivery.Unconfirmed: true, delivery.StateUnknown: true, delivery.Changed: true, delivery.NoPassword: true,
		"no-connection": true, "no-starttls": true, "certificate-not-trusted": true, "login-refused": true,
		"no-session": true, "connection-lost": true, "smtp-552": true,
	}
	for reason, want := range todo {
		why, do := WhyNotMailed(reason)
		if why == "" || strings.Contains(why, reason) || strings.HasSuffix(do, "ください") != want {
			t.Errorf("%s: %q, %q", reason, why, do)
		}
	}
	w := undeliveredWarning([]DeliveryItem{
		{Reader: "1001", Report: "expiry-report", State: ItemWaiting, Reason: delivery.Unconfirmed},
		{Reader: "1002", Report: "conduct", State: ItemWaiting, Reason: "smtp-552"},
		{Reader: "1001", Report: "conduct", State: ItemWaiting, Reason: delivery.Unconfirmed},
		{Reader: "1001", Report: "conduct", State: ItemWaiting, Reason: delivery.Unconfirmed},
		{Reader: "1003", Report: "conduct", State: ItemDelivered},
	})
	for _, part := range []string{"1001/conduct、1001/expiry-report（宛先が未確認）", "confirm-address", "1002/conduct（メールサーバーが受け付けなかった（応答コード 552））"} {
		if !strings.Contains(w.JA, part) {
			t.Errorf("%q says nothing of %q", w.JA, part)
		}
	}
	if strings.Contains(w.JA, "1003") || strings.Contains(w.JA, delivery.Unconfirmed) {
		t.Errorf("told too much: %q", w.JA)
	}
}
