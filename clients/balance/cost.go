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
	latency := 0.0
	r := q.model.at(e)
	if r != nil && r.latency.known {
		latency = r.latency.value(q.now)
	} else {
		latency = s.usual(q)
	}
	if r != nil {
		if l := r.oldest(); l != nil {
			latency = max(latency, float64(s.clock.at(q.now)-l.clock))
		}
	}
	return float64(e.inflight+1) * latency
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
	return r != nil && q.now-r.taken >= pause && q.model.taken-r.inOrder >= each && r.oldest() == nil
}
