package balance_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/clients/balance"
)

func TestChangesAreToldOnceAndInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s *set
		var events []balance.Event
		s, all := newSet(t, 3, balance.Options{}, balance.Hooks[*link]{Notify: func(e balance.Event) {
			s.Healthy() // the lock is free
			e.For = 0
			events = append(events, e)
		}})
		c := balance.Call{Model: "m"}
		for _, standing := range []balance.Standing{balance.Connecting, balance.Unreachable, balance.Unreachable, balance.Connecting, balance.Usable} {
			all[1].Link.set(standing)
			at(t, s, all[1], c).Done(balance.Unsent)
			at(t, s, all[1], c).Done(balance.Unsent)
		}
		all[2].Veto("m", "not ready")
		all[2].Veto("m", "not ready")
		all[2].Veto("m", "")
		all[2].Veto("other", "")
		eject(t, s, all[0], &events)
		all[0].Answers()
		take(t, s, repeatable).Done(balance.Failed)
		all[0].Answers()
		take(t, s, repeatable).Done(balance.Answered)
		s.Remove(all[0], time.Second)
		want := []balance.Event{
			{Address: "b", State: "unreachable"},
			{Address: "b", State: "ready"},
			{Address: "c", State: "vetoed", Model: "m", Reason: "not ready"},
			{Address: "c", State: "ready", Model: "m"},
			{Address: "a", State: "ejected", Cause: "consecutive_errors", Reason: "consecutive_errors: 5 calls in a row failed, the last of model m, which others answered"},
			{Address: "a", State: "probing", Cause: "consecutive_errors", Reason: "consecutive_errors: 5 calls in a row failed, the last of model m, which others answered"},
			{Address: "a", State: "ejected", Cause: "consecutive_errors", Reason: "consecutive_errors: the call that tried it failed"},
			{Address: "a", State: "probing", Cause: "consecutive_errors", Reason: "consecutive_errors: the call that tried it failed"},
			{Address: "a", State: "ready"},
			{Address: "a", State: "leaving"},
		}
		if diff := cmp.Diff(want, events); diff != "" {
			t.Error(diff)
		}
	})
}

func TestStateTellsOfEveryEndpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s, all, _, penalty := ejectedSet(t, 4, balance.Options{})
		out := time.Now()
		all[1].Link.set(balance.Connecting)
		at(t, s, all[1], balance.Call{Model: "m"})
		all[2].Link.set(balance.Unreachable)
		all[2].Veto("n", "not ready")
		answer(t, s, all[2], "n", time.Millisecond)
		for range 30 {
			answer(t, s, all[3], "often", 20*time.Millisecond)
			at(t, s, all[3], balance.Call{Model: "often"}).Done(balance.Abandoned)
		}
		take(t, s, balance.Call{Model: "often"}, all[:3]...)
		got := s.State()
		for i := range got { // in virtual time they are exact, but for these
			got[i].Latency, got[i].P99 = got[i].Latency.Round(5*time.Millisecond), got[i].P99.Round(5*time.Millisecond)
		}
		want := []balance.State{
			{
				Address: "a", State: "ejected", Reason: "consecutive_errors: 5 calls in a row failed, the last of model m, which others answered",
				Since: out, Until: out.Add(penalty), Model: "m", Latency: got[0].Latency, P99: 10 * time.Millisecond, Calls: 5, Failures: 5,
				Ejections: map[balance.Cause]uint64{balance.ConsecutiveErrors: 1},
			},
			{Address: "b", State: "connecting", Since: began, InFlight: 1, Model: "m", Latency: 10 * time.Millisecond, P99: 10 * time.Millisecond, Calls: 1},
			{Address: "c", State: "unreachable", Since: out, Model: "n", Vetoes: map[string]string{"n": "not ready"}, Calls: 1},
			{Address: "d", State: "ready", Since: began, InFlight: 1, Model: "often", Latency: 20 * time.Millisecond, P99: 20 * time.Millisecond, Calls: 30},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if n := s.Healthy(); n != 2 {
			t.Errorf("%d healthy", n)
		}
	})
}

// Configurations are checked by opening servers: nothing is asked before the first call.
func TestNothingIsAskedBeforeTheFirstCall(t *testing.T) {
	t.Parallel()
	s, all := newSet(t, 3, balance.Options{}, balance.Hooks[*link]{})
	if n := s.Healthy(); n != 3 {
		t.Errorf("%d healthy", n)
	}
	s.State()
	for _, e := range all {
		if e.Link.asked.Load() != 0 {
			t.Error("asked")
		}
	}
}
