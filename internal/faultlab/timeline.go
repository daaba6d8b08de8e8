//go:build linux

package faultlab

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// occurrence is one time that a fault happens.
type occurrence struct {
	Fault
	at time.Duration
}

// timeline is every occurrence of the faults, in their order.
func (s Scenario) occurrences() []occurrence {
	var all []occurrence
	for _, f := range s.Faults {
		for i := range max(1, f.Times) {
			all = append(all, occurrence{f, time.Duration(f.At) + time.Duration(i)*time.Duration(f.Every)})
		}
	}
	slices.SortStableFunc(all, func(a, b occurrence) int { return cmp.Compare(a.at, b.at) })
	return all
}

// inflict makes the faults happen, one after the other, and returns when each did. The time of a fault that ends something is that at
// which it had ended, of others that at which it began.
func (r *run) inflict(ctx context.Context) ([]Happened, error) {
	var happened []Happened
	for _, o := range r.scenario.occurrences() {
		select {
		case <-time.After(time.Until(r.began.Add(o.at))):
		case <-ctx.Done():
			return happened, ctx.Err()
		}
		at := time.Since(r.began)
		backends, err := r.do(ctx, o.Fault)
		if err != nil {
			return happened, fmt.Errorf("%s %v at %v: %w", o.Do, o.To, o.at, err)
		}
		if o.Do == Launch || o.Do == Restart {
			at = time.Since(r.began)
		}
		happened = append(happened, Happened{Do: o.Do, Backends: backends, At: at})
	}
	return happened, nil
}

// do makes one fault happen, and tells to which backends.
func (r *run) do(ctx context.Context, f Fault) ([]string, error) {
	if slices.Equal(f.To, []string{gatewayName}) {
		return nil, r.gateway.signal(signalOf(f.Do))
	}
	names, err := r.scenario.backends(f.To)
	if err != nil {
		return nil, err
	}
	if f.Do == Targets {
		return names, r.retarget(names)
	}
	for _, name := range names {
		if err := r.nodes[name].do(ctx, f); err != nil {
			return nil, err
		}
	}
	return names, nil
}
