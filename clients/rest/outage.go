package rest

import (
	"cmp"
	"context"
	"time"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/clients/balance"
)

// outage is what is known while an address cannot be reached.
type outage struct {
	since  time.Time
	tried  time.Time // when the last attempt ended
	trying bool
	cause  error
	over   chan struct{} // closed when a connection came about
}

// redial is how long an address that could not be reached is left alone: servers that are down see two attempts a second at most.
const redial = 500 * time.Millisecond

// standing is that of the address. It lets an address that cannot be reached be tried again, when it is time.
func (c *connector) standing() balance.Standing {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.outage != nil:
		c.tryAgain()
		return balance.Unreachable
	case len(c.open) == 0 && c.dialing > 0:
		return balance.Connecting
	}
	return balance.Usable
}

// tryAgain sets an attempt going. The lock is held, and there is an outage.
func (c *connector) tryAgain() {
	o := c.outage
	if c.closed || o.trying || time.Since(o.tried) < redial {
		return
	}
	o.trying = true
	c.trials.Go(func() {
		ctx := context.Background() // it is for all calls to come; the connector's end ends it
		made, err := c.connect(ctx)
		if err == nil {
			_ = made.Close() // it has shown what it was made for
		}
		c.note(ctx, err)
	})
}

// await waits while the address cannot be reached, as long as a server that restarts may take: [clients.Patience]. The error is a *dialError.
func (c *connector) await(ctx context.Context) error {
	c.mu.Lock()
	o := c.outage
	if o == nil || len(c.open) > 0 {
		c.mu.Unlock()
		return nil
	}
	patience := clients.Patience(ctx, c.timeout, time.Since(o.since))
	next, cause := time.Until(o.tried.Add(redial)), o.cause
	c.tryAgain() //nolint:contextcheck // an attempt is for all calls to come
	c.mu.Unlock()
	if patience <= 0 {
		return &dialError{cause}
	}
	if !c.restored(ctx, o, patience, next) {
		return &dialError{cmp.Or(ctx.Err(), c.unreachable(), cause)}
	}
	return nil
}

// restored waits for the end of an outage, whose next attempt is due in next, and reports whether it came.
func (c *connector) restored(ctx context.Context, o *outage, patience, next time.Duration) bool {
	end := time.NewTimer(patience)
	defer end.Stop()
	due := time.NewTicker(max(next, time.Millisecond))
	defer due.Stop()
	for {
		select {
		case <-o.over:
			return true
		case <-end.C:
			return false
		case <-ctx.Done():
			return false
		case <-c.over:
			return false
		case <-due.C:
			due.Reset(redial)
			_ = c.standing() //nolint:contextcheck // it sets the attempt going, which is for all calls
		}
	}
}

// unreachable is why the address cannot be reached; nil: it can, as far as known.
func (c *connector) unreachable() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.outage == nil {
		return nil
	}
	return c.outage.cause
}
