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
		h, err := r.do(ctx, o.Fault)
		if err != nil {
			return happened, fmt.Errorf("%s %v at %v: %w", o.Do, o.To, o.at, err)
		}
		happened = append(happened, h)
	}
	return happened, nil
}

// do makes one fault happen to all backends that it is for, as much at once as can be.
func (r *run) do(ctx context.Context, f Fault) (Happened, error) {
	h := Happened{Do: f.Do, At: time.Since(r.began)}
	if slices.Equal(f.To, []string{gatewayName}) {
		return h, r.gateway.signal(signalOf(f.Do))
	}
	var err error
	if h.Backends, err = r.scenario.backends(f.To); err != nil {
		return h, err
	}
	for _, name := range h.Backends {
		if err := r.nodes[name].prepare(ctx, f); err != nil {
			return h, err
		}
	}
	h.At = time.Since(r.began)
	if f.Do == Targets {
		return h, r.retarget(h.Backends)
	}
	for _, name := range h.Backends {
		if err := r.nodes[name].do(ctx, f); err != nil {
			return h, err
		}
	}
	if f.Do == Launch || f.Do == Restart {
		h.At = time.Since(r.began)
	}
	return h, nil
}
