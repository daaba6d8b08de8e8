package clients

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
)

// call is one RPC from its start to its end. It bounds the time that the RPC may wait for a connection, which grpc-go cannot: a
// server that restarts is waited for, one that is gone is not.
type call struct {
	conn     *conn
	start    time.Time
	patience time.Duration
	cancel   context.CancelFunc
	timer    *time.Timer // nil when the call does not wait at all
	phase    atomic.Int32
	answered atomic.Bool // response headers came, so what fails from here on is the answer's transfer
	remote   atomic.Pointer[net.Addr]
	// Written where grpc-go sends: by the goroutine that makes the call, or reads the stream.
	generation uint64
}

// The phases of a call. A transparent retry goes from outbound back to waiting.
const (
	waiting   int32 = iota // for a connection
	outbound               // it is on one
	abandoned              // none came about in time
)

// callKey is where a call is found in its context.
type callKey struct{}

// begin returns the context to make the RPC with. The caller ends the call.
func begin(ctx context.Context, c *conn, patience time.Duration) (context.Context, *call) {
	ctx, cancel := context.WithCancel(ctx)
	k := &call{conn: c, start: time.Now(), patience: patience, cancel: cancel}
	if patience > 0 {
		k.timer = time.AfterFunc(patience, k.abandon)
	}
	return context.WithValue(ctx, callKey{}, k), k
}

func (c *call) end() {
	c.cancel()
	if c.timer != nil {
		c.timer.Stop()
	}
}

// abandon ends a call that still waits for a connection.
func (c *call) abandon() {
	if c.phase.CompareAndSwap(waiting, abandoned) {
		c.cancel()
	}
}

// sent notes that the call is on a connection.
func (c *call) sent(remote net.Addr, generation uint64) {
	if remote != nil {
		c.remote.Store(&remote)
	}
	c.generation = generation
	c.phase.CompareAndSwap(waiting, outbound)
}

// unsent notes that the server refused the call unseen, so that it waits for a connection again.
func (c *call) unsent() {
	if c.phase.CompareAndSwap(outbound, waiting) && c.timer != nil {
		c.timer.Reset(c.patience)
	}
}

// address names the replica in errors: as it was configured, or where a DNS name led to.
func (c *call) address() string {
	if remote := c.remote.Load(); c.conn.replica.target.dns && remote != nil {
		return (*remote).String()
	}
	return c.conn.replica.target.text
}

// trip is what the end of an RPC tells about its way.
type trip struct {
	address    string // of the replica; empty when none was chosen
	generation uint64 // of the pool when the RPC was sent; 0 when it was not
}

// invoke makes a unary RPC on the best connection. The error is an *infer.Error; reply is then to be disregarded, but a Frame in it
// may hold buffers to free.
func (s *Server) invoke(ctx context.Context, method string, request, reply any, options ...grpc.CallOption) (trip, error) {
	return s.invokeFor(ctx, "", method, request, reply, options...)
}

// invokeFor is invoke for a request of a sequence; empty: of none.
func (s *Server) invokeFor(
	ctx context.Context, sequence, method string, request, reply any, options ...grpc.CallOption,
) (trip, error) {
	if err := ctx.Err(); err != nil {
		return trip{}, s.contextFault(err, "")
	}
	conn, err := s.pool.take(sequence)
	if err != nil {
		return trip{}, s.unavailable("", err)
	}
	return s.invokeOn(ctx, conn, method, request, reply, options...)
}

// invokeAt is invoke for one replica, whatever its state.
func (s *Server) invokeAt(ctx context.Context, r *replica, method string, request, reply any, options ...grpc.CallOption) error {
	if err := ctx.Err(); err != nil {
		return s.contextFault(err, "")
	}
	conn, err := s.pool.takeFrom(r)
	if err != nil {
		return s.unavailable("", err)
	}
	_, err = s.invokeOn(ctx, conn, method, request, reply, options...)
	return err
}

// invokeOn makes a unary RPC on a connection that was taken, and releases it.
func (s *Server) invokeOn(
	ctx context.Context, conn *conn, method string, request, reply any, options ...grpc.CallOption,
) (trip, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(s.options.Timeout))
		defer cancel()
	}
	patience := s.patience(ctx, conn)
	callCtx, c := begin(ctx, conn, patience)
	err := conn.grpc.Invoke(callCtx, method, request, reply, append(options, grpc.WaitForReady(patience > 0))...)
	c.end()
	s.pool.release(conn, c.start, c.phase.Load() == outbound)
	if err != nil {
		err = s.fault(ctx, c, err)
	}
	return trip{c.address(), c.generation}, err
}

// patience is how long a call may wait for conn to come up: ConnectTimeout from the start of an outage on, but no more than a
// quarter of the time that the call has. Not above 0 means that the call takes the connection as it is.
func (s *Server) patience(ctx context.Context, conn *conn) time.Duration {
	patience := time.Duration(s.options.ConnectTimeout)
	if deadline, ok := ctx.Deadline(); ok {
		patience = min(patience, time.Until(deadline)/4)
	}
	return patience - s.pool.outage(conn)
}
