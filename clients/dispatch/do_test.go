package dispatch_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
)

func TestC2NothingIsAttemptedOnceTheCallerIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := build(t, dispatch.Options{}, answers("ok", 0), answers("ok", 0))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := w.do(ctx, repeatable()); !errors.Is(err, context.Canceled) {
			t.Errorf("a call of a caller that left: %v", err)
		}
		ctx, cancel = context.WithDeadline(t.Context(), time.Now())
		defer cancel()
		if _, err := w.do(ctx, repeatable()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a call that has no time: %v", err)
		}
		if w.path() != "[]" || w.dispatcher.State().Calls != 0 {
			t.Errorf("attempts at %s, %+v", w.path(), w.dispatcher.State())
		}
		w.settled(t)
	})
}

func TestC1TheAttemptIsCancelledWithItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := build(t, dispatch.Options{}, hangs, hangs)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(30*time.Millisecond, cancel)
		start := time.Now()
		if _, err := w.do(ctx, repeatable()); !errors.Is(err, context.Canceled) || time.Since(start) != 30*time.Millisecond {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		w.settled(t)
	})
}

func TestAWaitEndsWithTheCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := build(t, dispatch.Options{}, fails(pushed(broken(), time.Second)), answers("ok", 0))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(30*time.Millisecond, cancel)
		start := time.Now()
		if _, err := w.do(ctx, repeatable()); !errors.Is(err, errBroken) || time.Since(start) != 30*time.Millisecond {
			t.Errorf("%v after %s, want what happened before the caller left, at once", err, time.Since(start))
		}
		if w.path() != "[a]" {
			t.Errorf("attempts at %s", w.path())
		}
		w.settled(t)
	})
}

func TestNobodyWaitsForLongPushbackWithoutADeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := build(t, dispatch.Options{}, fails(pushed(unsent(), time.Hour)), answers("ok", 0))
		start := time.Now()
		if _, err := w.do(t.Context(), repeatable()); !errors.Is(err, errUnsent) || time.Since(start) != 0 {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

func TestRetriesThatAreOffAreNotMade(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		off := dispatch.Options{Retries: &dispatch.Retries{Disabled: true}}
		for _, fault := range []dispatch.Fault{unsent(), broken()} {
			w := build(t, off, fails(fault), answers("ok", 0))
			if _, err := w.do(t.Context(), repeatable()); !errors.Is(err, fault.Err) || w.path() != "[a]" {
				t.Errorf("%v, attempts at %s", err, w.path())
			}
		}
	})
}

func TestAClosedOrEmptySetHasNoPlace(t *testing.T) {
	t.Parallel()
	w := build(t, dispatch.Options{})
	if _, err := w.do(t.Context(), repeatable()); !errors.Is(err, balance.ErrNowhere) {
		t.Errorf("without endpoints: %v", err)
	}
	w.set.Close()
	if _, err := w.do(t.Context(), repeatable()); !errors.Is(err, balance.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

// rest is an answer whose call goes on.
type rest struct {
	ctx    context.Context
	cancel context.CancelFunc
	lease  *balance.Lease[*link]
}

func (r rest) end() {
	r.cancel()
	r.lease.Done(balance.Answered)
}

func TestTheContextOfAnAnswerIsItsOwn(t *testing.T) {
	t.Parallel()
	w := build(t, dispatch.Options{}, nil)
	stream, err := dispatch.Do(t.Context(), w.dispatcher, repeatable(), dispatch.Attempt[*link, rest]{
		Run: func(ctx context.Context, cancel context.CancelFunc, lease *balance.Lease[*link]) (rest, *dispatch.Fault) {
			return rest{ctx, cancel, lease}, nil
		},
		Drop: rest.end,
	})
	if err != nil || stream.ctx.Err() != nil {
		t.Fatalf("%v, and %v of the answer", err, stream.ctx.Err())
	}
	stream.end()
	if stream.ctx.Err() == nil {
		t.Error("the answer cannot end its call")
	}
	w.settled(t)
}

func TestAPanicIsThatOfTheCall(t *testing.T) {
	t.Parallel()
	w := build(t, dispatch.Options{}, func(context.Context, int) (string, *dispatch.Fault) { panic("at the disco") })
	defer func() {
		if v := recover(); v == nil || !strings.Contains(v.(string), "disco") {
			t.Errorf("recovered %v", v)
		}
		if n := w.set.State()[0].InFlight; n != 0 {
			t.Errorf("%d leases were not ended", n)
		}
	}()
	_, _ = w.do(t.Context(), repeatable())
	t.Error("the panic is lost")
}

func TestTheStateCountsCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := build(t, dispatch.Options{}, fails(broken()), answers("ok", 0), fails(unsent()))
		for range 4 {
			_, _ = w.do(t.Context(), repeatable())
		}
		state := w.dispatcher.State()
		if state.Calls != 4 || state.Attempts != 4+state.Retries || state.Retries < 2 || state.BudgetLeft >= 9 {
			t.Errorf("%+v after attempts at %s", state, w.path())
		}
	})
}

// lagging is a context whose deadline has passed, but whose timer has not fired yet.
type lagging struct {
	context.Context
	deadline time.Time
}

func (l lagging) Deadline() (time.Time, bool) { return l.deadline, true }

func TestC2ADeadlineThatHasPassedCountsThoughItsTimerIsLate(t *testing.T) {
	t.Parallel()
	w := build(t, dispatch.Options{}, answers("ok", 0))
	if _, err := w.do(lagging{t.Context(), time.Now()}, repeatable()); !errors.Is(err, context.DeadlineExceeded) || w.path() != "[]" {
		t.Errorf("%v, attempts at %s", err, w.path())
	}
}

func TestHedgesAreForCallsNotForQuestions(t *testing.T) {
	t.Parallel()
	for _, question := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := build(t, dispatch.Options{Hedging: &dispatch.Hedging{}}, answers("ok", time.Millisecond), answers("ok", time.Millisecond))
			for range 500 {
				_, _ = w.do(t.Context(), repeatable())
			}
			w.does["a"], w.does["b"] = answers("ok", time.Second), answers("ok", time.Second)
			call := repeatable()
			call.Question = question
			_, _ = w.do(t.Context(), call)
			if hedged := w.dispatcher.State().Hedges == 1; hedged == question {
				t.Errorf("a question: %t, hedged: %t", question, hedged)
			}
			w.settled(t)
		})
	}
}
