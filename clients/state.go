package clients

import "github.com/manifold-serving/manifold/clients/fleet"

// State is how a server is doing, as far as calls and questions have shown.
type State struct {
	fleet.State
	Connections map[string]int // that are up, by address
}

// State tells how the server is doing. It does not ask the server.
func (s *Server) State() State {
	state := State{State: s.fleet.State(), Connections: map[string]int{}}
	for _, l := range *s.links.Load() {
		state.Connections[l.target.text] = l.open()
	}
	return state
}
