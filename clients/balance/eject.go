package balance

import "time"

// forgiveness is how long an endpoint has to be in for one of its ejections not to count for the next penalty.
const forgiveness = 10 * time.Second

// ejection is that an endpoint is out.
type ejection struct {
	cause  Cause
	reason string
	until  time.Duration // when it may be tried
}

// eject takes e out, if it may be.
func (s *Set[L]) eject(e *Endpoint[L], cause Cause, reason string) {
	if e.out != nil || !s.dispensable(e) {
		return
	}
	now := s.time()
	e.offences = max(0, e.offences-int((now-e.returned)/forgiveness)) + 1
	e.out = &ejection{cause: cause, reason: string(cause) + ": " + reason, until: now + s.penalty(e.offences)}
	e.tally.eject(cause)
	s.in = without(s.in, e)
	s.retell(e)
}

// dispensable reports whether the set can do without e.
func (s *Set[L]) dispensable(e *Endpoint[L]) bool {
	if len(s.endpoints)-len(s.in) >= s.most() {
		return false
	}
	for _, other := range s.in {
		if other != e && s.standingOf(other) != Unreachable {
			return true
		}
	}
	return false
}

// most is how many endpoints may be out.
func (s *Set[L]) most() int {
	n := len(s.endpoints)
	return max(0, min(n*s.rules.MaxEjected/100, n-1))
}

// penalty is how long an endpoint is out, by how often it was, give or take half so that gateways do not all try at once.
func (s *Set[L]) penalty(offences int) time.Duration {
	length, most := time.Duration(s.rules.Penalty), time.Duration(s.rules.MaxPenalty)
	for ; offences > 1 && length < most; offences-- {
		length *= 2
	}
	return time.Duration((0.5 + s.chance()) * float64(min(length, most)))
}

// readmit takes e in again, with nothing held against it.
func (s *Set[L]) readmit(e *Endpoint[L]) {
	e.out = nil
	e.probe = nil
	e.returned = s.time()
	e.errors, e.window, e.suspect = streak{}, window{}, 0
	for _, m := range s.models {
		if r := m.at(e); r != nil {
			r.latency = average{}
		}
	}
	s.in = nil
	for _, other := range s.endpoints {
		if other.out == nil {
			s.in = append(s.in, other)
		}
	}
	s.rampUp(e)
	s.tell(e)
}

// makeUp readmits endpoints when more are out than may be, because others left; those first whose penalty ends first.
func (s *Set[L]) makeUp() {
	for len(s.endpoints)-len(s.in) > s.most() {
		var first *Endpoint[L]
		for _, e := range s.endpoints {
			if e.out != nil && (first == nil || e.out.until < first.out.until) {
				first = e
			}
		}
		s.readmit(first)
	}
}
