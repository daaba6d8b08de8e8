package load

import (
	"errors"
	"time"
)

// Protocol is what the load speaks.
type Protocol int

// The protocols.
const (
	GRPC   Protocol = iota // ModelInfer
	Stream                 // ModelStreamInfer, a stream per call
	REST                   // POST /v2/models/…/infer, JSON
)

// Options is a load. Zero values say what their fields do.
type Options struct {
	// Target is an address, host:port, of what is asked.
	Target   string
	Protocol Protocol
	// Model is whom it asks; empty means ledger.
	Model string
	// Rate is calls per second, evenly spaced; 0 means 100.
	Rate float64
	// Seed is of payloads and cancelled calls; 0 means 1. The same seed is the same load.
	Seed uint64
	// Calls and For are after how many calls, or how long, the load ends; whichever comes first. Without either Stop ends it.
	Calls int
	For   time.Duration
	// Connections is how many there are, each the next call's in turn; 0 means 1. Of REST it is how many groups of connections, since a
	// connection has one call at a time.
	Connections int
	// Deadline is each call's, from when it was sent; 0 means 1 s. REST has it as the time after which the caller goes away.
	Deadline time.Duration
	// Payload is how many bytes a call carries; 0 means 64.
	Payload int
	// CancelShare of the calls is cancelled, after CancelAfter.
	CancelShare float64
	CancelAfter time.Duration
	// MaxLag is how late the generator may send 99 of 100 calls; 0 means 50 ms. Beyond it the run is not usable.
	MaxLag time.Duration
	// MaxInFlight bounds the calls at a time; 0 means 20 000. A call that is over it is not made, and the run is not usable.
	MaxInFlight int
	// Name is in the ids of calls, so that several loads can be told apart; empty means load.
	Name string
}

func (o Options) complete() (Options, error) {
	switch {
	case o.Target == "":
		return o, errors.New("target: whom to ask is missing")
	case o.Rate < 0 || o.CancelShare < 0 || o.CancelShare > 1:
		return o, errors.New("rate, cancelShare: one of them is out of range")
	}
	o.Model = or(o.Model, "ledger")
	o.Name = or(o.Name, "load")
	o.Rate = or(o.Rate, 100)
	o.Seed = or(o.Seed, 1)
	o.Connections = or(o.Connections, 1)
	o.Deadline = or(o.Deadline, time.Second)
	o.Payload = or(o.Payload, 64)
	o.MaxLag = or(o.MaxLag, 50*time.Millisecond)
	o.MaxInFlight = or(o.MaxInFlight, 20_000)
	return o, nil
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
