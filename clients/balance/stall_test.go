package balance_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
)

// at takes a call at one endpoint, of those that a call of its own would not choose too.
func at(tb testing.TB, s *set, e *endpoint, c balance.Call) *lease {
	tb.Helper()
	var others []*endpoint
	for _, other := range s.Endpoints() {
		if other != e {
			others = append(others, other)
		}
	}
	return take(tb, s, c, others...)
}

// answer has e answer a call of a model in so long.
func answer(tb testing.TB, s *set, e *endpoint, model string, latency time.Duration) {
	tb.Helper()
	l := at(tb, s, e, balance.Call{Model: model})
	time.Sleep(latency)
	l.Done(balance.Answered)
}

// moved counts how often a lease is moved.
func moved(l *lease) (times func() int64) {
	var n atomic.Int64
	l.OnMoved(func() { n.Add(1) })
	return n.Load
}

func states(s *set) map[string]string {
	all := map[string]string{}
	for _, state := range s.State() {
		all[state.Address] = state.State
	}
	return all
}

func TestU2StalledEndpointIsEjectedWhileOthersAnswer(t *testing.T) {
	t.Parallel()
	const m, slow = "m", "slow"
	tests := []struct {
		name    string
		model   string
		meanly  func(*testing.T, *set, []*endpoint) // while a does not answer, for 300 ms
		ejected bool
	}{
		{"others answer", m, func(t *testing.T, s *set, all []*endpoint) {
			t.Helper()
			for range 15 {
				answer(t, s, all[1], m, 20*time.Millisecond)
			}
		}, true},
		{"nobody answers", m, func(t *testing.T, s *set, all []*endpoint) {
			t.Helper()
			for range 15 {
				at(t, s, all[1], balance.Call{Model: m})
				at(t, s, all[2], balance.Call{Model: m})
				time.Sleep(20 * time.Millisecond)
			}
		}, false},
		{"others answer what began before", m, func(*testing.T, *set, []*endpoint) {
			time.Sleep(300 * time.Millisecond)
		}, false},
		{"others answer another model", m, func(t *testing.T, s *set, all []*endpoint) {
			t.Helper()
			for range 15 {
				answer(t, s, all[1], "other", 20*time.Millisecond)
			}
		}, false},
		{"it answers another call", m, func(t *testing.T, s *set, all []*endpoint) {
			t.Helper()
			for range 15 {
				answer(t, s, all[1], m, 10*time.Millisecond)
				answer(t, s, all[0], "other", 10*time.Millisecond)
			}
		}, false},
		{"the model takes long", slow, func(t *testing.T, s *set, all []*endpoint) {
			t.Helper()
			time.Sleep(time.Millisecond)
			answer(t, s, all[1], slow, 120*time.Millisecond)
			answer(t, s, all[2], slow, 100*time.Millisecond)
			time.Sleep(80 * time.Millisecond)
		}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, all := newSet(t, 3, balance.Options{}, balance.Hooks[*link]{})
				earlier := at(t, s, all[2], balance.Call{Model: m})
				time.Sleep(time.Millisecond)
				oldest, newer := at(t, s, all[0], balance.Call{Model: test.model}), at(t, s, all[0], balance.Call{Model: "newer"})
				question := at(t, s, all[0], balance.Call{Model: m, Question: true})
				n, also, asked := moved(oldest), moved(newer), moved(question)
				began := time.Now()
				earlier.Done(balance.Answered)
				test.meanly(t, s, all)
				synctest.Wait()
				want, times := "ready", int64(0)
				if test.ejected {
					want, times = "ejected", 1
				}
				if got := states(s)["a"]; got != want || n() != times || also() != times || asked() != times {
					t.Errorf("after %v it is %s, and its calls were moved %d, %d and %d times; want %s and %d", time.Since(began), got, n(), also(), asked(), want, times)
				}
				if state := s.State()[0]; test.ejected && (state.Since.Sub(began) > 250*time.Millisecond || state.Ejections[balance.Stalled] != 1 || state.Stalls != 1) {
					t.Errorf("%+v after %v", state, state.Since.Sub(began))
				}
			})
		})
	}
}

// The last one is not ejected, nor more than half: of those that stay in, calls are moved all the same.
func TestCallsAreMovedWhereTheEndpointMayNotBeEjected(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all := newSet(t, 3, balance.Options{}, balance.Hooks[*link]{})
		first, second := moved(at(t, s, all[0], balance.Call{Model: "m"})), moved(at(t, s, all[1], balance.Call{Model: "m"}))
		for range 12 {
			answer(t, s, all[2], "m", 20*time.Millisecond)
		}
		later := moved(at(t, s, all[1], balance.Call{Model: "m"}))
		for range 8 {
			answer(t, s, all[2], "m", 20*time.Millisecond)
		}
		if later() != 0 {
			t.Error("a call that is not old was moved")
		}
		for range 5 {
			answer(t, s, all[2], "m", 20*time.Millisecond)
		}
		if first() != 1 || second() != 1 || later() != 1 {
			t.Errorf("moved %d, %d and %d times", first(), second(), later())
		}
		got := states(s)
		if got["a"] != "ejected" && got["b"] != "ejected" || got["a"] == got["b"] {
			t.Errorf("%v, want one of a and b ejected", got)
		}
	})
}

func TestOnMovedAfterTheStallIsToldAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all := newSet(t, 2, balance.Options{}, balance.Hooks[*link]{})
		l, ended := at(t, s, all[0], balance.Call{Model: "m"}), at(t, s, all[0], balance.Call{Model: "m"})
		unjudged, err := s.TakeAt(all[0])
		if err != nil {
			t.Fatal(err)
		}
		never, after := moved(unjudged), moved(ended)
		ended.Done(balance.Abandoned)
		time.Sleep(250 * time.Millisecond)
		all[0].Silent()
		if n := moved(l); n() != 1 {
			t.Errorf("moved %d times", n())
		}
		if never() != 0 || after() != 0 {
			t.Errorf("what is not judged was moved %d times, what had ended %d", never(), after())
		}
	})
}

func TestSuspectedEndpointIsToldOfOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		suspects := make(chan *endpoint, 10)
		s, all := newSet(t, 2, balance.Options{}, balance.Hooks[*link]{Suspect: func(e *endpoint) { suspects <- e }})
		l := at(t, s, all[0], balance.Call{Model: "m", Repeatable: true})
		n := moved(l)
		began := time.Now()
		if e := <-suspects; e != all[0] || time.Since(began) > 250*time.Millisecond {
			t.Fatalf("%s after %v", e.Address, time.Since(began))
		}
		if <-suspects; time.Since(began) < 400*time.Millisecond || time.Since(began) > 500*time.Millisecond {
			t.Fatalf("again after %v, want when it is twice as old", time.Since(began))
		}
		if n() != 0 || states(s)["a"] != "ready" {
			t.Fatal("a suspicion alone had consequences")
		}
		all[0].Silent()
		if n() != 1 || states(s)["a"] != "ejected" {
			t.Errorf("moved %d times, %v", n(), states(s))
		}
		l.Done(balance.Abandoned)
	})
}

// Calls may wait for what a server says of itself: when it was asked of an endpoint that is stopped, none is in flight that could show it.
func TestU2EndpointThatLeavesAQuestionOpenIsSuspected(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		suspects := make(chan *endpoint, 10)
		s, all := newSet(t, 2, balance.Options{}, balance.Hooks[*link]{Suspect: func(e *endpoint) { suspects <- e }})
		time.Sleep(time.Second)
		l := at(t, s, all[0], balance.Call{Question: true, Repeatable: true})
		n := moved(l)
		began := time.Now()
		if e := <-suspects; e != all[0] || time.Since(began) > 250*time.Millisecond {
			t.Fatalf("%s after %v", e.Address, time.Since(began))
		}
		if n() != 0 || states(s)["a"] != "ready" {
			t.Fatal("a suspicion alone had consequences")
		}
		all[0].Silent()
		if n() != 1 || states(s)["a"] != "ejected" {
			t.Errorf("moved %d times, %v", n(), states(s))
		}
		time.Sleep(10 * time.Second)
		if len(suspects) > 0 {
			t.Error("it is suspected for a question that was moved")
		}
		l.Done(balance.Abandoned)
	})
}

func TestNobodyIsSuspectedWithoutAnotherToCompareWith(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all := newSet(t, 1, balance.Options{}, balance.Hooks[*link]{Suspect: func(*endpoint) { t.Error("suspected") }})
		l := take(t, s, balance.Call{Model: "m"})
		time.Sleep(10 * time.Second)
		all[0].Silent()
		if states(s)["a"] != "ready" {
			t.Error("the only one was ejected")
		}
		l.Done(balance.Answered)
	})
}

func TestSilentSaysNothingOfAnEndpointThatAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all := newSet(t, 2, balance.Options{}, balance.Hooks[*link]{})
		l := at(t, s, all[0], balance.Call{Model: "m"})
		time.Sleep(time.Second)
		answer(t, s, all[0], "m", 10*time.Millisecond)
		all[0].Silent()
		if states(s)["a"] != "ready" {
			t.Error("it was ejected")
		}
		l.Done(balance.Answered)
	})
}

func TestDisabledEjectionJudgesNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all := newSet(t, 2, balance.Options{Ejection: &balance.Ejection{Disabled: true}}, balance.Hooks[*link]{Suspect: func(*endpoint) { t.Error("suspected") }})
		n := moved(at(t, s, all[0], balance.Call{Model: "m"}))
		for range 100 {
			answer(t, s, all[1], "m", 10*time.Millisecond)
			at(t, s, all[0], balance.Call{Model: "m"}).Done(balance.Failed)
		}
		all[0].Silent()
		if n() != 0 || states(s)["a"] != "ready" {
			t.Errorf("moved %d times, %v", n(), states(s))
		}
		if p := s.Percentile("m", 99); p < 10*time.Millisecond || p > 12*time.Millisecond {
			t.Errorf("p99 %v", p) // latencies are known all the same
		}
	})
}
