package balance_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
)

// eject has e fail until it is ejected, while another endpoint answers, and returns for how long.
func eject(t *testing.T, s *set, e *endpoint, events *[]balance.Event) time.Duration {
	t.Helper()
	for _, other := range s.Endpoints() {
		if other != e && states(s)[other.Address] == "ready" {
			var calls []*lease
			for range 5 {
				calls = append(calls, at(t, s, e, balance.Call{Model: "m"}))
			}
			calls[0].Done(balance.Failed)
			answer(t, s, other, "m", 10*time.Millisecond)
			for _, l := range calls[1:] {
				l.Done(balance.Failed)
			}
			break
		}
	}
	last := (*events)[len(*events)-1]
	if last.State != "ejected" || last.Address != e.Address {
		t.Fatalf("%+v, want %s ejected", last, e.Address)
	}
	return last.For
}

// ejectedSet is a set of so many of which the first is ejected.
func ejectedSet(t *testing.T, n int, o balance.Options) (*set, []*endpoint, *[]balance.Event, time.Duration) {
	t.Helper()
	var events []balance.Event
	s, all := newSet(t, n, o, balance.Hooks[*link]{Notify: func(e balance.Event) { events = append(events, e) }})
	return s, all, &events, eject(t, s, all[0], &events)
}

var repeatable = balance.Call{Model: "m", Repeatable: true}

func TestEjectedEndpointIsTriedByOneRepeatableCallAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all, _, penalty := ejectedSet(t, 3, balance.Options{})
		for range 50 { // none ends, so that p2c would take the ejected one
			if l := take(t, s, repeatable); l.Endpoint == all[0] {
				t.Fatal("it got a call before its penalty was over")
			}
		}
		time.Sleep(penalty)
		for _, c := range []balance.Call{{Model: "m"}, {Model: "m", Repeatable: true, Question: true}, {Model: "m", Repeatable: true, Sequence: "s"}} {
			for range 20 {
				if l := take(t, s, c); l.Endpoint == all[0] {
					t.Fatalf("%+v tries it", c)
				}
			}
		}
		probe := take(t, s, repeatable)
		if !balance.Probes(probe) || probe.Endpoint != all[0] || states(s)["a"] != "probing" {
			t.Fatalf("%v %v", balance.Probes(probe), states(s))
		}
		for range 50 {
			if l := take(t, s, repeatable); balance.Probes(l) || l.Endpoint == all[0] {
				t.Fatal("a second call tries it")
			}
		}
		probe.Done(balance.Answered)
		if states(s)["a"] != "ready" {
			t.Errorf("%v", states(s))
		}
	})
}

// The end of an unrelated call freed the slot, so that a second one was sent to an endpoint that did not answer the first.
func TestUnrelatedEndDoesNotFreeTheSlot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var events []balance.Event
		s, all := newSet(t, 3, balance.Options{}, balance.Hooks[*link]{Notify: func(e balance.Event) { events = append(events, e) }})
		var earlier []*lease
		for range 4 {
			earlier = append(earlier, at(t, s, all[0], balance.Call{Model: "m"}))
		}
		time.Sleep(eject(t, s, all[0], &events))
		probe := take(t, s, repeatable)
		for i, o := range []balance.Outcome{balance.Answered, balance.Failed, balance.Unsent, balance.Abandoned} {
			earlier[i].Done(o)
			take(t, s, repeatable).Done(o)
			if l := take(t, s, repeatable); l.Endpoint == all[0] || states(s)["a"] != "probing" {
				t.Fatalf("outcome %d: a second call tries it, or it is %s", o, states(s)["a"])
			}
		}
		probe.Done(balance.Answered)
	})
}

func TestOutcomeOfTheCallThatTries(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		end     func(*lease)
		state   string
		factor  float64 // of the first penalty, that the second is; 0: it may be tried at once
		waiting bool    // the slot is taken until the call ends
	}{
		{"answered", func(l *lease) { l.Done(balance.Answered) }, "ready", 0, false},
		{"failed", func(l *lease) { l.Done(balance.Failed) }, "ejected", 2, false},
		{"unsent", func(l *lease) { l.Done(balance.Unsent) }, "ejected", 1, false},
		{"abandoned", func(l *lease) { l.Done(balance.Abandoned) }, "ejected", 0, false},
		{"too long", func(*lease) { time.Sleep(250 * time.Millisecond) }, "ejected", 2, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, all, _, penalty := ejectedSet(t, 3, balance.Options{})
				time.Sleep(penalty)
				probe := take(t, s, repeatable)
				n := moved(probe)
				test.end(probe)
				synctest.Wait()
				state := s.State()[0]
				left := max(0, time.Until(state.Until))
				least, most := time.Duration(0), time.Duration(0)
				if test.factor > 0 {
					least = time.Duration(test.factor*0.5*float64(time.Second)) - 100*time.Millisecond // after which it may have been noticed
					most = time.Duration(test.factor * 1.5 * float64(time.Second))
				}
				if state.State != test.state || left < least || left > most {
					t.Errorf("%s for %v more, want %s for %v to %v", state.State, left, test.state, least, most)
				}
				if !test.waiting {
					return
				}
				if n() != 1 {
					t.Errorf("moved %d times", n())
				}
				time.Sleep(time.Minute)
				if l := take(t, s, repeatable); l.Endpoint == all[0] {
					t.Error("a second call at an endpoint that is out")
				}
				probe.Done(balance.Abandoned)
				if l := take(t, s, repeatable); !balance.Probes(l) {
					t.Error("it is not tried again")
				}
			})
		})
	}
}

func TestEndpointThatAnswersAQuestionIsTriedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all, _, _ := ejectedSet(t, 3, balance.Options{})
		all[1].Answers() // nothing comes of it
		if l := take(t, s, repeatable); balance.Probes(l) {
			t.Fatal("it is tried already")
		}
		all[0].Answers()
		if l := take(t, s, repeatable); !balance.Probes(l) || l.Endpoint != all[0] {
			t.Error("it is not tried")
		}
	})
}

func TestUnreachableOrVetoedEndpointIsNotTried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all, _, _ := ejectedSet(t, 3, balance.Options{})
		all[0].Answers()
		all[0].Link.set(balance.Unreachable)
		all[0].Veto("vetoed", "not ready")
		if l := take(t, s, repeatable); balance.Probes(l) {
			t.Error("unreachable")
		}
		all[0].Link.set(balance.Connecting)
		if l := take(t, s, balance.Call{Model: "vetoed", Repeatable: true}); balance.Probes(l) {
			t.Error("vetoed")
		}
		if l := take(t, s, repeatable); !balance.Probes(l) {
			t.Error("connecting: it is not tried")
		}
	})
}

func TestPenaltyDoublesAndIsForgiven(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all, events, penalty := ejectedSet(t, 2, balance.Options{})
		within := func(got, want time.Duration) {
			t.Helper()
			if got < want/2 || got > want*3/2 {
				t.Errorf("out for %v, want %v give or take half", got, want)
			}
		}
		within(penalty, time.Second)
		for _, want := range []time.Duration{2, 4, 8, 16, 32, 60, 60, 60} {
			time.Sleep(penalty)
			take(t, s, repeatable).Done(balance.Failed)
			penalty = (*events)[len(*events)-1].For
			within(penalty, want*time.Second)
		}
		time.Sleep(penalty)
		take(t, s, repeatable).Done(balance.Answered)
		time.Sleep(75 * time.Second) // of nine ejections two are left
		within(eject(t, s, all[0], events), 4*time.Second)
		time.Sleep(10 * time.Second)
		take(t, s, repeatable).Done(balance.Answered)
		time.Sleep(time.Hour)
		within(eject(t, s, all[0], events), time.Second)
	})
}

func TestNeverTheLastAndAtMostHalfAreEjected(t *testing.T) {
	t.Parallel()
	for n, most := range map[int]int{1: 0, 2: 1, 3: 1, 4: 2, 5: 2} {
		synctest.Test(t, func(t *testing.T) {
			s, all := newSet(t, n, balance.Options{}, balance.Hooks[*link]{})
			for range 3 {
				for i := range all[1:] {
					for range 5 {
						l, err := s.Take(balance.Call{Model: "m"}, append(all[:i+1:i+1], all[i+2:]...)...)
						if errors.Is(err, balance.ErrNowhere) {
							break // it is out
						}
						answer(t, s, all[0], "m", time.Millisecond)
						l.Done(balance.Failed)
					}
				}
			}
			if got := n - s.Healthy(); got != most {
				t.Errorf("%d of %d are out, want %d", got, n, most)
			}
		})
	}
}

func TestTheOnlyOneThatCanBeReachedIsNotEjected(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all := newSet(t, 2, balance.Options{}, balance.Hooks[*link]{})
		for range 10 {
			l := at(t, s, all[0], balance.Call{Model: "m"})
			answer(t, s, all[1], "m", time.Millisecond)
			all[1].Link.set(balance.Unreachable)
			l.Done(balance.Failed)
			all[1].Link.set(balance.Usable)
		}
		if states(s)["a"] != "ready" {
			t.Error("it was ejected")
		}
	})
}

func TestBelowTheFloorAllAreUsedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all, _, _ := ejectedSet(t, 3, balance.Options{})
		c := balance.Call{Model: "m"}
		if counts := spread(t, s, 300, c); counts["a"] != 0 {
			t.Errorf("two of three left: %v", counts)
		}
		all[1].Link.set(balance.Unreachable)
		for range 20 {
			take(t, s, c) // they stay in flight, so that all are taken
		}
		if got := s.State(); got[0].InFlight == 0 || got[1].InFlight != 0 || got[2].InFlight == 0 || got[0].State != "ejected" {
			t.Errorf("one of three left: %+v", got)
		}
		all[1].Link.set(balance.Usable)
		before := s.State()[0].InFlight
		for range 20 {
			take(t, s, c)
		}
		if now := s.State()[0].InFlight; now != before {
			t.Error("it gets calls when two are left again")
		}
	})
}

func TestWhenOthersLeaveAnEjectedOneComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all, _, _ := ejectedSet(t, 2, balance.Options{})
		s.Remove(all[1], 0)
		if states(s)["a"] != "ready" {
			t.Errorf("%v", states(s))
		}
		if l := take(t, s, balance.Call{Model: "m"}); balance.Probes(l) {
			t.Error("it is being tried, being in")
		}
	})
}

func TestACallThatFailedElsewhereTriesAnEndpointWhenNoOtherIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all, _, penalty := ejectedSet(t, 2, balance.Options{})
		if _, err := s.Take(repeatable, all[1]); !errors.Is(err, balance.ErrNowhere) {
			t.Errorf("%v before its penalty is over", err)
		}
		time.Sleep(penalty)
		if l := take(t, s, repeatable, all[1]); !balance.Probes(l) {
			t.Error("it is not tried")
		}
	})
}

// It was out for a minute after all were back.
func TestU6PenaltyDoesNotGrowWhileAllFail(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		outcome balance.Outcome // of the others
		grows   bool
	}{{"the others answer", balance.Answered, true}, {"all fail", balance.Failed, false}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, all, events, penalty := ejectedSet(t, 3, balance.Options{})
				for range 5 {
					for range 60 {
						for _, other := range all[1:] {
							at(t, s, other, balance.Call{Model: "m"}).Done(test.outcome)
						}
						time.Sleep(penalty / 60)
					}
					time.Sleep(time.Millisecond)
					probe := take(t, s, repeatable)
					if probe.Endpoint != all[0] || states(s)["a"] != "probing" {
						t.Fatalf("it is not tried: %v", states(s))
					}
					probe.Done(balance.Failed)
					penalty = (*events)[len(*events)-1].For
				}
				if grows := penalty > 3*time.Second/2; grows != test.grows {
					t.Errorf("it is out for %v", penalty)
				}
			})
		})
	}
}
