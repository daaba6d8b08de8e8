package balance

import "time"

const (
	// tick is how often calls in flight are looked at. Source: a stall is to be seen within 300 ms, of which 200 are the least that makes one.
	tick = 25 * time.Millisecond

	// hop is the most that the clock advances between two looks: a look that comes up to a tick late is the scheduler's doing and counts;
	// what is beyond is a stall of this process, of which no endpoint knows.
	hop = 2 * tick
)

// clock measures the ages of calls. It stands still while nothing is in flight, and while the process does not run.
type clock struct {
	sum     time.Duration
	last    time.Duration // of the set's time, when sum was right
	running bool
	free    bool // it is the set's time, for nobody looks at the calls
}

// start sets the clock going at now.
func (c *clock) start(now time.Duration) { c.last, c.running = now, true }

// advance is a look at now.
func (c *clock) advance(now time.Duration) { c.sum, c.last = c.at(now), now }

// at is what the clock says at now.
func (c *clock) at(now time.Duration) time.Duration {
	if c.free {
		return now
	}
	return c.sum + min(now-c.last, hop)
}
