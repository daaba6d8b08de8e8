package balance

import (
	"fmt"

	"github.com/manifold-serving/manifold/internal/units"
)

// Validate returns what is wrong with o.
func (o Options) Validate() []error {
	var faults []error
	switch o.Balancing {
	case "", P2C, RoundRobin, LeastRequest:
	default:
		faults = append(faults, fmt.Errorf("balancing: %q is unknown; write %s, %s or %s", o.Balancing, P2C, RoundRobin, LeastRequest))
	}
	if o.Ejection != nil {
		faults = append(faults, o.Ejection.validate()...)
	}
	return faults
}

func (e Ejection) validate() []error {
	var faults []error
	for _, d := range []struct {
		field string
		value units.Duration
	}{{"stall", e.Stall}, {"penalty", e.Penalty}, {"maxPenalty", e.MaxPenalty}} {
		if d.value < 0 {
			faults = append(faults, fmt.Errorf("ejection.%s: %v is negative", d.field, d.value))
		}
	}
	if complete := e.complete(); e.Penalty >= 0 && e.MaxPenalty > 0 && complete.MaxPenalty < complete.Penalty {
		faults = append(faults, fmt.Errorf("ejection.maxPenalty: %v is less than the penalty, %v", e.MaxPenalty, complete.Penalty))
	}
	if e.ConsecutiveErrors < 0 {
		faults = append(faults, fmt.Errorf("ejection.consecutiveErrors: %d is negative", e.ConsecutiveErrors))
	}
	for _, p := range []struct {
		field string
		value int
	}{{"successRate", e.SuccessRate}, {"maxEjected", e.MaxEjected}, {"floor", e.Floor}} {
		if p.value < 0 || p.value > 100 {
			faults = append(faults, fmt.Errorf("ejection.%s: %d is not a percentage; write 1 to 100", p.field, p.value))
		}
	}
	return faults
}
