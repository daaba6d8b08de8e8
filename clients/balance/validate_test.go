package balance_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/internal/units"
)

func TestOptionsAreValidated(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		options balance.Options
		want    []string
	}{
		{"zero", balance.Options{}, nil},
		{"no slow start", balance.Options{SlowStart: -1, Ejection: &balance.Ejection{Disabled: true}}, nil},
		{"policy", balance.Options{Balancing: "random"}, []string{`balancing: "random" is unknown; write p2c, round_robin or least_request`}},
		{"all", balance.Options{Ejection: &balance.Ejection{
			Stall: -1, ConsecutiveErrors: -2, SuccessRate: 101, Penalty: -3, MaxPenalty: -4, MaxEjected: -5, Floor: 200,
		}}, []string{
			"ejection.stall: -1ns is negative",
			"ejection.penalty: -3ns is negative",
			"ejection.maxPenalty: -4ns is negative",
			"ejection.consecutiveErrors: -2 is negative",
			"ejection.successRate: 101 is not a percentage; write 1 to 100",
			"ejection.maxEjected: -5 is not a percentage; write 1 to 100",
			"ejection.floor: 200 is not a percentage; write 1 to 100",
		}},
		{"a penalty above its most", balance.Options{Ejection: &balance.Ejection{MaxPenalty: units.Duration(time.Millisecond)}}, []string{
			"ejection.maxPenalty: 1ms is less than the penalty, 1s",
		}},
		{"a penalty above the default of its most", balance.Options{Ejection: &balance.Ejection{Penalty: units.Duration(time.Hour)}}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, err := range test.options.Validate() {
				got = append(got, err.Error())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
