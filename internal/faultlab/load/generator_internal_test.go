package load

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/manifold-serving/manifold/internal/faultlab/proof"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// callerFunc answers calls in a bubble; each call that it is asked gets the next execution.
type callerFunc struct {
	mu     sync.Mutex
	number uint64
	wait   func(ctx context.Context) error
}

func (c *callerFunc) close() {}

func (c *callerFunc) call(ctx context.Context, asked proof.Call) reply {
	if err := c.wait(ctx); err != nil {
		return reply{code: "CANCELLED"}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.number++
	return reply{code: "OK", answer: answer(asked, c.number)}
}

func answer(asked proof.Call, execution uint64) proof.Answer {
	return proof.Answer{ID: asked.ID, Payload: asked.Payload, Sum: asked.Sum(), Backend: "b", Execution: execution}
}

// loaded runs a load in a bubble to its end.
func loaded(t *testing.T, o Options, wait func(ctx context.Context) error) *Generator {
	t.Helper()
	o.Target = "nobody"
	o, err := o.complete()
	if err != nil {
		t.Fatal(err)
	}
	return start(t.Context(), o, &callerFunc{wait: wait})
}

// until waits in a bubble.
func until(ctx context.Context, then time.Time) error {
	timer := time.NewTimer(time.Until(then))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestAStallIsChargedWithTheCallsThatItKeptWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		stall, over := begin.Add(time.Second), begin.Add(2*time.Second)
		g := loaded(t, Options{Rate: 100, For: 3 * time.Second, Deadline: time.Minute}, func(ctx context.Context) error {
			if now := time.Now(); !now.Before(stall) && now.Before(over) {
				return until(ctx, over)
			}
			return until(ctx, time.Now().Add(time.Millisecond))
		})
		report := g.Wait()
		if report.All.Calls != 300 || report.All.Failed != 0 {
			t.Fatalf("300 calls were due:\n%s", report)
		}
		for _, r := range report.Records {
			want := time.Millisecond
			if !r.Due.Before(stall) && r.Due.Before(over) {
				want = over.Sub(r.Due)
			}
			if r.Latency != want || r.Sent != r.Due {
				t.Errorf("due %v: latency %v, want %v; sent %v late", r.Due.Sub(begin), r.Latency, want, r.Sent.Sub(r.Due))
			}
		}
		// A closed load would have one slow call in 200. A third of these waited.
		if got := report.All.Latency.Quantile(0.9); got < 650*time.Millisecond || got > 750*time.Millisecond {
			t.Errorf("p90 %v", got)
		}
	})
}

func TestPhasesAreOfCallsThatAreDueInThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		g := loaded(t, Options{Rate: 10}, func(ctx context.Context) error { return until(ctx, time.Now().Add(10*time.Second)) })
		_ = until(t.Context(), begin.Add(1050*time.Millisecond))
		g.Phase("fault")
		_ = until(t.Context(), begin.Add(3050*time.Millisecond))
		report := g.Stop()
		if healthy, fault := report.Phase("healthy").Calls, report.Phase("fault").Calls; healthy != 11 || fault != 20 {
			t.Errorf("%d and %d calls:\n%s", healthy, fault, report)
		}
		if report.All.Failed != 31 || report.All.Codes["CANCELLED"] != 31 { // their deadline is 1 s
			t.Errorf("calls without an answer count:\n%s", report)
		}
	})
}

func TestCallersGoAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := Options{Rate: 10, Calls: 10, CancelShare: 1, CancelAfter: 100 * time.Millisecond, Deadline: time.Minute}
		report := loaded(t, o, func(ctx context.Context) error { return until(ctx, time.Now().Add(time.Hour)) }).Wait()
		for _, r := range report.Records {
			if r.Latency != 100*time.Millisecond || r.Cancelled.Sub(r.Sent) != r.Latency {
				t.Errorf("cancelled %v after it was sent, over after %v", r.Cancelled.Sub(r.Sent), r.Latency)
			}
		}
		if report.All.Failed != 0 || report.All.Cancelled != 10 || report.All.Latency.Count() != 0 {
			t.Errorf("who goes away has not failed:\n%s", report)
		}
		report = loaded(t, o, func(context.Context) error { return nil }).Wait()
		if report.All.Cancelled != 0 || report.All.Verdicts[Right] != 10 {
			t.Errorf("who was answered before does not go away:\n%s", report)
		}
	})
}

func TestARunIsNotUsableWhenItsGeneratorWasNotAbleTo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := Options{Rate: 10, Calls: 100, MaxInFlight: 7, Deadline: time.Minute}
		report := loaded(t, o, func(ctx context.Context) error { return until(ctx, time.Now().Add(time.Hour)) }).Wait()
		if report.All.Verdicts[NotMade] != 93 || report.Unusable() == nil || report.All.Calls != 100 {
			t.Errorf("7 calls at a time: %v\n%s", report.Unusable(), report)
		}
	})
	l := NewLedger()
	due := time.Now()
	for i := range 100 {
		call := proof.Call{ID: string(rune('0' + i))}
		sent := due
		if i > 97 {
			sent = due.Add(60 * time.Millisecond)
		}
		l.Begin(call, Record{Due: due, Sent: sent})
		l.End(call.ID, Outcome{At: sent, Sent: sent, Code: "OK", Answer: answer(call, uint64(i))})
	}
	if err := newReport(Options{MaxLag: 50 * time.Millisecond}, l).Unusable(); err == nil {
		t.Error("60 ms late is in time")
	}
	if err := newReport(Options{MaxLag: 70 * time.Millisecond}, l).Unusable(); err != nil {
		t.Error(err)
	}
}
