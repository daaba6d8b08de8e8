package rest

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// connector makes the connections to one address, and knows those that are open. An address that cannot be reached is tried once in a while,
// by one connection at a time, however many calls there are. It is safe for concurrent use.
type connector struct {
	address string // HOST:PORT
	timeout time.Duration
	network func(ctx context.Context, network, address string) (net.Conn, error) // net.Dialer's
	secure  func(ctx context.Context, plain net.Conn) (net.Conn, error)          // shakes hands, taking plain over; nil: without TLS
	over    chan struct{}                                                        // closed when the connector is

	// recognise finds out whether the server at the address is the one that is meant, when there is doubt; nil: nobody does.
	recognise func(ctx context.Context) error

	trials sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	open    map[*conn]struct{}
	dialing int
	outage  *outage   // nil while the address can be reached, as far as known
	late    bool      // the address came when others were in use, or was reached before: another server may be there by now
	sure    time.Time // when it was recognised last
}

var errLinkClosed = errors.New("it is no longer one of the server's addresses")

// dialError is a connection that did not come about, so that nothing was sent.
type dialError struct{ err error }

func (e *dialError) Error() string { return e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

func newConnector(address string, timeout time.Duration, secure func(context.Context, net.Conn) (net.Conn, error)) *connector {
	return &connector{
		address: address, timeout: timeout, network: (&net.Dialer{}).DialContext, secure: secure,
		over: make(chan struct{}), open: map[*conn]struct{}{},
	}
}

// dial makes a connection for net/http. The error is a *dialError.
func (c *connector) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if cause := c.unreachable(); cause != nil {
		return nil, &dialError{cause} // whoever waits for the end of an outage does so before
	}
	made, err := c.connect(ctx)
	c.note(ctx, err)
	if err != nil {
		return nil, &dialError{err}
	}
	return made, nil
}

// connect makes a connection within the timeout.
func (c *connector) connect(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-c.over:
			cancel()
		case <-ended:
		}
	}()
	c.count(1)
	defer c.count(-1)
	plain, err := c.network(ctx, "tcp", c.address)
	if err != nil {
		return nil, err
	}
	if c.doubtful() {
		if err := c.recognise(ctx); err != nil {
			_ = plain.Close()
			return nil, err
		}
		c.recognised()
	}
	made, err := c.keep(plain)
	if err != nil || c.secure == nil {
		return made, err
	}
	return c.secure(ctx, made)
}

func (c *connector) count(by int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dialing += by
}

// surely is how long a server that was recognised is not asked again, so that of many connections that are made at once one asks.
const surely = time.Second

// doubtful reports whether it is open who is at the address: it is new since calls began, or all connections to it were lost.
func (c *connector) doubtful() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.recognise != nil && c.late && len(c.open) == 0 && !c.closed && time.Since(c.sure) > surely
}

func (c *connector) recognised() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sure = time.Now()
}

// note learns from an attempt that ended.
func (c *connector) note(ctx context.Context, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.late = c.late || err == nil
	switch {
	case err == nil && c.outage != nil:
		close(c.outage.over)
		c.outage = nil
	case err == nil || ctx.Err() != nil: // a caller that is gone says nothing of the address
	case c.outage == nil:
		now := time.Now()
		c.outage = &outage{since: now, tried: now, cause: err, over: make(chan struct{})}
	default:
		c.outage.tried, c.outage.trying, c.outage.cause = time.Now(), false, err
	}
}

// conn is a connection that its connector knows.
type conn struct {
	net.Conn
	connector *connector
}

// Close closes the connection.
func (c *conn) Close() error {
	c.connector.mu.Lock()
	delete(c.connector.open, c)
	c.connector.mu.Unlock()
	return c.Conn.Close()
}

func (c *connector) keep(plain net.Conn) (net.Conn, error) {
	kept := &conn{plain, c}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		_ = plain.Close()
		return nil, errLinkClosed
	}
	c.open[kept] = struct{}{}
	return kept, nil
}

// connections are those that are open.
func (c *connector) connections() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open)
}

func (c *connector) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// close closes every connection; calls on them fail. Closing again does nothing.
func (c *connector) close() {
	c.mu.Lock()
	first := !c.closed
	c.closed = true
	open := c.open
	c.open = map[*conn]struct{}{}
	c.mu.Unlock()
	if !first {
		return
	}
	close(c.over)
	for kept := range open {
		_ = kept.Conn.Close()
	}
	c.trials.Wait()
}
