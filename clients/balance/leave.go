package balance

import (
	"slices"
	"time"
)

// Remove lets an endpoint go: it gets no more calls, and its link is closed when those in flight have ended, or grace is over, when
// those that are left are moved first. Removing it again does nothing.
func (s *Set[L]) Remove(e *Endpoint[L], grace time.Duration) {
	s.mu.Lock()
	defer s.unlock()
	if e.leaving || s.closed {
		return
	}
	e.leaving = true
	s.endpoints = without(s.endpoints, e)
	s.in = without(s.in, e)
	for _, m := range s.models {
		if e.slot < len(m.records) {
			m.records[e.slot] = nil
		}
	}
	s.vacant = append(s.vacant, e.slot)
	s.leaving = append(s.leaving, e)
	s.tell(e)
	s.makeUp()
	switch {
	case e.inflight == 0:
		s.part(e)
	case grace <= 0:
		s.expire(e)
	default:
		e.grace = time.AfterFunc(grace, func() {
			s.mu.Lock()
			defer s.unlock()
			s.expire(e)
		})
	}
}

// expire ends the grace of an endpoint that leaves. The lock is held.
func (s *Set[L]) expire(e *Endpoint[L]) {
	if !e.closed {
		s.move(e)
		if e.probe != nil {
			e.probe.move()
		}
		s.part(e)
	}
}

// part has the link of an endpoint that leaves closed, once. The lock is held.
func (s *Set[L]) part(e *Endpoint[L]) {
	if e.closed {
		if e.inflight == 0 {
			s.leaving = without(s.leaving, e)
		}
		return
	}
	e.closed = true
	if e.grace != nil {
		e.grace.Stop()
	}
	if e.inflight == 0 {
		s.leaving = without(s.leaving, e)
	}
	s.parting = append(s.parting, e)
}

// without is all but e, in a slice of its own.
func without[L Link](all []*Endpoint[L], e *Endpoint[L]) []*Endpoint[L] {
	return slices.DeleteFunc(slices.Clone(all), func(other *Endpoint[L]) bool { return other == e })
}
