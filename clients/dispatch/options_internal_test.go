package dispatch

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/internal/units"
)

func TestOptionsThatAreWrongAreNamed(t *testing.T) {
	t.Parallel()
	ms := units.Duration(time.Millisecond)
	for _, test := range []struct {
		name    string
		options Options
		want    []string
	}{
		{name: "none"},
		{name: "all", options: Options{
			Retries: &Retries{Budget: 20, Floor: 1, Backoff: ms, MaxBackoff: ms}, Hedging: &Hedging{After: 99, Least: ms, Budget: 20},
		}},
		{name: "each", options: Options{
			Retries: &Retries{Budget: 101, Floor: -1, Backoff: -ms, MaxBackoff: -ms}, Hedging: &Hedging{After: 100, Least: -ms, Budget: -1},
		}, want: []string{
			"retries.budget: 101 is not within 0 and 100 percent",
			"retries.floor: -1 is negative",
			"retries.backoff: -1ms is negative",
			"retries.maxBackoff: -1ms is negative",
			"hedging.after: 100 is not a percentile of 1 to 99",
			"hedging.least: -1ms is negative",
			"hedging.budget: -1 is not within 0 and 100 percent",
		}},
		{name: "against each other", options: Options{
			Retries: &Retries{Budget: 4, Backoff: 2 * ms, MaxBackoff: ms}, Hedging: &Hedging{Budget: 5},
		}, want: []string{
			"retries.maxBackoff: 1ms is less than retries.backoff, 2ms",
			"hedging.budget: 5 percent is more than retries.budget, 4, on which hedges draw",
		}},
		{name: "defaults give way", options: Options{Retries: &Retries{Budget: 4, Backoff: 300 * ms}, Hedging: &Hedging{}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, err := range test.options.Validate() {
				got = append(got, err.Error())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestZeroOptionsAreTheDefaults(t *testing.T) {
	t.Parallel()
	given := Options{Hedging: &Hedging{}}
	want := Options{
		Retries: &Retries{Budget: 10, Floor: 3, Backoff: units.Duration(10 * time.Millisecond), MaxBackoff: units.Duration(200 * time.Millisecond)},
		Hedging: &Hedging{After: 95, Least: units.Duration(10 * time.Millisecond), Budget: 5},
	}
	if diff := cmp.Diff(want, given.complete()); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Options{Hedging: &Hedging{}}, given); diff != "" {
		t.Errorf("what was given is changed:\n%s", diff)
	}
	if (Options{}).complete().Hedging != nil {
		t.Error("hedging is on though nobody asked for it")
	}
}
