package clients

import (
	"slices"

	"google.golang.org/grpc/connectivity"
)

// ReplicaState is how a target of a server is doing, as far as calls have shown.
type ReplicaState struct {
	Target   string
	State    string // ready, connecting, unreachable, closed, or idle: not connected, for no call needs it
	InFlight int    // calls
}

// State tells the state of every target, in the order of the options. It does not ask the server.
func (s *Server) State() []ReplicaState { return s.pool.state() }

func (p *pool) state() []ReplicaState {
	p.mu.Lock()
	defer p.mu.Unlock()
	states := make([]ReplicaState, len(p.replicas))
	for i, r := range p.replicas {
		states[i] = r.state()
	}
	return states
}

// telling orders the states of a replica's connections by how much they say about it, which is how well it does but for those
// that were not needed yet.
var telling = []connectivity.State{
	connectivity.Ready, connectivity.Connecting, connectivity.TransientFailure, connectivity.Idle, connectivity.Shutdown,
}

func (r *replica) state() ReplicaState {
	best := len(telling) - 1
	inflight := 0
	for _, c := range r.conns {
		inflight += c.inflight
		best = min(best, slices.Index(telling, c.grpc.GetState()))
	}
	return ReplicaState{Target: r.target.text, State: stateName(telling[best]), InFlight: inflight}
}

func stateName(s connectivity.State) string {
	switch s {
	case connectivity.Ready:
		return "ready"
	case connectivity.Connecting:
		return "connecting"
	case connectivity.TransientFailure:
		return "unreachable"
	case connectivity.Shutdown:
		return "closed"
	case connectivity.Idle:
	}
	return "idle"
}
