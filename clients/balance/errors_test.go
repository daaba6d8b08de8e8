package balance_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
)

func TestFailingEndpointIsEjectedWhileOthersDoBetter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		a, b  string // outcomes of calls in turn: . answered, x failed, - unsent
		times int
		model string // of the calls at b
		cause balance.Cause
	}{
		{name: "five in a row", a: "x", b: ".", times: 5, model: "m", cause: balance.ConsecutiveErrors},
		{name: "four in a row", a: "x", b: ".", times: 4, model: "m"},
		{name: "everywhere", a: "x", b: "x", times: 200, model: "m"},
		{name: "in a row now and then everywhere", a: "x..x..xxxxxx", b: "..x..xx.x.xx", times: 120, model: "m"},
		{name: "while others answer another model", a: "x", b: ".", times: 5, model: "n"},
		{name: "no connection", a: "-", b: ".", times: 200, model: "m"},
		{name: "one in three", a: "..x", b: ".", times: 30, model: "m", cause: balance.SuccessRate},
		{name: "one in six", a: ".....x", b: ".", times: 120, model: "m"},
		{name: "one in three of too few", a: "..x", b: ".", times: 18, model: "m"},
		{name: "half, and elsewhere one in three", a: ".x", b: "..x", times: 120, model: "m"},
		{name: "half, and elsewhere one in six", a: ".x", b: ".....x", times: 120, model: "m", cause: balance.SuccessRate},
	}
	outcomes := map[byte]balance.Outcome{'.': balance.Answered, 'x': balance.Failed, '-': balance.Unsent}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var events []balance.Event
				s, all := newSet(t, 2, balance.Options{}, balance.Hooks[*link]{Notify: func(e balance.Event) { events = append(events, e) }})
				for i := range test.times {
					if len(events) > 0 {
						break
					}
					b := at(t, s, all[1], balance.Call{Model: test.model})
					a := at(t, s, all[0], balance.Call{Model: "m"})
					time.Sleep(10 * time.Millisecond)
					b.Done(outcomes[test.b[i%len(test.b)]])
					a.Done(outcomes[test.a[i%len(test.a)]])
				}
				switch {
				case test.cause == "" && len(events) > 0:
					t.Errorf("%+v", events)
				case test.cause == "":
				case len(events) != 1 || events[0].Address != "a" || events[0].Cause != test.cause || events[0].Reason == "" || events[0].For < time.Second/2 || events[0].For > 3*time.Second/2:
					t.Errorf("%+v, want %s", events, test.cause)
				}
			})
		})
	}
}

func TestWhatIsPlacedByTakeAtIsNotHeldAgainstTheEndpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all := newSet(t, 2, balance.Options{}, balance.Hooks[*link]{})
		for range 50 {
			l, err := s.TakeAt(all[0])
			if err != nil {
				t.Fatal(err)
			}
			answer(t, s, all[1], "m", 10*time.Millisecond)
			l.Done(balance.Failed)
		}
		if state := s.State()[0]; state.State != "ready" || state.Calls != 0 {
			t.Errorf("%+v", state)
		}
	})
}

// Calls that are cut off together say no more than one.
func TestBreakOfAConnectionIsOneFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all := newSet(t, 2, balance.Options{}, balance.Hooks[*link]{})
		var calls []*lease
		for range 10 {
			calls = append(calls, at(t, s, all[0], balance.Call{Model: "m"}))
		}
		answer(t, s, all[1], "m", 10*time.Millisecond)
		for _, l := range calls {
			l.Done(balance.Failed)
		}
		if states(s)["a"] != "ready" {
			t.Error("it was ejected")
		}
		answer(t, s, all[1], "m", 10*time.Millisecond)
		at(t, s, all[0], balance.Call{Model: "m"}).Done(balance.Failed)
		if states(s)["a"] != "ejected" {
			t.Error("it goes on, and was not ejected")
		}
	})
}
