package faultlab

import (
	"time"

	"github.com/manifold-serving/manifold/internal/faultlab/backend"
	"github.com/manifold-serving/manifold/internal/faultlab/toxic"
	"github.com/manifold-serving/manifold/internal/units"
)

// Scenario is what a file of scenarios/ says.
type Scenario struct {
	Name string `json:"-"` // of its file, without .yaml

	About   string    `json:"about"` // what happens, in a sentence
	Servers []Server  `json:"servers"`
	Graphs  []Graph   `json:"graphs,omitempty"`
	Load    []Traffic `json:"load"`
	Faults  []Fault   `json:"faults,omitempty"`
	Expect  Expect    `json:"expect,omitzero"`

	// Quick is what is other when the scenario is to be over soon; absent means that it is left out then.
	Quick *Quick `json:"quick,omitempty"`
}

// Server is a ModelServer and the backends behind it.
type Server struct {
	Name        string         `json:"name"`
	Backends    int            `json:"backends"`              // how many
	Models      []string       `json:"models,omitempty"`      // that they have; none means echo
	Workers     int            `json:"workers,omitempty"`     // calls that one has in work at a time; 0 means 8
	ServiceTime units.Duration `json:"serviceTime,omitempty"` // of a call

	// Behaviour is what the backends begin with.
	Behaviour backend.Behaviour `json:"behaviour,omitzero"`

	// Toxic puts a network that can misbehave between the gateway and each backend, which also counts the gateway's connects.
	Toxic bool `json:"toxic,omitempty"`

	// HTTP makes the gateway speak REST to the backends, instead of gRPC.
	HTTP bool `json:"http,omitempty"`

	// File makes a file of targets for the gateway, which [Fault] Targets rewrites.
	File bool `json:"file,omitempty"`

	// Spec is that of the ModelServer, but for its targets and models.
	Spec map[string]any `json:"spec,omitempty"`
}

// Graph is an InferenceGraph.
type Graph struct {
	Name string         `json:"name"`
	Spec map[string]any `json:"spec"`
}

// Traffic is calls at a constant rate, whatever becomes of those before.
type Traffic struct {
	Model       string         `json:"model"`              // or a graph
	Protocol    string         `json:"protocol,omitempty"` // grpc, which empty means, or rest
	Rate        int            `json:"rate"`               // calls a second
	Calls       int            `json:"calls"`
	Deadline    units.Duration `json:"deadline"`
	Connections int            `json:"connections,omitempty"` // 0 means 4
	Bytes       int            `json:"bytes,omitempty"`       // of the input; 0 means 64
	CancelAfter units.Duration `json:"cancelAfter,omitempty"` // the caller turns away then; 0 means never

	// Lies tells that the servers lie. The gateway does not look into answers that it passes on, so they are no fault of its.
	Lies bool `json:"lies,omitempty"`

	// Failed is how many calls may fail; absent means any number.
	Failed *int `json:"failed,omitempty"`

	// Codes are the only ones that failed calls may have, as gRPC names them; none means any.
	Codes []string `json:"codes,omitempty"`

	// Tail is how many times its p99 of the healthy time the p99 of the time with the fault may be; 0 means that nobody minds.
	Tail float64 `json:"tail,omitempty"`

	// Goodput is the least part of the calls that must be answered right; 0 means that nobody minds.
	Goodput float64 `json:"goodput,omitempty"`
}

// lasts is how long it takes to send them all.
func (t Traffic) lasts() time.Duration {
	return time.Duration(t.Calls) * time.Second / time.Duration(max(1, t.Rate))
}

// Action is what a fault does.
type Action string

// The actions. Stop, continue and kill are signals.
const (
	Stop     Action = "stop"     // backends, or the gateway, stand still
	Continue Action = "continue" // and go on
	Kill     Action = "kill"     // backends are gone at once
	Restart  Action = "restart"  // backends end gracefully and start again where they were
	Launch   Action = "start"    // backends that were killed start where they were
	Replace  Action = "replace"  // backends end, and servers of other models start where they were
	Order    Action = "order"    // backends behave as With says
	Poison   Action = "toxic"    // their networks are as Toxics says
	Reset    Action = "reset"    // their connections are reset
	Targets  Action = "targets"  // the file of targets names the backends of To alone
	GoAway   Action = "goaway"   // backends want their connections ended
	Forget   Action = "forget"   // and forget the calls that they had begun
)

// Fault is something that happens.
type Fault struct {
	At units.Duration `json:"at"` // after the load began
	Do Action         `json:"do"`
	To []string       `json:"to"` // "pool/0" is a backend, "pool" all of a server's, "gateway" the gateway

	Every units.Duration `json:"every,omitempty"` // it happens again and again
	Times int            `json:"times,omitempty"` // so often; 0 means once

	With   *backend.Behaviour `json:"with,omitempty"`  // of Order; {} is a healthy one
	Toxics toxic.Toxics       `json:"toxics,omitzero"` // of Poison; absent is a good network
}

// Quick is what a scenario is in place of what it else is.
type Quick struct {
	Repeat int       `json:"repeat,omitempty"` // how often it runs; 0 means once
	Load   []Traffic `json:"load"`
	Faults []Fault   `json:"faults,omitempty"`
}

// Shorter is the quick form of a scenario that has one.
func (s Scenario) Shorter() Scenario {
	s.Load, s.Faults = s.Quick.Load, s.Quick.Faults
	return s
}

// lasts is how long the load goes on.
func (s Scenario) lasts() time.Duration {
	var d time.Duration
	for _, t := range s.Load {
		d = max(d, t.lasts())
	}
	return d
}
