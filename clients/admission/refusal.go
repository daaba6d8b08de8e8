package admission

import (
	"fmt"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// longestPushback bounds how long clients are asked to stay away: servers may be added any time.
const longestPushback = 10 * time.Second

// refuse is the error of a call that is not admitted, for that reason. The mutex is held.
func (l *Limiter) refuse(reason string) error {
	l.refused.Add(1)
	return &infer.Error{
		Code: codes.Unavailable, Origin: "upstream " + l.name,
		Reason: reason + "; " + l.cure(), RetryAfter: l.pushback(),
	}
}

// pushback is when room is likely: after a call's time, but not before those that wait now are gone; half of it more or less, so that
// those who were refused together do not come back together.
func (l *Limiter) pushback() time.Duration {
	base := min(longestPushback, max(l.typical, time.Duration(l.options.Wait)))
	return max(time.Millisecond, base/2+rand.N(base+1)) //nolint:gosec // spreads clients out, hides nothing
}

func (l *Limiter) crowded() string {
	return fmt.Sprintf("%d calls are with it and %d wait", l.inflight, l.queue.length)
}

func (l *Limiter) slow(w *waiter) string {
	return fmt.Sprintf("%d calls are with it and there was no room within %s", l.inflight, brief(w.until.Sub(w.since)))
}

func (l *Limiter) late(left time.Duration) string {
	return fmt.Sprintf("%d calls are with it, and the deadline leaves %s for a wait and a call, which takes %s", l.inflight, brief(left), brief(l.typical))
}

func (l *Limiter) cure() string {
	switch {
	case l.gradient == nil:
		return "raise concurrency.limit of ModelServer " + l.name + " or add replicas"
	case l.limit >= l.options.Max:
		return "raise concurrency.max of ModelServer " + l.name + " or add replicas"
	}
	return "it does no more at a time: add replicas to ModelServer " + l.name
}

// brief is d as people read it.
func brief(d time.Duration) time.Duration {
	if d < time.Millisecond {
		return d.Round(time.Microsecond)
	}
	return d.Round(time.Millisecond)
}
