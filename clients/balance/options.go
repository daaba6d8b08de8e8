package balance

import (
	"cmp"
	"time"

	"github.com/manifold-serving/manifold/internal/units"
)

// Policy chooses among the endpoints that are in.
type Policy string

// The policies. Empty means P2C.
const (
	P2C          Policy = "p2c"           // of two at random the one with the lower (calls in flight + 1) × latency
	RoundRobin   Policy = "round_robin"   // each in turn
	LeastRequest Policy = "least_request" // of two at random the one with fewer calls in flight
)

// Options are how a server's endpoints are chosen and taken out. The zero value is the default.
type Options struct {
	// Balancing chooses the endpoint of a call.
	Balancing Policy `json:"balancing,omitempty"`

	// SlowStart is how long an endpoint that is new or back takes to get its full share; 0 means 5s, less than 0 none.
	SlowStart units.Duration `json:"slowStart,omitempty"`

	// Ejection takes endpoints out for a while that do worse than the others; absent means its defaults.
	Ejection *Ejection `json:"ejection,omitempty"`
}

// Ejection says when an endpoint is taken out, and for how long.
type Ejection struct {
	Disabled bool `json:"disabled,omitempty"`

	// Stall is the least age of the oldest call at which an endpoint counts as stalled; it is more for a model whose calls take long, three
	// times their 99th percentile. 0 means 200ms.
	Stall units.Duration `json:"stall,omitempty"`

	// ConsecutiveErrors in a row take an endpoint out; 0 means 5.
	ConsecutiveErrors int `json:"consecutiveErrors,omitempty"`

	// SuccessRate in percent, of at least 20 calls within 10 s, is the least that an endpoint may have; 0 means 80.
	SuccessRate int `json:"successRate,omitempty"`

	// Penalty is how long the first ejection lasts; each that follows doubles it up to MaxPenalty, give or take half. 0 means 1s and 60s.
	Penalty    units.Duration `json:"penalty,omitempty"`
	MaxPenalty units.Duration `json:"maxPenalty,omitempty"`

	// MaxEjected is how many of the endpoints may be out at a time, in percent; never the last one. 0 means 50.
	MaxEjected int `json:"maxEjected,omitempty"`

	// Floor is the part of the endpoints, in percent, below which those that are left are not enough, and all are used again. 0 means 34.
	Floor int `json:"floor,omitempty"`
}

// DefaultStall is the least age of a call at which its endpoint may count as stalled. It leaves 100 ms of the 300 in which a stopped server
// is to be out; a busy machine pauses processes for less.
const DefaultStall = 200 * time.Millisecond

const (
	defaultSlowStart         = 5 * time.Second // what a model server takes to warm its caches and to be believed; half of the 10 s in which one that is back has its full share
	defaultConsecutiveErrors = 5               // fewer happen by chance where one call in ten fails; linkerd takes 7
	defaultSuccessRate       = 80              // as linkerd
	defaultPenalty           = time.Second     // one call a second is what trying costs
	defaultMaxPenalty        = time.Minute     // as linkerd; an endpoint that answers questions is tried at once
	defaultMaxEjected        = 50              // the others have to carry the load
	defaultFloor             = 34              // one of three left is too few
)

// complete returns o with its defaults.
func (o Options) complete() Options {
	if o.Balancing == "" {
		o.Balancing = P2C
	}
	o.SlowStart = units.Duration(max(o.SlowStart.Or(defaultSlowStart), 0))
	if o.Ejection == nil {
		o.Ejection = &Ejection{}
	}
	e := o.Ejection.complete()
	o.Ejection = &e
	return o
}

func (e Ejection) complete() Ejection {
	e.Stall = units.Duration(e.Stall.Or(DefaultStall))
	e.ConsecutiveErrors = cmp.Or(e.ConsecutiveErrors, defaultConsecutiveErrors)
	e.SuccessRate = cmp.Or(e.SuccessRate, defaultSuccessRate)
	e.Penalty = units.Duration(e.Penalty.Or(defaultPenalty))
	e.MaxPenalty = units.Duration(e.MaxPenalty.Or(max(defaultMaxPenalty, time.Duration(e.Penalty))))
	e.MaxEjected = cmp.Or(e.MaxEjected, defaultMaxEjected)
	e.Floor = cmp.Or(e.Floor, defaultFloor)
	return e
}
