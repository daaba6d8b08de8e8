package clients

import (
	"sync/atomic"
	"time"

	"google.golang.org/grpc/connectivity"
)

// replica is one target and its connections.
type replica struct {
	target      target
	conns       []*conn
	established atomic.Uint64 // how many connections ever were

	// Guarded by the pool's lock.
	failing      time.Time // when the last outage was first seen
	failingAfter uint64    // established, then: the next connection ends the outage
}

// observe returns the connection to take, the one in the best standing and of those with the fewest calls in flight, and how the
// replica stands. One that was not needed yet is dialled, while a call takes one that is up. When no connection is up and one could
// not be established, the replica is unreachable, whatever the others would find; observe notes that this began at start at the
// latest. The pool's lock is held.
func (r *replica) observe(start time.Time) (*conn, standing) {
	var best, ready *conn
	least, down := unreachable+1, false
	for _, c := range r.conns {
		state := c.grpc.GetState()
		s := standingOf(state)
		if s < least || s == least && c.inflight < best.inflight {
			best, least = c, s
		}
		if state == connectivity.Ready && (ready == nil || c.inflight < ready.inflight) {
			ready = c
		}
		down = down || s == unreachable
	}
	switch {
	case ready != nil && best != ready:
		best.grpc.Connect()
		return ready, usable
	case ready != nil || !down:
		return best, least
	}
	if r.outage() == 0 {
		r.failing, r.failingAfter = start, r.established.Load()
	}
	return best, unreachable
}

// outage is how long the replica has been unreachable; 0 when it is not. A connection that came and went between two calls ended
// the outage too. The pool's lock is held.
func (r *replica) outage() time.Duration {
	if r.failing.IsZero() || r.failingAfter != r.established.Load() {
		return 0
	}
	return max(time.Since(r.failing), 1)
}

// standing ranks connections, and replicas, for a new call.
type standing int

const (
	usable      standing = iota // it is up, or was not needed yet
	connecting                  // it may be up soon
	unreachable                 // its last attempt failed
)

func standingOf(state connectivity.State) standing {
	switch state {
	case connectivity.Ready, connectivity.Idle:
		return usable
	case connectivity.Connecting:
		return connecting
	case connectivity.TransientFailure, connectivity.Shutdown:
	}
	return unreachable
}
