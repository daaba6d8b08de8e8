package fleet

import (
	"github.com/manifold-serving/manifold/clients/admission"
	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
)

// State is how a server is doing, as far as calls and questions have shown. Nobody is asked for it.
type State struct {
	Name      string
	Balancing balance.Policy
	Endpoints []EndpointState
	Names     []NameState // of the targets that stand for addresses which change
	Dispatch  dispatch.State
	Admission admission.State
}

// States are those of [EndpointState].
func States() []string { return balance.States() }

// EndpointState is how an endpoint is doing.
type EndpointState struct {
	balance.State
	Target string // that it is from, as the options have it; empty when it leaves
}

// NameState is what is known of a target such as dns:///HOST:PORT.
type NameState struct {
	Target    string
	Addresses []string
	Error     string // why it was not found lately, or why what was found is of no use; empty: all is well
}

// State tells how the server is doing.
func (f *Fleet[L]) State() State {
	names, target := f.roster.names()
	s := State{Name: f.name, Balancing: f.balancing, Names: names, Dispatch: f.dispatch.State(), Admission: f.limiter.State()}
	for _, of := range f.set.State() {
		e := EndpointState{State: of}
		if of.State != balance.StateLeaving {
			e.Target = target[of.Address]
		}
		s.Endpoints = append(s.Endpoints, e)
	}
	return s
}
