package balance

import "time"

// least is the share that a slow start begins with: enough calls to become warm with.
const leastShare = 0.1

// rampUp gives e a slow start.
func (s *Set[L]) rampUp(e *Endpoint[L]) {
	if length := time.Duration(s.options.SlowStart); length > 0 {
		e.ramp = s.time()
		s.ramping = max(s.ramping, e.ramp+length)
	}
}

// share is the part of its share that e gets at now.
func (s *Set[L]) share(e *Endpoint[L], now time.Duration) float64 {
	length := time.Duration(s.options.SlowStart)
	if e.ramp < 0 || now-e.ramp >= length {
		return 1
	}
	return max(leastShare, float64(now-e.ramp)/float64(length))
}

// ready reports whether e may take a call at now, of which one in a slow start takes a part. When all are, none is slower than the others.
func (s *Set[L]) ready(e *Endpoint[L], now time.Duration) bool {
	if now >= s.ramping {
		return true
	}
	share := s.share(e, now)
	if share == 1 {
		return true
	}
	most := 0.0
	for _, other := range s.in {
		most = max(most, s.share(other, now))
	}
	return s.chance() < share/most
}

// willing keeps those of several that may take a call at now, or all when none may.
func (s *Set[L]) willing(all []*Endpoint[L], now time.Duration) []*Endpoint[L] {
	if now >= s.ramping {
		return all
	}
	n := 0
	for i, e := range all {
		if s.ready(e, now) {
			all[n], all[i] = e, all[n]
			n++
		}
	}
	if n == 0 {
		return all
	}
	return all[:n]
}

// chance is a random number of [0, 1).
func (s *Set[L]) chance() float64 { return float64(s.random()>>11) / (1 << 53) }
