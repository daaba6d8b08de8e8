package balance

import (
	"testing"
	"time"
)

func TestWindowCountsTenSeconds(t *testing.T) {
	t.Parallel()
	var w window
	for i := range 30 {
		w.add(time.Duration(i)*time.Second, i%2 == 0)
	}
	if good, bad := w.sums(29 * time.Second); good != 5 || bad != 5 {
		t.Errorf("%d and %d", good, bad)
	}
	if good, bad := w.sums(34 * time.Second); good+bad != 5 {
		t.Errorf("%d and %d after five seconds", good, bad)
	}
	if good, bad := w.sums(time.Hour); good+bad != 0 {
		t.Errorf("%d and %d after an hour", good, bad)
	}
}

func TestClockStandsStillWithTheProcess(t *testing.T) {
	t.Parallel()
	var c clock
	c.start(time.Hour)
	if got := c.at(time.Hour + tick); got != tick {
		t.Errorf("%v after a tick", got)
	}
	c.advance(time.Hour + tick)
	if got := c.at(2 * time.Hour); got != tick+hop {
		t.Errorf("%v after a stall of an hour", got)
	}
	c.advance(2 * time.Hour)
	if got := c.at(2*time.Hour + tick); got != 2*tick+hop {
		t.Errorf("%v a tick after the stall", got)
	}
}
