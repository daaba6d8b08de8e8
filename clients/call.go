package clients

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
)

// call is one RPC to one endpoint from its start to its end. It bounds the time that the RPC may wait for a connection, which grpc-go
// cannot: a server that restarts is waited for, one that is gone is not.
type call struct {
	link     *link
	conn     *conn
	silence  *silence // of the stream that it is; nil: it is none, or may be silent
	start    time.Time
	patience time.Duration
	up       bool // the connection was, at the start
	fast     bool // a connection that fails ends the wait: others are up elsewhere
	cancel   context.CancelFunc
	phase    atomic.Int32
	mu       sync.Mutex
	timer    *time.Timer                   // of the wait; nil when the call does not wait, and once it has ended
	pushback atomic.Pointer[time.Duration] // what the server said of calls made again; nil: nothing
	answered atomic.Bool                   // response headers came, so what fails from here on is the answer's transfer
	// Written where grpc-go sends: by the goroutine that makes the call, or reads the stream.
	generation uint64
	begun      time.Time
	// Written once, at the call's end.
	outcome balance.Outcome
	fault   *dispatch.Fault
}

// The phases of a call. A transparent retry goes from outbound back to waiting.
const (
	waiting   int32 = iota // for a connection, or for a stream on it
	outbound               // it is on one
	abandoned              // none came about in time
)

// callKey is where a call is found in its context.
type callKey struct{}

// begin returns the context to make the RPC with, of which cancel is. The caller ends the call.
func (l *link) begin(ctx context.Context, cancel context.CancelFunc) (context.Context, *call, error) {
	conn, up, err := l.take()
	if err != nil {
		return ctx, nil, err
	}
	c := &call{link: l, conn: conn, up: up, start: time.Now(), cancel: cancel}
	c.fast = (up || l.server.elsewhere(l)) && len(*l.server.links.Load()) > 1
	c.wait(Patience(ctx, time.Duration(l.server.options.ConnectTimeout), l.down()))
	return context.WithValue(ctx, callKey{}, c), c, nil
}

// wait lets the call wait for a connection that long.
func (c *call) wait(patience time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.patience = patience; patience > 0 {
		c.timer = time.AfterFunc(patience, c.abandon)
	}
}

// waitOn lets a call that still waits, or waits again, do so for as long once more.
func (c *call) waitOn() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer != nil {
		c.timer.Reset(c.patience)
	}
}

// waits is how the RPC treats a connection that cannot be had yet.
func (c *call) waits() grpc.CallOption { return grpc.WaitForReady(c.patience > 0 && !c.fast) }

// end gives back what the call has; err is how the RPC ended, as grpc-go says. The context is still that of the call.
func (c *call) end(ctx context.Context, err error) {
	c.outcome, c.fault = c.judge(ctx, err)
	c.cancel()
	c.mu.Lock()
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	c.mu.Unlock()
	c.link.release(c)
}

// abandon ends a call that still waits for a connection. For a stream on one that is up it waits on.
func (c *call) abandon() {
	if c.phase.Load() == waiting && c.conn.grpc.GetState() == connectivity.Ready {
		c.waitOn()
		return
	}
	if c.phase.CompareAndSwap(waiting, abandoned) {
		c.cancel()
	}
}

// sent notes that the call is on a connection.
func (c *call) sent(generation uint64) {
	c.generation = generation
	c.begun = time.Now()
	if c.phase.CompareAndSwap(waiting, outbound) {
		c.conn.begun.Add(1)
		c.conn.last.Store(c.begun.UnixNano())
	}
}

// unsent notes that the server refused the call unseen, so that it waits for a connection again.
func (c *call) unsent() {
	if !c.phase.CompareAndSwap(outbound, waiting) {
		return
	}
	c.conn.begun.Add(-1)
	c.waitOn()
}

// address names the endpoint in errors.
func (c *call) address() string { return c.link.target.text }

// trip is what the end of an RPC tells about its way.
type trip struct {
	address    string // of the endpoint; empty when none was chosen
	generation uint64 // of the server's connections when the RPC was sent; 0 when it was not
}

func (c *call) trip() trip { return trip{c.address(), c.generation} }

// invoke makes a unary RPC over l. Reply is to be disregarded after a fault, but a Frame in it may hold buffers to free.
func (s *Server) invoke(
	ctx context.Context, cancel context.CancelFunc, l *link, method string, request, reply any, options ...grpc.CallOption,
) *call {
	callCtx, c, err := l.begin(ctx, cancel)
	if err != nil {
		cancel()
		return &call{link: l, outcome: balance.Unsent, fault: &dispatch.Fault{Err: s.unavailable(l.target.text, err), Unsent: true}}
	}
	err = c.conn.grpc.Invoke(callCtx, method, request, reply, append(options, c.waits())...)
	c.end(ctx, err)
	return c
}
