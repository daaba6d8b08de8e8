package fleet

import (
	"context"
	"sync"
	"time"
)

// background is what runs beside the calls. It is safe for concurrent use.
type background struct {
	within func(func(context.Context)) // calls a function with the context that its end ends
	cancel context.CancelFunc
	over   <-chan struct{}

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
}

func newBackground() *background {
	ctx, cancel := context.WithCancel(context.Background())
	return &background{within: func(f func(context.Context)) { f(ctx) }, cancel: cancel, over: ctx.Done()}
}

// start runs f in a goroutine, unless it is over. F returns soon after its context is done.
func (b *background) start(f func(context.Context)) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.running.Go(func() { b.within(f) })
	return true
}

// end ends what runs, and waits for it.
func (b *background) end() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.cancel()
	b.running.Wait()
}

// wait waits for d, a signal, or the end of ctx, of which it tells.
func wait(ctx context.Context, d time.Duration, signal <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-signal:
	}
	return true
}
