package identity

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNamesAndReadingsSayHowTheyAgree(t *testing.T) {
	const b = "1980-04-01"
	tests := []struct {
		name string
		a, b Record
		want []string
	}{
		{
			"a variant, and read alike",
			rec("A", b, "髙橋　惠子").read("タカハシケイコ"), rec("B", b, "高橋恵子").read("ﾀｶﾊｼ ｹｲｺ"),
			[]string{"異体字を同じとみると氏名が一致し（髙→高、惠→恵）、生年月日も一致", "カナ氏名も一致"},
		},
		{
			"what is folded in both is no difference",
			rec("A", b, "髙橋惠子"), rec("B", b, "髙橋恵子"),
			[]string{"異体字を同じとみると氏名が一致し（惠→恵）、生年月日も一致"},
		},
		{
			"one kanji in both writings",
			rec("A", b, "髙髙"), rec("B", b, "髙高"),
			[]string{"異体字を同じとみると氏名が一致し（髙→高）、生年月日も一致"},
		},
		{
			"a variant of the former name",
			rec("A", b, "渡邉花子"), rec("B", b, "田中花子").formerly("渡辺花子"),
			[]string{"異体字を同じとみると一方の氏名が他方の旧氏名と一致し（邉→辺）、生年月日も一致"},
		},
		{
			"former names but for variants",
			rec("A", b, "鈴木花子").formerly("渡邉花子"), rec("B", b, "田中花子").formerly("渡辺花子"),
			[]string{"異体字を同じとみると旧氏名が一致し（邉→辺）、生年月日も一致"},
		},
		{
			"the nearest of several writings is named",
			rec("A", b, "高橋花子").formerly("髙橋花子"), rec("B", b, "髙橋花子"),
			[]string{"異体字を同じとみると氏名が一致し（髙→高）、生年月日も一致"},
		},
		{
			"only read alike",
			rec("A", b, "斎藤花子").read("サイトウハナコ"), rec("B", b, "斉藤花子").read("サイトウハナコ"),
			[]string{"カナ氏名と生年月日が一致（漢字の氏名は異なるため、氏名の一致より弱い根拠）"},
		},
		{
			"read alike once",
			rec("A", b, "田中花子").read("タナカハナコ", "サイトウハナコ"), rec("B", b, "斉藤花子").read("サイトウハナコ"),
			[]string{"以前のものを含むカナ氏名と生年月日が一致（漢字の氏名は異なるため、氏名の一致より弱い根拠）"},
		},
		{
			"the earlier reading goes without saying beside the former name",
			rec("A", b, "田中花子").formerly("斉藤花子").read("タナカハナコ", "サイトウハナコ"), rec("B", b, "斉藤花子").read("サイトウハナコ"),
			[]string{"一方の氏名が他方の旧氏名と一致し、生年月日も一致"},
		},
		{
			"no kanji in one",
			rec("A", b, "サイトウハナコ"), rec("B", b, "斉藤花子").read("サイトウハナコ"),
			[]string{"氏名の読みと生年月日が一致（かな書きの氏名を含む）"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := resolve(t, []Record{tt.a, tt.b})
			if len(r.Pairs) != 1 {
				t.Fatalf("%d pairs, want 1", len(r.Pairs))
			}
			if d := cmp.Diff(tt.want, r.Pairs[0].Reasons); d != "" {
				t.Errorf("reasons (-want +got):\n%s", d)
			}
		})
	}
}
