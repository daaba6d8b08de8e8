package admission

import (
	"testing"
	"time"
)

// course is a gradient and its time.
type course struct {
	g   *gradient
	now time.Time
}

// look has calls of that latency end, as many as a look needs, while others wait if full.
func (c *course) look(latency time.Duration, full bool) {
	for since := c.g.window.since; c.g.window.since.Equal(since) || c.now.Before(c.g.settled); {
		c.now = c.now.Add(10 * time.Millisecond)
		if full {
			c.g.full()
		}
		c.g.ended(c.now.Add(-latency), c.now, false)
	}
}

func newCourse() *course {
	c := &course{g: newGradient(Options{Min: 2, Max: 100, Limit: 20}), now: time.Unix(1, 0)}
	c.g.window.since = c.now
	c.look(100*time.Millisecond, false)
	return c
}

func TestLimitGrowsOnlyWhileCallsWaitForIt(t *testing.T) {
	t.Parallel()
	c := newCourse()
	c.look(100*time.Millisecond, false)
	if c.g.limit != 20 {
		t.Errorf("%v without need, want 20", c.g.limit)
	}
	for range 100 {
		c.look(100*time.Millisecond, true)
	}
	if c.g.limit != 100 {
		t.Errorf("%v while calls wait, want 100", c.g.limit)
	}
}

func TestOneSlowLookIsChanceTwoAreACut(t *testing.T) {
	t.Parallel()
	c := newCourse()
	for range 3 {
		c.look(300*time.Millisecond, true)
		c.look(190*time.Millisecond, true)
	}
	before := c.g.limit
	if before < 20 {
		t.Errorf("%v after looks that were slow but not in a row, want no cut", before)
	}
	c.look(300*time.Millisecond, true)
	c.look(300*time.Millisecond, true)
	if c.g.limit != before/2 {
		t.Errorf("%v after two slow looks in a row, want %v", c.g.limit, before/2)
	}
}

func TestCallsFromBeforeACutDoNotCount(t *testing.T) {
	t.Parallel()
	c := newCourse()
	c.look(300*time.Millisecond, true)
	c.look(300*time.Millisecond, true)
	cutAt, before := c.g.epoch, c.g.window
	for range 1000 {
		c.g.ended(cutAt.Add(-time.Millisecond), cutAt.Add(time.Minute), false) // old
		c.g.ended(cutAt, cutAt.Add(time.Millisecond), false)                   // the quickest of the new
	}
	if c.g.window != before {
		t.Errorf("%+v, want %+v", c.g.window, before)
	}
}

// TestTheLeastLimitIsNotATrap makes a server slower for good whose limit cannot be cut any further.
func TestTheLeastLimitIsNotATrap(t *testing.T) {
	t.Parallel()
	c := newCourse()
	c.g.limit = c.g.min
	for range 10 {
		c.look(2*time.Second, true)
	}
	if c.g.limit <= c.g.min {
		t.Errorf("the limit is %v forever", c.g.limit)
	}
}

func TestSlowCallsAreLearntFromWithinSeconds(t *testing.T) {
	t.Parallel()
	g := newGradient(Options{Min: 2, Max: 100, Limit: 20})
	now := time.Unix(1, 0)
	for range 11 {
		now = now.Add(600 * time.Millisecond)
		g.full()
		g.ended(now.Add(-time.Second), now, false)
	}
	if g.limit <= 20 {
		t.Errorf("%v after 6.6s of one call in 600ms, want a look", g.limit)
	}
}
