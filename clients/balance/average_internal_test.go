package balance

import (
	"testing"
	"time"
)

func TestAverageRisesAtOnceAndFallsSlowly(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	near := func(name string, a *average, now, want time.Duration) {
		t.Helper()
		if got := time.Duration(a.value(now)); got < want*9/10 || got > want*11/10 {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	var a average
	now := time.Hour
	a.add(now, 10*ms)
	near("first", &a, now, 10*ms)
	a.add(now, 200*ms)
	near("a peak", &a, now, 200*ms)
	for range 100 { // 1 s
		now += 10 * ms
		a.add(now, 10*ms)
	}
	near("a second of calls later", &a, now, 166*ms) // 10 + 190 / e^(1/5)
	near("five seconds of silence later", &a, now+memory, 61*ms)
	now += time.Second
	a.add(now, 10*ms)
	near("a call after a rest", &a, now, 88*ms)
	a.atLeast(now, 50*ms)
	near("an abandoned call that was younger", &a, now, 88*ms)
	a.atLeast(now, 150*ms)
	near("an abandoned call that was older", &a, now, 150*ms)
}
