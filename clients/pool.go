package clients

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// pool holds the connections of a server and chooses one for each call. It is safe for concurrent use.
type pool struct {
	generation atomic.Uint64 // counts connections that came or went, whatever the replica

	mu       sync.Mutex
	replicas []*replica
	next     int // whose turn it is
	inflight int
	drained  chan struct{} // closed when inflight falls to 0; nil when nobody waits
	closed   bool
}

var errClosed = errors.New("it is closed; the configuration that named it was replaced")

// take chooses a connection for a call: the replica whose turn it is among those in the best state, and of its connections in
// that state the one with the fewest calls in flight. A call of a sequence goes to the sequence's replica. The caller releases it.
func (p *pool) take(sequence string) (*conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errClosed
	}
	var c *conn
	if sequence != "" {
		c = p.of(sequence)
	} else {
		var turn int
		c, turn = p.best()
		p.next = (turn + 1) % len(p.replicas)
	}
	p.inflight++
	c.inflight++
	return c, nil
}

// takeFrom is take for one replica.
func (p *pool) takeFrom(r *replica) (*conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errClosed
	}
	c, _ := r.observe(time.Now())
	p.inflight++
	c.inflight++
	return c, nil
}

func (p *pool) best() (c *conn, turn int) {
	least := unreachable + 1
	for i := range p.replicas {
		at := (p.next + i) % len(p.replicas)
		candidate, standing := p.replicas[at].observe(time.Now())
		if standing < least {
			c, turn, least = candidate, at, standing
		}
		if least == usable {
			break
		}
	}
	return c, turn
}

// release gives back what take gave, to a call that began at start. sent tells whether the call went out over the connection; if
// not, and no connection is up, the outage counts from there.
func (p *pool) release(c *conn, start time.Time, sent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !sent {
		c.replica.observe(start)
	}
	c.inflight--
	p.inflight--
	if p.inflight == 0 && p.drained != nil {
		close(p.drained)
		p.drained = nil
	}
}

// outage is how long the replica of c is known to be unreachable; 0 while it is not.
func (p *pool) outage(c *conn) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return c.replica.outage()
}

// idle returns a channel that is closed when no call is in flight.
func (p *pool) idle() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inflight > 0 {
		if p.drained == nil {
			p.drained = make(chan struct{})
		}
		return p.drained
	}
	now := make(chan struct{})
	close(now)
	return now
}

func (p *pool) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// close closes every connection. Calls in flight fail; only the first close does anything.
func (p *pool) close() error {
	p.mu.Lock()
	first := !p.closed
	p.closed = true
	p.mu.Unlock()
	if !first {
		return nil
	}
	var faults []error
	for _, r := range p.replicas {
		for _, c := range r.conns {
			faults = append(faults, c.grpc.Close())
		}
	}
	return errors.Join(faults...)
}
