package balance

import (
	"fmt"
	"time"
)

const (
	// slots of a second make the window in which the rate of success is judged, of fewCalls at least. Source: 80 % of at least 20 in 10 s.
	slots    = 10
	fewCalls = 20

	// contrast is how many times as often as the others an endpoint has to fail, so that chance does not eject one where all fail a little.
	contrast = 2
)

// window counts the calls of the last seconds.
type window struct {
	good, bad [slots]uint32
	last      int64 // the second that was counted last
}

// add counts a call at now.
func (w *window) add(now time.Duration, good bool) {
	w.turn(now)
	if good {
		w.good[w.last%slots]++
	} else {
		w.bad[w.last%slots]++
	}
}

// turn forgets what is too old at now.
func (w *window) turn(now time.Duration) {
	second := int64(now / time.Second)
	for from := max(w.last+1, second-slots+1); from <= second; from++ {
		w.good[from%slots], w.bad[from%slots] = 0, 0
	}
	w.last = max(w.last, second)
}

// sums are the counts of the last seconds.
func (w *window) sums(now time.Duration) (good, bad uint64) {
	w.turn(now)
	for i := range slots {
		good += uint64(w.good[i])
		bad += uint64(w.bad[i])
	}
	return good, bad
}

// comparison is how many calls ended and failed of late at an endpoint, and at the others together.
type comparison struct{ calls, failed, others, othersFailed uint64 }

func (s *Set[L]) compare(e *Endpoint[L], now time.Duration) comparison {
	var c comparison
	for _, other := range s.endpoints {
		good, bad := other.window.sums(now)
		if other == e {
			c.calls, c.failed = good+bad, bad
		} else {
			c.others, c.othersFailed = c.others+good+bad, c.othersFailed+bad
		}
	}
	return c
}

// worse reports whether the others fail half as often at most.
func (c comparison) worse() bool {
	return c.failed*c.others >= contrast*c.othersFailed*c.calls
}

// common reports whether the others fail too often themselves.
func (c comparison) common(successRate int) bool {
	return c.others >= fewCalls && (c.others-c.othersFailed)*100 < c.others*uint64(successRate)
}

// checkRate ejects e when too few of its calls are answered, and the others do better.
func (s *Set[L]) checkRate(e *Endpoint[L], now time.Duration) {
	if s.rules.Disabled || e.out != nil {
		return
	}
	c := s.compare(e, now)
	if few := (c.calls-c.failed)*100 < c.calls*uint64(s.rules.SuccessRate); few && min(c.calls, c.others) >= fewCalls && c.worse() {
		s.eject(e, SuccessRate, fmt.Sprintf("%d of %d calls failed, and %d of %d elsewhere", c.failed, c.calls, c.othersFailed, c.others))
	}
}
