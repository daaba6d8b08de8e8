package balance_test

import (
	"testing"

	"github.com/manifold-serving/manifold/clients/balance"
)

// BenchmarkTakeDone is the cost of the policies of a call at one of three endpoints, without what the call itself costs.
func BenchmarkTakeDone(b *testing.B) {
	for _, policy := range []balance.Policy{balance.P2C, balance.RoundRobin, balance.LeastRequest} {
		b.Run(string(policy), func(b *testing.B) {
			s, _ := newSet(b, 3, balance.Options{Balancing: policy}, balance.Hooks[*link]{})
			b.ReportAllocs()
			for b.Loop() {
				l, err := s.Take(balance.Call{Model: "resnet", Repeatable: true})
				if err != nil {
					b.Fatal(err)
				}
				l.Done(balance.Answered)
			}
		})
	}
}

// BenchmarkTakeDoneParallel is the same from many goroutines, with calls in flight.
func BenchmarkTakeDoneParallel(b *testing.B) {
	s, _ := newSet(b, 3, balance.Options{}, balance.Hooks[*link]{})
	for range 50 {
		take(b, s, balance.Call{Model: "resnet"})
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			l, err := s.Take(balance.Call{Model: "resnet", Repeatable: true})
			if err != nil {
				b.Error(err)
				return
			}
			l.Done(balance.Answered)
		}
	})
}

func TestTakeAndDoneAllocateOnce(t *testing.T) {
	s, _ := newSet(t, 3, balance.Options{}, balance.Hooks[*link]{})
	c := balance.Call{Model: "resnet", Repeatable: true}
	shares(t, s, 100, c)
	if n := testing.AllocsPerRun(1000, func() {
		l, _ := s.Take(c)
		l.Done(balance.Answered)
	}); n > 1 {
		t.Errorf("%v allocations, want the lease alone", n)
	}
}
