package dispatch

import (
	"context"
	"sync"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
)

// mostTries is what a call may come to: three in a row, a hedge being one of them, and a re-dispatch.
const mostTries = mostInRow + 1

// flight is a call under way. Its attempts are made in lines: one after another within a line, the first line in the goroutine of the caller,
// others beside it. The flight is over when an attempt has answered or no line is left.
type flight[L balance.Link, R any] struct {
	dispatcher *Dispatcher[L]
	call       balance.Call
	attempt    Attempt[L, R]

	mu      sync.Mutex
	tries   [mostTries]try[L]
	begun   int // of tries
	running int // of those
	lines   int
	over    bool          // nothing more begins
	ended   chan struct{} // closed when over; nil while nobody waits for that
	idle    chan struct{} // closed when no line is left; nil while nobody waits for that

	answer R
	won    bool
	fault  *Fault // the one that tells most
	rank   int    // of fault
	thrown any    // by a line beside the caller's

	resent int  // retries of what had been sent
	waits  int  // before retries
	again  bool // a retry went to the only endpoint
	moved  bool
	hedge  *time.Timer
}

// try is an attempt. The lease stays whoever's makes it.
type try[L balance.Link] struct {
	endpoint *balance.Endpoint[L]
	cancel   context.CancelFunc // nil while it is not made yet
	running  bool
	stalled  bool // its endpoint
	hedge    bool
}

// ticket is an attempt that is to be made, and which of the tries it is; without a lease it is none.
type ticket[L balance.Link] struct {
	lease *balance.Lease[L]
	try   int
}

// note makes a lease a try. The lock is held, or nobody else knows of the flight.
func (f *flight[L, R]) note(lease *balance.Lease[L], hedge bool) ticket[L] {
	f.tries[f.begun] = try[L]{endpoint: lease.Endpoint, running: true, hedge: hedge}
	f.begun++
	f.running++
	return ticket[L]{lease, f.begun - 1}
}

// pursue makes attempts one after another, until one answers or none may follow.
func (f *flight[L, R]) pursue(ctx context.Context, t ticket[L]) {
	for t.lease != nil {
		fault := f.make(ctx, t)
		if fault == nil {
			return
		}
		t = f.retry(ctx, fault)
	}
}

// make makes an attempt. There is no fault when it answered, or the flight is over.
func (f *flight[L, R]) make(ctx context.Context, t ticket[L]) *Fault {
	attempt, cancel := context.WithCancel(ctx)
	if !f.begin(t.try, cancel) {
		cancel()
		t.lease.Done(balance.Abandoned)
		return nil
	}
	if f.call.Repeatable && !f.dispatcher.retries.Disabled {
		t.lease.OnMoved(func() { go f.stalled(ctx, t.try) }) // whoever tells may have a lock, of another flight too
	}
	answer, fault := f.run(attempt, cancel, t.lease)
	if fault != nil {
		cancel()
		f.failed(ctx, t.try, fault)
		return fault
	}
	if !f.answered(t.try, answer) {
		f.attempt.Drop(answer)
	}
	return nil
}

// run is the attempt's Run. An endpoint whose attempt panics is not to seem busy for ever after.
func (f *flight[L, R]) run(ctx context.Context, cancel context.CancelFunc, lease *balance.Lease[L]) (R, *Fault) {
	thrown := true
	defer func() {
		if thrown {
			cancel()
			lease.Done(balance.Abandoned)
		}
	}()
	answer, fault := f.attempt.Run(ctx, cancel, lease)
	thrown = false
	return answer, fault
}

// begin reports whether an attempt is still to be made.
func (f *flight[L, R]) begin(i int, cancel context.CancelFunc) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over {
		f.tries[i].running = false
		f.running--
		return false
	}
	f.tries[i].cancel = cancel
	f.dispatcher.attempts.Add(1)
	return true
}

// answered reports whether the answer of an attempt is that of the call.
func (f *flight[L, R]) answered(i int, answer R) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tries[i].running = false
	f.running--
	if f.won {
		return false
	}
	f.won, f.answer = true, answer
	if f.tries[i].hedge {
		f.dispatcher.hedgesWon.Add(1)
	}
	f.end()
	return true
}

// failed keeps the fault of an attempt when it tells most.
func (f *flight[L, R]) failed(ctx context.Context, i int, fault *Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tries[i].running = false
	f.running--
	if rank := fault.rank(ctx.Err()); f.fault == nil || rank >= f.rank && !f.fault.Final {
		f.fault, f.rank = fault, rank
	}
	if fault.Final {
		f.end()
		return
	}
	f.move(ctx) // what still runs may be at endpoints that stall
}

// end lets nothing more begin and cancels what runs. The lock is held.
func (f *flight[L, R]) end() {
	if f.over {
		return
	}
	f.over = true
	for i := range f.begun {
		if t := &f.tries[i]; t.running && t.cancel != nil {
			t.cancel()
		}
	}
	if f.ended != nil {
		close(f.ended)
	}
	if f.hedge != nil {
		f.hedge.Stop()
	}
}
