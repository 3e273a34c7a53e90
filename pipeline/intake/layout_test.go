package intake

import (
	"slices"
	"testing"
)

func shipped(t testing.TB) Layouts {
	t.Helper()
	ls, err := LoadLayouts()
	if err != nil {
		t.Fatal(err)
	}
	return ls
}

func TestShippedLayoutsLoad(t *testing.T) {
	kinds := shipped(t).Kinds()
	for _, want := range []string{"activities", "agents", "exam-results", "registrations"} {
		if !slices.Contains(kinds, want) {
			t.Errorf("no layout of kind %s among %v", want, kinds)
		}
	}
}
