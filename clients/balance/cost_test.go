package balance_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
)

func TestP2CPrefersTheEndpointWhereLessIsToBeExpected(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	tests := []struct {
		name string
		do   func(*testing.T, *set, []*endpoint) // before which each has answered in 10 ms
		want string
	}{
		{"fewer calls", func(t *testing.T, s *set, all []*endpoint) {
			t.Helper()
			at(t, s, all[0], balance.Call{Model: "m"})
		}, "b"},
		{"faster answers", func(t *testing.T, s *set, all []*endpoint) {
			t.Helper()
			answer(t, s, all[0], "m", 20*ms)
		}, "b"},
		{"faster answers of the model", func(t *testing.T, s *set, all []*endpoint) {
			t.Helper()
			answer(t, s, all[0], "n", 80*ms)
			answer(t, s, all[1], "m", 20*ms)
		}, "a"},
		{"an old call", func(t *testing.T, s *set, all []*endpoint) {
			t.Helper()
			at(t, s, all[0], balance.Call{Model: "m"})
			time.Sleep(100 * ms)
			for range 4 { // five times 10 ms, and twice 100 ms
				at(t, s, all[1], balance.Call{Model: "m"})
			}
		}, "b"},
		{"a call that failed fast", func(t *testing.T, s *set, all []*endpoint) {
			t.Helper()
			at(t, s, all[0], balance.Call{Model: "m"}).Done(balance.Failed)
			for range 5 {
				at(t, s, all[1], balance.Call{Model: "m"})
			}
		}, "b"},
		{"a call that nobody waited for", func(t *testing.T, s *set, all []*endpoint) {
			t.Helper()
			l := at(t, s, all[0], balance.Call{Model: "m"})
			time.Sleep(30 * ms)
			l.Done(balance.Abandoned)
		}, "b"},
		{"questions do not count", func(t *testing.T, s *set, all []*endpoint) {
			t.Helper()
			l := at(t, s, all[0], balance.Call{Model: "m", Question: true})
			time.Sleep(80 * ms)
			l.Done(balance.Answered)
			answer(t, s, all[1], "m", 15*ms)
		}, "a"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, all := newSet(t, 2, balance.Options{}, balance.Hooks[*link]{})
				for _, e := range all {
					answer(t, s, e, "m", 10*ms)
				}
				test.do(t, s, all)
				if counts := spread(t, s, 20, balance.Call{Model: "m"}); counts[test.want] != 20 {
					t.Errorf("%v, want all at %s", counts, test.want)
				}
			})
		})
	}
}

func TestOneFailureDoesNotBanishAnEndpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all := newSet(t, 2, balance.Options{}, balance.Hooks[*link]{})
		for range 30 {
			answer(t, s, all[0], "m", 10*time.Millisecond)
			answer(t, s, all[1], "m", 10*time.Millisecond)
		}
		began := time.Now()
		l := at(t, s, all[0], balance.Call{Model: "m"})
		time.Sleep(30 * time.Second) // it was not answered before its deadline
		l.Done(balance.Failed)
		failed := time.Now()
		for { // a call at a time, ten a second, so that the other one would do
			l := take(t, s, balance.Call{Model: "m"})
			time.Sleep(10 * time.Millisecond)
			l.Done(balance.Answered)
			if l.Endpoint == all[0] {
				break
			}
			time.Sleep(90 * time.Millisecond)
		}
		if banished := time.Since(failed); banished < time.Second || banished > 30*time.Second {
			t.Errorf("banished for %v, after %v", banished, failed.Sub(began))
		}
	})
}

func TestWorseEndpointIsTriedNowAndThen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all := newSet(t, 2, balance.Options{}, balance.Hooks[*link]{})
		answer(t, s, all[0], "m", 150*time.Millisecond)
		answer(t, s, all[1], "m", 2500*time.Microsecond)
		n := 0
		for range 4000 { // 10 s of calls, one at a time
			l := take(t, s, balance.Call{Model: "m"})
			time.Sleep(2500 * time.Microsecond)
			if l.Endpoint == all[0] {
				n++
				time.Sleep(150 * time.Millisecond)
			}
			l.Done(balance.Answered)
		}
		if n < 5 || n > 20 {
			t.Errorf("%d of 4000", n)
		}
	})
}

// Names of models come from clients.
func TestModelsAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all := newSet(t, 1, balance.Options{}, balance.Hooks[*link]{})
		kept := at(t, s, all[0], balance.Call{Model: "in flight"})
		defer kept.Done(balance.Answered)
		for range 30 {
			answer(t, s, all[0], "often", time.Millisecond)
			answer(t, s, all[0], "once", time.Millisecond)
		}
		for i := range 1000 {
			answer(t, s, all[0], fmt.Sprint("model", i), time.Millisecond)
			if i%100 == 0 {
				answer(t, s, all[0], "often", time.Millisecond)
			}
		}
		if s.Percentile("often", 50) == 0 || s.Percentile("once", 50) != 0 {
			t.Errorf("often %v, once %v", s.Percentile("often", 50), s.Percentile("once", 50))
		}
	})
}

func TestPercentileIsOfAllEndpoints(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all := newSet(t, 2, balance.Options{}, balance.Hooks[*link]{})
		for i := range 20 {
			if got := s.Percentile("m", 95); got != 0 {
				t.Fatalf("%v after %d calls", got, i)
			}
			answer(t, s, all[i%2], "m", time.Duration(10+90*(i%2))*time.Millisecond)
		}
		if p50, p95 := s.Percentile("m", 50), s.Percentile("m", 95); p50 < 10*time.Millisecond || p50 > 12*time.Millisecond || p95 < 100*time.Millisecond || p95 > 113*time.Millisecond {
			t.Errorf("p50 %v, p95 %v", p50, p95)
		}
		if s.Percentile("other", 50) != 0 {
			t.Error("another model")
		}
	})
}
