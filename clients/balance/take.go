package balance

import (
	"slices"
	"time"
)

// search is a call that looks for an endpoint.
type search[L Link] struct {
	call  Call
	model *model[L]
	avoid []*Endpoint[L]
	now   time.Duration
}

// Take chooses an endpoint for a call, none of those to avoid: one that is in and can be reached, as long as there is one. An endpoint
// that is ejected gets one call at a time, when its penalty is over, to be tried with. The error is ErrClosed or ErrNowhere.
func (s *Set[L]) Take(c Call, avoid ...*Endpoint[L]) (*Lease[L], error) {
	s.mu.Lock()
	defer s.unlock()
	if s.closed {
		return nil, ErrClosed
	}
	q := search[L]{call: c, model: s.of(c.Model), avoid: avoid, now: s.time()}
	e := s.choose(&q)
	if e == nil {
		return nil, ErrNowhere
	}
	return s.lease(e, &q), nil
}

// TakeAt is Take for one endpoint, whatever its state. What comes of it is not held against it. The error is ErrNowhere when it has left.
func (s *Set[L]) TakeAt(e *Endpoint[L]) (*Lease[L], error) {
	s.mu.Lock()
	defer s.unlock()
	switch {
	case s.closed:
		return nil, ErrClosed
	case e.closed:
		return nil, ErrNowhere
	}
	s.inflight++
	e.inflight++
	return &Lease[L]{Endpoint: e}, nil
}

// choose returns the endpoint of a call; nil when there is none. The lock is held.
func (s *Set[L]) choose(q *search[L]) *Endpoint[L] {
	if len(s.in) == len(s.endpoints) || len(q.avoid) > 0 {
		if e := s.ordinary(q); e != nil {
			return e
		}
		return s.due(q)
	}
	if e := s.due(q); e != nil {
		return e
	}
	return s.ordinary(q)
}

// ordinary is choose among the endpoints that are in.
func (s *Set[L]) ordinary(q *search[L]) *Endpoint[L] {
	if q.call.Sequence != "" {
		return s.home(q)
	}
	if e := s.quick(q); e != nil {
		return e
	}
	return s.survey(q)
}

// lease takes e for a call. The lock is held.
func (s *Set[L]) lease(e *Endpoint[L], q *search[L]) *Lease[L] {
	r := q.model.open(e)
	s.called = true
	if s.judged == 0 {
		s.wake(q.now)
	}
	l := &Lease[L]{Endpoint: e, record: r, question: q.call.Question, began: q.now, clock: s.clock.at(q.now)}
	switch {
	case q.call.Question:
		e.questions.push(l)
	case e.out != nil && q.call.Repeatable && e.probe == nil && e.out.until <= q.now:
		s.try(e, l)
	default:
		s.enlist(e, r)
		r.fresh.push(l)
	}
	if !q.call.Question {
		q.model.taken++
		r.inOrder, r.taken = q.model.taken, q.now
	}
	q.model.inflight++
	s.judged++
	s.inflight++
	e.inflight++
	return l
}

// enlist notes that a model has calls in flight at e, before they are there.
func (s *Set[L]) enlist(e *Endpoint[L], r *record[L]) {
	if r.oldest() == nil {
		r.active = len(e.active)
		e.active = append(e.active, r)
	}
}

// delist takes a call that is not in flight any more off the lists.
func (s *Set[L]) delist(l *Lease[L]) {
	if l.queue == nil {
		return
	}
	e, r := l.Endpoint, l.record
	l.queue.remove(l)
	if !l.question && r.oldest() == nil {
		last := len(e.active) - 1
		e.active[last].active = r.active
		e.active[r.active] = e.active[last]
		e.active = slices.Delete(e.active, last, last+1)
	}
}
