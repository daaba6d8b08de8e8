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
	plain   []grpc.DialOption // of a connection that is nobody's
	options []grpc.DialOption // of those of the link
	late    bool              // the address came when others were in use

	established atomic.Uint64          // how many connections ever were
	refusal     atomic.Pointer[string] // why who answered at the address last is not called; nil: it is, or nobody did

	mu           sync.Mutex
	conns        []*conn // the first one is the one that is dialled while the address cannot be reached
	closed       bool
	crowd        crowd
	shrinker     *time.Timer // runs while there are more connections than usual; nil: there never were
	failing      time.Time   // when the last outage was first seen
	failingAfter uint64      // established, then: the next connection ends the outage
}

var (
	_ balance.Link      = (*link)(nil)
	_ balance.Explainer = (*link)(nil)
	_ fleet.Resetter    = (*link)(nil)
)

// Standing implements [balance.Link]. What was up and was lost is dialled again, while calls go where a connection is.
func (l *link) Standing() balance.Standing {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return balance.Unreachable
	case len(l.conns) == 0 && l.established.Load() == 0 || l.least() != nil:
		return balance.Usable
	case len(l.conns) == 0: // after a reset
		if _, err := l.add(); err != nil {
			return balance.Unreachable
		}
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
		c.taken = time.Now()
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
		l.narrow(1, 0)
	}
	c.inflight++
	return c, false, nil
}

// errGone is why a call has no connection whose address was let go, or which led nowhere.
var errGone = errors.New("its connections were given up")

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

// widen dials one more connection when best, the least busy one, is busy and there may be more, or calls wait for streams. No call waits
// for it. The lock is held.
func (l *link) widen(best *conn) {
	if best.inflight == 0 {
		return
	}
	coming := false
	for _, c := range l.conns {
		switch c.grpc.GetState() {
		case connectivity.Ready, connectivity.Shutdown:
		case connectivity.Idle:
			c.grpc.Connect()
			return
		case connectivity.Connecting, connectivity.TransientFailure:
			coming = true
		}
	}
	usual, most := l.server.options.Connections, l.server.options.MaxConnections
	switch {
	case len(l.conns) < usual:
	case coming || len(l.conns) >= most || !l.crowd.full() && !best.stuck():
		return
	default:
		l.crowd = crowd{}
		l.shrinkLater()
	}
	if c, err := l.add(); err == nil {
		c.grpc.Connect()
	}
}

// unneeded is how long a connection above the usual number is kept that no call needs.
const unneeded = time.Minute

func (l *link) shrinkLater() {
	if l.shrinker == nil {
		l.shrinker = time.AfterFunc(unneeded, l.shrink)
		return
	}
	l.shrinker.Reset(unneeded)
}

// shrink closes connections that were not needed for long, down to the usual number.
func (l *link) shrink() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.narrow(l.server.options.Connections, unneeded)
	if len(l.conns) > l.server.options.Connections {
		l.shrinkLater()
	}
}

// narrow closes the connections above so many that have no call in flight, and had none for as long. The lock is held.
func (l *link) narrow(most int, idle time.Duration) {
	kept := l.conns[:0]
	for i, c := range l.conns {
		if i < most || c.inflight > 0 || time.Since(c.taken) < idle {
			kept = append(kept, c)
			continue
		}
		go c.close() // which takes a moment, and the lock is held
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

// release gives back what take gave to a call. When it was not sent, and no connection is up, the outage counts from its start.
func (l *link) release(k *call) {
	c, sent := k.conn, k.phase.Load() == outbound
	if sent {
		c.begun.Add(-1)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !sent && l.least() == nil && c.grpc.GetState() == connectivity.TransientFailure {
		l.observe(k.start)
	}
	if sent && k.up {
		l.crowd.left(k.begun.Sub(k.start), time.Since(k.start))
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
	if l.shrinker != nil {
		l.shrinker.Stop()
	}
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
