package admission_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/clients/admission"
	"github.com/manifold-serving/manifold/internal/units"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		options admission.Options
		want    []string
	}{
		{name: "nothing"},
		{name: "off", options: admission.Options{Mode: admission.Off}},
		{name: "fixed", options: admission.Options{Mode: admission.Fixed, Limit: 1, Queue: -1, Wait: units.Duration(time.Minute)}},
		{name: "adaptive", options: admission.Options{Mode: admission.Adaptive}},
		{name: "adaptive with a low max", options: admission.Options{Mode: admission.Adaptive, Max: 1}},
		{name: "adaptive with a high min", options: admission.Options{Mode: admission.Adaptive, Min: 5000}},
		{name: "adaptive with a high limit", options: admission.Options{Mode: admission.Adaptive, Limit: 5000}},
		{
			name: "no mode", options: admission.Options{Mode: "static", Limit: -1},
			want: []string{`concurrency.mode: "static" is none of off, fixed and adaptive`},
		},
		{
			name: "numbers of a mode that is off", options: admission.Options{Limit: 5, Min: 1, Max: 9},
			want: []string{
				"concurrency.limit: 5 bounds nothing while mode is off; write mode: fixed or mode: adaptive",
				"concurrency.min: 1 is of mode adaptive", "concurrency.max: 9 is of mode adaptive",
			},
		},
		{
			name: "fixed without a limit", options: admission.Options{Mode: admission.Fixed},
			want: []string{"concurrency.limit: mode fixed needs one, 1 to 100000"},
		},
		{
			name:    "out of bounds",
			options: admission.Options{Mode: admission.Adaptive, Limit: -1, Min: -2, Max: 100001, Queue: 100001, Wait: units.Duration(-time.Second)},
			want: []string{
				"concurrency.limit: -1 is negative", "concurrency.min: -2 is negative", "concurrency.max: 100001 is more than 100000",
				"concurrency.queue: 100001 is more than 100000", "concurrency.wait: -1s is negative; queue: -1 lets no call wait",
			},
		},
		{
			name: "a long wait", options: admission.Options{Mode: admission.Fixed, Limit: 1, Wait: units.Duration(2 * time.Minute)},
			want: []string{"concurrency.wait: 2m0s is more than 1m0s"},
		},
		{
			name: "min above max", options: admission.Options{Mode: admission.Adaptive, Min: 9, Max: 8},
			want: []string{"concurrency.min: 9 is more than max, which is 8"},
		},
		{
			name: "limit outside", options: admission.Options{Mode: admission.Adaptive, Min: 4, Max: 8, Limit: 9},
			want: []string{"concurrency.limit: 9 is not between min and max, which are 4 and 8"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, fault := range test.options.Validate() {
				got = append(got, fault.Error())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhereTheAdaptiveLimitBegins(t *testing.T) {
	t.Parallel()
	for want, options := range map[int]admission.Options{
		20: {}, 1: {Max: 1}, 40: {Min: 40}, 7: {Limit: 7}, 5: {Max: 5},
	} {
		options.Mode = admission.Adaptive
		if got := admission.New("iris", options).State().Limit; got != want {
			t.Errorf("%+v begins with %d, want %d", options, got, want)
		}
	}
}
