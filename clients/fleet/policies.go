package fleet

import (
	"cmp"
	"time"

	"github.com/manifold-serving/manifold/clients/admission"
	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
	"github.com/manifold-serving/manifold/internal/units"
)

// Policies are how a server's endpoints are found, chosen and called, as the spec of a ModelServer has them. The zero value is the default.
type Policies struct {
	// Balancing chooses the endpoint of a call: p2c, which empty means, round_robin or least_request.
	Balancing balance.Policy `json:"balancing,omitempty"`

	// SlowStart is how long an endpoint that is new or back takes to get its full share; 0 means 5s, less than 0 none.
	SlowStart units.Duration `json:"slowStart,omitempty"`

	// Ejection takes endpoints out for a while that do worse than the others; absent means its defaults.
	Ejection *balance.Ejection `json:"ejection,omitempty"`

	// Retries makes calls again that failed without a trace, and moves calls away from an endpoint that stalls; absent means its defaults.
	Retries *dispatch.Retries `json:"retries,omitempty"`

	// Hedging makes calls at a second endpoint too when they take long; absent means that none are.
	Hedging *dispatch.Hedging `json:"hedging,omitempty"`

	// Concurrency bounds the calls that the server has at a time, whatever the endpoint; absent means that nothing does.
	Concurrency *admission.Options `json:"concurrency,omitempty"`

	// Discovery is for targets that stand for addresses which change; absent means its defaults.
	Discovery *Discovery `json:"discovery,omitempty"`

	// Health is how endpoints are asked whether a model is ready; absent means its defaults.
	Health *Health `json:"health,omitempty"`
}

const (
	defaultDiscovery = 5 * time.Second  // a pod that is gone is noticed by its calls before; one that is new can wait
	defaultGrace     = 30 * time.Second // what Kubernetes gives a pod to end its calls
	defaultInterval  = 5 * time.Second  // notices a model that is unloaded soon, and costs next to nothing
	defaultTimeout   = time.Second      // a server that cannot say yes or no within it has other troubles
	defaultFailures  = 3                // one question that is lost is no sign
)

// complete is p with the defaults that the fleet itself goes by.
func (p Policies) complete() (d Discovery, h Health, stall time.Duration) {
	if p.Discovery != nil {
		d = *p.Discovery
	}
	if p.Health != nil {
		h = *p.Health
	}
	stall = balance.DefaultStall
	if p.Ejection != nil {
		stall = p.Ejection.Stall.Or(balance.DefaultStall)
	}
	d.Interval = units.Duration(d.Interval.Or(defaultDiscovery))
	d.Grace = units.Duration(d.Grace.Or(defaultGrace))
	h.Interval = units.Duration(h.Interval.Or(defaultInterval))
	h.Timeout = units.Duration(h.Timeout.Or(defaultTimeout))
	h.Failures = cmp.Or(h.Failures, defaultFailures)
	return d, h, stall
}

// Discovery is when targets such as dns:///HOST:PORT are looked at again.
type Discovery struct {
	// Interval between two looks at a name, give or take a fifth; 0 means 5s.
	Interval units.Duration `json:"interval,omitempty"`

	// Grace is how long calls at an address that is gone may take to end; 0 means 30s.
	Grace units.Duration `json:"grace,omitempty"`
}

// Health is the asking of every endpoint whether the models that are called are ready there.
type Health struct {
	Disabled bool `json:"disabled,omitempty"`

	// Interval between two questions, give or take a fifth; 0 means 5s.
	Interval units.Duration `json:"interval,omitempty"`

	// Timeout of a question; 0 means 1s.
	Timeout units.Duration `json:"timeout,omitempty"`

	// Failures in a row keep a model's calls away from an endpoint; 0 means 3. That the model is not ready does at once.
	Failures int `json:"failures,omitempty"`
}
