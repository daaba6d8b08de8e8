package balance

import (
	"slices"
	"time"
)

const (
	// pause and each bound how often an endpoint that others are preferred to is called all the same, to find out whether it still is worse: once in
	// pause, and for one call of a model in each.
	pause = time.Second
	each  = 200

	// crowd is how many other endpoints are asked how long a model takes where it was not called yet.
	crowd = 16

	// guess is how long a call takes as long as none has ended: longer than calls that come together differ in age.
	guess = float64(time.Millisecond)
)

// cost is what a call has to expect at e: how many are there, times how long one takes.
func (s *Set[L]) cost(e *Endpoint[L], q *search[L]) float64 {
	return float64(e.inflight+1) * max(s.latency(q.model.at(e), q), s.age(q.model.at(e), q))
}

// latency is how long a call takes where r is from.
func (s *Set[L]) latency(r *record[L], q *search[L]) float64 {
	if r == nil || !r.latency.known {
		return s.usual(q)
	}
	return r.latency.value(q.now)
}

// age is how old the oldest call in flight is where r is from.
func (s *Set[L]) age(r *record[L], q *search[L]) float64 {
	if r == nil {
		return 0
	}
	l := r.oldest()
	if l == nil {
		return 0
	}
	return float64(s.clock.at(q.now) - l.clock)
}

// usual is the median of what the model takes at the endpoints where it was called; a guess, the same for all, when it was nowhere.
func (s *Set[L]) usual(q *search[L]) float64 {
	var room [crowd]float64
	values := room[:0]
	for _, r := range q.model.records {
		if r != nil && r.latency.known && len(values) < crowd {
			values = append(values, r.latency.value(q.now))
		}
	}
	if len(values) == 0 {
		return guess
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// overdue reports whether e was not called for long for its being worse.
func (s *Set[L]) overdue(e *Endpoint[L], q *search[L]) bool {
	r := q.model.at(e)
	return r != nil && !q.call.Question && q.now-r.taken >= pause && q.model.taken-r.inOrder >= each && r.oldest() == nil
}
