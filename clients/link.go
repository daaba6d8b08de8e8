package clients

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/fleet"
)

// link is the connections to one address. It is safe for concurrent use.
type link struct {
	server  *Server
	target  target
	options []grpc.DialOption

	established atomic.Uint64 // how many connections ever were

	mu           sync.Mutex
	conns        []*conn // the first one is the one that is dialled while the address cannot be reached
	closed       bool
	failing      time.Time // when the last outage was first seen
	failingAfter uint64    // established, then: the next connection ends the outage
}

var (
	_ balance.Link   = (*link)(nil)
	_ fleet.Resetter = (*link)(nil)
)

// Standing implements [balance.Link]. What was up and was lost is dialled again, while calls go where a connection is.
func (l *link) Standing() balance.Standing {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return balance.Unreachable
	case len(l.conns) == 0 || l.least() != nil:
		return balance.Usable
	}
	first := l.conns[0].grpc
	switch first.GetState() {
	case connectivity.Ready:
		return balance.Usable
	case connectivity.Idle:
		if l.established.Load() == 0 {
			return balance.Usable
		}
		first.Connect()
		return balance.Connecting
	case connectivity.Connecting:
		return balance.Connecting
	case connectivity.TransientFailure, connectivity.Shutdown:
	}
	l.observe(time.Now())
	return balance.Unreachable
}

// take chooses the connection of a call: of those that are up the one with the fewest calls in flight, or the one that is dialled first.
// Another one is dialled while calls are in flight on those that are up. The caller releases it. Up tells that it is up.
func (l *link) take() (c *conn, up bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, false, errGone
	}
	if c = l.least(); c != nil {
		l.widen(c)
		c.inflight++
		return c, true, nil
	}
	if len(l.conns) == 0 {
		if _, err := l.add(); err != nil {
			return nil, false, err
		}
	}
	c = l.conns[0]
	if c.grpc.GetState() == connectivity.TransientFailure {
		l.observe(time.Now())
		l.narrow(1)
	}
	c.inflight++
	return c, false, nil
}

// errGone is why there is no connection to an address that was let go.
var errGone = errors.New("its address was let go")

// least is the connection that is up and has the fewest calls in flight; nil when none is up. The lock is held.
func (l *link) least() *conn {
	var best *conn
	for _, c := range l.conns {
		if (best == nil || c.inflight < best.inflight) && c.grpc.GetState() == connectivity.Ready {
			best = c
		}
	}
	return best
}

// widen dials one more connection when best, the least busy one, is busy and there may be more. No call waits for it. The lock is held.
func (l *link) widen(best *conn) {
	if best.inflight == 0 {
		return
	}
	for _, c := range l.conns {
		if c != best && c.grpc.GetState() == connectivity.Idle {
			c.grpc.Connect()
			return
		}
	}
	if len(l.conns) < l.server.options.Connections {
		if c, err := l.add(); err == nil {
			c.grpc.Connect()
		}
	}
}

// narrow closes the connections above so many that have no call in flight. The lock is held.
func (l *link) narrow(most int) {
	kept := l.conns[:0]
	for i, c := range l.conns {
		if i < most || c.inflight > 0 {
			kept = append(kept, c)
			continue
		}
		c.close()
	}
	clear(l.conns[len(kept):])
	l.conns = kept
}

// add prepares one more connection. The lock is held.
func (l *link) add() (*conn, error) {
	c, err := l.newConn()
	if err == nil {
		l.conns = append(l.conns, c)
	}
	return c, err
}

// release gives back what take gave, to a call that began at start. sent tells whether the call went out over the connection; if
// not, and no connection is up, the outage counts from there.
func (l *link) release(c *conn, start time.Time, sent bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !sent && l.least() == nil && c.grpc.GetState() == connectivity.TransientFailure {
		l.observe(start)
	}
	c.inflight--
}

// observe notes that no connection can be had since start at the latest. The lock is held.
func (l *link) observe(start time.Time) {
	if l.outage() == 0 {
		l.failing, l.failingAfter = start, l.established.Load()
	}
}

// outage is how long the address has been unreachable; 0 when it is not. A connection that came and went between two calls ended the
// outage too. The lock is held.
func (l *link) outage() time.Duration {
	if l.failing.IsZero() || l.failingAfter != l.established.Load() {
		return 0
	}
	return max(time.Since(l.failing), 1)
}

// down is how long the address is known to be unreachable.
func (l *link) down() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.outage()
}

// open is how many connections are up.
func (l *link) open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, c := range l.conns {
		if c.grpc.GetState() == connectivity.Ready {
			n++
		}
	}
	return n
}

// Reset implements [fleet.Resetter]: the next call dials.
func (l *link) Reset() {
	l.mu.Lock()
	conns := l.conns
	l.conns = nil
	l.mu.Unlock()
	for _, c := range conns {
		c.close()
	}
}

// Close implements [balance.Link].
func (l *link) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.Reset()
	l.server.forget(l)
	return nil
}
