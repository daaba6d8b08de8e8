package dispatch

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	mostInRow       = 3               // attempts, as gRPC's for what was never sent: by then the fault is not that of an endpoint
	mostResent      = 1               // retries of what had been sent: a server that breaks off twice may do so because of the call
	longestPushback = 5 * time.Second // that a call sits out: whoever is told to stay away for longer is to hear it
)

// retrial is how a call that failed is made once more.
type retrial struct {
	wait  time.Duration
	paid  bool // on the account
	again bool // at the only endpoint there is
}

// retry returns the next attempt of a line after a fault; without a lease: there is none.
func (f *flight[L, R]) retry(ctx context.Context, fault *Fault) ticket[L] {
	r, ok := f.consider(ctx, fault)
	if !ok || r.wait > 0 && !f.pause(ctx, r.wait) {
		return ticket[L]{}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.begun >= mostInRow || r.paid && f.resent >= mostResent {
		return ticket[L]{} // another line was first
	}
	t := f.more(ctx, r.paid, false, r.again)
	if t.lease == nil {
		return ticket[L]{}
	}
	f.again = f.again || r.again
	if r.paid {
		f.resent++
	}
	f.dispatcher.retried.Add(1)
	return t
}

// consider decides whether a call is made once more after a fault.
func (f *flight[L, R]) consider(ctx context.Context, fault *Fault) (retrial, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := retrial{paid: !fault.Unsent, again: len(f.dispatcher.set.Endpoints()) == 1}
	if !f.retryable(fault) || r.again && f.again {
		return retrial{}, false
	}
	switch {
	case fault.Said:
		r.wait = fault.Pushback
	case r.paid || r.again:
		r.wait = f.dispatcher.retries.jitter(f.waits)
		f.waits++
	}
	now := time.Now()
	if deadline, ok := ctx.Deadline(); ok && !now.Add(r.wait).Before(deadline) {
		return retrial{}, false
	}
	if r.paid && f.dispatcher.account.balance(now) < 1 {
		f.dispatcher.refused.Add(1)
		return retrial{}, false
	}
	return r, true
}

// retryable reports whether a fault left nothing behind. What was sent is not sent again while another attempt may still answer. The lock
// is held.
func (f *flight[L, R]) retryable(fault *Fault) bool {
	switch {
	case f.over || f.dispatcher.retries.Disabled || f.begun >= mostInRow:
		return false
	case fault.Said && (fault.Pushback < 0 || fault.Pushback > longestPushback):
		return false
	case fault.Unsent:
		return true
	default:
		return fault.Broken && f.call.Repeatable && f.resent < mostResent && f.running == 0
	}
}

// pause waits, and reports whether the flight goes on.
func (f *flight[L, R]) pause(ctx context.Context, wait time.Duration) bool {
	f.mu.Lock()
	if f.ended == nil {
		f.ended = make(chan struct{})
		if f.over {
			close(f.ended)
		}
	}
	ended := f.ended
	f.mu.Unlock()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-ended:
	}
	return false
}

// jitter is the wait before a retry after so many others: any up to Backoff, doubled each time. Source: "Exponential Backoff And Jitter",
// AWS Architecture Blog, full jitter.
func (r *Retries) jitter(waits int) time.Duration {
	longest := time.Duration(r.Backoff)
	for range waits {
		longest = min(2*longest, time.Duration(r.MaxBackoff))
	}
	return rand.N(longest + 1) //nolint:gosec // it spreads calls, and need not surprise anybody
}
