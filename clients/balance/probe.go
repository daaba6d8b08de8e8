package balance

import (
	"slices"
	"time"
)

// due returns an endpoint that is out and to be tried with a call; nil when there is none, or it is not this call that can.
func (s *Set[L]) due(q *search[L]) *Endpoint[L] {
	if len(s.in) == len(s.endpoints) || !q.call.Repeatable || q.call.Sequence != "" || q.call.Question {
		return nil
	}
	for _, e := range s.endpoints {
		if e.out == nil || e.out.until > q.now || e.probe != nil || slices.Contains(q.avoid, e) {
			continue
		}
		if s.standingOf(e) != Unreachable && q.model.vetoed(e) == "" {
			return e
		}
	}
	return nil
}

// try makes l the one call that tries e.
func (s *Set[L]) try(e *Endpoint[L], l *Lease[L]) {
	e.probe = l
	e.tally.probes++
	s.tell(e)
}

// conclude draws the conclusion from how the call that tries e ended. Its slot is free when the lease ends, and nothing else frees it, so
// that there is never a second call.
func (s *Set[L]) conclude(e *Endpoint[L], o Outcome, now time.Duration) {
	switch o {
	case Answered:
		s.readmit(e)
	case Failed:
		s.relapse(e, now, "the call that tried it failed")
	case Unsent: // it did not get a chance
		e.out.until = now + s.penalty(e.offences)
	case Abandoned: // nobody knows; the next call tries
	}
}

// relapse ejects e again, which is out, for twice as long; for as long as before while the others fail as well, which says nothing of e:
// when all are back, it shall be.
func (s *Set[L]) relapse(e *Endpoint[L], now time.Duration, reason string) {
	e.probe.move()
	if !s.compare(e, now).common(s.rules.SuccessRate) {
		e.offences++
	}
	e.out.until = now + s.penalty(e.offences)
	e.out.reason = string(e.out.cause) + ": " + reason
	s.retell(e)
}
