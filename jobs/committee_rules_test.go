package jobs

import "testing"

// The committee reads every setting in words.
func TestEverySettingHasWords(t *testing.T) {
	texts := settingTexts()
	for name := range DefaultConfig().committeeSettings() {
		if texts[name] == "" {
			t.Errorf("no words for %s", name)
		}
	}
	rules, err := LoadRules()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range rules.Retention.Newest().List() {
		if texts[x.Name] == "" || settingValue(x.Name, x.Value) == x.Value {
			t.Errorf("no words for %s: %s", x.Name, x.Value)
		}
	}
}
