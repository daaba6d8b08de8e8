package discovery

import (
	"context"
	"time"
)

// Alarm is how whoever uses the addresses says that they may not be right any more. The zero value never does.
type Alarm struct {
	// Raised gets a value when an address cannot be reached: the target is looked at soon.
	Raised <-chan struct{}
	// Lost reports whether none of the addresses can be reached. It is asked after a look that an alarm caused, and while it is so the next
	// one comes as soon as after a failure: who replaces all servers at once tells the name server a little later.
	Lost func() bool
}

// wait waits for d, or, once the last look is firstRetry ago, for an alarm, of which it tells.
func (a Alarm) wait(ctx context.Context, d time.Duration) (raised bool) {
	least := min(d, firstRetry)
	if !sleep(ctx, least) {
		return false
	}
	rest := time.NewTimer(d - least)
	defer rest.Stop()
	select {
	case <-ctx.Done():
	case <-rest.C:
	case <-a.Raised:
		return true
	}
	return false
}

// sleep reports whether ctx is not done after d.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
