package report

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"meibo/pipeline"
)

var jst = time.FixedZone("JST", 9*60*60)

func sampleMeta() Meta {
	return Meta{
		AsOf: pipeline.MustDate("2026-11-22"), Slot: time.Date(2026, 11, 22, 3, 15, 0, 0, jst),
		Version: "v1.2.3", Reader: "0001", ReaderName: "みらい損害保険",
	}
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
				if exam.code == "K10" {
					r.PersonState, r.LinesAllowed = "募集不可", nil
				}
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

func collect[T any](seq iter.Seq2[T, error]) (all []T) {
	for v := range seq {
		all = append(all, v)
	}
	return slices.Clip(all)
}
