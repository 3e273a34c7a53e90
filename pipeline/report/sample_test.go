package report

import (
	"fmt"
	"iter"
	"math"
	"time"

	"meibo/pipeline"
	"meibo/pipeline/purge"
	"meibo/schemas"
)

var jst = time.FixedZone("JST", 9*60*60)

func sampleMeta() Meta {
	return Meta{
		AsOf: pipeline.MustDate("2026-11-22"), Slot: time.Date(2026, 11, 22, 3, 15, 0, 0, jst),
		Version: "v1.2.3", Reader: "0001", ReaderName: "みらい損害保険", Columns: shippedColumns(),
	}
}

// shippedColumns gives each report to this test's reader as rules/delivery.yaml
// gives it to the first of its own: what writers ask for must stand there.
func shippedColumns() *Columns {
	d := shippedDisclosure()
	for i := range d.Reports {
		d.Reports[i].Roles = []string{"everybody"}
	}
	return d.For("everybody")
}

// shippedDisclosure is rules/delivery.yaml.
func shippedDisclosure() *Disclosure {
	b, err := schemas.FS.ReadFile("rules/delivery.yaml")
	if err != nil {
		panic(err)
	}
	d, err := ParseDisclosure("delivery.yaml", b)
	if err != nil {
		panic(err)
	}
	return d
}

// over yields values that cannot fail.
func over[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}

var (
	sampleFamily = []string{"佐藤", "鈴木", "髙橋", "田中", "伊藤", "渡邉", "山﨑", "中村", "小林", "加藤"}
	sampleGiven  = []string{"一郎", "花子", "健太", "美咲", "翔", "由美子", "大輔", "恵", "直樹", "さくら", "陽菜"}
	sampleAgency = []string{"有限会社みどり保険事務所", "株式会社ひまわりエージェンシー", "東日本自動車販売株式会社", "ファミリー保険サービス", "つばさ保険プランニング合同会社"}
	sampleExams  = []struct{ code, name string }{
		{"K10", "基礎単位"}, {"K11", "自動車保険単位"}, {"K12", "火災保険単位"}, {"K13", "傷害疾病保険単位"},
	}
)

// sampleExpiry yields n rows of insurer 0001 in key order, the same every time.
func sampleExpiry(n int) iter.Seq2[pipeline.ExpiryRow, error] {
	asOf := pipeline.MustDate("2026-11-22")
	return func(yield func(pipeline.ExpiryRow, error) bool) {
		for i := range n {
			person, exam := i/2, sampleExams[i%2*2+i/2%2]
			seed := person*7919 + i%2*104729
			expires := asOf.AddDays(-300 + seed%560).EndOfMonth()
			step := sampleStep(expires, asOf)
			agency := person * 31 % max(3, n/40)
			r := pipeline.ExpiryRow{
				InsurerCode: "0001", AgentID: fmt.Sprintf("%08d", 10_000_000+person),
				QualificationCode: exam.code, CertificateNo: fmt.Sprintf("C%07d", i),
				AgencyNo: fmt.Sprintf("A%06d", agency), AgencyName: sampleAgency[agency%len(sampleAgency)],
				Name:              sampleFamily[person%10] + "　" + sampleGiven[person%11],
				QualificationName: exam.name, JudgedOn: pipeline.Date(int(expires)-5_00_00) - pipeline.Date(expires.Day()-1),
				ExpiresOn: expires, ExpirySource: []string{"computed", "supplied"}[person%2],
				State: "更新時期", Step: step, NextExam: expires.YearMonth().AddMonths(-9), NextExamComputed: person%3 == 0,
				LinesAllowed: []string{"自動車", "火災"}, PersonState: "募集可",
			}
			if expires < asOf {
				r.State = "失効"
			}
			if person%4 == 0 {
				r.PersonState, r.LinesAllowed = "募集不可", nil
			}
			if person%17 == 0 {
				r.ClusterState, r.ClusterLines = "募集可", []string{"自動車", "火災", "傷害疾病"}
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

func sampleStep(expires, asOf pipeline.Date) string {
	switch m := expires.YearMonth().Sub(asOf.YearMonth()); {
	case expires < asOf:
		return "失効後"
	case m == 0:
		return "当月"
	case m <= 3:
		return "3か月前"
	}
	return "9か月前"
}

// sampleLater are qualifications that expire further ahead and only count.
func sampleLater(n int) iter.Seq2[pipeline.ExpiryRow, error] {
	first := pipeline.YearMonth(202709)
	var all []pipeline.ExpiryRow
	for i := range n {
		month := first.AddMonths(i * 7 % 8)
		d, _ := pipeline.NewDate(month.Year(), month.Month(), 1)
		all = append(all, pipeline.ExpiryRow{InsurerCode: "0001", AgentID: fmt.Sprint(i), ExpiresOn: d.EndOfMonth()})
	}
	return over(all)
}

func chain[T any](all ...iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, seq := range all {
			for v, err := range seq {
				if !yield(v, err) {
					return
				}
			}
		}
	}
}

// samplePurge is a list with a row of every state, and its header.
// sampleSince is what became of things since list 11.
func sampleSince() PurgeSince {
	d := pipeline.MustDate
	return PurgeSince{
		Before: 11,
		Done: []purge.Receipt{
			{No: "R-000004", Kind: purge.ReceiptPurge, ListNo: 10, AsOf: d("2026-11-21"), Persons: []purge.Count{{Of: "1", Count: 2}, {Of: "2", Count: 1200}}},
			{No: "R-000005", Kind: purge.ReceiptUndone, ListNo: 9, AsOf: d("2026-11-21"), Persons: []purge.Count{{Of: "2", Count: 1}}},
			{No: "R-000006", Kind: purge.ReceiptReplayed, AsOf: d("2026-11-21"), Persons: []purge.Count{{Of: "復元後の再削除", Count: 3}}},
		},
		Changes: over([]purge.Change{
			{ListNo: 12, AgentID: "10000000", Kind: purge.ChangeGone, Was: pipeline.PurgeNotice, Reason: "登録・届出があるため、管理期間は進みません（要領§10）。"},
			{ListNo: 12, AgentID: "10000001", Kind: purge.ChangeState, Was: pipeline.PurgeNotice, Is: pipeline.PurgeDue, Reason: "期限（2026-11-20）を過ぎ、対象になりました。"},
			{ListNo: 12, AgentID: "10000002", Kind: purge.ChangeFacts, Was: pipeline.PurgeHeld, Is: pipeline.PurgeHeld, Reason: "保留になりました（訂正・削除の申出が処理中です）。"},
			{ListNo: 12, AgentID: "10000003", Kind: purge.ChangeNew, Is: pipeline.PurgeNotice, Reason: "期限（2026-12-01）が近づいたため、予告として載せました。"},
		}),
	}
}

func samplePurge() (pipeline.PurgeList, []pipeline.PurgeRow) {
	d := pipeline.MustDate
	list := pipeline.PurgeList{
		No: 12, AsOf: d("2026-11-22"), State: "審査中",
		Hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	}
	rows := []pipeline.PurgeRow{
		{
			AgentID: "10000001", Case: "1", BaseKind: "登載日", BaseOn: d("2016-11-20"), Period: "10年",
			LastDay: d("2026-11-20"), FirstDeletable: d("2026-11-21"), State: pipeline.PurgeDue,
			Reason:   "登録歴がなく資格情報があるため、登載日の翌日から10年（取扱要領§10 No.1、規則 2018-10-22版）",
			Evidence: []pipeline.Evidence{{Fact: "登載日", On: d("2016-11-20"), Ref: "b0001//412", File: "exam-results_20161120.csv"}},
		},
		{
			AgentID: "10000002", Case: "4", BaseKind: "廃止年月日", BaseOn: d("2026-02-10"), Period: "半年",
			Extensions: []pipeline.Extension{
				{On: d("2026-03-31"), Kind: "ログイン", LastDay: d("2026-09-30"), Evidence: "b0102//77"},
				{On: d("2026-05-20"), Kind: "一括照会", LastDay: d("2026-11-20"), Evidence: "b0150/照会/9"},
			},
			LastDay: d("2026-11-20"), FirstDeletable: d("2026-11-21"), State: pipeline.PurgeHeld,
			Holds: []pipeline.Hold{
				{Code: "correction", Reason: "訂正・削除の申出が処理中です", Since: d("2026-11-01")},
				{Code: "named", Reason: "係争中のため記録を保全する", Since: d("2026-10-15"), Until: d("2027-03-31"), By: "S0123"},
			},
			Reason: "登録が終了し資格情報がないため、廃止年月日の翌日から半年（取扱要領§10 No.4・注、規則 2018-10-22版）",
			Evidence: []pipeline.Evidence{
				{Fact: "廃止年月日", On: d("2026-02-10"), Ref: "b0088/登録/31", File: "registrations_20260211.xlsx"},
				{Fact: "資格情報なし"},
			},
		},
		{
			AgentID: "10000003", Case: "3", BaseKind: "廃止年月日", BaseOn: d("2016-12-01"), Period: "10年",
			LastDay: d("2026-12-01"), FirstDeletable: d("2026-12-02"), State: pipeline.PurgeNotice,
			Reason: "登録が終了し資格情報があるため、廃止年月日の翌日から10年（取扱要領§10 No.3、規則 2018-10-22版）",
		},
		{
			AgentID: "=HYPERLINK(\"x\")", Case: "2", BaseKind: "ID取得日", BaseOn: d("2026-05-21"), Period: "半年",
			LastDay: d("2026-11-21"), FirstDeletable: d("2026-11-22"), State: pipeline.PurgeDecision,
			Reason: "期限後活動があります。削除の可否を判断してください（取扱要領§10 No.2、規則 2018-10-22版）",
		},
		{
			AgentID: "10000005", Case: pipeline.CaseRequest, BaseKind: "申出日", BaseOn: d("2026-11-02"), State: pipeline.PurgeDue,
			Reason:   "本人の申出（取扱要領§4(5)ア）。証明書類: 本人確認書類の写し",
			Evidence: []pipeline.Evidence{{Fact: "申出日", On: d("2026-11-02"), Ref: "b0201//3"}},
		},
	}
	for i := range rows {
		rows[i].ListNo = list.No
	}
	list.Rows = len(rows)
	return list, rows
}

func sampleBlocks() []DuplicateBlock {
	d := pipeline.MustDate
	person := func(id, name, kana, former, mail string, born pipeline.Date, quals ...pipeline.Qualification) pipeline.Person {
		return pipeline.Person{
			Agent:          pipeline.Agent{ID: id, Name: name, NameKana: kana, FormerName: former, Email: mail, BornOn: born, Sex: "女", IDAcquiredOn: d("2019-04-01")},
			Qualifications: quals,
			Registrations:  []pipeline.Registration{{AgencyNo: "A000017", AgentID: id, Role: "使用人", OpenedOn: d("2020-01-01"), AgencyName: "有限会社みどり保険事務所"}},
		}
	}
	qual := func(code, no, judged string) pipeline.Qualification {
		return pipeline.Qualification{Code: code, CertificateNo: no, JudgedOn: d(judged)}
	}
	return []DuplicateBlock{
		{
			Mark: "M0123456789ABCDEF", DuplicateRow: pipeline.DuplicateRow{
				AgentA: "10000010", AgentB: "10000990", Weight: math.NaN(), Probability: math.NaN(), Class: pipeline.ClassConfirmed,
				Reasons: []string{"同じ合格番号と生年月日があります（K10 C0001234）"},
			},
			A: person("10000010", "渡邉 由美子", "ワタナベ ユミコ", "", "yumiko@example.jp", d("1980-03-12"), qual("K10", "C0001234", "2023-05-01"), qual("K11", "C0001300", "2023-06-01")),
			B: person("10000990", "渡辺 由美子", "ワタナベ　ユミコ", "", "y.watanabe@example.jp", d("1980-03-12"), qual("K10", "C0001234", "2023-05-01")),
		},
		{
			DuplicateRow: pipeline.DuplicateRow{
				AgentA: "10000020", AgentB: "10000021", Weight: 14.32, Probability: 0.9731, Class: pipeline.ClassReview, Decision: "保留", DecidedBy: "S0042",
				Reasons: []string{"氏名のカナと名が一致し、姓だけが変わっています（婚姻による改姓の可能性）", "生年月日が1桁だけ違います", "=1+1"},
			},
			A:           person("10000020", "鈴木 さくら", "スズキ サクラ", "", "", d("1991-11-08")),
			B:           person("10000021", "髙橋 さくら", "タカハシ サクラ", "鈴木 さくら", "＝cmd@example.jp", d("1991-11-03")),
			Comparisons: []Comparison{{"比べる前の見込み", "", -18.25}, {"氏名", "名一致・姓変更", 19.8}, {"生年月日", "1桁違い", 13.37}, {"メールアドレス", "相違", -0.6}},
			Folded:      []Folded{{"氏名の正規化", "", "髙→高（戸籍統一文字の親字・正字）"}},
		},
	}
}

func sampleNight() Night {
	d := pipeline.MustDate
	n := Night{
		AsOf: d("2026-11-22"), RunID: "nightly-2026-11-22-1", State: "完了",
		Files: []NightFile{
			{Sender: "0001", Kind: "registrations", Name: "registrations_20261121.xlsx", State: pipeline.BatchApplied, Read: 1520, Applied: 312, Unchanged: 1196, Rejected: 12, Warnings: 4},
			{Sender: "association", Kind: "agents", Name: "agents_20261121.csv", State: pipeline.BatchApplied, Read: 250431, Applied: 841, Unchanged: 249590},
			{Sender: "exam-center", Kind: "exam-results", Name: "exam-results_2026-11-21_2.csv", State: pipeline.BatchRefused, Read: 803, Rejected: 803},
			{Sender: "contact-center", Kind: "activities", Name: "activities_20261121.csv", State: pipeline.BatchDuplicate},
		},
		Faults: []NightFault{
			{Kind: "registrations", Code: "unknown-agent", Severity: pipeline.SeverityError, Count: 9, Text: "募集人IDが登録されていません"},
			{Kind: "registrations", Code: "not-the-lead-insurer", Severity: pipeline.SeverityError, Count: 3, Text: "廃止は代理申請会社だけが届け出られます"},
			{Kind: "agents", Code: "id-acquired-missing", Severity: pipeline.SeverityWarning, Count: 4, Text: "ID取得日がないため、保管期限を判定できません"},
		},
		People:     NightPeople{Total: 2_003_118, New: 214, Changed: 627},
		Expiry:     NightExpiry{Lapsed: 40211, ThisMonth: 8113, Months3: 23901, Months9: 51230, NewlyLapsed: 41},
		Purge:      NightPurge{ListNo: 12, Notice: 410, Due: 37, Held: 5, Decision: 3, Overdue: 2, Deleted: 18, Before: 11, Changes: PurgeChanges{1, 1, 1, 1}},
		Duplicates: NightPairs{Confirmed: 88, Review: 132, New: 4},
		Late:       []LateSender{{Sender: "0007", Kind: "registrations", LastOn: d("2026-11-19"), Days: 2}},
		Warnings:   []string{"exam-results_2026-11-21_2.csv は必須の見出し「合否」がないため受け付けませんでした。", "送付元 0007 の registrations が2日届いていません。"},
		Checkpoint: "3b1f9c44d2a07e55",
		Undetermined: []Undetermined{
			{AgentID: "10000777", Missing: "ID取得日", Source: "agents_20250401.csv 12行目"},
		},
		Differences: []Difference{{AgentID: "10000123", Code: "K10", CertificateNo: "C000777", Supplied: d("2027-03-30"), Computed: d("2027-03-31")}},
	}
	for i := range 30 {
		n.History = append(n.History, NightPoint{
			AsOf: n.AsOf.AddDays(i - 29), Files: 4 + i%3, Applied: 900 + i*37%400, Rejected: i * 13 % 50, New: 150 + i*29%90, Changed: 500 + i*53%200,
			Lapsed: 30 + i*7%25, Due: 20 + i*3%30, Overdue: i % 4, Deleted: i % 7 * 3, Review: 140 - i%9, Warnings: i % 3,
		})
	}
	return n
}
