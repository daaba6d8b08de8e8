package fleet

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/internal/units"
)

// after is an answer that takes a while.
func after(d time.Duration, err error) func(context.Context) error {
	return func(ctx context.Context) error {
		if !wait(ctx, d, nil) {
			return silence(ctx)
		}
		return err
	}
}

func TestSuspectIsSilentOnlyWhenAnotherOneAnswers(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name           string
		suspect, other func(context.Context) error
		want           bool
		took           time.Duration
	}{
		{"it answers", after(0, nil), after(0, nil), false, 0},
		{"it does not, and the other does", silence, after(ms, nil), true, 200 * ms},
		{"neither does: the gateway stands still, or all do", silence, silence, false, 200 * ms},
		{"the other has no connection", silence, after(0, errRefused), false, 0},
		{"its connection broke", after(ms, errRefused), after(2*ms, nil), true, 2 * ms},
		{"both are slow", after(400*ms, nil), after(150*ms, nil), false, 400 * ms},
		{"it is slower than three times the other", after(500*ms, nil), after(150*ms, nil), true, 450 * ms},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &world{}
				f := w.open(t, Policies{}, "a:1", "b:1")
				w.host("a:1").live, w.host("b:1").live = tt.suspect, tt.other
				endpoints := f.set.Endpoints()
				start := time.Now()
				if got := f.suspicions.silent(t.Context(), endpoints[0], endpoints[1]); got != tt.want || time.Since(start) != tt.took {
					t.Errorf("%v after %s", got, time.Since(start))
				}
			})
		})
	}
}

func TestSuspectIsAskedWithin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := (&world{}).open(t, Policies{Ejection: &balance.Ejection{Stall: units.Duration(time.Second)}}, "a:1", "b:1")
		if f.suspicions.stall != time.Second {
			t.Error(f.suspicions.stall)
		}
	})
}

func TestSuspectIsAskedOnceAtATimeAndNotComparedWithTheStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		f := w.open(t, Policies{}, "a:1", "b:1", "c:1", "d:1")
		call(t.Context(), f, "m")
		for _, address := range []string{"a:1", "b:1"} {
			w.host(address).live = silence
		}
		w.host("d:1").standing = balance.Unreachable
		f.notify(balance.Event{Address: "b:1", State: balance.StateEjected, Cause: balance.Stalled})
		synctest.Wait()
		w.host("b:1").set(func() { w.host("b:1").lives = 0 })
		for range 10 {
			f.suspect(f.set.Endpoints()[0])
		}
		synctest.Wait()
		for address, want := range map[string]int{"a:1": 1, "b:1": 0, "c:1": 1, "d:1": 0} {
			if got := w.host(address).alive(); got != want {
				t.Errorf("%s was asked %d times", address, got)
			}
		}
		time.Sleep(300 * time.Millisecond)
		f.suspect(f.set.Endpoints()[0])
		synctest.Wait()
		if got := w.host("a:1").alive(); got != 2 {
			t.Error("once it is settled it may be asked again:", got)
		}
	})
}

func TestNobodyToCompareWithNobodyAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		f := w.open(t, Policies{}, "a:1")
		f.suspect(f.set.Endpoints()[0])
		synctest.Wait()
		if got := w.host("a:1").alive(); got != 0 {
			t.Error(got)
		}
	})
}
