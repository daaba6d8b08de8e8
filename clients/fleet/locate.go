package fleet

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/discovery"
	"github.com/manifold-serving/manifold/infer"
)

// patience is the part of its time that a call may wait for the first look-up of a name: the rest is for the call.
const patience = 4

// locate begins to look names up, and waits until there is an endpoint, or none can be found. The error is an *infer.Error, that of ctx,
// or balance.ErrClosed.
func (f *Fleet[L]) locate(ctx context.Context) error {
	if f.roster.dynamic {
		f.seek.Do(f.watch)
	}
	if f.roster.count.Load() > 0 {
		return nil
	}
	var tooLong <-chan time.Time
	if deadline, ok := ctx.Deadline(); ok {
		timer := time.NewTimer(time.Until(deadline) / patience)
		defer timer.Stop()
		tooLong = timer.C
	}
	start := time.Now()
	for {
		changed, why := f.roster.outlook()
		switch {
		case f.roster.count.Load() > 0:
			return nil
		case why != nil:
			return f.unavailable(why)
		}
		select {
		case <-changed:
		case <-tooLong:
			return f.unavailable(f.roster.unknown(time.Since(start)))
		case <-ctx.Done():
			return ctx.Err()
		case <-f.background.over:
			return balance.ErrClosed
		}
	}
}

func (f *Fleet[L]) unavailable(why error) error {
	return &infer.Error{Code: codes.Unavailable, Origin: "upstream " + f.name, Reason: why.Error(), Cause: why}
}

// watch follows the names.
func (f *Fleet[L]) watch() {
	for _, n := range f.roster.targets {
		if !n.dynamic {
			continue
		}
		alarm := discovery.Alarm{Raised: n.alarm, Lost: func() bool { return f.set.Healthy() == 0 }}
		f.background.start(func(ctx context.Context) {
			discovery.Watch(ctx, n.target, time.Duration(f.discovery.Interval), alarm, func(addresses []string, err error) {
				f.roster.update(n, addresses, err)
			})
		})
	}
}

// unknown is that no target was found within d.
func (r *roster[L]) unknown(d time.Duration) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.targets {
		if !n.told {
			return fmt.Errorf("no address of %s is known: looking it up takes longer than %s", n.target, d.Round(time.Millisecond))
		}
	}
	return balance.ErrNowhere
}
