package balance

import "time"

// Call is what is known of a call before it has a place.
type Call struct {
	Model      string
	Sequence   string // its calls stay on one endpoint while that can be reached; empty: it belongs to none
	Repeatable bool   // another endpoint may be asked too: the call may try an endpoint that is out
	Question   bool   // it is about the server or the model: how long it takes says nothing of the model's calls, how it ends does
}

// Lease is a call at an endpoint, from Take to Done. It is safe for concurrent use.
type Lease[L Link] struct {
	Endpoint *Endpoint[L]

	record   *record[L] // nil: nothing is held against the endpoint
	question bool
	began    time.Duration
	clock    time.Duration // then

	// Guarded by the set's lock.
	settled       bool
	ended         bool
	moved         bool // its endpoint stalled, or left; or it tried one and took too long
	onMoved       func()
	queue         *queue[L]
	before, after *Lease[L]
}

// Outcome is what a call showed of its endpoint.
type Outcome int

// The outcomes.
const (
	Answered  Outcome = iota // the endpoint did its work, be it with an error for the caller
	Failed                   // it did not: it broke off, refused for want of itself, answered nonsense, or not before the deadline
	Unsent                   // the call found no connection, of which Standing tells: it is not held against the endpoint
	Abandoned                // nobody waited for the answer: it says only that it took as long as this
)

// Expired is the outcome of a call that its caller's deadline ended after it had been with the endpoint for so long: as the endpoint's fault it
// counts only when there was time in which a stall would have shown.
func Expired(had time.Duration) Outcome {
	if had < DefaultStall {
		return Abandoned
	}
	return Failed
}

// OnMoved has f called once when the endpoint stalls, so that the call had better be made elsewhere too; at an endpoint that is ejected
// already, when the call takes too long for a probe; at one that left, when its grace is over. When that was before, f is called at once.
// It is called without the set's lock held, by whoever found out, so it returns soon; not after Done, but perhaps at the same time. A
// lease has one f. What TakeAt gave is never moved.
func (l *Lease[L]) OnMoved(f func()) {
	s := l.Endpoint.set
	s.mu.Lock()
	if !l.moved && !l.ended {
		l.onMoved, f = f, nil
	}
	late := l.ended
	s.mu.Unlock()
	if f != nil && !late {
		f()
	}
}

// move tells whoever waits for the lease. The lock is held.
func (l *Lease[L]) move() {
	if l.moved || l.settled {
		return
	}
	l.moved = true
	if l.onMoved != nil {
		s := l.Endpoint.set
		s.moved = append(s.moved, l.onMoved)
		l.onMoved = nil
	}
}

// Answer tells how the call went, while something of it, the rest of a stream, stays in flight. Only the first Answer or Done counts.
func (l *Lease[L]) Answer(o Outcome) {
	s := l.Endpoint.set
	s.mu.Lock()
	defer s.unlock()
	s.settle(l, o)
}

// Done ends the lease. Each is to be ended once; ending it again does nothing.
func (l *Lease[L]) Done(o Outcome) {
	s := l.Endpoint.set
	s.mu.Lock()
	defer s.unlock()
	if l.ended {
		return
	}
	l.ended, l.onMoved = true, nil
	s.settle(l, o)
	s.release(l)
}

// release gives back what the lease held. The lock is held.
func (s *Set[L]) release(l *Lease[L]) {
	e := l.Endpoint
	if e.probe == l {
		e.probe = nil
		s.tell(e)
	}
	e.inflight--
	s.inflight--
	if e.leaving && e.inflight == 0 {
		s.part(e)
	}
	if s.inflight == 0 && s.drained != nil {
		close(s.drained)
		s.drained = nil
	}
}
