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
	stormRate   = 100
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

// between counts what began in the time from start on.
func between(times []time.Time, start time.Time, length time.Duration) (n int) {
	for _, t := range times {
		if !t.Before(start) && t.Before(start.Add(length)) {
			n++
		}
	}
	return n
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
				steps, attempts := len(s.steps), len(s.world.times)
				if ratio := float64(attempts) / float64(steps); ratio > 1.10 {
					t.Errorf("%.3f calls upstream per call", ratio)
				}
				worst := 0.
				for at := s.steps[0]; at.Before(s.steps[0].Add(stormLength - time.Second)); at = at.Add(100 * time.Millisecond) {
					worst = max(worst, float64(between(s.world.times, at, time.Second))/float64(between(s.steps, at, time.Second)))
				}
				if worst > 1.5 {
					t.Errorf("%.3f calls upstream per call in the worst second", worst)
				}
				t.Logf("%.3f, %.3f in the worst second: %+v", float64(attempts)/float64(steps), worst, s.world.dispatcher.State())
				s.world.settled(t)
			})
		})
	}
}
