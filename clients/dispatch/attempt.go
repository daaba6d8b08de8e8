package dispatch

import (
	"context"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
)

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

// The ranks of faults, by how much they tell.
const (
	cancelled = iota // the caller left
	unsent
	broken
	expired // the deadline passed while the attempt was under way
	failed
)

// rank is how much the fault tells of why the call failed. Gone is why the caller waits no more; nil while it does.
func (f *Fault) rank(gone error) int {
	switch {
	case f.Final:
		return failed
	case gone == context.Canceled: //nolint:errorlint // contexts return it as it is
		return cancelled
	case f.Unsent:
		return unsent
	case gone != nil:
		return expired
	case f.Broken:
		return broken
	default:
		return failed
	}
}
