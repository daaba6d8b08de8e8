package fleet

import (
	"fmt"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
	"github.com/manifold-serving/manifold/internal/units"
)

// minInterval is the least between two questions or look-ups: less would be a load on those who answer them.
const minInterval = 100 * time.Millisecond

// Validate returns every fault of p, each naming the field.
func (p Policies) Validate() []error {
	faults := p.balance().Validate()
	faults = append(faults, p.dispatch().Validate()...)
	if p.Concurrency != nil {
		faults = append(faults, p.Concurrency.Validate()...)
	}
	if d := p.Discovery; d != nil {
		faults = append(faults, interval("discovery.interval", d.Interval)...)
		faults = append(faults, d.Grace.NotNegative("discovery.grace")...)
	}
	if h := p.Health; h != nil {
		faults = append(faults, interval("health.interval", h.Interval)...)
		faults = append(faults, h.Timeout.NotNegative("health.timeout")...)
		if h.Failures < 0 {
			faults = append(faults, fmt.Errorf("health.failures: %d is negative; leave it out for the default", h.Failures))
		}
	}
	return faults
}

func (p Policies) balance() balance.Options {
	return balance.Options{Balancing: p.Balancing, SlowStart: p.SlowStart, Ejection: p.Ejection}
}

func (p Policies) dispatch() dispatch.Options {
	return dispatch.Options{Retries: p.Retries, Hedging: p.Hedging}
}

func interval(field string, d units.Duration) []error {
	if d == 0 || time.Duration(d) >= minInterval {
		return nil
	}
	return []error{fmt.Errorf("%s: %s is less than %s; leave it out for the default", field, d, minInterval)}
}
