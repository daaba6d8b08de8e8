package clients_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/internal/units"
)

// hang is a server's infer that never answers, and reports how its calls begin and end.
type hang struct {
	began chan time.Time // the call's deadline
	ended chan error
}

func newHang() *hang { return &hang{make(chan time.Time, 16), make(chan error, 16)} }

func (h *hang) infer(ctx context.Context, _ []byte) ([]byte, error) {
	deadline, _ := ctx.Deadline()
	h.began <- deadline
	<-ctx.Done()
	h.ended <- ctx.Err()
	return nil, ctx.Err()
}

func TestCancelReachesTheServer(t *testing.T) {
	t.Parallel()
	h := newHang()
	address := (&fake{infer: h.infer}).start(t)
	s := open(t, clients.Options{Targets: []string{address}})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-h.began
		cancel()
	}()
	wantError(t, call(ctx, t, s.Model("m")), codes.Canceled, "upstream vision ("+address+"): the call was cancelled")
	<-h.ended
}

func TestDeadlineIsSent(t *testing.T) {
	t.Parallel()
	h := newHang()
	s := connect(t, &fake{infer: h.infer}, clients.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	want, _ := ctx.Deadline()
	go func() {
		// gRPC sends the time that is left, so the server's clock starts a little later.
		if got := <-h.began; got.IsZero() || got.After(want.Add(time.Minute)) {
			t.Errorf("the server's deadline is %s, the caller's %s", got, want)
		}
		cancel()
	}()
	_ = call(ctx, t, s.Model("m"))
	<-h.ended
}

func TestDeadlinesOnTheServer(t *testing.T) {
	t.Parallel()
	const silent = "upstream vision (vision:1): it did not answer before the deadline"
	tests := []struct {
		name    string
		timeout units.Duration
		caller  time.Duration
		want    time.Duration
	}{
		{"the caller's", 0, 3 * time.Second, 3 * time.Second},
		{"the caller's, though longer", units.Duration(time.Second), 3 * time.Second, 3 * time.Second},
		{"the option", units.Duration(5 * time.Second), 0, 5 * time.Second},
		{"the default", 0, 0, time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var n network
				h := newHang()
				defer n.serve("vision:1", &fake{infer: h.infer})()
				s := n.open(t, clients.Options{Targets: []string{"vision:1"}, Timeout: test.timeout})
				ctx := t.Context()
				if test.caller > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, test.caller)
					defer cancel()
				}
				start := time.Now()
				wantError(t, call(ctx, t, s.Model("m")), codes.DeadlineExceeded, silent)
				if waited := time.Since(start); waited != test.want {
					t.Errorf("waited %s, want %s", waited, test.want)
				}
				if got := (<-h.began).Sub(start); got != test.want {
					t.Errorf("the server had %s, want %s", got, test.want)
				}
			})
		})
	}
}
