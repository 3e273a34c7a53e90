package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/delivery"
)

func (a *app) deliverCommand() *cobra.Command {
	var dry bool
	c := &cobra.Command{
		Use:   "deliver",
		Short: "Bring finished reports to their readers, by folder or mail",
		Long: `deliver notes what lies finished in the folders of the outbox as delivered, and
mails it where the configuration says so: locked, from one address, with the
department head and the security officer in copy. Each night does the same as its
last step; deliver goes on with what stayed behind. A new address gets a test
message first, and reports only when confirm-address has recorded its arrival.
--dry-run shows what would go to whom, how it is encrypted, and what is missing.

Exit codes: 0 all is delivered · 5 something is not.`,
		Example: "  meibo deliver --dry-run\n  meibo deliver confirm-address 1001 reports@insurer.example --by C0001",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.deliver(c.Context(), dry) },
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "show what would be delivered; send and note nothing")
	c.AddCommand(a.confirmAddress(), a.settleDelivery())
	return c
}

func (a *app) deliver(ctx context.Context, dry bool) error {
	open, do := a.open, (*jobs.House).Deliver
	if dry {
		open, do = a.look, (*jobs.House).Deliveries
	}
	return a.onDay(ctx, open, func(h *jobs.House, day pipeline.Date) error {
		items, err := do(h, ctx, day)
		if err != nil {
			return err
		}
		addresses, err := h.AddressesWaiting(ctx)
		if err != nil {
			return err
		}
		if a.json {
			writeJSON(a.out, map[string]any{
				"as_of": day, "dry_run": dry, "deliveries": append([]jobs.DeliveryItem{}, items...), "addresses_waiting": append([]jobs.AddressWaiting{}, addresses...),
			})
		} else {
			a.printDeliveries(items, day)
			a.printAddresses(addresses)
		}
		for _, i := range items {
			if i.State == jobs.ItemWaiting {
				return outcome(exitAttention)
			}
		}
		return nil
	})
}

// itemStates are what operators read.
var itemStates = map[string]string{jobs.ItemDelivered: "提供済み", jobs.ItemDue: "提供予定", jobs.ItemWaiting: "未提供"}

func (a *app) printDeliveries(items []jobs.DeliveryItem, day pipeline.Date) {
	if len(items) == 0 {
		fmt.Fprintf(a.out, a.say("%s 現在、提供を待つ帳票はありません。\n", "as of %s nothing waits to be delivered\n"), day)
		return
	}
	table := [][]string{strings.Fields(a.say("提供先 帳票 基準日 件数 暗号化 方法 パスワードの経路 状態 理由", "reader report as-of rows encryption channel key state reason"))}
	for _, i := range items {
		state, reason := i.State, i.Reason
		if a.lang == "ja" {
			state = itemStates[state]
			reason, _ = jobs.WhyNotMailed(reason)
		}
		table = append(table, []string{i.Reader, i.Report, i.AsOf.String(), strconv.Itoa(i.Rows), a.encryption(i.Encryption), i.Channel, i.Key, state, reason})
	}
	printTable(a.out, table)
	told := map[string]bool{delivery.StateUnknown: true, delivery.Unconfirmed: true} // with their ID or address, below
	for _, i := range items {
		if why, do := jobs.WhyNotMailed(i.Reason); a.lang == "ja" && i.State == jobs.ItemWaiting && !told[i.Reason] {
			fmt.Fprintf(a.out, "%s: %s。\n", why, do)
			told[i.Reason] = true
		}
		if i.Reason == delivery.StateUnknown {
			fmt.Fprintf(a.out, "%s meibo deliver settle %s --arrived|--again --by WHO\n", a.say("届いたか不明:", "may have left:"), i.ID)
		}
	}
}

// printAddresses says which addresses get nothing yet, and what is missing.
func (a *app) printAddresses(all []jobs.AddressWaiting) {
	for _, x := range all {
		missing := a.say("テストメールは未送信です。meibo deliver で送信します。", "the test message has not left; meibo deliver sends it")
		if !x.TestedOn.IsZero() {
			missing = fmt.Sprintf(a.say("%s にテストメールを送信しました。到着を確かめて confirm-address で記録してください。", "a test message left on %s; record its arrival with confirm-address"), x.TestedOn)
		}
		fmt.Fprintf(a.out, "%s %s %s: %s\n", a.say("確認待ちの宛先:", "unconfirmed address:"), x.Reader, x.Address, missing)
	}
}

// encryption is how a file is locked, in words; programs read the code.
func (a *app) encryption(code string) string {
	words := map[string]string{delivery.Agile: "AES-256", delivery.Minimised: "なし（最小化）", delivery.OwnData: "なし（返却）"}
	if text := words[code]; text != "" && a.lang == "ja" {
		return text
	}
	return code
}

func (a *app) confirmAddress() *cobra.Command {
	var by string
	c := &cobra.Command{
		Use:   "confirm-address READER ADDRESS --by WHO",
		Short: "Record that the test message to an address arrived",
		Long: `confirm-address records, with an audit event, that the reader confirmed the test
message. From then on reports are mailed to the address, for 365 days; then it is
tested anew.`,
		Example: "  meibo deliver confirm-address 1001 reports@insurer.example --by C0001",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage(nil, "提供先とメールアドレスを1つずつ指定してください（例: meibo deliver confirm-address 1001 reports@insurer.example --by C0001）。", "give one reader and one address")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.withDeliveries(c.Context(), by, func(h *jobs.House) error {
				if err := h.ConfirmAddress(c.Context(), args[0], args[1], by); err != nil {
					return err
				}
				return a.done("宛先の確認を記録しました。", "the address is confirmed")
			})
		},
	}
	c.Flags().StringVar(&by, "by", "", "who records the confirmation")
	return c
}

func (a *app) settleDelivery() *cobra.Command {
	var by string
	var arrived, again bool
	c := &cobra.Command{
		Use:   "settle DELIVERY --arrived|--again --by WHO",
		Short: "Say what became of a mail that may have left",
		Long: `A mail during which the program or the connection died may have left. It is not
sent a second time: ask the reader, then record that it arrived, or have it sent
again by the next deliver.`,
		Example: "  meibo deliver settle 3f0c… --arrived --by C0001",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(nil, "配布番号を1つ指定してください。meibo deliver --dry-run で確かめられます。", "give the ID of one delivery; meibo deliver --dry-run has it")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if arrived == again {
				return usage(nil, "--arrived と --again のどちらか一方を指定してください。", "give either --arrived or --again")
			}
			return a.withDeliveries(c.Context(), by, func(h *jobs.House) error {
				if err := h.Settle(c.Context(), args[0], arrived, by); err != nil {
					return err
				}
				return a.done("記録しました。meibo deliver で続きを行います。", "recorded; meibo deliver goes on")
			})
		},
	}
	c.Flags().StringVar(&by, "by", "", "who found out")
	c.Flags().BoolVar(&arrived, "arrived", false, "the mail arrived")
	c.Flags().BoolVar(&again, "again", false, "it did not: send it again")
	return c
}

// withDeliveries opens the house for what a person records.
func (a *app) withDeliveries(ctx context.Context, by string, do func(*jobs.House) error) error {
	if by == "" {
		return usage(nil, "記録する人を --by で指定してください。", "say who you are with --by")
	}
	cfg, err := a.settings()
	if err != nil {
		return err
	}
	h, err := a.open(ctx, cfg)
	if err != nil {
		return err
	}
	defer h.Close()
	err = do(h)
	switch {
	case errors.Is(err, jobs.ErrNoAddress):
		return usage(nil, "この宛先は、提供先の宛先として設定（delivery.readers）に書かれていません。提供先のコードとメールアドレスを確かめてください。", "the reader has no such address; see delivery.readers")
	case errors.Is(err, jobs.ErrUntested):
		return usage(nil, fmt.Sprintf("この宛先には、%d 日以内にテストメールを送信していません。先に meibo deliver を実行してください。", delivery.ConfirmedDays), fmt.Sprintf("no test message was sent there within %d days; meibo deliver sends one", delivery.ConfirmedDays))
	case errors.Is(err, jobs.ErrDelivery):
		return usage(nil, "この配布番号で、届いたか不明なものはありません。meibo deliver --dry-run で確かめてください。", "no delivery of that ID is in doubt; see meibo deliver --dry-run")
	}
	return err
}

// done says that something was recorded.
func (a *app) done(ja, en string) error {
	if a.json {
		writeJSON(a.out, map[string]bool{"ok": true})
		return nil
	}
	fmt.Fprintln(a.out, a.say(ja, en))
	return nil
}
