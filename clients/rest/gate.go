package rest

import (
	"context"
	"errors"
	"sync"
	"time"
)

// gate counts the calls in flight.
type gate struct {
	over chan struct{} // closed when the server is

	mu      sync.Mutex
	closed  bool
	calls   int
	drained chan struct{} // closed when calls fall to 0; nil when nobody waits
}

var errClosed = errors.New("it is closed; the configuration that named it was replaced")

// enter returns the context of a call, which the server's end ends, and a function for when it is over.
func (g *gate) enter(ctx context.Context, timeout time.Duration) (context.Context, func()) {
	g.mu.Lock()
	g.calls++
	g.mu.Unlock()
	cancelTimeout := func() {}
	if _, bounded := ctx.Deadline(); !bounded {
		ctx, cancelTimeout = context.WithTimeout(ctx, timeout)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		select {
		case <-g.over:
			cancel(errClosed)
		case <-done:
		}
	}()
	return ctx, func() {
		close(done)
		cancel(nil)
		cancelTimeout()
		g.leave()
	}
}

func (g *gate) isClosed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls--
	if g.calls == 0 && g.drained != nil {
		close(g.drained)
		g.drained = nil
	}
}

func (g *gate) wait(ctx context.Context) error {
	g.mu.Lock()
	if g.calls == 0 {
		g.mu.Unlock()
		return nil
	}
	if g.drained == nil {
		g.drained = make(chan struct{})
	}
	drained := g.drained
	g.mu.Unlock()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.closed = true
		close(g.over)
	}
}
