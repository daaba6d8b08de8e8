package admission

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// recent is the weight of a call among those that the typical one is the mean of: one in so many.
const recent = 16

// Limiter admits calls. It is safe for concurrent use.
type Limiter struct {
	name    string
	options Options // complete
	refused atomic.Uint64

	mu       sync.Mutex
	limit    int // 0: none
	inflight int
	queue    queue
	typical  time.Duration // how long calls take that are served; 0: none was
	gradient *gradient     // of Adaptive
}

// New returns a limiter for the server of that name. Options that do not validate bound something, but not what they say.
func New(name string, o Options) *Limiter {
	l := &Limiter{name: name, options: o.complete()}
	switch o.Mode {
	case Fixed, Adaptive:
		l.limit = max(1, l.options.Limit)
	case "", Off:
	}
	if o.Mode == Adaptive {
		l.gradient = newGradient(l.options)
	}
	return l
}

// off reports whether nothing is bounded. The mode never changes, so that this needs no lock.
func (l *Limiter) off() bool { return l.options.Mode != Fixed && l.options.Mode != Adaptive }

// Admit admits a call, perhaps after a wait. The error is an *infer.Error: UNAVAILABLE with RetryAfter when there is no room, or that of
// ctx. With Off every call is admitted, and nobody looks at ctx.
func (l *Limiter) Admit(ctx context.Context) (Permit, error) {
	if l.off() {
		return Permit{}, nil
	}
	if err := ctx.Err(); err != nil {
		return Permit{}, err
	}
	now := time.Now()
	l.mu.Lock()
	if l.inflight < l.limit {
		l.inflight++
		l.mu.Unlock()
		return l.permit(ctx, now), nil
	}
	w, err := l.enqueue(ctx, now)
	l.mu.Unlock()
	if err != nil {
		return Permit{}, err
	}
	return l.wait(ctx, w)
}

// enqueue lets a call wait that found no room, unless that would be in vain. The mutex is held.
func (l *Limiter) enqueue(ctx context.Context, now time.Time) (*waiter, error) {
	if l.gradient != nil {
		l.gradient.full()
	}
	if l.queue.length >= l.mayWait() {
		return nil, l.refuse(l.crowded())
	}
	patience := time.Duration(l.options.Wait)
	if deadline, ok := ctx.Deadline(); ok {
		left := deadline.Sub(now)
		if left < l.typical+l.typical/time.Duration(l.limit) {
			return nil, l.refuse(l.late(left))
		}
		patience = min(patience, left-l.typical)
	}
	w := &waiter{since: now, until: now.Add(patience), room: make(chan time.Time, 1)}
	l.queue.add(w)
	return w, nil
}

// mayWait is how many calls may. The mutex is held.
func (l *Limiter) mayWait() int {
	if l.options.Queue == 0 {
		return l.limit
	}
	return l.options.Queue
}

// wait returns when there is room for w, its time is over, or ctx is done.
func (l *Limiter) wait(ctx context.Context, w *waiter) (Permit, error) {
	timer := time.NewTimer(w.until.Sub(w.since))
	defer timer.Stop()
	select {
	case start := <-w.room:
		return l.permit(ctx, start), nil
	case <-ctx.Done():
		l.leave(ctx, w).Ignore()
		return Permit{}, ctx.Err()
	case <-timer.C:
		if permit := l.leave(ctx, w); permit.limiter != nil {
			return permit, nil
		}
		return Permit{}, l.tooSlow(w)
	}
}

// leave takes w out of the queue, and returns the permit if it was given one in that moment.
func (l *Limiter) leave(ctx context.Context, w *waiter) Permit {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue.remove(w)
	select {
	case start := <-w.room:
		return l.permit(ctx, start)
	default:
		return Permit{}
	}
}

func (l *Limiter) tooSlow(w *waiter) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refuse(l.slow(w))
}

// ended learns from a call that ended, and lets others have its room.
func (l *Limiter) ended(p Permit, now time.Time, served bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.learn(p, now, served)
	l.vacate(now)
}

func (l *Limiter) ignored(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.vacate(now)
}

// vacate makes room of a call's, and lets others have it. The mutex is held.
func (l *Limiter) vacate(now time.Time) {
	l.inflight--
	for l.inflight < l.limit {
		w := l.queue.next(now)
		if w == nil {
			return
		}
		l.inflight++
		w.room <- now
	}
}

// learn takes note of how long a call took, unless it failed for another reason than time. The mutex is held.
func (l *Limiter) learn(p Permit, now time.Time, served bool) {
	late := !served && p.late(now)
	if !served && !late {
		return
	}
	took := now.Sub(p.start)
	if l.typical == 0 {
		l.typical = took
	}
	l.typical += (took - l.typical) / recent
	if l.gradient != nil {
		l.gradient.ended(p.start, now, late)
		l.limit = int(l.gradient.limit)
	}
}

// Busy reports whether little is left of the limit: a fifth, or less.
func (l *Limiter) Busy() bool {
	if l.off() {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return 5*(l.limit-l.inflight) <= l.limit
}

// State is what a limiter does.
type State struct {
	Limit    int // 0: none
	InFlight int // not counted without a limit
	Queued   int
	Refused  uint64
}

// State tells what the limiter does.
func (l *Limiter) State() State {
	l.mu.Lock()
	defer l.mu.Unlock()
	return State{Limit: l.limit, InFlight: l.inflight, Queued: l.queue.length, Refused: l.refused.Load()}
}
