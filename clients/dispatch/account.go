package dispatch

import (
	"sync"
	"time"
)

// account allows calls to be made once more: over ten seconds as many as the budget's part of the calls, or what the floor comes to, whichever
// is more; of those in one second two fifths of its calls, or what the floor comes to in three, so that a failure may use at once what
// a healthy past has earned, and at a steady rate there are never more than 1.5 calls upstream per call.
//
// At 400 calls/s that is 160 at once, at 30 and fewer 9: an endpoint is ejected after 5 failures in a row, and with two choices 4 to 8 calls
// are at an endpoint when it is found to stall. failsafe-go's budget bounds the part of calls in flight, of which there may be three, not
// their rate.
//
// It counts in slots of time and rounds against itself: a slot that is partly too old counts for what was spent, not for what was earned.
type account struct {
	percent int // of calls
	hedges  int // of calls, in percent
	floor   int // a second

	mu    sync.Mutex
	start time.Time
	now   int // the slot in use, counted from start
	slots [longWindow + 1]slot
}

// slot is what happened in a part of time.
type slot struct{ calls, extra, hedges int }

const (
	slotLength  = 100 * time.Millisecond
	longWindow  = 100 // slots: 10 s, over which the budget holds
	shortWindow = 10  // slots: 1 s, over which bursts are bounded

	shortPercent = 40 // below the half that a second may have more, by what the rounding of slots may cost
	burst        = 3  // seconds of the floor that may be spent in one: 9 by default, more than the 8 calls that a stalled endpoint may have
	leastHedges  = 1  // in 10 s, so that a model which is seldom called is hedged at all
)

func newAccount(percent, hedges, floor int) *account {
	return &account{percent: percent, hedges: hedges, floor: floor, start: time.Now()}
}

// called counts a call.
func (a *account) called(now time.Time) {
	a.mu.Lock()
	a.at(now).calls++
	a.mu.Unlock()
}

// spend reports whether a call may be made once more, and counts it.
func (a *account) spend(now time.Time, hedge bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.at(now)
	if a.left() < 1 || hedge && a.hedgesLeft() < 1 {
		return false
	}
	s.extra++
	if hedge {
		s.hedges++
	}
	return true
}

// refund takes back what was just spent, as there was nobody to call.
func (a *account) refund(now time.Time, hedge bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.at(now)
	s.extra--
	if hedge {
		s.hedges--
	}
}

// balance is how many calls may be made once more now.
func (a *account) balance(now time.Time) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at(now)
	return max(a.left(), 0)
}

// at is the slot in use. A time that is before it belongs to it: goroutines look at the clock before they have the lock.
func (a *account) at(now time.Time) *slot {
	n := int(now.Sub(a.start) / slotLength)
	for stale := min(n-a.now, len(a.slots)); stale > 0; stale-- {
		a.slots[(n-stale+1)%len(a.slots)] = slot{}
	}
	a.now = max(a.now, n)
	return &a.slots[a.now%len(a.slots)]
}

func (a *account) left() int {
	long, short := a.sum(longWindow), a.sum(shortWindow)
	return min(
		max(long.calls*a.percent/100, longWindow/shortWindow*a.floor)-long.extra,
		max(short.calls*max(shortPercent, a.percent)/100, burst*a.floor)-short.extra)
}

func (a *account) hedgesLeft() int {
	long := a.sum(longWindow)
	return max(long.calls*a.hedges/100, leastHedges) - long.hedges
}

// sum is what was earned in the slots of a window, and what was spent in those and the one before them.
func (a *account) sum(window int) slot {
	oldest := a.slots[(a.now-window+len(a.slots)*2)%len(a.slots)]
	total := slot{extra: oldest.extra, hedges: oldest.hedges}
	for i := range window {
		s := &a.slots[(a.now-i+len(a.slots))%len(a.slots)]
		total.calls += s.calls
		total.extra += s.extra
		total.hedges += s.hedges
	}
	return total
}
