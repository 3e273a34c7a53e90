package access

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/pipeline"
)

// Whose word counts, in every circle and for every kind of word: one rule.
func TestWhoseWordCounts(t *testing.T) {
	stop, said := pipeline.Date(20261120), pipeline.Date(20261101)
	staff := Account{Kind: KindStaff, ID: "S1", Title: TitleStaff}
	operator := Account{Kind: KindStaff, ID: "O1", Title: TitleOperator}
	manager := Account{Kind: KindManager, Insurer: "1001", ID: "M1", Title: TitleOrdinary}
	office := Account{Kind: KindManager, Insurer: officeInsurer, ID: "K1", Title: TitleOrdinary}
	gone := func(a Account) Account { a.ID, a.StoppedOn = a.ID+"X", stop; return a }
	for _, c := range []struct {
		name    string
		account Account
		circle  string
		void    string
		since   pipeline.Date
	}{
		{"協会の職員", staff, DecidersAssociation, "", said},
		{"協会の管理者", office, DecidersAssociation, "", said},
		{"会社の管理者", manager, DecidersAny, "", said},
		{"会社の管理者、協会だけが決める設定", manager, DecidersAssociation, VoidOutside, said},
		{"窓口", operator, DecidersAny, "", said},
		{"窓口、協会だけが決める設定", operator, DecidersAssociation, VoidOutside, said},
		{"停止された職員", gone(staff), DecidersAny, VoidStopped, stop},
		{"停止された管理者、協会だけが決める設定", gone(manager), DecidersAssociation, VoidStopped, stop},
	} {
		t.Run(c.name, func(t *testing.T) {
			others := []Account{{Kind: KindStaff, ID: "S8", Title: TitleStaff}, {Kind: KindStaff, ID: "S9", Title: TitleStaff, StoppedOn: stop}}
			v := NewVoices(c.circle, append(others, c.account))
			name := c.account.Name()
			if got := v.Void(name); got != c.void {
				t.Errorf("void %q, want %q", got, c.void)
			}
			if got := v.Counts(name, For); got != (c.void == "") {
				t.Errorf("for a deletion it counts: %t", got)
			}
			if !v.Counts(name, Against) {
				t.Error("against a deletion it does not count")
			}
			if got := v.Since(name, said); got != c.since {
				t.Errorf("void since %s, want %s", got, c.since)
			}
			want := []string{"S9"}
			if c.void != "" {
				want = []string{name, "S9"}
			}
			if diff := cmp.Diff(want, v.Silent()); diff != "" {
				t.Errorf("silent (-want +got):\n%s", diff)
			}
		})
	}
	if v := NewVoices(DecidersAssociation, nil); !v.Counts("typed by hand", For) {
		t.Error("in a register that knows no accounts a name is void")
	}
}
