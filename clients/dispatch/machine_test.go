package dispatch_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
)

// machine is a model server to which things happen. It takes any number of calls at a time.
type machine struct {
	died chan struct{} // closed when it is killed

	mu      sync.Mutex
	service time.Duration // give or take half
	failing bool
	stopped chan struct{} // closed when it goes on; nil: it runs
}

func newMachine() *machine {
	return &machine{service: 10 * time.Millisecond, died: make(chan struct{})}
}

func (m *machine) kill() { close(m.died) }

func (m *machine) dead() bool {
	select {
	case <-m.died:
		return true
	default:
		return false
	}
}

// stop keeps everything that it was asked and is being asked for a time.
func (m *machine) stop(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	gate := make(chan struct{})
	m.stopped = gate
	time.AfterFunc(d, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.stopped = nil
		close(gate)
	})
}

func (m *machine) slow(service time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.service = service
}

func (m *machine) fail() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.service, m.failing = 100*time.Microsecond, true
}

func (m *machine) state() (time.Duration, bool, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	gate := m.stopped
	if gate == nil {
		gate = make(chan struct{})
		close(gate)
	}
	return time.Duration((0.5 + rand.Float64()) * float64(m.service)), m.failing, gate
}

// infer is a call at a machine.
func (m *machine) infer(ctx context.Context, l *link) *dispatch.Fault {
	if m.dead() {
		l.standing.Store(int32(balance.Unreachable))
		return new(unsent())
	}
	service, failing, _ := m.state()
	if fault := until(ctx, m, l, time.After(service)); fault != nil {
		return fault
	}
	_, _, gate := m.state()
	if fault := until(ctx, m, l, gate); fault != nil || !failing {
		return fault
	}
	return new(broken())
}

// until waits for an event, but no longer than the machine and the caller live.
func until[T any](ctx context.Context, m *machine, l *link, event <-chan T) *dispatch.Fault {
	select {
	case <-event:
		return nil
	case <-m.died:
		l.standing.Store(int32(balance.Unreachable))
		return new(broken())
	case <-ctx.Done():
		return &dispatch.Fault{Err: ctx.Err()}
	}
}
