package balance_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/internal/units"
)

func TestNewEndpointStartsSlowly(t *testing.T) {
	t.Parallel()
	for _, policy := range []balance.Policy{balance.P2C, balance.RoundRobin, balance.LeastRequest} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, _ := newSet(t, 3, balance.Options{Balancing: policy}, balance.Hooks[*link]{})
				const n = 3000
				part := func(want float64) {
					t.Helper()
					if got := float64(spread(t, s, n, balance.Call{Model: "m"})["d"]) / (n / 4); got < want-0.15 || got > want+0.15 {
						t.Errorf("%.2f of its share, want %.2f", got, want)
					}
				}
				if counts := spread(t, s, n, balance.Call{Model: "m"}); counts["a"] < n/4 || counts["b"] < n/4 || counts["c"] < n/4 {
					t.Errorf("at the start: %v", counts)
				}
				s.Add("d", &link{})
				part(0.1)
				time.Sleep(2500 * time.Millisecond)
				part(0.55)
				time.Sleep(2500 * time.Millisecond)
				part(1)
			})
		})
	}
}

func TestSetWhoseEndpointsAreAllNewStartsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all := newSet(t, 2, balance.Options{}, balance.Hooks[*link]{})
		spread(t, s, 1, balance.Call{Model: "m"})
		for i, e := range all {
			s.Add([]string{"c", "d"}[i], &link{})
			s.Remove(e, 0)
		}
		if counts := spread(t, s, 1000, balance.Call{Model: "m"}); counts["c"] < 400 || counts["d"] < 400 {
			t.Errorf("%v", counts)
		}
	})
}

func TestSlowStartCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := newSet(t, 1, balance.Options{SlowStart: units.Duration(-1)}, balance.Hooks[*link]{})
		spread(t, s, 1, balance.Call{Model: "m"})
		s.Add("b", &link{})
		if counts := spread(t, s, 1000, balance.Call{Model: "m"}); counts["b"] < 400 {
			t.Errorf("%v", counts)
		}
	})
}
