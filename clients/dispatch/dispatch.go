package dispatch

import (
	"context"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
)

// Dispatcher makes calls at the endpoints of a set. It is safe for concurrent use.
type Dispatcher[L balance.Link] struct {
	set     *balance.Set[L]
	options Options
}

// New returns a dispatcher. Busy reports whether the server is near saturation, when nothing is hedged; nil: never.
func New[L balance.Link](set *balance.Set[L], o Options, busy func() bool) *Dispatcher[L] {
	_ = busy
	return &Dispatcher[L]{set: set, options: o}
}

// Attempt is one way of making a call. Both functions may run several times at once, in goroutines of their own; the arguments of the call are
// theirs until Do returns, which it does not do before all have ended but the attempt that it returns the answer of.
type Attempt[L balance.Link, R any] struct {
	// Run makes the call at the lease's endpoint, with ctx, which is that of the caller with a cancel of its own: there is no need for
	// another one. It ends the lease and calls cancel before it returns a fault, which leaves nothing to free, or an answer that is
	// complete. An answer that is not, as of a stream whose first message it is, ends the lease and calls cancel when it ends; Do
	// does not cancel the attempt that it returns the answer of. Run returns soon after ctx is done: Do waits for it.
	Run func(ctx context.Context, cancel context.CancelFunc, lease *balance.Lease[L]) (R, *Fault)

	// Drop frees an answer that came too late, and ends what is left of its call. Its context is cancelled already.
	Drop func(R)
}

// Fault is how an attempt failed.
type Fault struct {
	Err    error
	Unsent bool // the request never left, or the server says that it has not looked at it: anybody may have it
	Broken bool // the server broke off, or refused for want of itself, before the first byte of its answer: UNAVAILABLE
	Final  bool // the endpoint did its work and this is what it says of the call, so no other attempt is waited for: INVALID_ARGUMENT

	// Pushback is how long the server wants to be left alone, when it Said so; negative: it wants no more of this call.
	Said     bool
	Pushback time.Duration
}

// Do makes a call. Before it has taken an endpoint the error is that of ctx, balance.ErrClosed or balance.ErrNowhere; afterwards that of
// the attempt that tells most.
func Do[L balance.Link, R any](ctx context.Context, d *Dispatcher[L], c balance.Call, a Attempt[L, R]) (R, error) {
	var none R
	if err := ctx.Err(); err != nil {
		return none, err
	}
	lease, err := d.set.Take(c)
	if err != nil {
		return none, err
	}
	ctx, cancel := context.WithCancel(ctx)
	answer, fault := a.Run(ctx, cancel, lease)
	if fault != nil {
		cancel()
		return none, fault.Err
	}
	return answer, nil
}

// State is what a dispatcher has done.
type State struct {
	Calls        uint64
	Attempts     uint64 // of those calls, first ones included
	Retries      uint64
	Redispatches uint64
	Hedges       uint64
	HedgesWon    uint64
	Refused      uint64  // attempts that the budget did not allow
	BudgetLeft   float64 // attempts that it allows now
}

// State tells what has been done.
func (d *Dispatcher[L]) State() State { return State{} }
