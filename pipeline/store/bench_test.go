package store

import (
	"fmt"
	"os"
	"testing"

	"meibo/pipeline"
)

const benchAgents = 20_000

// large is a register of n people as they are on average.
func large(n int) register {
	var r register
	from := pipeline.Provenance("2026-11-21-0001//12345")
	for i := range n {
		id := fmt.Sprintf("A%09d", i)
		name := fmt.Sprintf("名簿 太郎%d", i)
		r.agents = append(r.agents, pipeline.Agent{ID: id, Name: name, NameKana: "メイボ タロウ", BornOn: day("1980-02-29"), Sex: "男", Email: id + "@example.jp", IDAcquiredOn: day("2010-04-01"), From: from})
		r.names = append(r.names,
			pipeline.Name{AgentID: id, Kind: pipeline.NameKana, Text: "メイボ タロウ", From: from},
			pipeline.Name{AgentID: id, Kind: pipeline.NameKanji, Text: name, From: from})
		for j := range 3 {
			r.qualifications = append(r.qualifications, pipeline.Qualification{
				AgentID: id, Code: fmt.Sprintf("K1%d", j), CertificateNo: fmt.Sprintf("C%d-%d", i, j), Result: pipeline.ResultPassed, JudgedOn: day("2022-03-31"),
				ExpiresOn: day("2027-03-31"), PostedBy: "0101", PostedOn: day("2022-04-05"), From: from,
			})
		}
		r.registrations = append(r.registrations, pipeline.Registration{
			AgencyNo: fmt.Sprintf("T%05d", i/10), AgentID: id, Role: "使用人", OpenedOn: day("2022-04-10"), LeadInsurer: "0101",
			AgencyName: "名簿代理店", AgencyAddress: "東京都千代田区", Lines: "自動車 火災", From: from,
		})
		r.activities = append(r.activities, pipeline.Activity{AgentID: id, On: day("2023-05-01"), Kind: pipeline.ActivityLogin, From: from})
	}
	return r
}

func onEachBench(b *testing.B, bench func(b *testing.B, s *Store)) {
	b.Run("sqlite", func(b *testing.B) { bench(b, openTest(b, newSQLite(b))) })
	b.Run("mysql", func(b *testing.B) {
		if os.Getenv("TEST_MYSQL") == "" {
			b.Fatal("TEST_MYSQL is not set: run the benchmark under .ci/mariadb")
		}
		bench(b, openTest(b, newMySQL(b)))
	})
}

// BenchmarkPeople streams everyone through the merge-join; BenchmarkBareRead is
// what the driver alone takes for the same rows.
func BenchmarkPeople(b *testing.B) {
	onEachBench(b, func(b *testing.B, s *Store) {
		large(benchAgents).put(b, s)
		for b.Loop() {
			for _, err := range s.People(b.Context()) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.N)*benchAgents/b.Elapsed().Seconds(), "people/s")
	})
}

func BenchmarkBareRead(b *testing.B) {
	onEachBench(b, func(b *testing.B, s *Store) {
		large(benchAgents).put(b, s)
		for b.Loop() {
			for _, t := range []Table{agentsTable.Table, namesTable.Table, qualificationsTable.Table, registrationsTable.Table, activitiesTable.Table} {
				rows, err := s.db.QueryxContext(b.Context(), t.ordered(""))
				if err != nil {
					b.Fatal(err)
				}
				for rows.Next() {
				}
				if err := rows.Err(); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.N)*benchAgents/b.Elapsed().Seconds(), "people/s")
	})
}

// BenchmarkLoad writes a register into an empty database.
func BenchmarkLoad(b *testing.B) {
	onEachBench(b, func(b *testing.B, s *Store) {
		r := large(benchAgents)
		rows := len(r.agents) + len(r.names) + len(r.qualifications) + len(r.registrations) + len(r.activities)
		for b.Loop() {
			b.StopTimer()
			for _, t := range []Table{activitiesTable.Table, registrationsTable.Table, qualificationsTable.Table, namesTable.Table, agentsTable.Table} {
				s.db.MustExec("DELETE FROM " + quote(t.Name))
			}
			b.StartTimer()
			r.put(b, s)
		}
		b.ReportMetric(float64(b.N)*float64(rows)/b.Elapsed().Seconds(), "rows/s")
	})
}

// BenchmarkSync compares computed verdicts with equal stored ones: the usual night.
func BenchmarkSync(b *testing.B) {
	onEachBench(b, func(b *testing.B, s *Store) {
		template := sampleDeadlines()[0]
		rows := make([]Deadline, benchAgents)
		for i := range rows {
			rows[i] = template
			rows[i].AgentID = fmt.Sprintf("A%09d", i)
		}
		if _, err := s.SyncDeadlines(b.Context(), pointers(rows...), Sync{Apply: true}); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if d, err := s.SyncDeadlines(b.Context(), pointers(rows...), Sync{Apply: true}); err != nil || d.Written() > 0 {
				b.Fatal(d, err)
			}
		}
		b.ReportMetric(float64(b.N)*benchAgents/b.Elapsed().Seconds(), "rows/s")
	})
}
