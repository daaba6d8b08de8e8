package balance

import (
	"math"
	"time"
)

const (
	// memory is after how long a sample counts for a third (1/e) of what it did. It is half of the 10 s in which an endpoint that was slow is to
	// have its full share again; finagle's peak EWMA, which this follows, has 10 s.
	memory = 5 * time.Second

	// rest is a silence after which what was known is old: a sample that comes then counts for half at least, so that an endpoint that is
	// tried once a second is believed after a few tries, and not on the first, which a fault that shows in one call of twenty passes.
	rest = 500 * time.Millisecond

	// stillness is a silence too short for the mean to have changed by more than a hundredth.
	stillness = 100 * time.Millisecond
)

// average is an exponentially weighted mean of latencies that follows a rise at once and a fall slowly, and falls while nothing comes, so
// that an endpoint that was slow is tried again.
type average struct {
	mean  float64 // nanoseconds
	at    time.Duration
	known bool
}

// value is the mean at now.
func (a *average) value(now time.Duration) float64 {
	if idle := now - a.at; idle > stillness {
		return a.mean * math.Exp(-float64(idle)/float64(memory))
	}
	return a.mean
}

// add counts a sample.
func (a *average) add(now, sample time.Duration) {
	s := float64(sample)
	if !a.known || s >= a.value(now) {
		a.mean, a.at, a.known = s, now, true
		return
	}
	idle := now - a.at
	keep := math.Exp(-float64(idle) / float64(memory))
	if idle >= rest {
		keep = min(keep, 0.5)
	}
	a.mean, a.at = a.mean*keep+s*(1-keep), now
}

// atLeast counts a call that would have taken longer.
func (a *average) atLeast(now, age time.Duration) {
	if !a.known || float64(age) > a.value(now) {
		a.mean, a.at, a.known = float64(age), now, true
	}
}
