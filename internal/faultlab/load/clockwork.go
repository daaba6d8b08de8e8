package load

import "time"

// clockwork tells when calls are due.
type clockwork struct {
	start    time.Time
	interval time.Duration
	count    int64
}

func newClockwork(o Options, start time.Time) *clockwork {
	return &clockwork{start: start, interval: time.Duration(float64(time.Second) / o.Rate)}
}

// next is when the next call is due, the first at the start.
func (c *clockwork) next() time.Time {
	due := c.start.Add(time.Duration(c.count) * c.interval)
	c.count++
	return due
}
