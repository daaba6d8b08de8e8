package load

import (
	"math/rand/v2"
	"time"
)

// clockwork tells when calls are due.
type clockwork struct {
	start    time.Time
	interval time.Duration
	poisson  *rand.Rand // nil: evenly
	elapsed  time.Duration
	count    int64
}

func newClockwork(o Options, start time.Time) *clockwork {
	c := &clockwork{start: start, interval: time.Duration(float64(time.Second) / o.Rate)}
	if o.Poisson {
		c.poisson = rand.New(rand.NewPCG(o.Seed, 1))
	}
	return c
}

// next is when the next call is due, the first at the start.
func (c *clockwork) next() time.Time {
	due := c.start.Add(c.elapsed)
	if c.poisson != nil {
		c.elapsed += time.Duration(c.poisson.ExpFloat64() * float64(c.interval))
		return due
	}
	c.count++
	c.elapsed = time.Duration(c.count) * c.interval
	return due
}
