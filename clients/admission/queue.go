package admission

import "time"

// waiter is a call that waits for room.
type waiter struct {
	since, until time.Time
	room         chan time.Time // gets the time at which there was room; has place for it, so that nobody waits for the waiter
	older, newer *waiter
	queued       bool
}

// queue is the calls that wait, by age. The oldest goes first, as long as there is hope for all. Once it has waited two thirds of its time,
// the queue stands, and the newest goes first: most of its time is left to be answered in, where the oldest would be late. Those that the
// newer ones overtake end with their time.
// It is not safe for concurrent use.
type queue struct {
	oldest, newest *waiter
	length         int
}

func (q *queue) add(w *waiter) {
	w.queued = true
	w.older = q.newest
	if q.newest == nil {
		q.oldest = w
	} else {
		q.newest.newer = w
	}
	q.newest = w
	q.length++
}

// remove takes w out; when it is not in, nothing happens.
func (q *queue) remove(w *waiter) {
	if !w.queued {
		return
	}
	if w.older == nil {
		q.oldest = w.newer
	} else {
		w.older.newer = w.newer
	}
	if w.newer == nil {
		q.newest = w.older
	} else {
		w.newer.older = w.older
	}
	w.older, w.newer, w.queued = nil, nil, false
	q.length--
}

// next takes out the call that goes first at the time now, or returns nil. Those whose time is over fall out: their timers have fired.
func (q *queue) next(now time.Time) *waiter {
	for q.length > 0 {
		w := q.oldest
		if now.Sub(w.since) > w.until.Sub(w.since)*2/3 {
			w = q.newest
		}
		q.remove(w)
		if !now.After(w.until) {
			return w
		}
	}
	return nil
}
