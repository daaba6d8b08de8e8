package dispatch

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
)

// Dispatcher makes calls at the endpoints of a set. It is safe for concurrent use.
type Dispatcher[L balance.Link] struct {
	set     *balance.Set[L]
	retries Retries
	hedging *Hedging // nil: none
	busy    func() bool
	account *account

	calls, attempts, retried, moved, hedged, hedgesWon, refused atomic.Uint64
}

// New returns a dispatcher. Busy reports whether the server is near saturation, when nothing is hedged; nil: never.
func New[L balance.Link](set *balance.Set[L], o Options, busy func() bool) *Dispatcher[L] {
	o = o.complete()
	d := &Dispatcher[L]{set: set, retries: *o.Retries, hedging: o.Hedging, busy: busy}
	hedges := 0
	if o.Hedging != nil {
		hedges = o.Hedging.Budget
	}
	d.account = newAccount(o.Retries.Budget, hedges, o.Retries.Floor)
	return d
}

// Do makes a call. Before it has taken an endpoint the error is that of ctx, balance.ErrClosed or balance.ErrNowhere; afterwards that of
// the attempt that tells most. No attempt is made once ctx is done.
func Do[L balance.Link, R any](ctx context.Context, d *Dispatcher[L], c balance.Call, a Attempt[L, R]) (R, error) {
	var none R
	now := time.Now()
	if err := overdue(ctx, now); err != nil {
		return none, err
	}
	d.calls.Add(1)
	d.account.called(now)
	lease, err := d.set.Take(c)
	if err != nil {
		return none, err
	}
	f := &flight[L, R]{dispatcher: d, call: c, attempt: a, lines: 1}
	first := f.note(lease, false)
	if h := d.hedging; h != nil && c.Repeatable && !c.Question {
		f.arm(ctx, d.set.Percentile(c.Model, h.After))
	}
	f.fly(ctx, first)
	return f.land()
}

// overdue is the error of a context that is done, or whose deadline has passed without its timer having noticed.
func overdue(ctx context.Context, now time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok && !now.Before(deadline) {
		return context.DeadlineExceeded
	}
	return nil
}
