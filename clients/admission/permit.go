package admission

import (
	"context"
	"time"
)

// Permit is a call that was admitted.
type Permit struct {
	limiter  *Limiter // nil: nobody counts
	start    time.Time
	deadline time.Time // zero: none
}

func (l *Limiter) permit(ctx context.Context, start time.Time) Permit {
	deadline, _ := ctx.Deadline()
	return Permit{limiter: l, start: start, deadline: deadline}
}

// Release ends a call; it is to be called once. Served tells that the server did its work, so that its latency counts. That of one that
// was not counts too if it is its deadline that ended it.
func (p Permit) Release(served bool) {
	if p.limiter != nil {
		p.limiter.ended(p, time.Now(), served)
	}
}

// Ignore is Release for a call that says nothing of the server: it was never made, or how long it takes is its own affair.
func (p Permit) Ignore() {
	if p.limiter != nil {
		p.limiter.ignored(time.Now())
	}
}

// late reports whether little more than the deadline can have ended the call. Some who know the deadline give up a little before it.
func (p Permit) late(now time.Time) bool {
	return !p.deadline.IsZero() && 10*p.deadline.Sub(now) < now.Sub(p.start)
}
