package manifold

import (
	"time"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/clients/fleet"
)

// ListedUpstream is how a model server is doing that a gateway calls, as far as calls and questions have shown. What is counted is counted
// since the gateway opened the server.
type ListedUpstream struct {
	Name      string           `json:"name"` // of its ModelServer, or where an InferenceService or a serviceUrl says that it is
	Balancing string           `json:"balancing"`
	Endpoints []ListedEndpoint `json:"endpoints"`
	Sources   []ListedSource   `json:"sources,omitempty"` // of endpoints that come and go

	Calls        uint64  `json:"calls"`
	Attempts     uint64  `json:"attempts"` // of those calls, first ones included
	Retries      uint64  `json:"retries"`
	Redispatches uint64  `json:"redispatches"`
	Hedges       uint64  `json:"hedges"`
	HedgesWon    uint64  `json:"hedgesWon"`
	OverBudget   uint64  `json:"overBudget"` // attempts that the budget did not allow
	BudgetLeft   float64 `json:"budgetLeft"` // attempts that it allows now

	InFlight int    `json:"inFlight"`
	Limit    int    `json:"limit,omitempty"` // of calls at a time; 0: none
	Queued   int    `json:"queued"`
	Refused  uint64 `json:"refused"` // calls for which there was no room
}

// ListedEndpoint is how an endpoint of a model server is doing.
type ListedEndpoint struct {
	Address     string            `json:"address"`
	Target      string            `json:"target,omitempty"` // that it is from, when that is not its address
	State       string            `json:"state"`            // ready, connecting, unreachable, ejected, probing or leaving
	Reason      string            `json:"reason,omitempty"`
	Since       time.Time         `json:"since,omitzero"` // of the state
	Until       time.Time         `json:"until,omitzero"` // when an endpoint that is ejected is tried
	Vetoes      map[string]string `json:"vetoes,omitempty"`
	Connections int               `json:"connections"`
	InFlight    int               `json:"inFlight"`
	Model       string            `json:"model,omitempty"` // the one with most calls here, whose latency follows
	Latency     float64           `json:"latencySeconds"`  // mean, the latest counting most; 0: not known
	P99         float64           `json:"p99Seconds"`      // of the model at all endpoints; 0: not known
	Calls       uint64            `json:"calls"`           // that ended
	Failures    uint64            `json:"failures"`
	Stalls      uint64            `json:"stalls"` // how often its calls were moved elsewhere
	Probes      uint64            `json:"probes"` // calls that tried it while it was out
	Ejections   map[string]uint64 `json:"ejections,omitempty"`
}

// ListedSource is a target that stands for addresses which change.
type ListedSource struct {
	Target    string   `json:"target"`
	Addresses []string `json:"addresses"`
	Error     string   `json:"error,omitempty"` // why they are not known, or not known anew
}

// listUpstreams lists the servers of the generation in force, in the order of the resources. Nobody is asked.
func (c *catalog) listUpstreams() []ListedUpstream {
	rows := []ListedUpstream{}
	if g := c.current.Load(); g != nil { // nil: the first one is being built
		for _, of := range g.called {
			rows = append(rows, listed(of.label, of.server.State()))
		}
	}
	return rows
}

func listed(label string, s clients.State) ListedUpstream {
	row := ListedUpstream{
		Name: label, Balancing: string(s.Balancing), Endpoints: []ListedEndpoint{},
		Calls: s.Dispatch.Calls, Attempts: s.Dispatch.Attempts, Retries: s.Dispatch.Retries, Redispatches: s.Dispatch.Redispatches,
		Hedges: s.Dispatch.Hedges, HedgesWon: s.Dispatch.HedgesWon, OverBudget: s.Dispatch.Refused, BudgetLeft: s.Dispatch.BudgetLeft,
		Limit: s.Admission.Limit, Queued: s.Admission.Queued, Refused: s.Admission.Refused,
	}
	seen := map[string]bool{}
	for _, e := range s.Endpoints {
		row.InFlight += e.InFlight
		if !seen[e.Address] { // one that leaves may be back already, as another one
			seen[e.Address] = true
			row.Endpoints = append(row.Endpoints, listedEndpoint(e, s.Connections[e.Address]))
		}
	}
	for _, n := range s.Names {
		row.Sources = append(row.Sources, ListedSource{n.Target, append([]string{}, n.Addresses...), n.Error})
	}
	return row
}

func listedEndpoint(e fleet.EndpointState, connections int) ListedEndpoint {
	row := ListedEndpoint{
		Address: e.Address, State: e.State.State, Reason: e.Reason, Since: e.Since, Until: e.Until, Vetoes: e.Vetoes,
		Connections: connections, InFlight: e.InFlight, Model: e.Model, Latency: e.Latency.Seconds(), P99: e.P99.Seconds(),
		Calls: e.Calls, Failures: e.Failures, Stalls: e.Stalls, Probes: e.Probes,
	}
	if e.Target != e.Address {
		row.Target = e.Target
	}
	if len(e.Ejections) > 0 {
		row.Ejections = make(map[string]uint64, len(e.Ejections))
		for cause, n := range e.Ejections {
			row.Ejections[string(cause)] = n
		}
	}
	return row
}
