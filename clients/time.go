package clients

import (
	"context"
	"time"
)

// Bounded is ctx with a deadline: Timeout, when the caller has set none. O is complete.
func (o Options) Bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Duration(o.Timeout))
}

// Patience is how long a call may wait for a connection to an address that has been unreachable for outage: as long as connecting may take from
// the start of the outage on, but no more than a quarter of the time that the call has. Not above 0 means that there is nothing to wait for.
func Patience(ctx context.Context, connecting, outage time.Duration) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		connecting = min(connecting, time.Until(deadline)/4)
	}
	return connecting - outage
}
