package dispatch_test

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
)

// rescue is calls at three machines, to the first of which something happens after a second.
type rescue struct {
	rate    int // calls a second
	calls   int
	service time.Duration
	event   func(*machine)

	set        *balance.Set[*link]
	dispatcher *dispatch.Dispatcher[*link]
	machines   map[*balance.Endpoint[*link]]*machine

	mu     sync.Mutex
	took   []time.Duration
	failed map[string]int
}

const machines = 3

func (r *rescue) run(t *testing.T) {
	t.Helper()
	r.failed, r.machines = map[string]int{}, map[*balance.Endpoint[*link]]*machine{}
	r.set = balance.NewSet[*link](balance.Options{}, balance.Hooks[*link]{})
	r.dispatcher = dispatch.New(r.set, dispatch.Options{}, nil)
	for i := range machines {
		m := newMachine()
		m.slow(r.service)
		if r.machines[r.set.Add(strconv.Itoa(i), &link{})] = m; i == 0 {
			time.AfterFunc(time.Second, func() { r.event(m) })
		}
	}
	var calls sync.WaitGroup
	for range r.calls {
		calls.Go(func() { r.call(t.Context()) })
		time.Sleep(time.Second / time.Duration(r.rate))
	}
	calls.Wait()
	if err := r.set.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func (r *rescue) call(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second+20*r.service)
	defer cancel()
	start := time.Now()
	_, err := dispatch.Do(ctx, r.dispatcher, repeatable(), dispatch.Attempt[*link, string]{Run: r.attempt, Drop: func(string) {}})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.took = append(r.took, time.Since(start))
	if err != nil {
		r.failed[err.Error()]++
	}
}

func (r *rescue) attempt(ctx context.Context, cancel context.CancelFunc, lease *balance.Lease[*link]) (string, *dispatch.Fault) {
	defer cancel()
	fault := r.machines[lease.Endpoint].infer(ctx, lease.Endpoint.Link)
	lease.Done(outcome(ctx, fault))
	return "", fault
}

func TestNothingFailsBecauseOneOfThreeDid(t *testing.T) {
	t.Parallel()
	events := []struct {
		name  string
		event func(*machine)
	}{
		{"U1 is killed", (*machine).kill},
		{"U2 is stopped and goes on", func(m *machine) { m.stop(3 * time.Second) }},
		{"U3 is twenty times slower", func(m *machine) { m.slow(200 * time.Millisecond) }},
		{"U4 fails at once", (*machine).fail},
		{"U7 is a black hole", func(m *machine) { m.stop(time.Hour) }},
	}
	loads := []rescue{
		{rate: 400, calls: 2000, service: 10 * time.Millisecond},
		{rate: 20, calls: 100, service: 10 * time.Millisecond},
		{rate: 50, calls: 300, service: 300 * time.Millisecond},
	}
	for _, test := range events {
		for i := range loads {
			t.Run(test.name+" at "+strconv.Itoa(loads[i].rate)+" per second", func(t *testing.T) {
				t.Parallel()
				for range 5 {
					r := rescue{rate: loads[i].rate, calls: loads[i].calls, service: loads[i].service, event: test.event}
					synctest.Test(t, r.run)
					slices.Sort(r.took)
					if n := len(r.took); len(r.failed) > 0 || n != r.calls {
						t.Errorf("failed %v of %d, longest %s, %+v\n%+v", r.failed, n, r.took[n-1], r.dispatcher.State(), r.set.State())
					}
				}
			})
		}
	}
}
