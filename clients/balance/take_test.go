package balance_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/manifold-serving/manifold/clients/balance"
)

func TestEndpointsInBetterStandingTakeTheCalls(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		standings []balance.Standing
		want      string // the addresses that get calls
	}{
		{"all usable", []balance.Standing{0, 0, 0}, "abc"},
		{"one is connecting", []balance.Standing{0, 1, 0}, "ac"},
		{"one is unreachable", []balance.Standing{2, 0, 0}, "bc"},
		{"one is usable", []balance.Standing{2, 1, 0}, "c"},
		{"none is usable", []balance.Standing{2, 1, 1}, "bc"},
		{"none can be reached", []balance.Standing{2, 2, 2}, "abc"},
	}
	for _, test := range tests {
		for _, policy := range []balance.Policy{balance.P2C, balance.RoundRobin, balance.LeastRequest} {
			t.Run(test.name+"/"+string(policy), func(t *testing.T) {
				t.Parallel()
				s, all := newSet(t, 3, balance.Options{Balancing: policy}, balance.Hooks[*link]{})
				for i, standing := range test.standings {
					all[i].Link.set(standing)
				}
				var got strings.Builder
				counts := map[string]int{}
				for range 300 {
					l := take(t, s, balance.Call{Model: "m"})
					counts[l.Endpoint.Address]++
					l.Done(balance.Unsent) // says nothing, so that chance alone decides
				}
				for _, e := range all {
					if counts[e.Address] > 0 {
						got.WriteString(e.Address)
					}
				}
				if got.String() != test.want {
					t.Errorf("calls went to %v, want them at %s", counts, test.want)
				}
			})
		}
	}
}

func TestStandingIsAskedOfTwoOnly(t *testing.T) {
	t.Parallel()
	s, all := newSet(t, 10, balance.Options{}, balance.Hooks[*link]{})
	const calls = 50
	shares(t, s, calls, balance.Call{Model: "m"})
	var asked int64
	for _, e := range all {
		asked += e.Link.asked.Load()
	}
	if asked != 2*calls {
		t.Errorf("%d questions for %d calls, want two each", asked, calls)
	}
}

func TestRoundRobinGivesEachItsTurn(t *testing.T) {
	t.Parallel()
	s, _ := newSet(t, 3, balance.Options{Balancing: balance.RoundRobin}, balance.Hooks[*link]{})
	for address, n := range shares(t, s, 300, balance.Call{Model: "m"}) {
		if n != 100 {
			t.Errorf("%s got %d of 300", address, n)
		}
	}
}

func TestLeastRequestTakesTheEndpointWithFewerCalls(t *testing.T) {
	t.Parallel()
	for _, policy := range []balance.Policy{balance.LeastRequest, balance.P2C} {
		s, _ := newSet(t, 2, balance.Options{Balancing: policy}, balance.Hooks[*link]{})
		counts := map[string]int{}
		for range 10 { // none ends: they have to alternate
			counts[take(t, s, balance.Call{Model: "m"}).Endpoint.Address]++
		}
		if counts["a"] != 5 || counts["b"] != 5 {
			t.Errorf("%s: %v", policy, counts)
		}
	}
}

func TestAvoidedEndpointsGetNothing(t *testing.T) {
	t.Parallel()
	for _, policy := range []balance.Policy{balance.P2C, balance.RoundRobin, balance.LeastRequest} {
		s, all := newSet(t, 3, balance.Options{Balancing: policy}, balance.Hooks[*link]{})
		for _, call := range []balance.Call{{Model: "m"}, {Model: "m", Sequence: "s"}} {
			counts := shares(t, s, 100, call, all[0], all[2])
			if counts["b"] != 100 {
				t.Errorf("%s: %v", policy, counts)
			}
			if _, err := s.Take(call, all...); !errors.Is(err, balance.ErrNowhere) {
				t.Errorf("%s: all avoided: %v", policy, err)
			}
		}
	}
}

func TestVetoKeepsAModelAwayWhileOthersHaveIt(t *testing.T) {
	t.Parallel()
	s, all := newSet(t, 3, balance.Options{}, balance.Hooks[*link]{})
	all[0].Veto("m", "not ready")
	all[1].Veto("m", "not ready")
	if counts := spread(t, s, 100, balance.Call{Model: "m"}); counts["c"] != 100 {
		t.Errorf("%v, want all at c", counts)
	}
	if counts := spread(t, s, 300, balance.Call{Model: "other", Repeatable: true}); len(counts) != 3 {
		t.Errorf("another model: %v, want all three", counts)
	}
	all[2].Veto("m", "not ready")
	if counts := spread(t, s, 300, balance.Call{Model: "m"}); len(counts) != 3 {
		t.Errorf("all vetoed: %v, want all three", counts)
	}
	all[0].Veto("m", "")
	if counts := spread(t, s, 100, balance.Call{Model: "m"}); counts["a"] != 100 {
		t.Errorf("lifted: %v, want all at a", counts)
	}
	all[0].Link.set(balance.Unreachable)
	if counts := spread(t, s, 100, balance.Call{Model: "m"}); counts["a"] != 0 {
		t.Errorf("unreachable: %v, want none at a", counts)
	}
}

func TestSequenceStaysWhereItIs(t *testing.T) {
	t.Parallel()
	s, all := newSet(t, 4, balance.Options{}, balance.Hooks[*link]{})
	where := func() map[string]string {
		homes := map[string]string{}
		for i := range 400 {
			name := fmt.Sprint("sequence", i)
			for range 2 {
				for address := range shares(t, s, 1, balance.Call{Model: "m", Sequence: name}) {
					if homes[name] != "" && homes[name] != address {
						t.Fatalf("%s moved from %s to %s", name, homes[name], address)
					}
					homes[name] = address
				}
			}
		}
		return homes
	}
	before := where()
	counts := map[string]int{}
	for _, address := range before {
		counts[address]++
	}
	for address, n := range counts {
		if n < 50 || n > 150 {
			t.Errorf("%s has %d of 400 sequences", address, n)
		}
	}
	all[1].Link.set(balance.Connecting) // still there
	all[2].Link.set(balance.Unreachable)
	for name, address := range where() {
		if was := before[name]; was != "c" && address != was || address == "c" {
			t.Errorf("%s moved from %s to %s", name, was, address)
		}
	}
	all[2].Link.set(balance.Usable)
	for name, address := range where() {
		if address != before[name] {
			t.Errorf("%s did not come back to %s from %s", name, before[name], address)
		}
	}
}
