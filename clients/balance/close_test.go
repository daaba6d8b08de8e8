package balance_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
)

func TestShutdownWaitsForCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all := newSet(t, 2, balance.Options{}, balance.Hooks[*link]{})
		first := take(t, s, balance.Call{Model: "m"})
		done := make(chan error, 2)
		for range 2 {
			go func() { done <- s.Shutdown(t.Context()) }()
		}
		synctest.Wait()
		at, err := s.TakeAt(all[0]) // while it waits, calls are placed
		if err != nil {
			t.Fatal(err)
		}
		first.Answer(balance.Answered) // the rest of a stream
		synctest.Wait()
		first.Done(balance.Answered)
		synctest.Wait()
		if len(done) != 0 || s.Closed() {
			t.Fatal("it did not wait")
		}
		at.Done(balance.Failed)
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if _, err := s.Take(balance.Call{Model: "m"}); !errors.Is(err, balance.ErrClosed) {
			t.Error(err)
		}
		if _, err := s.TakeAt(all[0]); !errors.Is(err, balance.ErrClosed) {
			t.Error(err)
		}
		late := &link{}
		s.Add("late", late)
		for _, l := range []*link{all[0].Link, all[1].Link, late} {
			if n := l.closed.Load(); n != 1 {
				t.Errorf("closed %d times", n)
			}
		}
	})
}

func TestShutdownCutsCallsOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all := newSet(t, 1, balance.Options{}, balance.Hooks[*link]{})
		l := take(t, s, balance.Call{Model: "m"})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if all[0].Link.closed.Load() != 1 || !s.Closed() {
			t.Error("it is not closed")
		}
		l.Done(balance.Failed)
		l.Done(balance.Failed)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestEndpointLeavesWithGrace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all := newSet(t, 3, balance.Options{}, balance.Hooks[*link]{})
		idle, busy, stuck := all[0], all[1], all[2]
		b, _ := s.Take(balance.Call{Model: "m"}, idle, stuck)
		c, _ := s.Take(balance.Call{Model: "m"}, idle, busy)
		for _, e := range all {
			s.Remove(e, 30*time.Second)
			s.Remove(e, 0)
		}
		if idle.Link.closed.Load() != 1 {
			t.Error("the idle one is not closed at once")
		}
		if _, err := s.TakeAt(idle); !errors.Is(err, balance.ErrNowhere) {
			t.Error(err)
		}
		if _, err := s.Take(balance.Call{Model: "m"}); !errors.Is(err, balance.ErrNowhere) {
			t.Error(err)
		}
		if states := s.State(); len(states) != 2 || states[0].State != "leaving" || states[0].InFlight != 1 {
			t.Errorf("%+v", states)
		}
		time.Sleep(10 * time.Second)
		b.Done(balance.Answered)
		if busy.Link.closed.Load() != 1 {
			t.Error("the busy one is not closed when its call has ended")
		}
		moved := make(chan struct{})
		c.OnMoved(func() { close(moved) })
		time.Sleep(19 * time.Second)
		select {
		case <-moved:
			t.Error("moved before grace is over")
		default:
		}
		<-moved
		synctest.Wait()
		if stuck.Link.closed.Load() != 1 {
			t.Error("the stuck one is not closed when grace is over")
		}
		c.Done(balance.Failed)
		if states := s.State(); len(states) != 0 {
			t.Errorf("%+v", states)
		}
	})
}
