package dispatch_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/manifold-serving/manifold/clients/dispatch"
)

// storm is a minute of calls at a steady rate, each through three steps at the same server, and when every step and attempt began.
type storm struct {
	world *world

	mu    sync.Mutex
	steps []time.Time
}

const (
	stormRate   = 50 // at which the budget is more than its floor
	stormLength = time.Minute
	stormSteps  = 3
)

func (s *storm) run(t *testing.T) {
	t.Helper()
	var calls sync.WaitGroup
	for range int(stormLength.Seconds() * stormRate) {
		calls.Go(func() { s.call(t.Context()) })
		time.Sleep(time.Second / stormRate)
	}
	calls.Wait()
}

func (s *storm) call(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	for range stormSteps {
		s.mu.Lock()
		s.steps = append(s.steps, time.Now())
		s.mu.Unlock()
		if _, err := s.world.do(ctx, repeatable()); err != nil {
			return
		}
	}
}

// perTenth counts what began in each tenth of a second.
func (s *storm) perTenth(times []time.Time) []int {
	counts := make([]int, 10*int(stormLength.Seconds()))
	for _, t := range times {
		if i := int(t.Sub(s.steps[0]) / (100 * time.Millisecond)); i < len(counts) {
			counts[i]++
		}
	}
	return counts
}

// ratios are the calls upstream per call: of all, and of the worst second.
func (s *storm) ratios() (all, worst float64) {
	steps, attempts := s.perTenth(s.steps), s.perTenth(s.world.times)
	for i := range len(steps) - 9 {
		calls, upstream := 0, 0
		for j := range 10 {
			calls += steps[i+j]
			upstream += attempts[i+j]
		}
		worst = max(worst, float64(upstream)/float64(calls))
	}
	return float64(len(s.world.times)) / float64(len(s.steps)), worst
}

// perhaps does one thing with a part of the attempts, and another with the rest.
func perhaps(part float64, do, otherwise behaviour) behaviour {
	return func(ctx context.Context, n int) (string, *dispatch.Fault) {
		if rand.Float64() < part {
			return do(ctx, n)
		}
		return otherwise(ctx, n)
	}
}

func TestC3StormsAreBounded(t *testing.T) {
	t.Parallel()
	ok, fail := answers("ok", 10*time.Millisecond), fails(broken())
	for _, test := range []struct {
		name string
		does []behaviour
	}{
		{"nothing fails", []behaviour{ok, ok, ok}},
		{"half fails", slices.Repeat([]behaviour{perhaps(0.5, fail, ok)}, 3)},
		{"everything fails", []behaviour{fail, fail, fail}},
		{"a tenth hangs", slices.Repeat([]behaviour{perhaps(0.1, hangs, ok)}, 3)},
		{"half hangs", slices.Repeat([]behaviour{perhaps(0.5, hangs, ok)}, 3)},
		{"everything hangs", []behaviour{hangs, hangs, hangs}},
		{"one endpoint fails", []behaviour{fail, ok, ok}},
		{"one endpoint hangs", []behaviour{hangs, ok, ok}},
		{"two endpoints hang", []behaviour{hangs, hangs, ok}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &storm{world: build(t, dispatch.Options{Hedging: &dispatch.Hedging{}}, test.does...)}
				s.run(t)
				all, worst := s.ratios()
				if all > 1.10 || worst > 1.5 {
					t.Errorf("%.3f calls upstream per call, %.3f in the worst second", all, worst)
				}
				t.Logf("%.3f, %.3f in the worst second: %+v", all, worst, s.world.dispatcher.State())
				s.world.settled(t)
			})
		})
	}
}
