package fleet

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
)

// works is a call that takes 10 ms, and for ever at a host that does not answer.
func (w *world) works() dispatch.Attempt[*host, string] {
	return dispatch.Attempt[*host, string]{
		Run: func(ctx context.Context, cancel context.CancelFunc, lease *balance.Lease[*host]) (string, *dispatch.Fault) {
			defer cancel()
			if err := after(10*time.Millisecond, nil)(ctx); err != nil {
				lease.Done(balance.Abandoned)
				return "", &dispatch.Fault{Err: err}
			}
			if err := w.Live(ctx, lease.Endpoint.Link); err != nil {
				lease.Done(balance.Abandoned)
				return "", &dispatch.Fault{Err: err}
			}
			lease.Done(balance.Answered)
			return lease.Endpoint.Address, nil
		},
		Drop: func(string) {},
	}
}

// one makes a call with 5 s to be answered.
func (w *world) one(t *testing.T, f *Fleet[*host]) (at string, took time.Duration, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	start := time.Now()
	at, err = Do(ctx, f, balance.Call{Model: "m", Repeatable: true}, w.works())
	return at, time.Since(start), err
}

// One call at a time never shows whether it is the endpoint or all of them.
func TestU2StoppedEndpointIsFoundByQuestionsWhenOneCallComesAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		f := w.open(t, Policies{SlowStart: -1}, "a:1", "b:1")
		for range 100 {
			if _, _, err := w.one(t, f); err != nil {
				t.Fatal(err)
			}
		}
		a := w.host("a:1")
		a.set(func() { a.live = silence })
		slow := 0
		for range 100 {
			at, took, err := w.one(t, f)
			if err != nil || at != "b:1" || took > 700*time.Millisecond {
				t.Fatal(at, took, err)
			}
			if took > 10*time.Millisecond {
				slow++
			}
		}
		if lines := w.logged("endpoint ejected"); slow == 0 || slow > 3 || len(lines) == 0 {
			t.Error(slow, lines)
		}
		time.Sleep(30 * time.Second)
		w.one(t, f)
		a.set(func() { a.live = after(0, nil) })
		back := time.Now()
		for {
			if at, _, err := w.one(t, f); err != nil {
				t.Fatal(err)
			} else if at == "a:1" {
				break
			}
			if time.Since(back) > 10*time.Second {
				t.Fatal("it is not back after", time.Since(back), f.State().Endpoints)
			}
		}
		if lines := w.logged("endpoint back"); len(lines) != 1 {
			t.Error(lines)
		}
	})
}

func TestServerThatStandsStillAsAWholeLosesNoEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		f := w.open(t, Policies{}, "a:1", "b:1", "c:1")
		for range 100 {
			w.one(t, f)
		}
		for _, address := range []string{"a:1", "b:1", "c:1"} {
			h := w.host(address)
			h.set(func() { h.live = silence })
		}
		var calls sync.WaitGroup
		for range 20 {
			calls.Go(func() { w.one(t, f) })
		}
		calls.Wait()
		if lines := w.logged("endpoint ejected"); len(lines) > 0 {
			t.Error(lines)
		}
	})
}
