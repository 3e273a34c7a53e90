package jobs

import (
	"runtime/debug"
	"testing"
)

// Of two nights that weigh the register at once in one process, neither leaves the
// collector as it was only for as long as they did.
func TestTheCollectorIsGivenBack(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(200))
	first := collectingSoon()
	second := collectingSoon()
	first()
	second()
	if was := debug.SetGCPercent(200); was != 200 {
		t.Errorf("the heap may grow by %d %% afterwards, want 200", was)
	}
	during := collectingSoon()
	if was := debug.SetGCPercent(collectSoon); was != collectSoon {
		t.Errorf("it may grow by %d %% meanwhile, want %d", was, collectSoon)
	}
	during()
}
