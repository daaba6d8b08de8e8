package admission_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/manifold-serving/manifold/clients/admission"
)

// bubble runs f in virtual time, and waits for what servers still do. Its context ends with it.
func bubble(t *testing.T, f func(context.Context)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		f(ctx)
		time.Sleep(time.Hour)
	})
}

// TestGoodputAtTenTimesTheLoad offers ten times what a server bears: at least nine tenths of what it bears is answered in time.
func TestGoodputAtTenTimesTheLoad(t *testing.T) {
	t.Parallel()
	constant := func(time.Duration, *rand.Rand) func() time.Duration {
		return func() time.Duration { return 10 * time.Millisecond }
	}
	for _, test := range []struct {
		name     string
		options  admission.Options
		takes    func(time.Duration, *rand.Rand) func() time.Duration
		deadline time.Duration
	}{
		{"fixed, ample deadlines", admission.Options{Mode: admission.Fixed, Limit: 8}, exponential, time.Second},
		{"fixed, tight deadlines", admission.Options{Mode: admission.Fixed, Limit: 8}, exponential, 50 * time.Millisecond},
		{"fixed, long queue", admission.Options{Mode: admission.Fixed, Limit: 8, Queue: 100}, exponential, 50 * time.Millisecond},
		{"fixed, no queue", admission.Options{Mode: admission.Fixed, Limit: 9, Queue: -1}, exponential, time.Second},
		{"fixed, constant, tightest deadlines", admission.Options{Mode: admission.Fixed, Limit: 8}, constant, 20 * time.Millisecond},
		{"adaptive, ample deadlines", admission.Options{Mode: admission.Adaptive}, exponential, time.Second},
		{"adaptive, tight deadlines", admission.Options{Mode: admission.Adaptive}, exponential, 100 * time.Millisecond},
		{"adaptive, from too high", admission.Options{Mode: admission.Adaptive, Limit: 200}, exponential, time.Second},
		{"adaptive, from far too low", admission.Options{Mode: admission.Adaptive, Limit: 2}, constant, time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(context.Context) {
				const workers, bears = 8, 800
				random := seeded()
				limiter, server := admission.New("iris", test.options), newWorkers(workers, test.takes(10*time.Millisecond, seeded()))
				offer(limiter, server, load{rate: bears / 2, deadline: test.deadline, lasts: 2 * time.Second}, random)
				offer(limiter, server, load{rate: 10 * bears, deadline: test.deadline, lasts: time.Second}, random) // learns
				r := offer(limiter, server, load{rate: 10 * bears, deadline: test.deadline, lasts: 2 * time.Second}, random)
				if least := 2 * bears * 9 / 10; r.good < least {
					t.Errorf("%d calls were answered in time and %d late, want %d: %+v", r.good, r.late, least, r)
				}
				if longest := min(100*time.Millisecond, test.deadline); r.waited > longest {
					t.Errorf("a call waited %s for a refusal, more than %s", r.waited, longest)
				}
			})
		})
	}
}

// TestBatchingServerStaysBusy offers more and more to a server that takes longer for each call the more it has, and does more.
func TestBatchingServerStaysBusy(t *testing.T) {
	t.Parallel()
	bubble(t, func(ctx context.Context) {
		const most, bears = 64, 3595 // calls in a batch; calls a second in full batches of 17.8 ms
		server := newBatcher(ctx, 5*time.Millisecond, 200*time.Microsecond, most)
		limiter, random := admission.New("iris", admission.Options{Mode: admission.Adaptive}), seeded()
		for _, step := range []struct{ rate, least float64 }{{200, 0}, {3000, 0}, {3000, 2900}, {15000, 0}, {15000, bears * 0.93}} {
			r := offer(limiter, server, load{rate: step.rate, deadline: time.Second, lasts: 3 * time.Second}, random)
			if rate := float64(r.good) / 3; rate < step.least {
				t.Errorf("of %.0f calls a second %.0f were answered, want %.0f: %+v", step.rate, rate, step.least, r)
			}
		}
	})
}

// TestSlowServerWithoutAWindowOfSuccess begins above what a server bears, where every call is late.
func TestSlowServerWithoutAWindowOfSuccess(t *testing.T) {
	t.Parallel()
	bubble(t, func(context.Context) {
		random := seeded()
		server := newWorkers(2, exponential(500*time.Millisecond, seeded()))
		limiter := admission.New("iris", admission.Options{Mode: admission.Adaptive})
		l := load{rate: 40, deadline: 3 * time.Second, lasts: 100 * time.Second}
		offer(limiter, server, l, random)
		if r := offer(limiter, server, l, random); r.good < 200 {
			t.Errorf("%d calls were answered of the 400 that the server bears: %+v", r.good, r)
		}
	})
}

// TestLimitFollowsTheServer makes a server twenty times slower, and then as fast as before.
func TestLimitFollowsTheServer(t *testing.T) {
	t.Parallel()
	bubble(t, func(context.Context) {
		takes := 5 * time.Millisecond
		server := newWorkers(4, func() time.Duration { return takes })
		limiter, random := admission.New("iris", admission.Options{Mode: admission.Adaptive}), seeded()
		for i, phase := range []time.Duration{5 * time.Millisecond, 100 * time.Millisecond, 5 * time.Millisecond} {
			takes = phase
			bears := 4 / takes.Seconds()
			l := load{rate: 2 * bears, deadline: 2 * time.Second, lasts: 10 * time.Second}
			offer(limiter, server, l, random)
			if r := offer(limiter, server, l, random); float64(r.good) < 0.9*bears*l.lasts.Seconds() {
				t.Errorf("phase %d: %d calls were answered of %.0f that the server bears: %+v", i, r.good, bears*l.lasts.Seconds(), r)
			}
		}
	})
}

// TestBelowCapacity has nearly the load that a server bears, where newest first alone refuses one call in forty.
func TestBelowCapacity(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		options admission.Options
		rate    float64
		refused int // at most
	}{
		{admission.Options{Mode: admission.Fixed, Limit: 8, Queue: 100}, 760, 0},
		{admission.Options{Mode: admission.Adaptive, Queue: 100}, 720, 150}, // of 14,000: takes bursts for too much at times
	} {
		t.Run(string(test.options.Mode), func(t *testing.T) {
			t.Parallel()
			bubble(t, func(context.Context) {
				random := seeded()
				server := newWorkers(8, exponential(10*time.Millisecond, seeded()))
				r := offer(admission.New("iris", test.options), server, load{rate: test.rate, deadline: time.Second, lasts: 20 * time.Second}, random)
				if r.refused > test.refused || r.late != 0 {
					t.Errorf("%+v, want at most %d refused", r, test.refused)
				}
			})
		})
	}
}
