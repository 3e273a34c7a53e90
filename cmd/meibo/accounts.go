package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"meibo/jobs"
	"meibo/pipeline"
)

func (a *app) accountsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "accounts",
		Short: "List, stop, restart and reset the accounts of insurers and of the association",
		Long: `accounts looks after who may work with the register: the 管理者ID and ログインID that
files of managers and staff brought (要領 §5(2), §5(3)). A 管理者ID that several
insurers use is written with @ and the insurer behind it (M01@1001). Passwords are
kept as hashes alone; a drawn one leaves once, in an encrypted notice.`,
		Example: "  meibo accounts list\n  meibo accounts stop M01 --by C0001 --reason '目的外利用の疑い'",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return usage(nil, "list、show、stop、restart、reset のどれかを指定してください。", "give one of list, show, stop, restart, reset")
		},
	}
	c.AddCommand(a.accountsList(), a.accountsShow(), a.accountsStop(), a.accountsRestart(), a.accountsReset())
	return c
}

func oneAccount(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usage(nil, "アカウント（ログインIDまたは管理者ID）を 1 つ指定してください。", "give one account: a login ID or a manager ID")
	}
	return nil
}

func (a *app) accountsList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List all accounts, and how many looks were for other work",
		Long: `list shows every account with its state, and which wait for a password because none
is agreed with the insurer to encrypt the notice with. Below stands the share of
looks for other work (要領 §4(4)ウ, §4(5)エ); above 5 % it asks for a review.`,
		Example: "  meibo accounts list --json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.inAccounts(c.Context(), func(h *jobs.House, _ pipeline.Date) error {
				all, err := h.Accounts(c.Context())
				if err != nil {
					return err
				}
				if a.json {
					writeJSON(a.out, all)
					return nil
				}
				a.printAccounts(all)
				return nil
			})
		},
	}
}

func (a *app) printAccounts(all jobs.AccountsText) {
	fmt.Fprintf(a.out, "アカウント %d 件\n", len(all.Accounts))
	for _, x := range all.Accounts {
		fmt.Fprintf(a.out, "  %s  %s  %s  パスワード %s\n", x.Account, x.Title, accountState(x), x.Password)
		if x.Shut {
			fmt.Fprintf(a.out, "    → %s\n", waitsFor(x))
		}
	}
	for _, s := range all.Shares {
		mark := ""
		if s.Review() {
			mark = "　要確認（REVIEW）"
		}
		fmt.Fprintf(a.out, "その他の目的による利用（%s %s）: %d 件中 %d 件%s\n", s.Role, s.Purpose, s.All, s.Other, mark)
	}
}

func accountState(x jobs.AccountText) string {
	if x.Active {
		return "有効"
	}
	by := x.StoppedBy
	if by == "" {
		by = "ファイル"
	}
	return fmt.Sprintf("停止（%s から、%s）", x.StoppedOn, by)
}

func waitsFor(x jobs.AccountText) string {
	return fmt.Sprintf("お知らせを暗号化するパスワードを %s と取り決め、secrets_file か MEIBO_PASSWORD_%s に設定してください。次回の処理で発行します。",
		x.Reader, strings.ToUpper(strings.ReplaceAll(x.Reader, "-", "_")))
}

func (a *app) accountsShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show ID",
		Short:   "Show one account and for what it may look at people",
		Long:    "show prints one account: whose it is, whether it may act, the state of its password,\nand the purposes of 要領 §4 for which its role may look at people.",
		Example: "  meibo accounts show M01@1001",
		Args:    oneAccount,
		RunE: func(c *cobra.Command, args []string) error {
			return a.inAccounts(c.Context(), func(h *jobs.House, _ pipeline.Date) error {
				x, err := h.Account(c.Context(), args[0])
				return a.accountDone(x, err, "")
			})
		},
	}
}

func (a *app) accountsStop() *cobra.Command {
	var by, reason string
	c := &cobra.Command{
		Use:   "stop ID --by ACCOUNT --reason TEXT",
		Short: "Stop an access at once (要領 §8(3))",
		Long: `stop takes the access away from an account at once: from then on it decides,
approves, holds and reviews nothing, and no file lets it in again. 協会職員 may stop
any account, a 特別管理者 those of the own company. Reports for the insurer go on.`,
		Example: "  meibo accounts stop M01@1001 --by C0001 --reason '目的外利用の疑い'",
		Args:    oneAccount,
		RunE: func(c *cobra.Command, args []string) error {
			return a.inAccounts(c.Context(), func(h *jobs.House, day pipeline.Date) error {
				x, err := h.StopAccount(c.Context(), args[0], by, reason, day)
				return a.accountDone(x, err, "を停止しました。")
			})
		},
	}
	byAndReason(c, &by, &reason)
	return c
}

func (a *app) accountsRestart() *cobra.Command {
	var by, reason string
	c := &cobra.Command{
		Use:     "restart ID --by ACCOUNT --reason TEXT",
		Short:   "Let a stopped account in again",
		Long:    "restart lets an account in again, whoever stopped it. Who may stop it may restart it;\nnobody restarts themselves.",
		Example: "  meibo accounts restart M01@1001 --by C0001 --reason '調査の結果、問題なし'",
		Args:    oneAccount,
		RunE: func(c *cobra.Command, args []string) error {
			return a.inAccounts(c.Context(), func(h *jobs.House, _ pipeline.Date) error {
				x, err := h.RestartAccount(c.Context(), args[0], by, reason)
				return a.accountDone(x, err, "を再開しました。")
			})
		},
	}
	byAndReason(c, &by, &reason)
	return c
}

func byAndReason(c *cobra.Command, by, reason *string) {
	c.Flags().StringVar(by, "by", "", "who does it: an active account (login ID or manager ID)")
	c.Flags().StringVar(reason, "reason", "", "why")
}

func (a *app) accountsReset() *cobra.Command {
	var by string
	c := &cobra.Command{
		Use:   "reset ID --by ACCOUNT",
		Short: "Draw another password, which leaves in an encrypted notice",
		Long: `reset voids the password of an account and draws another one. It leaves once, in
outbox/<insurer>/account-notice_<day>.xlsx (of a ログインID: outbox/association),
encrypted with the password agreed with that reader; without one nothing is done.`,
		Example: "  meibo accounts reset M01@1001 --by C0001",
		Args:    oneAccount,
		RunE: func(c *cobra.Command, args []string) error {
			return a.inAccounts(c.Context(), func(h *jobs.House, day pipeline.Date) error {
				x, err := h.ResetAccount(c.Context(), args[0], by, day)
				return a.accountDone(x, err, "のパスワードを再発行しました。")
			})
		},
	}
	c.Flags().StringVar(&by, "by", "", "who does it: an active account (login ID or manager ID)")
	return c
}

// accountDone prints an account after what was done to it.
func (a *app) accountDone(x jobs.AccountText, err error, done string) error {
	if err != nil {
		return err
	}
	if a.json {
		writeJSON(a.out, x)
		return nil
	}
	if done != "" {
		fmt.Fprintf(a.out, "%s %s\n", x.Account, done)
	}
	fmt.Fprintf(a.out, "%s  %s（%s）　%s\n", x.Account, x.Title, x.Kind, accountState(x))
	fmt.Fprintf(a.out, "  氏名: %s\n", x.Name)
	if x.Email != "" {
		fmt.Fprintf(a.out, "  メールアドレス: %s\n", x.Email)
	}
	if x.StopReason != "" {
		fmt.Fprintf(a.out, "  停止の理由: %s\n", x.StopReason)
	}
	fmt.Fprintf(a.out, "  パスワード: %s\n", x.Password)
	if x.Notice != "" {
		fmt.Fprintf(a.out, "  お知らせ: %s/%s\n", x.Reader, x.Notice)
	}
	if x.Shut {
		fmt.Fprintf(a.out, "  → %s\n", waitsFor(x))
	}
	fmt.Fprintf(a.out, "  利用目的（%s）:\n", x.Role)
	for _, p := range x.Purposes {
		fmt.Fprintf(a.out, "    %s %s（%s）\n", p.ID, p.Name, p.Clause)
	}
	return nil
}

// inAccounts opens the house for as long as do works, and says so if it holds
// nothing yet.
func (a *app) inAccounts(ctx context.Context, do func(h *jobs.House, day pipeline.Date) error) error {
	return a.onDay(ctx, a.look, func(h *jobs.House, day pipeline.Date) error {
		a.warnNotThere(h)
		return do(h, day)
	})
}
