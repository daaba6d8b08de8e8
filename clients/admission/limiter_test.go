package admission_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients/admission"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/units"
)

// admitted takes n permits that are there.
func admitted(t *testing.T, l *admission.Limiter, n int) []admission.Permit {
	t.Helper()
	permits := make([]admission.Permit, n)
	for i := range permits {
		var err error
		if permits[i], err = l.Admit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return permits
}

// refusal is the error of a call that is not admitted.
func refusal(t *testing.T, err error) *infer.Error {
	t.Helper()
	refused, ok := errors.AsType[*infer.Error](err)
	if !ok || refused.Code != codes.Unavailable || refused.RetryAfter <= 0 {
		t.Fatalf("%v, want an UNAVAILABLE that says when to come back", err)
	}
	return refused
}

func TestOffBoundsNothing(t *testing.T) {
	t.Parallel()
	for _, options := range []admission.Options{{}, {Mode: admission.Off}} {
		l := admission.New("iris", options)
		for _, permit := range admitted(t, l, 1000) {
			defer permit.Release(true)
		}
		if got := l.State(); got != (admission.State{}) || l.Busy() {
			t.Errorf("%+v, busy %v, want nothing", got, l.Busy())
		}
	}
}

func TestNoPermitAllocates(t *testing.T) {
	for _, mode := range []admission.Options{{}, {Mode: admission.Fixed, Limit: 8}, {Mode: admission.Adaptive}} {
		l, ctx := admission.New("iris", mode), t.Context()
		if n := testing.AllocsPerRun(1000, func() {
			permit, err := l.Admit(ctx)
			if err == nil {
				permit.Release(true)
			}
		}); n != 0 {
			t.Errorf("mode %q: %.0f allocations a call", mode.Mode, n)
		}
	}
}

func TestFixedLimitAndQueueAreKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := admission.New("iris", admission.Options{Mode: admission.Fixed, Limit: 2, Queue: 1, Wait: units.Duration(time.Second)})
		permits := admitted(t, l, 2)
		waiting := make(chan error)
		go func() {
			permit, err := l.Admit(t.Context())
			waiting <- err
			permit.Release(true)
		}()
		synctest.Wait()
		if got, want := l.State(), (admission.State{Limit: 2, InFlight: 2, Queued: 1}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		begun := time.Now()
		_, err := l.Admit(t.Context())
		want := "upstream iris: 2 calls are with it and 1 wait; raise concurrency.limit of ModelServer iris or add replicas"
		if got := refusal(t, err).Error(); got != want || time.Since(begun) != 0 {
			t.Errorf("%s after %s, want %s at once", got, time.Since(begun), want)
		}
		permits[0].Release(true)
		if err := <-waiting; err != nil {
			t.Error(err)
		}
		permits[1].Release(true)
		synctest.Wait()
		if got, want := l.State(), (admission.State{Limit: 2, Refused: 1}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}

func TestWaitEnds(t *testing.T) {
	t.Parallel()
	cancelled := errors.New("cancelled")
	for _, test := range []struct {
		name   string
		wait   time.Duration
		ctx    func(context.Context) (context.Context, context.CancelFunc)
		within time.Duration
		want   string
	}{
		{
			name: "when the longest wait is over", wait: 100 * time.Millisecond, within: 100 * time.Millisecond,
			ctx:  context.WithCancel,
			want: "upstream iris: 1 calls are with it and there was no room within 100ms; raise concurrency.limit of ModelServer iris or add replicas",
		},
		{
			name: "when only the time of a typical call is left", wait: time.Second, within: 50 * time.Millisecond,
			ctx: func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, 70*time.Millisecond)
			},
			want: "upstream iris: 1 calls are with it and there was no room within 50ms; raise concurrency.limit of ModelServer iris or add replicas",
		},
		{
			name: "at once when the deadline cannot be made", wait: time.Second,
			ctx: func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, 30*time.Millisecond)
			},
			want: "upstream iris: 1 calls are with it, and the deadline leaves 30ms for a wait and a call, which takes 20ms; " +
				"raise concurrency.limit of ModelServer iris or add replicas",
		},
		{
			name: "with its context", wait: time.Second, within: 5 * time.Millisecond,
			ctx: func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancelCause(ctx)
				timer := time.AfterFunc(5*time.Millisecond, func() { cancel(cancelled) })
				return ctx, func() { timer.Stop(); cancel(nil) }
			},
			want: context.Canceled.Error(),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := admission.New("iris", admission.Options{Mode: admission.Fixed, Limit: 1, Wait: units.Duration(test.wait)})
				typical := admitted(t, l, 1)[0]
				time.Sleep(20 * time.Millisecond)
				typical.Release(true)
				held := admitted(t, l, 1)[0]
				begun := time.Now()
				ctx, cancel := test.ctx(t.Context())
				defer cancel()
				_, err := l.Admit(ctx)
				if err == nil || err.Error() != test.want || time.Since(begun) != test.within {
					t.Errorf("%v after %s, want %s after %s", err, time.Since(begun), test.want, test.within)
				}
				held.Release(false)
				if got := l.State(); got.InFlight != 0 || got.Queued != 0 {
					t.Errorf("%+v, want nothing left", got)
				}
			})
		})
	}
}

// TestOrderOfTheQueue lets calls come a millisecond apart, and makes room once: early, when there is hope for all, or late.
func TestOrderOfTheQueue(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		room time.Duration // after the first came
		want string
	}{
		{"oldest first while there is hope for all", 20 * time.Millisecond, "abc"},
		{"newest first once the oldest has waited long", 80 * time.Millisecond, "cba"},
		{"none whose time is over", 101500 * time.Microsecond, "c"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := admission.New("iris", admission.Options{Mode: admission.Fixed, Limit: 1, Queue: 3})
				held := admitted(t, l, 1)[0]
				begun, order := time.Now(), make(chan string, 3)
				for _, name := range []string{"a", "b", "c"} {
					go func() {
						permit, err := l.Admit(t.Context())
						if err == nil {
							order <- name
							permit.Release(true)
						}
					}()
					time.Sleep(time.Millisecond)
				}
				time.Sleep(time.Until(begun.Add(test.room)))
				held.Release(true)
				synctest.Wait()
				close(order)
				var got strings.Builder
				for name := range order {
					got.WriteString(name)
				}
				if got.String() != test.want {
					t.Errorf("%s, want %s", got.String(), test.want)
				}
				time.Sleep(time.Second)
			})
		})
	}
}

func TestPushbackIsSpread(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := admission.New("iris", admission.Options{Mode: admission.Fixed, Limit: 1, Queue: -1, Wait: units.Duration(time.Second)})
		held := admitted(t, l, 1)[0]
		seen := map[time.Duration]bool{}
		for range 100 {
			_, err := l.Admit(t.Context())
			after := refusal(t, err).RetryAfter
			if after < 500*time.Millisecond || after > 1500*time.Millisecond {
				t.Errorf("%s, want a second, half of it more or less", after)
			}
			seen[after] = true
		}
		if len(seen) < 50 {
			t.Errorf("%d different ones of 100", len(seen))
		}
		time.Sleep(time.Hour)
		held.Release(true) // a typical call takes an hour now
		defer admitted(t, l, 1)[0].Release(true)
		_, err := l.Admit(t.Context())
		if after := refusal(t, err).RetryAfter; after < 5*time.Second || after > 15*time.Second {
			t.Errorf("%s, want 10s, half of it more or less", after)
		}
	})
}

func TestBusyWhenAFifthIsLeft(t *testing.T) {
	t.Parallel()
	l := admission.New("iris", admission.Options{Mode: admission.Fixed, Limit: 10})
	for i, permit := range admitted(t, l, 7) {
		defer permit.Release(true)
		if l.Busy() {
			t.Fatalf("busy with %d of 10", i+1)
		}
	}
	defer admitted(t, l, 1)[0].Release(true)
	if !l.Busy() {
		t.Error("not busy with 8 of 10")
	}
}

func TestCuresOfTheAdaptiveLimit(t *testing.T) {
	t.Parallel()
	for want, most := range map[string]int{
		"raise concurrency.max of ModelServer iris or add replicas":   3,
		"it does no more at a time: add replicas to ModelServer iris": 100,
	} {
		l := admission.New("iris", admission.Options{Mode: admission.Adaptive, Limit: 3, Max: most, Queue: -1})
		for _, permit := range admitted(t, l, 3) {
			defer permit.Release(true)
		}
		_, err := l.Admit(t.Context())
		if got := refusal(t, err).Error(); !strings.HasSuffix(got, want) {
			t.Errorf("%s, want …%s", got, want)
		}
	}
}

func TestAContextThatIsOverIsNotAdmitted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l := admission.New("iris", admission.Options{Mode: admission.Fixed, Limit: 10})
	if _, err := l.Admit(ctx); !errors.Is(err, context.Canceled) || l.State().InFlight != 0 {
		t.Errorf("%v, %+v", err, l.State())
	}
}

func BenchmarkAdmit(b *testing.B) {
	for _, mode := range []admission.Options{{Mode: admission.Off}, {Mode: admission.Fixed, Limit: 1000}, {Mode: admission.Adaptive}} {
		b.Run(string(mode.Mode), func(b *testing.B) {
			b.ReportAllocs()
			l, ctx := admission.New("iris", mode), b.Context()
			for b.Loop() {
				permit, err := l.Admit(ctx)
				if err != nil {
					b.Fatal(err)
				}
				permit.Release(true)
			}
		})
	}
}
