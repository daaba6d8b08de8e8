package fleet

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/clients/admission"
	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
	"github.com/manifold-serving/manifold/internal/units"
)

func TestValidateNamesTheFieldOfEveryPolicy(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		give Policies
		want []string
	}{
		{"nothing", Policies{}, nil},
		{"defaults written out", Policies{Discovery: &Discovery{}, Health: &Health{}, Ejection: &balance.Ejection{}}, nil},
		{"the least", Policies{Discovery: &Discovery{Interval: units.Duration(minInterval)}}, nil},
		{
			"everything",
			Policies{
				Balancing: "p3c", Ejection: &balance.Ejection{Stall: -1}, Retries: &dispatch.Retries{Budget: -1},
				Concurrency: &admission.Options{Mode: "some"},
				Discovery:   &Discovery{Interval: units.Duration(time.Millisecond), Grace: -1},
				Health:      &Health{Interval: -1, Timeout: -1, Failures: -1},
			},
			[]string{
				`balancing: "p3c" is unknown; write p2c, round_robin or least_request`,
				`ejection.stall: -1ns is negative`,
				`retries.budget: -1 is not within 0 and 100 percent`,
				`concurrency.mode: "some" is none of off, fixed and adaptive`,
				`discovery.interval: 1ms is less than 100ms; leave it out for the default`,
				`discovery.grace: -1ns is negative; leave it out for the default`,
				`health.interval: -1ns is less than 100ms; leave it out for the default`,
				`health.timeout: -1ns is negative; leave it out for the default`,
				`health.failures: -1 is negative; leave it out for the default`,
			},
		},
	}
	for _, tt := range tests {
		var got []string
		for _, err := range tt.give.Validate() {
			got = append(got, err.Error())
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}
