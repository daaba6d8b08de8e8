package balance

import (
	"context"
	"errors"
	"slices"
)

// Shutdown waits until no call is in flight, or ctx is done, and closes every link; calls that come while it waits are still placed. The
// error is that of ctx when calls were cut off.
func (s *Set[L]) Shutdown(ctx context.Context) error {
	var cut error
	select {
	case <-s.idle():
	case <-ctx.Done():
		cut = ctx.Err()
	}
	return errors.Join(cut, s.Close())
}

// idle returns a channel that is closed when no call is in flight.
func (s *Set[L]) idle() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inflight == 0 {
		now := make(chan struct{})
		close(now)
		return now
	}
	if s.drained == nil {
		s.drained = make(chan struct{})
	}
	return s.drained
}

// Close closes every link at once. Closing again does nothing.
func (s *Set[L]) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	var open []*Endpoint[L]
	for _, e := range slices.Concat(s.endpoints, s.leaving) {
		if e.closed {
			continue
		}
		e.closed = true
		if e.grace != nil {
			e.grace.Stop()
		}
		open = append(open, e)
	}
	s.unlock()
	var faults []error
	for _, e := range open {
		faults = append(faults, e.Link.Close())
	}
	return errors.Join(faults...)
}
