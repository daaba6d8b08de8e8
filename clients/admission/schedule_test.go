package admission_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"pgregory.net/rapid"

	"github.com/manifold-serving/manifold/clients/admission"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/units"
)

// planned is a call of a schedule.
type planned struct {
	pause, deadline, cancel, takes time.Duration // deadline, cancel: 0 for none
	served                         bool
}

func millis(t *rapid.T, most int, label string) time.Duration {
	return time.Duration(rapid.IntRange(0, most).Draw(t, label)) * time.Millisecond
}

// TestPermitsAreExact makes calls at any moment, with any deadline, cancelled at any moment: never are there more than the limit, every
// call has one outcome within its time, and at the end nothing is left.
func TestPermitsAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		options := admission.Options{
			Mode:  rapid.SampledFrom([]admission.Mode{admission.Fixed, admission.Adaptive}).Draw(rt, "mode"),
			Limit: rapid.IntRange(1, 6).Draw(rt, "limit"), Queue: rapid.IntRange(-1, 5).Draw(rt, "queue"),
			Wait: units.Duration(1 + millis(rt, 30, "wait")),
		}
		if options.Mode == admission.Adaptive {
			options.Min, options.Max = 1, 8
		}
		if faults := options.Validate(); len(faults) > 0 {
			rt.Fatal(faults)
		}
		calls := make([]planned, rapid.IntRange(1, 200).Draw(rt, "calls"))
		for i := range calls {
			calls[i] = planned{
				pause: millis(rt, 3, "pause"), deadline: millis(rt, 40, "deadline"), cancel: millis(rt, 60, "cancel"),
				takes: millis(rt, 20, "takes"), served: rapid.Bool().Draw(rt, "served"),
			}
		}
		synctest.Test(t, func(*testing.T) { play(rt, options, calls) })
	})
}

func play(rt *rapid.T, options admission.Options, calls []planned) {
	limiter := admission.New("iris", options)
	most := options.Limit
	if options.Mode == admission.Adaptive {
		most = options.Max
	}
	var inside, refused atomic.Int64
	var all sync.WaitGroup
	for _, c := range calls {
		time.Sleep(c.pause)
		all.Go(func() {
			ctx, cancel := c.context()
			defer cancel()
			begun := time.Now()
			permit, err := limiter.Admit(ctx)
			if waited := time.Since(begun); waited > time.Duration(options.Wait) {
				rt.Errorf("a call waited %s", waited)
			}
			if err != nil {
				if e, ok := errors.AsType[*infer.Error](err); ok && e.Code == codes.Unavailable {
					refused.Add(1)
				} else if !errors.Is(err, ctx.Err()) || ctx.Err() == nil {
					rt.Errorf("%v, with a context whose error is %v", err, ctx.Err())
				}
				return
			}
			if n := inside.Add(1); n > int64(most) {
				rt.Errorf("%d calls at a time", n)
			}
			select {
			case <-time.After(c.takes):
			case <-ctx.Done():
			}
			inside.Add(-1)
			permit.Release(c.served)
		})
	}
	all.Wait()
	state := limiter.State()
	if state.InFlight != 0 || state.Queued != 0 {
		rt.Errorf("%+v at the end", state)
	}
	if state.Refused != uint64(refused.Load()) {
		rt.Errorf("%d refusals are counted, there were %d", state.Refused, refused.Load())
	}
}

func (c planned) context() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	if c.cancel > 0 {
		time.AfterFunc(c.cancel, cancel)
	}
	if c.deadline == 0 {
		return ctx, cancel
	}
	bounded, release := context.WithTimeout(ctx, c.deadline)
	return bounded, func() { release(); cancel() }
}
