package engine

// outline names the comparisons and their levels with the m of a register such
// as ours before anything is learnt; see prepared for the u.
func outline() []Comparison {
	return []Comparison{
		{"氏名", []Level{
			nameUnknown:       {"不明", 1, 1},
			nameAll:           {"漢字・カナとも一致", 0.56, 1},
			nameKanji:         {"漢字（英字）一致、カナ不明", 0.06, 1},
			nameKana:          {"カナ一致、漢字不明", 0.05, 1},
			nameOtherFamily:   {"カナ一致、氏の漢字が相違", 0.02, 1},
			nameOtherGiven:    {"カナ一致、名の漢字が相違", 0.01, 1},
			nameReading:       {"漢字一致、カナ相違", 0.05, 1},
			nameFormer:        {"名が一致、氏は旧氏と一致", 0.05, 1},
			nameChangedWoman:  {"名が一致、氏が相違（女性）", 0.06, 1},
			nameChanged:       {"名が一致、氏が相違", 0.02, 1},
			nameNearFamily:    {"名が一致、氏が類似", 0.03, 1},
			nameNearGiven:     {"氏が一致、名が類似", 0.03, 1},
			nameSwapped:       {"氏と名が入れ替わり", 0.01, 1},
			nameSimilar:       {"氏名が類似", 0.01, 1},
			nameRelative:      {"氏が一致、名が相違", 0.01, 1},
			nameGivenOnly:     {"名が一致、氏は不明", 0.01, 1},
			nameFamilyOnly:    {"氏が一致、名は不明", 0.01, 1},
			nameConflict:      {"相違", 0.01, 1},
			nameNearOnly:      {"氏か名が類似、他方は不明", 0.01, 1},
			nameCrossed:       {"氏と名が入れ替わり、他方は不明か類似", 0.005, 1},
			nameRelativeLatin: {"氏が一致、名が相違（英字）", 0.01, 1},
		}},
		{"生年月日", []Level{
			bornUnknown:  {"不明", 1, 1},
			bornEqual:    {"一致", 0.90, 1},
			bornNextDay:  {"1日違い", 0.02, 1},
			bornTurned:   {"月と日が入れ替わり", 0.01, 1},
			bornDigit:    {"1桁違い", 0.03, 1},
			bornNear:     {"年・月・日の一つだけ相違", 0.02, 1},
			bornConflict: {"相違", 0.02, 1},
		}},
		{"メールアドレス", []Level{
			mailUnknown:  {"不明・共用", 1, 1},
			mailEqual:    {"一致", 0.35, 1},
			mailShared:   {"一致（数人で使用）", 0.02, 1},
			mailLocal:    {"@の前が一致", 0.05, 1},
			mailDerived:  {"@の前が同じか似て、氏名から作れる", 0.04, 1},
			mailSimilar:  {"@の前が類似", 0.04, 1},
			mailConflict: {"相違", 0.50, 1},
			mailMade:     {"一致、ただし氏名から作れる", 0.15, 1},
		}},
		{"合格番号", []Level{
			certUnknown:  {"不明", 1, 1},
			certEqual:    {"一致", 0.30, 1},
			certConflict: {"相違", 0.70, 1},
			certSameDay:  {"同じ日の同じ試験で相違", 0.001, 1},
		}},
		{"性別", []Level{
			flatUnknown:  {"不明", 1, 1},
			flatEqual:    {"一致", 0.985, 1},
			flatConflict: {"相違", 0.015, 1},
		}},
		{"代理店", []Level{
			flatUnknown:  {"不明", 1, 1},
			flatEqual:    {"一致", 0.50, 1},
			flatConflict: {"相違", 0.50, 1},
		}},
	}
}

// startingPairs is how many true pairs a record is expected to have before
// training.
const startingPairs = 0.02

// What models are made with: see Model.
const (
	falseShare      = 0.0005
	reviewThreshold = -2
	unseenBits      = -1
)

// prepared is the outline with the u of these columns: shares and formulas for
// what chance does, not counts of rare events, which a file with many true
// pairs would spoil.
func (f facts) prepared() Model {
	m := Model{
		Version: modelVersion, Records: f.records, PairsEach: startingPairs, Comparisons: outline(),
		FalseShare: falseShare, Review: reviewThreshold, Unseen: unseenBits,
	}
	f.nameChances(m.Comparisons[compareName].Levels)
	set := func(comparison int, u map[int]float64) {
		for l, v := range u {
			m.Comparisons[comparison].Levels[l].U = min(max(v, 1e-9), 1)
		}
	}
	one := 1 / max(float64(f.records), 1)
	set(compareBorn, map[int]float64{
		int(bornEqual): f.sameBorn, int(bornNextDay): 2 * f.sameBorn, int(bornTurned): 0.36 * f.sameBorn,
		int(bornDigit): 22 * f.sameBorn, int(bornNear): f.nearBorn, int(bornConflict): 1,
	})
	set(compareMail, map[int]float64{
		int(mailEqual): max(one, 0x1p-14), int(mailShared): max(one, 0x1p-9), int(mailLocal): max(one, 0x1p-9),
		int(mailDerived): 0x1p-4, int(mailSimilar): max(f.similarMail, 0x1p-9), int(mailConflict): 1,
		int(mailMade): f.madeAlike(0, 0),
	})
	set(compareCert, map[int]float64{int(certEqual): max(one, 0x1p-18), int(certConflict): 1, int(certSameDay): 1})
	same := f.women*f.women + (1-f.women)*(1-f.women)
	set(compareSex, map[int]float64{int(flatEqual): same, int(flatConflict): 1 - same})
	set(compareAgency, map[int]float64{int(flatEqual): 1, int(flatConflict): 1})
	return m
}

// madeAlike is the chance that two namesakes who make their addresses of their
// name hit on the same, given how many pairs of them seem to have done so and how
// many are one person after all. Few namesakes prove little: 64 of whom one pair
// did are taken as seen before.
func (f facts) madeAlike(alike, one float64) float64 {
	return max((alike+1)/(max(f.namesakes-one, alike)+64), 0x1p-14)
}

// nameChances sets the u of the levels of names. How rare an agreeing part is
// counts apart; what stands here is whether both writings are there to be
// compared, and what slips and namesakes do.
func (f facts) nameChances(ls []Level) {
	kanji, kana := f.kanji*f.kanji, f.kana*f.kana
	both := kanji * kana
	onlyKanji, onlyKana := max(kanji*(1-kana), 0.005), max(kana*(1-kanji), 0.005)
	known := (1 - f.famMissing) * (1 - f.famMissing) * (1 - f.givMissing) * (1 - f.givMissing)
	women := f.sexed * f.sexed * f.women * f.women
	for l, u := range map[nameLevel]float64{
		nameAll: 0.9 * both, nameKanji: onlyKanji, nameKana: onlyKana,
		nameOtherFamily: 0.3 * both, nameOtherGiven: 0.8 * both, nameReading: 0.1 * both,
		nameFormer: 2 * f.former, nameChangedWoman: women, nameChanged: 1 - women,
		nameNearFamily: f.nearFamily, nameNearGiven: f.nearGiven, nameSwapped: 1,
		nameSimilar: 4 * f.nearFamily * f.nearGiven, nameRelative: 1,
		nameGivenOnly: 2 * f.famMissing, nameFamilyOnly: 2 * f.givMissing, nameConflict: known,
		nameNearOnly: 2 * (f.nearFamily*f.givMissing + f.nearGiven*f.famMissing), nameCrossed: 2 * (f.famMissing + f.givMissing),
	} {
		ls[l].U = min(max(u, 1e-6), 1)
	}
	for _, l := range []nameLevel{nameAll, nameKanji, nameKana, nameOtherFamily, nameOtherGiven, nameReading, nameFormer, nameGivenOnly, nameFamilyOnly, nameChangedWoman, nameConflict, nameCrossed} {
		ls[l].U = max(ls[l].U, 0.005)
	}
	// What agrees agrees in the writings that are there.
	agree := ls[nameAll].M + ls[nameKanji].M + ls[nameKana].M
	total := 0.9*both + onlyKanji + onlyKana
	for l, u := range map[nameLevel]float64{nameAll: 0.9 * both, nameKanji: onlyKanji, nameKana: onlyKana} {
		ls[l].M = max(agree*u/total, 1e-4)
	}
}
