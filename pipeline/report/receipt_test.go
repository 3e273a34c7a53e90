package report

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meibo/pipeline"
	"meibo/pipeline/purge"
)

func sampleReceipt() *purge.Receipt {
	at := func(min int) pipeline.Instant {
		return pipeline.InstantOf(time.Date(2026, 11, 22, 3, 20+min, 0, 0, jst))
	}
	r := &purge.Receipt{
		No: "R-000012", Kind: purge.ReceiptPurge, ListNo: 34, AsOf: pipeline.MustDate("2026-11-22"),
		RuleVersion: "要領2018-10-22", ListHash: strings.Repeat("5a", 32),
		Persons:     []purge.Count{{Of: "1", Count: 12}, {Of: "2", Count: 1034}, {Of: "4", Count: 230}, {Of: pipeline.CaseRequest, Count: 1}},
		RowsDeleted: []purge.Count{{Of: "activities", Count: 4021}, {Of: "qualifications", Count: 310}, {Of: "registrations", Count: 488}, {Of: "agents", Count: 1277}},
		Approvers:   []string{"C0001", "C0002"}, StartedAt: at(0), FinishedAt: at(4), Version: "v1.2.3", ConfigHash: strings.Repeat("c7", 32),
		Searched: []purge.Searched{{Place: "agents", Things: 120_000}, {Place: "activities", Things: 800_123}, {Place: "outbox/0001", Things: 90, Hits: 12}, {Place: "state_dir/archive", Things: 812, Hits: 35}, {Place: "state_dir/tmp"}},
		Residual: []purge.Residual{{Place: "outbox/0001", Files: 12, Until: pipeline.MustDate("2027-02-19")}, {Place: "state_dir/archive", Files: 35, Until: pipeline.MustDate("2026-12-27")}},
	}
	r.Seal(strings.Repeat("0f", 32), "0123456789abcdef", ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	return r
}

func TestAReceiptIsReadByPrograms(t *testing.T) {
	var b bytes.Buffer
	want := sampleReceipt()
	if err := PurgeReceiptJSON(&b, want); err != nil {
		t.Fatal(err)
	}
	var got purge.Receipt
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := PurgeReceiptJSON(&again, &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(b.String(), again.String()); d != "" {
		t.Errorf("the receipt changed on its way (-want +got):\n%s", d)
	}
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)).Public().(ed25519.PublicKey)
	damage := purge.Verify([]purge.Receipt{got}, func(string) (ed25519.PublicKey, bool) { return key, true }, 0)
	for _, d := range damage {
		if d.Kind == purge.DamageAltered || d.Kind == purge.DamageForged {
			t.Errorf("read from its file, the receipt is %s", d.Kind)
		}
	}
}

func TestEveryTableOfAReceiptHasATitle(t *testing.T) {
	for _, c := range sampleReceipt().RowsDeleted {
		if tableTitle(c.Of) == c.Of {
			t.Errorf("%s has no Japanese title", c.Of)
		}
	}
}

func TestReceiptsOfEveryKindSayWhatTheyCertify(t *testing.T) {
	seen := map[string]bool{}
	for _, kind := range []string{purge.ReceiptPurge, purge.ReceiptUndone, purge.ReceiptReplayed, purge.ReceiptInquiries} {
		r := sampleReceipt()
		r.Kind = kind
		says := statement(r)
		if seen[says] || !strings.HasSuffix(says, "証明します。") {
			t.Errorf("%s: says %q", kind, says)
		}
		seen[says] = true
		var a, b bytes.Buffer
		for _, out := range []*bytes.Buffer{&a, &b} {
			if _, err := PurgeReceipt(out, sampleMeta(), r); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: the same receipt gives other bytes", kind)
		}
		if text := dump(t, a.Bytes()); !strings.Contains(text, says) || !strings.Contains(text, r.Signature) {
			t.Errorf("%s: statement or signature do not stand in the workbook", kind)
		}
	}
}

// Rows of others that stay, without naming the deleted, are counted by themselves;
// what nothing could take out stands apart from copies that have a last day.
func TestAReceiptTellsOfRowsThatNameNobodyAnyMore(t *testing.T) {
	r := sampleReceipt()
	plain := dump(t, written(t, r))
	r.RowsDeleted = append(r.RowsDeleted, purge.Count{Of: "corrections", Redacted: 7}, purge.Count{Of: "holds", Count: 2, Redacted: 1})
	r.Residual = append(r.Residual, purge.Residual{Place: purge.InColumn("corrections", "receipt_no"), Files: 3})
	r.Residual = append(r.Residual, purge.Residual{Place: purge.NoteWritten, Files: 1})
	told := dump(t, written(t, r))
	for _, title := range []string{"に置き換えた、ほかの人の行（表別）", "登録元の訂正が必要", "特記事項"} {
		if strings.Contains(plain, title) || !strings.Contains(told, title) {
			t.Errorf("%q stands in the wrong receipt", title)
		}
	}
	deleted, redacted := rowsOf(r)
	if d := cmp.Diff([]purge.Count{{Of: "corrections", Count: 7}, {Of: "holds", Count: 1}}, redacted); d != "" {
		t.Error(d)
	}
	if len(deleted) != 5 {
		t.Errorf("deleted: %v", deleted)
	}
}

func written(t *testing.T, r *purge.Receipt) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := PurgeReceipt(&b, sampleMeta(), r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
