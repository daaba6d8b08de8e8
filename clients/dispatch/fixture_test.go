package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
)

// link is a connection to an endpoint whose behaviour is a function.
type link struct {
	standing atomic.Int32
}

func (l *link) Standing() balance.Standing { return balance.Standing(l.standing.Load()) }
func (l *link) Close() error               { return nil }

// behaviour is what an endpoint does with the n-th attempt made at it, from 1 on.
type behaviour func(ctx context.Context, n int) (string, *dispatch.Fault)

// world is a set of endpoints named a, b, c…, and what was done with them.
type world struct {
	set        *balance.Set[*link]
	dispatcher *dispatch.Dispatcher[*link]
	endpoints  []*balance.Endpoint[*link]
	does       map[string]behaviour

	mu      sync.Mutex
	visits  map[string]int
	order   []string
	times   []time.Time
	dropped []string
	open    int // attempts that run
	faulty  []string
}

// build makes a world in which each endpoint does what it is told to, the first one when the balancer has the choice: round robin.
func build(t *testing.T, o dispatch.Options, does ...behaviour) *world {
	t.Helper()
	w := &world{does: map[string]behaviour{}, visits: map[string]int{}}
	w.set = balance.NewSet[*link](balance.Options{Balancing: balance.RoundRobin, SlowStart: -1}, balance.Hooks[*link]{})
	for i, do := range does {
		name := string(rune('a' + i))
		w.does[name] = do
		w.endpoints = append(w.endpoints, w.set.Add(name, &link{}))
	}
	w.dispatcher = dispatch.New(w.set, o, nil)
	t.Cleanup(func() { w.set.Close() })
	return w
}

func (w *world) run(ctx context.Context, cancel context.CancelFunc, lease *balance.Lease[*link]) (string, *dispatch.Fault) {
	defer cancel()
	name := lease.Endpoint.Address
	w.mu.Lock()
	w.visits[name]++
	n := w.visits[name]
	w.order = append(w.order, name)
	w.times = append(w.times, time.Now())
	w.open++
	if ctx.Err() != nil {
		w.faulty = append(w.faulty, "attempt at "+name+" after its context was done")
	}
	w.mu.Unlock()
	answer, fault := w.does[name](ctx, n)
	w.mu.Lock()
	w.open--
	w.mu.Unlock()
	lease.Done(outcome(ctx, fault))
	return answer, fault
}

func outcome(ctx context.Context, fault *dispatch.Fault) balance.Outcome {
	switch {
	case fault == nil || fault.Final:
		return balance.Answered
	case fault.Unsent:
		return balance.Unsent
	case ctx.Err() != nil:
		return balance.Abandoned
	}
	return balance.Failed
}

func (w *world) drop(answer string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dropped = append(w.dropped, answer)
}

// repeatable is a call that may be made anywhere.
func repeatable() balance.Call { return balance.Call{Model: "m", Repeatable: true} }

func (w *world) do(ctx context.Context, c balance.Call) (string, error) {
	return dispatch.Do(ctx, w.dispatcher, c, dispatch.Attempt[*link, string]{Run: w.run, Drop: w.drop})
}

// settled checks what holds after every call: nothing runs, nothing began too late.
func (w *world) settled(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open != 0 {
		t.Errorf("%d attempts still run", w.open)
	}
	for _, fault := range w.faulty {
		t.Error(fault)
	}
	for _, state := range w.set.State() {
		if state.InFlight != 0 {
			t.Errorf("%s has %d leases that were not ended", state.Address, state.InFlight)
		}
	}
}

// Behaviours.

// answers after a time.
func answers(text string, after time.Duration) behaviour {
	return func(ctx context.Context, _ int) (string, *dispatch.Fault) {
		select {
		case <-time.After(after):
			return text, nil
		case <-ctx.Done():
			return "", &dispatch.Fault{Err: ctx.Err()}
		}
	}
}

// hangs until nobody waits any more.
func hangs(ctx context.Context, _ int) (string, *dispatch.Fault) {
	<-ctx.Done()
	return "", &dispatch.Fault{Err: ctx.Err()}
}

// fails at once.
func fails(fault dispatch.Fault) behaviour {
	return func(context.Context, int) (string, *dispatch.Fault) { return "", &fault }
}

// first does one thing with so many attempts, and then another.
func first(n int, do, then behaviour) behaviour {
	return func(ctx context.Context, i int) (string, *dispatch.Fault) {
		if i <= n {
			return do(ctx, i)
		}
		return then(ctx, i)
	}
}

var (
	errUnsent = errors.New("no connection")
	errBroken = errors.New("broke off")
	errWrong  = errors.New("the model says no")
)

func unsent() dispatch.Fault { return dispatch.Fault{Err: errUnsent, Unsent: true} }
func broken() dispatch.Fault { return dispatch.Fault{Err: errBroken, Broken: true} }
func final() dispatch.Fault  { return dispatch.Fault{Err: errWrong, Final: true} }

func pushed(f dispatch.Fault, pushback time.Duration) dispatch.Fault {
	f.Said, f.Pushback = true, pushback
	return f
}

func (w *world) path() string { return fmt.Sprint(w.order) }
