package server

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/manifold-serving/manifold/infer"
)

// flipping is a catalog that can be ready and not.
type flipping struct {
	Catalog
	fault atomic.Pointer[infer.Error]
}

func (f *flipping) Ready(context.Context) error {
	if err := f.fault.Load(); err != nil {
		return err
	}
	return nil
}

// watcher is the sending end of a watch.
type watcher struct {
	grpc.ServerStream
	ctx  context.Context
	sent []grpc_health_v1.HealthCheckResponse_ServingStatus
}

func (w *watcher) Context() context.Context { return w.ctx }

func (w *watcher) Send(resp *grpc_health_v1.HealthCheckResponse) error {
	w.sent = append(w.sent, resp.GetStatus())
	return nil
}

// TestWatchFollowsReadiness: each change is told once, within the interval.
func TestWatchFollowsReadiness(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &flipping{}
		h := &health{readiness: newReadiness(c)}
		ctx, cancel := context.WithCancel(t.Context())
		w := &watcher{ctx: ctx}
		done := make(chan error, 1)
		go func() { done <- h.Watch(&grpc_health_v1.HealthCheckRequest{}, w) }()
		for _, fault := range []*infer.Error{nil, {Reason: "x"}, {Reason: "y"}, nil} {
			synctest.Wait()
			c.fault.Store(fault)
			time.Sleep(3 * watchInterval) // of the bubble's clock
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("the watch ends with %v", err)
		}
		want := fmt.Sprint([]string{"SERVING", "NOT_SERVING", "SERVING"})
		if got := fmt.Sprint(w.sent); got != want {
			t.Errorf("told %s, want %s", got, want)
		}
	})
}
