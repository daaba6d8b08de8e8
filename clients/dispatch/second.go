package dispatch

import (
	"context"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
)

// stalled is told that the endpoint of an attempt does.
func (f *flight[L, R]) stalled(ctx context.Context, i int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tries[i].stalled = true
	f.move(ctx)
}

// move makes the call at another endpoint too, once, when all that runs is at endpoints that stall. The lock is held.
func (f *flight[L, R]) move(ctx context.Context) {
	if f.moved || !f.stuck() {
		return
	}
	t := f.more(ctx, true, false, false)
	if t.lease == nil {
		return
	}
	f.moved = true
	f.lines++
	f.dispatcher.moved.Add(1)
	go f.beside(ctx, t)
}

// stuck reports whether something runs, all of it at endpoints that stall. The lock is held.
func (f *flight[L, R]) stuck() bool {
	for i := range f.begun {
		if t := &f.tries[i]; t.running && !t.stalled {
			return false
		}
	}
	return f.running > 0
}

// arm makes the call at another endpoint too when it takes longer than most, which take slow; 0: nobody knows.
func (f *flight[L, R]) arm(ctx context.Context, slow time.Duration) {
	if slow <= 0 {
		return
	}
	wait := max(slow, time.Duration(f.dispatcher.hedging.Least))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hedge = time.AfterFunc(wait, func() {
		if t := f.double(ctx); t.lease != nil {
			f.beside(ctx, t)
		}
	})
}

// double is a hedge; without a lease: there is none.
func (f *flight[L, R]) double(ctx context.Context) ticket[L] {
	d := f.dispatcher
	if d.busy != nil && d.busy() || d.set.Healthy() < 2 {
		return ticket[L]{}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running != 1 || f.begun != 1 {
		return ticket[L]{} // it was made at two endpoints already
	}
	t := f.more(ctx, true, true, false)
	if t.lease == nil {
		return ticket[L]{}
	}
	f.lines++
	d.hedged.Add(1)
	return t
}

// more takes an endpoint for another attempt, on the account when it is paid; none that was tried, unless it is the same again. Without a
// lease there is none, or it is too late. The lock is held.
func (f *flight[L, R]) more(ctx context.Context, paid, hedge, again bool) ticket[L] {
	d, now := f.dispatcher, time.Now()
	if f.over || overdue(ctx, now) != nil {
		return ticket[L]{}
	}
	if paid && !d.account.spend(now, hedge) {
		d.refused.Add(1)
		return ticket[L]{}
	}
	var avoid []*balance.Endpoint[L]
	for i := range f.begun {
		if !again {
			avoid = append(avoid, f.tries[i].endpoint)
		}
	}
	call := f.call
	call.Repeatable = false // one endpoint has failed it: it is no call to try another one with that is out
	lease, err := d.set.Take(call, avoid...)
	if err != nil {
		if paid {
			d.account.refund(now, hedge)
		}
		return ticket[L]{}
	}
	return f.note(lease, hedge)
}
