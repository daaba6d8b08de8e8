package balance

import "time"

const (
	// leastCharge and steep are what a failure costs in latency: ten times what the model's slowest calls take, and a second from the fifth in
	// a row on, or where that is not known. So one failure makes an endpoint the last choice, not an outcast: it is tried again after
	// seconds; a server that fails fast and may not be ejected is left alone. They bound what a slow call can cost, too.
	leastCharge = time.Second
	steep       = 10
)

// settle judges an endpoint by how a call ended, once. The lock is held.
func (s *Set[L]) settle(l *Lease[L], o Outcome) {
	if l.settled {
		return
	}
	l.settled = true
	e, r := l.Endpoint, l.record
	if r == nil {
		return
	}
	now := s.time()
	age := s.clock.at(now) - l.clock
	if o == Failed && age*2 < now-l.began {
		o = Abandoned // this process stood still, and may have missed the answer
	}
	s.delist(l)
	s.judged--
	r.model.inflight--
	if e.leaving {
		return
	}
	if e.probe == l && !l.moved {
		s.conclude(e, o, now)
	}
	switch o {
	case Answered:
		s.answer(l, now, age)
	case Failed:
		s.fail(l, now, age)
	case Abandoned:
		if !l.question {
			r.latency.atLeast(now, min(age, bound(r.model)))
		}
	case Unsent:
	}
}

// answer counts an answer. What a stall made of a call's latency says nothing of the model.
func (s *Set[L]) answer(l *Lease[L], now, age time.Duration) {
	e, r := l.Endpoint, l.record
	e.tally.calls++
	r.calls++
	e.errors = streak{}
	e.window.add(now, true)
	r.answered = now
	if l.question {
		return
	}
	e.answered, e.suspect = s.clock.at(now), 0
	if !l.moved {
		r.newest = max(r.newest, l.began)
		r.model.latency.add(now, age)
	}
	if age > leastCharge {
		age = min(age, bound(r.model))
	}
	r.latency.add(now, age)
}

// fail counts a failure, and ejects e when others do better.
func (s *Set[L]) fail(l *Lease[L], now, age time.Duration) {
	e, r := l.Endpoint, l.record
	e.tally.calls++
	e.tally.failures++
	r.calls++
	e.errors.add(now)
	e.window.add(now, false)
	if !l.question {
		s.charge(e, r, now, age)
	}
	s.checkErrors(e, r, now)
	s.checkRate(e, now)
}

// charge makes a failure cost as much as a call that takes long.
func (s *Set[L]) charge(e *Endpoint[L], r *record[L], now, age time.Duration) {
	charge := steep * r.model.latency.percentile(99)
	if charge == 0 || e.errors.length >= s.rules.ConsecutiveErrors {
		charge = max(charge, leastCharge)
	}
	r.latency.add(now, min(max(age, charge), bound(r.model)))
}

// bound is the most that a call of a model counts for.
func bound[L Link](m *model[L]) time.Duration {
	return max(leastCharge, steep*m.latency.percentile(99))
}
