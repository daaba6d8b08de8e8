package balance_test

import (
	"sync/atomic"
	"testing"

	"github.com/manifold-serving/manifold/clients/balance"
)

// link is a connection that stands as the test says.
type link struct {
	standing atomic.Int64
	asked    atomic.Int64
	closed   atomic.Int64
}

func (l *link) Standing() balance.Standing {
	l.asked.Add(1)
	return balance.Standing(l.standing.Load())
}

func (l *link) Close() error {
	l.closed.Add(1)
	return nil
}

func (l *link) set(s balance.Standing) { l.standing.Store(int64(s)) }

type (
	set      = balance.Set[*link]
	endpoint = balance.Endpoint[*link]
	lease    = balance.Lease[*link]
)

// newSet returns a set of so many endpoints, named a, b, c.
func newSet(tb testing.TB, n int, o balance.Options, h balance.Hooks[*link]) (*set, []*endpoint) {
	tb.Helper()
	s := balance.NewSet(o, h)
	var all []*endpoint
	for i := range n {
		all = append(all, s.Add(string(rune('a'+i)), &link{}))
	}
	return s, all
}

func take(tb testing.TB, s *set, c balance.Call, avoid ...*endpoint) *lease {
	tb.Helper()
	l, err := s.Take(c, avoid...)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// shares takes and answers so many calls and counts them by address.
func shares(tb testing.TB, s *set, n int, c balance.Call, avoid ...*endpoint) map[string]int {
	tb.Helper()
	counts := map[string]int{}
	for range n {
		l := take(tb, s, c, avoid...)
		counts[l.Endpoint.Address]++
		l.Done(balance.Answered)
	}
	return counts
}

// spread is shares of calls that say nothing of their endpoints.
func spread(tb testing.TB, s *set, n int, c balance.Call) map[string]int {
	tb.Helper()
	counts := map[string]int{}
	for range n {
		l := take(tb, s, c)
		counts[l.Endpoint.Address]++
		l.Done(balance.Unsent)
	}
	return counts
}
