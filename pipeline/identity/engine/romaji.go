package engine

import "strings"

// syllables transcribes large katakana by Hepburn without long vowels, as people
// form their mail addresses. Forms hold no small kana: シヤ may be sha or shiya,
// and people with such names write the former.
const syllables = "アaイiウuエeオoカkaキkiクkuケkeコkoサsaシshiスsuセseソsoタtaチchiツtsuテteトtoナnaニniヌnuネneノno" +
	"ハhaヒhiフfuヘheホhoマmaミmiムmuメmeモmoヤyaユyuヨyoラraリriルruレreロroワwaンn" +
	"ガgaギgiグguゲgeゴgoザzaジjiズzuゼzeゾzoダdaデdeドdoバbaビbiブbuベbeボboパpaピpiプpuペpeポpoヴvu"

// romaji transcribes a form; Latin letters stay as they are, and a form with
// kanji has no transcription.
func romaji(form []rune) []byte {
	var out []byte
	for i, r := range form {
		if 'a' <= r && r <= 'z' {
			out = append(out, byte(r))
			continue
		}
		at := strings.IndexRune(syllables, r)
		if at < 0 {
			return []byte{}
		}
		s := syllables[at+len("ア"):]
		end := strings.IndexFunc(s, func(r rune) bool { return r > 'z' })
		if end < 0 {
			end = len(s)
		}
		out = append(out, s[:end]...)
		if i > 0 && strings.ContainsRune("ヤユヨ", r) {
			out = contracted(out, s[:end])
		}
	}
	return out
}

// contracted makes shu of shiyu, kyo of kiyo.
func contracted(out []byte, y string) []byte {
	head, ok := strings.CutSuffix(string(out[:len(out)-len(y)]), "i")
	switch {
	case !ok || head == "":
		return out
	case strings.HasSuffix(head, "sh"), strings.HasSuffix(head, "ch"), strings.HasSuffix(head, "j"):
		return []byte(head + y[1:])
	}
	return []byte(head + y)
}
