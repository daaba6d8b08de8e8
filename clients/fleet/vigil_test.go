package fleet

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/clients/balance"
)

// stalled is a fleet of two endpoints that are called, of which a:1 has stalled, and how often that was heard to be back.
func stalled(t *testing.T, live func(context.Context) error) (*world, *Fleet[*host], *atomic.Int32) {
	t.Helper()
	w, back := &world{}, &atomic.Int32{}
	f := w.open(t, Policies{Health: &Health{Disabled: true}}, "a:1", "b:1")
	f.vigils.back = func(e *balance.Endpoint[*host]) {
		if e.Address == "a:1" {
			back.Add(1)
		}
	}
	w.host("a:1").live = live
	calling(t, f, "m")
	synctest.Wait()
	f.notify(balance.Event{Address: "a:1", State: balance.StateEjected, Cause: balance.Stalled})
	return w, f, back
}

func TestStalledEndpointIsAskedEverySecondUntilItIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f, back := stalled(t, silence)
		time.Sleep(20 * time.Second)
		a := w.host("a:1")
		if a.alive() < 9 || a.alive() > 12 { // a second for the answer that does not come, and one until the next question
			t.Error(a.alive())
		}
		if back.Load() != 0 {
			t.Error("it is back, though it does not answer")
		}
		a.set(func() { a.live = after(0, nil) })
		time.Sleep(2500 * time.Millisecond)
		if back.Load() != 1 {
			t.Error("it answers again:", back.Load())
		}
		f.notify(balance.Event{Address: "a:1", State: balance.StateProbing})
		time.Sleep(10 * time.Second)
		a.set(func() { a.lives = 0 })
		f.notify(balance.Event{Address: "a:1", State: "ready"})
		time.Sleep(10 * time.Second)
		if a.alive() != 0 || back.Load() != 1 {
			t.Error("it is asked, though it is back:", a.alive(), back.Load())
		}
	})
}

func TestNobodyIsRememberedWhoWillNotBeAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, f, _ := stalled(t, after(0, nil))
		f.back(f.roster.member("a:1"))
		if n := len(f.health.urgent); n != 0 {
			t.Errorf("%d endpoints wait for a question, and health is disabled", n)
		}
	})
}

func TestEndpointThatAnswersAllTheWhileIsNotBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, back := stalled(t, after(0, nil)) // its model stalls, the server does not
		time.Sleep(time.Minute)
		if back.Load() != 0 {
			t.Error(back.Load())
		}
	})
}

func TestEndpointThatIsSilentForLongGetsNewConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _, _ := stalled(t, silence)
		time.Sleep(9 * time.Second)
		if got := w.host("a:1").reconnected(); got != 0 {
			t.Error(got)
		}
		time.Sleep(6 * time.Second)
		if got := w.host("a:1").reconnected(); got != 1 {
			t.Error(got)
		}
		time.Sleep(60 * time.Second)
		if got := w.host("a:1").reconnected(); got < 5 || got > 7 {
			t.Error("once in ten seconds:", got)
		}
	})
}

func TestOnlyStalledEndpointsAreAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		f := w.open(t, Policies{Health: &Health{Disabled: true}}, "a:1", "b:1")
		calling(t, f, "m")
		synctest.Wait()
		f.notify(balance.Event{Address: "a:1", State: balance.StateEjected, Cause: balance.ConsecutiveErrors})
		f.notify(balance.Event{Address: "gone:1", State: balance.StateEjected, Cause: balance.Stalled})
		time.Sleep(10 * time.Second)
		if got := w.host("a:1").alive(); got != 0 {
			t.Error(got)
		}
	})
}

// What runs when the bubble ends fails the test.
func TestNobodyIsAskedWhenNobodyCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		w.host("a:1").live = silence
		f, err := Open("vision", []string{"a:1", "b:1"}, Policies{}, w, nil)
		if err != nil {
			t.Fatal(err)
		}
		call(t.Context(), f, "m")
		f.notify(balance.Event{Address: "a:1", State: balance.StateEjected, Cause: balance.Stalled})
		time.Sleep(2 * time.Minute)
		if w.host("a:1").alive() < 20 {
			t.Error(w.host("a:1").alive())
		}
	})
}

func TestEndpointThatLeavesIsNotAsked(t *testing.T) {
	target, write := replicas(t, "a:1\nb:1\n")
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		w.host("a:1").live = silence
		f := w.open(t, Policies{}, target)
		calling(t, f, "m")
		synctest.Wait()
		f.notify(balance.Event{Address: "a:1", State: balance.StateEjected, Cause: balance.Stalled})
		time.Sleep(time.Second)
		write("b:1\n")
		time.Sleep(5 * time.Second)
		a := w.host("a:1")
		a.set(func() { a.lives = 0 })
		time.Sleep(10 * time.Second)
		if a.alive() != 0 {
			t.Error(a.alive())
		}
	})
}

func TestOneLineForEachChange(t *testing.T) {
	t.Parallel()
	w := &world{}
	f := w.open(t, Policies{}, "a:1", "b:1")
	for _, e := range []balance.Event{
		{Address: "b:1", State: balance.StateEjected, Cause: balance.SuccessRate, Reason: "3 of 20 calls failed", For: time.Second},
		{Address: "b:1", State: balance.StateProbing},
		{Address: "b:1", State: "ready"},
		{Address: "b:1", State: "unreachable"},
		{Address: "b:1", State: "unreachable", Reason: "connection refused"},
	} {
		f.notify(e)
	}
	want := `level=WARN msg="upstream endpoint ejected" upstream=vision endpoint=b:1 cause=success_rate reason="3 of 20 calls failed" for=1s
level=INFO msg="upstream endpoint back" upstream=vision endpoint=b:1
level=WARN msg="upstream endpoint unreachable" upstream=vision endpoint=b:1
level=WARN msg="upstream endpoint unreachable" upstream=vision endpoint=b:1 reason="connection refused"`
	if diff := cmp.Diff(want, strings.Join(w.logged(""), "\n")); diff != "" {
		t.Error(diff)
	}
}
