package balance

import (
	"fmt"
	"time"
)

// slack is how many times what its slowest calls take a call of a model may take before it counts as stalled.
const slack = 3

// wake has the calls in flight looked at from now on. The lock is held.
func (s *Set[L]) wake(now time.Duration) {
	if s.clock.running || s.clock.free {
		return
	}
	s.clock.start(now)
	if s.timer == nil {
		s.timer = time.AfterFunc(tick, s.look)
	} else {
		s.timer.Reset(tick)
	}
}

// look looks at the calls in flight, and looks again as long as there are any.
func (s *Set[L]) look() {
	s.mu.Lock()
	defer s.unlock()
	now := s.time()
	s.clock.advance(now)
	if s.closed || s.judged == 0 {
		s.clock.running = false
		return
	}
	for _, e := range s.endpoints {
		s.inspect(e, now)
	}
	s.timer.Reset(tick)
}

// inspect finds out whether e stalls: a call is too old, nothing was answered meanwhile, and another endpoint has answered calls of the
// model that began later. Without such an endpoint it is suspected only, as it is for a question: some take long, and others' answers to
// questions say nothing of it.
func (s *Set[L]) inspect(e *Endpoint[L], now time.Duration) {
	clock := s.clock.sum
	if p := e.probe; p != nil && !p.moved && !p.settled && clock-p.clock > s.patience(p.record.model) {
		s.relapse(e, now, "the call that tried it was not answered")
	}
	suspected := false
	for _, r := range e.active {
		l := r.fresh.head
		if l == nil || clock-l.clock <= time.Duration(s.rules.Stall) {
			continue
		}
		age, limit := clock-l.clock, s.patience(r.model)
		if age <= limit || clock-e.answered <= limit {
			continue
		}
		if s.outrun(e, l) {
			s.stall(e, fmt.Sprintf("no answer for %v, while others answered later calls of model %s", age.Round(time.Millisecond), r.model.name))
			return
		}
		suspected = true
		s.suspect(e, age)
	}
	if l := e.questions.pending(); l != nil && clock-max(l.clock, e.answered) > time.Duration(s.rules.Stall) {
		suspected = true // calls may wait for the answer, and none may be in flight to show what the endpoint does
		s.suspect(e, clock-l.clock)
	}
	if !suspected {
		e.suspect = 0
	}
}

// patience is how old a call of a model may become.
func (s *Set[L]) patience(m *model[L]) time.Duration {
	return max(time.Duration(s.rules.Stall), slack*m.latency.percentile(99))
}

// outrun reports whether another endpoint has answered a call of the same model that began after l did at e.
func (s *Set[L]) outrun(e *Endpoint[L], l *Lease[L]) bool {
	for _, other := range s.endpoints {
		if r := l.record.model.at(other); other != e && r != nil && r.newest > l.began {
			return true
		}
	}
	return false
}

// suspect has somebody ask e, once until the age has doubled, and only where there is another endpoint to compare it with.
func (s *Set[L]) suspect(e *Endpoint[L], age time.Duration) {
	if age < e.suspect || len(s.endpoints) < 2 {
		return
	}
	e.suspect = 2 * age
	if s.hooks.Suspect != nil {
		s.notices = append(s.notices, notice[L]{suspect: e})
	}
}

// stall moves the calls of e away, and ejects it if that may be.
func (s *Set[L]) stall(e *Endpoint[L], reason string) {
	e.tally.stalls++
	e.suspect = 0
	s.move(e)
	s.eject(e, Stalled, reason)
}

// move tells those who wait for the calls at e, but for the one that tries it.
func (s *Set[L]) move(e *Endpoint[L]) {
	for _, r := range e.active {
		for l := r.fresh.head; l != nil; l = l.after {
			l.move()
		}
		r.fresh.empty(&r.stale)
	}
	for l := e.questions.head; l != nil; l = l.after {
		l.move()
	}
}
