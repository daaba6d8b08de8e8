package balance

import (
	"fmt"
	"time"
)

// streak is failures in a row.
type streak struct {
	length int
	since  time.Duration // when the first was seen
}

func (s *streak) add(now time.Duration) {
	if s.length == 0 {
		s.since = now
	}
	s.length++
}

// checkErrors ejects e when too many calls in a row failed there, while another endpoint answered calls of the model, and where not all
// fail as often. Calls that failed together, with their connection, are one failure by that.
func (s *Set[L]) checkErrors(e *Endpoint[L], r *record[L], now time.Duration) {
	if s.rules.Disabled || e.out != nil || e.errors.length < s.rules.ConsecutiveErrors || !s.compare(e, now).worse() {
		return
	}
	for _, other := range s.endpoints {
		if o := r.model.at(other); other != e && o != nil && o.answered > e.errors.since {
			s.eject(e, ConsecutiveErrors, fmt.Sprintf("%d calls in a row failed, the last of model %s, which others answered", e.errors.length, r.model.name))
			return
		}
	}
}
