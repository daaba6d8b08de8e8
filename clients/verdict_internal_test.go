package clients

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
)

// TestWhatTheEndOfACallShows of its endpoint, and whether it may be made again.
func TestWhatTheEndOfACallShows(t *testing.T) {
	t.Parallel()
	const young, old = 10 * time.Millisecond, time.Second
	cancelled := func(ctx context.Context) context.Context {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		return ctx
	}
	expired := func(ctx context.Context) context.Context {
		ctx, cancel := context.WithTimeout(ctx, 0)
		cancel()
		return ctx
	}
	open := func(ctx context.Context) context.Context { return ctx }
	final, broken, unsent := dispatch.Fault{Final: true}, dispatch.Fault{Broken: true}, dispatch.Fault{Unsent: true}
	for _, tt := range []struct {
		name    string
		ctx     func(context.Context) context.Context
		phase   int32
		age     time.Duration
		code    codes.Code
		outcome balance.Outcome
		fault   dispatch.Fault
	}{
		{"the client's fault", open, outbound, young, codes.InvalidArgument, balance.Answered, final},
		{"no such model", open, outbound, young, codes.NotFound, balance.Answered, final},
		{"not offered", open, outbound, young, codes.Unimplemented, balance.Answered, final},
		{"the model failed", open, outbound, young, codes.Internal, balance.Failed, dispatch.Fault{}},
		{"nobody knows", open, outbound, young, codes.Unknown, balance.Failed, dispatch.Fault{}},
		{"no memory", open, outbound, young, codes.ResourceExhausted, balance.Failed, dispatch.Fault{}},
		{"it broke off", open, outbound, young, codes.Unavailable, balance.Failed, broken},
		{"its own timeout", open, outbound, young, codes.DeadlineExceeded, balance.Failed, dispatch.Fault{}},
		{"it gave up", open, outbound, young, codes.Canceled, balance.Failed, dispatch.Fault{}},
		{"the client left", cancelled, outbound, old, codes.Canceled, balance.Abandoned, dispatch.Fault{}},
		{"too late, after a fair time", expired, outbound, old, codes.DeadlineExceeded, balance.Failed, dispatch.Fault{}},
		{"too late, and it had no time", expired, outbound, young, codes.DeadlineExceeded, balance.Abandoned, dispatch.Fault{}},
		{"no connection", open, waiting, young, codes.Unavailable, balance.Unsent, unsent},
		{"no connection in time", open, abandoned, old, codes.Canceled, balance.Unsent, unsent},
		{"no connection before the deadline", expired, waiting, old, codes.DeadlineExceeded, balance.Unsent, dispatch.Fault{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, err := Open("vision", Options{Targets: []string{"a:1", "b:1"}})
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = s.Close() }()
				c := &call{link: (*s.links.Load())[0], conn: idle(t), start: time.Now().Add(-tt.age), patience: time.Second}
				c.phase.Store(tt.phase)
				outcome, fault := c.judge(tt.ctx(t.Context()), status.Error(tt.code, "why"))
				if fault == nil || outcome != tt.outcome {
					t.Fatalf("%v, %v; want %v", outcome, fault, tt.outcome)
				}
				if got := *fault; got.Final != tt.fault.Final || got.Broken != tt.fault.Broken || got.Unsent != tt.fault.Unsent {
					t.Errorf("%+v, want %+v", got, tt.fault)
				}
			})
		})
	}
}
