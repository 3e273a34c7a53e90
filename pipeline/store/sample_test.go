package store

import (
	"iter"
	"slices"
	"testing"

	"meibo/pipeline"
	"meibo/pipeline/run"
)

// register is a small register with every kind of row and the odd values:
// empty, longest, look-alikes.
type register struct {
	agents         []pipeline.Agent
	names          []pipeline.Name
	qualifications []pipeline.Qualification
	events         []pipeline.RegistrationEvent
	registrations  []pipeline.Registration
	agencies       []pipeline.Agency
	activities     []pipeline.Activity
}

func sample() register {
	from := pipeline.Provenance("b1//2")
	return register{
		agents: []pipeline.Agent{
			{
				ID: "A0001", Name: "𠮷田 花子", NameKana: "ヨシダ ハナコ", FormerName: "髙橋 花子", BornOn: day("1980-02-29"), Sex: "女",
				Email: "hanako@example.jp", IDAcquiredOn: day("2010-04-01"), Suspended: pipeline.FlagYes,
				From: pipeline.Provenance(`{"":"b1//2","name":"b2//7"}`),
			},
			{ID: "A0002", Name: "𠮟田 花子", BornOn: day("1980-02-28"), Suspended: pipeline.FlagNo, From: from},
			{ID: "A0003", Name: "ハハ", From: from},
		},
		names: []pipeline.Name{
			{AgentID: "A0001", Kind: pipeline.NameKana, Text: "ヨシダ ハナコ", From: from},
			{AgentID: "A0001", Kind: pipeline.NameFormer, Text: "髙橋 花子", From: from},
			{AgentID: "A0001", Kind: pipeline.NameKanji, Text: "𠮷田 花子", From: from},
			{AgentID: "A0002", Kind: pipeline.NameKanji, Text: "𠮟田 花子", From: from},
		},
		qualifications: []pipeline.Qualification{
			{
				AgentID: "A0001", Code: "K10", CertificateNo: "C-1", PassCode: "P1", Result: pipeline.ResultPassed,
				JudgedOn: day("2022-03-31"), ExpiresOn: day("2027-03-31"), NextExam: 202706, AcquiredAt: "0101", PostedBy: "0102",
				PostedOn: day("2022-04-05"), PostedGiven: true, From: from,
			},
			{AgentID: "A0002", Code: "Q01", CertificateNo: "C-1", Result: pipeline.ResultCompleted, JudgedOn: day("2001-01-01"), Unlimited: true, WithdrawnOn: day("2020-01-01"), From: from},
		},
		events: []pipeline.RegistrationEvent{
			{AgencyNo: "T1", AgentID: "A0001", Role: "使用人", Event: pipeline.EventRegister, On: day("2022-04-10"), LeadInsurer: "0101", OtherInsurers: "0102 0103", AgencyName: "名簿代理店", AgencyAddress: "東京都", Lines: "自動車 火災", Note: "'; DROP TABLE agents; --", Sender: "0101", Arrival: "2022-04-11/0101/a.xlsx/3", From: from},
			{AgencyNo: "T1", AgentID: "A0001", Role: "使用人", Event: pipeline.EventClose, On: day("2023-04-10"), ClosedOn: day("2023-04-10"), Sender: "0101", Arrival: "2", From: from},
			{AgencyNo: "T1", AgentID: "A0001", Role: "使用人", Event: pipeline.EventChange, On: day("2023-04-10"), Sender: "0101", Arrival: "1", From: from},
		},
		registrations: []pipeline.Registration{
			{AgencyNo: "T1", AgentID: "A0001", Role: "使用人", OpenedOn: day("2022-04-10"), ClosedOn: day("2023-04-10"), LeadInsurer: "0101", OtherInsurers: "0102 0103", AgencyName: "名簿代理店", AgencyAddress: "東京都", Lines: "自動車 火災", Note: "備考\\'\"\n", From: from},
			{AgencyNo: "T2", AgentID: "A0003", Role: "役員", ClosedOn: day("2023-04-10"), From: from},
		},
		agencies: []pipeline.Agency{
			{No: "T1", LeadInsurer: "0101", OtherInsurers: "0102 0103", Name: "名簿代理店", Address: "東京都", AsOf: day("2022-04-10"), From: from},
			{No: "T2", LeadInsurer: "0102", From: from},
		},
		activities: []pipeline.Activity{
			{AgentID: "A0001", On: day("2023-05-01"), Kind: pipeline.ActivityLogin, From: from},
			{AgentID: "A0001", On: day("2023-05-01"), Kind: pipeline.ActivityInquiry, Actor: "0101", From: from},
			{AgentID: "A0003", On: day("2023-06-01"), Kind: pipeline.ActivityBulk, Actor: "0102", From: from},
		},
	}
}

// put writes the register in one transaction.
func (r register) put(t testing.TB, s *Store) {
	t.Helper()
	ctx := t.Context()
	var keys []RegistrationKey
	for _, x := range r.registrations {
		keys = append(keys, RegistrationKey{x.AgencyNo, x.AgentID, x.Role})
	}
	write(t, s, func(tx *Tx) error {
		for _, do := range []func() error{
			func() error { return tx.PutAgents(ctx, r.agents) },
			func() error { return tx.PutNames(ctx, r.names) },
			func() error { return tx.PutQualifications(ctx, r.qualifications) },
			func() error { return tx.PutEvents(ctx, r.events) },
			func() error { return tx.PutRegistrations(ctx, keys, r.registrations) },
			func() error { return tx.PutAgencies(ctx, r.agencies) },
			func() error { return tx.PutActivities(ctx, r.activities) },
		} {
			if err := do(); err != nil {
				return err
			}
		}
		return nil
	})
}

// people is what People and Person must make of the register.
func (r register) people() []pipeline.Person {
	names := sorted(r.names, func(n pipeline.Name) []string { return []string{n.AgentID, n.Kind, n.Text} })
	activities := sorted(r.activities, func(a pipeline.Activity) []string {
		return []string{a.AgentID, a.On.String(), a.Kind, a.Actor}
	})
	var out []pipeline.Person
	for _, a := range r.agents {
		out = append(out, pipeline.Person{
			Agent:          a,
			Names:          only(names, func(n pipeline.Name) bool { return n.AgentID == a.ID }),
			Qualifications: only(r.qualifications, func(q pipeline.Qualification) bool { return q.AgentID == a.ID }),
			Registrations:  only(r.registrations, func(x pipeline.Registration) bool { return x.AgentID == a.ID }),
			Activities:     only(activities, func(x pipeline.Activity) bool { return x.AgentID == a.ID }),
		})
	}
	return out
}

func only[T any](rows []T, keep func(T) bool) []T {
	var out []T
	for _, r := range rows {
		if keep(r) {
			out = append(out, r)
		}
	}
	return out
}

// sorted sorts a copy of rows by their keys.
func sorted[T any](rows []T, key func(T) []string) []T {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b T) int { return slices.Compare(key(a), key(b)) })
	return rows
}

func sampleDeadlines() []Deadline {
	return []Deadline{
		{
			AgentID: "A0001", Status: "対象", Case: "4", BaseKind: "廃止年月日", BaseOn: day("2023-04-10"), Period: "半年",
			Extensions: []pipeline.Extension{{On: day("2023-05-01"), Kind: pipeline.ActivityLogin, LastDay: day("2023-11-01"), Evidence: "b1//2"}},
			LastDay:    day("2023-11-01"), FirstDeletable: day("2023-11-02"), Decisions: []string{"期限後活動"}, Reason: "要領§10 No.4 <半年>",
			Evidence: []pipeline.Evidence{{Fact: "廃止年月日", On: day("2023-04-10"), Ref: "b1//2", File: "registrations.xlsx"}}, RuleVersion: "2018-10-22",
		},
		{AgentID: "A0002", Status: "判定不能", Reason: "ID取得日がありません"},
		{AgentID: "A0003", Status: "登録中"},
	}
}

func sampleExpiry() []pipeline.ExpiryRow {
	return []pipeline.ExpiryRow{
		{
			InsurerCode: "0101", AgentID: "A0001", QualificationCode: "K10", CertificateNo: "C-1", AgencyNo: "T1", AgencyName: "名簿代理店",
			Name: "𠮷田 花子", QualificationName: "基礎単位", JudgedOn: day("2022-03-31"), ExpiresOn: day("2027-03-31"), ExpirySource: "supplied",
			State: "更新時期", Step: "3か月前", NextExam: 202706, LinesAllowed: []string{"自動車", "火災"}, PersonState: "募集可",
			ClusterState: "募集可", ClusterLines: []string{"自動車"},
		},
		{InsurerCode: "0102", AgentID: "A0001", QualificationCode: "K10", CertificateNo: "C-1", State: "失効", NextExamComputed: true},
		{InsurerCode: "0101", AgentID: "A0002", QualificationCode: "K11", CertificateNo: "C-2"},
	}
}

func samplePurge(listNo int) []pipeline.PurgeRow {
	return []pipeline.PurgeRow{
		{
			ListNo: listNo, AgentID: "A0001", Case: "4", BaseKind: "廃止年月日", BaseOn: day("2023-04-10"), Period: "半年",
			LastDay: day("2023-11-01"), FirstDeletable: day("2023-11-02"), State: pipeline.PurgeHeld,
			Holds:  []pipeline.Hold{{Code: "named", Reason: "訴訟 & 調査", Since: day("2023-10-01"), Until: day("2024-10-01"), By: "S-9"}},
			Reason: "要領§10 No.4", Evidence: []pipeline.Evidence{{Fact: "廃止年月日", On: day("2023-04-10"), Ref: "b1//2"}},
		},
		{ListNo: listNo, AgentID: "A0003", Case: pipeline.CaseRequest, BaseKind: "申出日", BaseOn: day("2023-12-01"), State: pipeline.PurgeDue},
	}
}

func sampleDuplicates() []Duplicate {
	return []Duplicate{
		{DuplicateRow: pipeline.DuplicateRow{
			AgentA: "A0001", AgentB: "A0002", Weight: 17.25, Probability: 0.30000000000000004, Class: pipeline.ClassReview,
			Reasons: []string{"生年月日が1日違い", "氏名が類似"}, FirstSeen: day("2023-01-01"),
		}, Fingerprint: "ab12"},
		{DuplicateRow: pipeline.DuplicateRow{
			AgentA: "A0002", AgentB: "A0003", Weight: nan, Probability: nan, Class: pipeline.ClassConfirmed, Decision: "同一人",
			DecidedBy: "S-1", DecidedAt: moment("2023-01-02T03:04:05.000006Z"), FirstSeen: day("2023-01-01"),
		}},
	}
}

// fill writes a row of every kind the register, the reports and the journal have.
func fill(t testing.TB, s *Store) {
	t.Helper()
	ctx := t.Context()
	sample().put(t, s)
	apply := Sync{Apply: true}
	for what, err := range map[string]error{
		"deadlines":  second(s.SyncDeadlines(ctx, pointers(sampleDeadlines()...), apply)),
		"expiry":     second(s.SyncExpiry(ctx, pointers(sampleExpiry()...), apply)),
		"purge":      second(s.SyncPurgeList(ctx, 3, pointers(samplePurge(3)...), apply)),
		"duplicates": second(s.SyncDuplicates(ctx, pointers(sampleDuplicates()...), apply)),
		"clusters":   second(s.SyncClusters(ctx, pointers(Membership{"A0001", "A0001"}, Membership{"A0002", "A0001"}), apply)),
		"weights":    second(s.SyncPairWeights(ctx, pointers(PairWeight{"A0001", "A0002", 1.25, "{}"}), apply)),
		"events":     second(s.AddClusterEvents(ctx, "nightly-2023-01-01-1", pointers(ClusterEvent{"nightly-2023-01-01-1", 1, day("2023-01-01"), "統合", "A0001", "A0002"}), apply)),
		"flags":      second(s.SyncDuplicateFlags(ctx, ids("A0001", "A0002"), apply)),
		"affiliated": second(s.SyncAffiliated(ctx, ids("A0003"), apply)),
		"run": s.PutRun(ctx, run.Row{
			ID: "nightly-2023-01-01-1", Job: "nightly", AsOf: day("2023-01-01"), Attempt: 1, State: run.StateDone,
			Counts: run.Counts{Read: 3, Applied: 2, Rejected: 1}, StartedAt: moment("2023-01-01T18:00:00.000000Z"), Version: "v1",
		}),
		"step": s.PutStep(ctx, run.StepRow{RunID: "nightly-2023-01-01-1", Seq: 1, Name: "import", State: run.StateDone, PeakRSS: 1 << 33}),
	} {
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	write(t, s, func(tx *Tx) error {
		if err := tx.PutPurgeList(ctx, pipeline.PurgeList{No: 3, AsOf: day("2023-01-01"), Rows: 2, Hash: "ff", State: "公開", Approvals: "[]"}); err != nil {
			return err
		}
		if err := tx.PutBatch(ctx, sampleBatch()); err != nil {
			return err
		}
		if err := tx.PutFaults(ctx, "b1", sampleFaults()); err != nil {
			return err
		}
		if err := tx.FinishReport(ctx, Manifest{Report: ReportExpiry, Reader: "0101", AsOf: day("2023-01-01"), RunID: "r", Rows: 1, SHA256: "aa"}); err != nil {
			return err
		}
		if _, err := tx.AddDecision(ctx, Decision{AgentA: "A0001", AgentB: "A0002", Verdict: "別人", By: "S-1", At: moment("2023-01-02T03:04:05.000006Z")}); err != nil {
			return err
		}
		if err := tx.PutCorrections(ctx, sampleCorrections()); err != nil {
			return err
		}
		return tx.PutRunFiles(ctx, []run.File{{RunID: "nightly-2023-01-01-1", Seq: 1, Path: "0101/a.csv", Size: 1 << 40, State: run.FileListed}})
	})
}

// ids streams IDs as the flags' computation does.
func ids(list ...string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, id := range list {
			if !yield(id, nil) {
				return
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

func sampleBatch() pipeline.Batch {
	return pipeline.Batch{
		ID: "b1", Sender: "0101", Kind: "registrations", FileName: "registrations_１.xlsx", SHA256: "ab",
		ReceivedAt: moment("2023-01-01T18:00:00.000001Z"), AsOf: day("2023-01-01"), State: pipeline.BatchApplied,
		RowsRead: 10, Applied: 4, Unchanged: 3, Rejected: 2, Duplicates: 1,
	}
}

func sampleFaults() []*pipeline.Fault {
	file := sampleBatch().FileName
	return []*pipeline.Fault{
		{Origin: pipeline.Origin{File: file}, Code: "unknown-column", Severity: pipeline.SeverityWarning, Key: "備考2", Header: "備考2", JA: "知らない列です", EN: "unknown column"},
		{Origin: pipeline.Origin{File: file, Sheet: "一覧", Row: 7}, Code: "bad-date", Severity: pipeline.SeverityError, Key: "event_on", Header: "登録事由発生年月日", JA: "日付ではありません: 2月30日", EN: "no such day"},
		{Origin: pipeline.Origin{File: file, Sheet: "一覧", Row: 7}, Code: "missing", Severity: pipeline.SeverityError, Key: "agent_id", Header: "募集人ID", JA: "空欄です", EN: "is empty"},
	}
}
