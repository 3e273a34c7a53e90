package deadline

import (
	"strings"
	"testing"

	"meibo/pipeline"
)

func TestExpiry(t *testing.T) {
	tests := []struct {
		name, code, judged, supplied string
		unlimited                    bool
		last, source                 string
		differs                      bool
	}{
		{"to the month's end", "K10", "2020-06-10", "", false, "2025-06-30", ExpiryComputed, false},
		{"judged on the month's last day", "K10", "2020-01-31", "", false, "2025-01-31", ExpiryComputed, false},
		{"judged on a leap day", "K11", "2020-02-29", "", false, "2025-02-28", ExpiryComputed, false},
		{"not rounded", "S01", "2020-06-10", "", false, "2025-06-10", ExpiryComputed, false},
		{"not rounded, leap day", "B01", "2020-02-29", "", false, "2025-02-28", ExpiryComputed, false},
		{"three years", "C01", "2021-02-28", "", false, "2024-02-29", ExpiryComputed, false},
		{"five years and six months", "X01", "2020-08-31", "", false, "2026-02-28", ExpiryComputed, false},
		{"supplied wins", "K10", "2020-06-10", "2025-05-31", false, "2025-05-31", ExpirySupplied, true},
		{"supplied as computed", "K10", "2020-06-10", "2025-06-30", false, "2025-06-30", ExpirySupplied, false},
		{"old exams never lapse", "Q01", "1998-04-01", "", false, "", ExpiryUnlimited, false},
		{"an end supplied for one that never lapses", "Q01", "1998-04-01", "2030-03-31", false, "2030-03-31", ExpirySupplied, true},
		{"無期限 supplied", "K10", "2020-06-10", "", true, "", ExpiryUnlimited, true},
		{"無期限 supplied as by the rule", "Q01", "1998-04-01", "", true, "", ExpiryUnlimited, false},
		{"an unknown code", "ZZZ", "2020-06-10", "", false, "", "", false},
		{"an unknown code with its end", "ZZZ", "2020-06-10", "2025-06-30", false, "2025-06-30", ExpirySupplied, false},
		{"no 合格判定日", "K10", "", "", false, "", "", false},
	}
	k := kinds(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := pipeline.Qualification{Code: tt.code, JudgedOn: day(tt.judged), ExpiresOn: day(tt.supplied), Unlimited: tt.unlimited}
			last, source := k.Expiry(&q)
			if last != day(tt.last) || source != tt.source || k.Differs(&q) != tt.differs {
				t.Errorf("got %s, %s, differs %t; want %s, %s, %t", last, source, k.Differs(&q), tt.last, tt.source, tt.differs)
			}
		})
	}
}

// One pass through its whole life: K10 judged 2020-06-10 ends on 2025-06-30.
func TestStateAndStepByDay(t *testing.T) {
	tests := []struct{ name, on, state, step string }{
		{"long before", "2024-08-31", StateValid, ""},
		{"the month before the window", "2024-08-01", StateValid, ""},
		{"the window opens on the first of the month", "2024-09-01", StateRenewal, "9か月前"},
		{"m = 4", "2025-02-28", StateRenewal, "9か月前"},
		{"m = 3", "2025-03-01", StateRenewal, "3か月前"},
		{"m = 1", "2025-05-31", StateRenewal, "3か月前"},
		{"the month of expiry", "2025-06-01", StateRenewal, "当月"},
		{"the last valid day", "2025-06-30", StateRenewal, "当月"},
		{"the day after", "2025-07-01", StateLapsed, "失効後"},
		{"the last day of the twelve months", "2026-06-30", StateLapsed, "失効後"},
		{"one day later", "2026-07-01", StateLapsed, ""},
	}
	k := kinds(t)
	q := pipeline.Qualification{Code: "K10", JudgedOn: day("2020-06-10")}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if state, step := k.State(&q, day(tt.on)), k.Step(&q, day(tt.on)); state != tt.state || step != tt.step {
				t.Errorf("on %s: %s, %q; want %s, %q", tt.on, state, step, tt.state, tt.step)
			}
		})
	}
}

// A pass that ends within its month is lapsed before the month is over.
func TestStepInTheMonthOfAnUnroundedExpiry(t *testing.T) {
	k := kinds(t)
	q := pipeline.Qualification{Code: "S01", JudgedOn: day("2020-06-10")} // ends 2025-06-10
	for on, want := range map[string]string{
		"2025-06-10": "更新時期 当月", "2025-06-11": "失効 失効後", "2026-06-10": "失効 失効後", "2026-06-11": "失効 ",
	} {
		if got := k.State(&q, day(on)) + " " + k.Step(&q, day(on)); got != want {
			t.Errorf("on %s: %q, want %q", on, got, want)
		}
	}
	never := pipeline.Qualification{Code: "Q01", JudgedOn: day("1998-04-01")}
	if got := k.State(&never, day("2025-06-11")) + " " + k.Step(&never, day("2025-06-11")); got != "無期限 " {
		t.Errorf("what never lapses: %q", got)
	}
	unknown := pipeline.Qualification{Code: "ZZZ", JudgedOn: day("1998-04-01")}
	if got := k.State(&unknown, day("2025-06-11")) + k.Step(&unknown, day("2025-06-11")); got != "" {
		t.Errorf("without a rule: %q", got)
	}
}

// States and steps only move forward as days pass.
func TestStateNeverGoesBack(t *testing.T) {
	k := kinds(t)
	states := map[string]int{StateValid: 0, StateRenewal: 1, StateLapsed: 2}
	steps := map[string]int{"9か月前": 1, "3か月前": 2, "当月": 3, "失効後": 4}
	for _, code := range []string{"K10", "S01", "C01", "X01"} {
		q := pipeline.Qualification{Code: code, JudgedOn: day("2020-02-29")}
		state, step := 0, 0
		for d := q.JudgedOn; d < day("2028-01-01"); d = d.AddDays(1) {
			s := states[k.State(&q, d)]
			p := steps[k.Step(&q, d)]
			if p == 0 && step > 0 {
				p = 5 // past all steps
			}
			if s < state || p < step || s > state+1 || p > step+1 {
				t.Fatalf("%s on %s: state %s, step %q after rank %d, %d", code, d, k.State(&q, d), k.Step(&q, d), state, step)
			}
			state, step = s, p
		}
		if state != 2 || step != 5 {
			t.Errorf("%s ends in state rank %d, step rank %d", code, state, step)
		}
	}
}

func TestNextExam(t *testing.T) {
	k := kinds(t)
	supplied, _ := pipeline.NewYearMonth(2025, 2)
	tests := []struct {
		name     string
		q        pipeline.Qualification
		want     string
		computed bool
	}{
		{"the month in which the window opens", pipeline.Qualification{Code: "K10", JudgedOn: day("2020-06-10")}, "2024-09", true},
		{"as supplied", pipeline.Qualification{Code: "K10", JudgedOn: day("2020-06-10"), NextExam: supplied}, "2025-02", false},
		{"from a supplied end", pipeline.Qualification{Code: "K10", JudgedOn: day("2020-06-10"), ExpiresOn: day("2025-01-31")}, "2024-04", true},
		{"never lapses", pipeline.Qualification{Code: "Q01", JudgedOn: day("2020-06-10")}, "", false},
		{"no end known", pipeline.Qualification{Code: "ZZZ"}, "", false},
	}
	for _, tt := range tests {
		if got, computed := k.NextExam(&tt.q); got.String() != tt.want || computed != tt.computed {
			t.Errorf("%s: %s, computed %t; want %s, %t", tt.name, got, computed, tt.want, tt.computed)
		}
	}
}

func TestReplaced(t *testing.T) {
	q := func(code, cert, judged, ends, withdrawn string) pipeline.Qualification {
		return pipeline.Qualification{Code: code, CertificateNo: cert, JudgedOn: day(judged), ExpiresOn: day(ends), WithdrawnOn: day(withdrawn)}
	}
	unlimited := pipeline.Qualification{Code: "K10", CertificateNo: "1", JudgedOn: day("2020-06-10"), Unlimited: true}
	tests := []struct {
		name     string
		old, new pipeline.Qualification
		replaced bool
	}{
		{"a renewal of the same code", q("K10", "1", "2020-06-10", "", ""), q("K10", "2", "2025-01-15", "", ""), true},
		{"another code", q("K10", "1", "2020-06-10", "", ""), q("K11", "2", "2025-01-15", "", ""), false},
		{"a renewal withdrawn", q("K10", "1", "2020-06-10", "", ""), q("K10", "2", "2025-01-15", "", "2025-02-01"), false},
		{"a renewal judged tomorrow", q("K10", "1", "2020-06-10", "", ""), q("K10", "2", "2025-03-02", "", ""), false},
		{"one judged earlier", q("K10", "1", "2020-06-10", "", ""), q("K10", "2", "2015-06-10", "", ""), false},
		{"judged on one day, the later end stays", q("K10", "2", "2020-06-10", "2025-06-30", ""), q("K10", "1", "2020-06-10", "2025-07-31", ""), true},
		{"judged on one day, one without end stays", q("K10", "2", "2020-06-10", "", ""), unlimited, true},
		{"judged on one day, equal ends: by number", q("K10", "1", "2020-06-10", "", ""), q("K10", "2", "2020-06-10", "", ""), true},
	}
	k := kinds(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all := []pipeline.Qualification{tt.old, tt.new}
			if got := k.Replaced(&tt.old, all, day("2025-03-01")); got != tt.replaced {
				t.Errorf("old replaced: %t, want %t", got, tt.replaced)
			}
			if tt.replaced && k.Replaced(&tt.new, all, day("2025-03-01")) {
				t.Error("the new one is replaced too")
			}
		})
	}
}

// The shipped table is the one of the input contract.
func TestShippedKinds(t *testing.T) {
	k := kinds(t)
	if got := strings.Join(k.Codes(), " "); got != "K10 K11 K12 K13 B01 S01 D01 C01 Q01 X01 X02" {
		t.Errorf("codes %s", got)
	}
	x, ok := k.Kind("X01")
	if !ok || x.Category != "その他" || x.Months != 66 || !x.MonthEnd || x.JudgedFrom != day("2011-10-01") {
		t.Errorf("X01 = %+v", x)
	}
	if _, ok := k.Kind("k10"); ok {
		t.Error("codes are opaque, k10 is not K10")
	}
}

// A kind may have a renewal window and steps of its own.
func TestKindWithItsOwnSteps(t *testing.T) {
	data := shipped(t, "qualifications.yaml", "months: 36, rounding: none", "months: 36, rounding: none, renewal_months: 2, steps: [{label: 2か月前, from: 2, to: 0}]")
	h, err := ParseKinds("own.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	k, err := h.KindsOn(day("2025-01-01"))
	if err != nil {
		t.Fatal(err)
	}
	q := pipeline.Qualification{Code: "C01", JudgedOn: day("2022-06-10")}
	for on, want := range map[string]string{"2025-03-31": "有効 ", "2025-04-01": "更新時期 2か月前", "2025-06-10": "更新時期 2か月前", "2025-06-11": "失効 失効後"} {
		if got := k.State(&q, day(on)) + " " + k.Step(&q, day(on)); got != want {
			t.Errorf("on %s: %q, want %q", on, got, want)
		}
	}
	if _, err := h.KindsOn(day("2011-09-30")); err == nil {
		t.Error("a day before the first version is accepted")
	}
}
