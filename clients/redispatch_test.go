package clients_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/clients/dispatch"
	"github.com/manifold-serving/manifold/clients/fleet"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// streams is a server of a kind that answers streams so.
func streams(kind string, handle func(grpc.ServerStream) error) *fake {
	return &fake{
		about:  &pb.ServerMetadataResponse{Name: kind},
		stream: func(_ []byte, stream grpc.ServerStream) error { return handle(stream) },
	}
}

// TestStreamsAreMadeAgainBeforeTheirFirstMessage, and not after it.
func TestStreamsAreMadeAgainBeforeTheirFirstMessage(t *testing.T) {
	t.Parallel()
	lost := status.Error(codes.Unavailable, "shutting down")
	for _, tt := range []struct {
		name   string
		broken func(grpc.ServerStream) error
		code   codes.Code
	}{
		{"at once", func(grpc.ServerStream) error { return lost }, codes.OK},
		{"after a header", func(s grpc.ServerStream) error { _ = s.SendHeader(nil); return lost }, codes.OK},
		{"after a message", func(s grpc.ServerStream) error { _ = send(s, framed(answered("a", false))); return lost }, codes.Unavailable},
		{"what the model says is no fault of the server", func(grpc.ServerStream) error {
			return status.Error(codes.InvalidArgument, "what is that?")
		}, codes.InvalidArgument},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := &network{}
				whole := func(s grpc.ServerStream) error { return send(s, framed(answered("b", true))) }
				defer n.serve("a:1", streams("triton", tt.broken))()
				defer n.serve("b:1", streams("triton", whole))()
				s := n.open(t, clients.Options{Targets: []string{"a:1", "b:1"}})
				failed := 0
				for range 20 {
					g := gather(t.Context(), s.Model("m"), streaming(t, false))
					if g.err == nil {
						continue
					}
					if failed++; infer.CodeOf(g.err) != tt.code {
						t.Errorf("%v", g.err)
					}
				}
				if (failed > 0) != (tt.code != codes.OK) {
					t.Errorf("%d of 20 failed", failed)
				}
				synctest.Wait()
				time.Sleep(time.Minute)
				if left := inflight(s); left != 0 {
					t.Errorf("%d calls in flight", left)
				}
			})
		})
	}
}

// TestU2StalledStreamsMove to another server, and the ones that lose are left as their server wants it.
func TestU2StalledStreamsMove(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"triton", "mlserver"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := &network{}
				var hangs atomic.Bool
				left := make(chan struct{}, 100)
				say := func(s grpc.ServerStream) error {
					if kind == "mlserver" {
						return send(s, answered("b"))
					}
					return send(s, framed(answered("b", true)))
				}
				first := func(s grpc.ServerStream) error {
					if !hangs.Load() {
						return say(s)
					}
					<-s.Context().Done()
					left <- struct{}{}
					return s.Context().Err()
				}
				defer n.serve("a:1", streams(kind, first))()
				defer n.serve("b:1", streams(kind, say))()
				s := n.open(t, clients.Options{Targets: []string{"a:1", "b:1"}})
				ask := func() {
					ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
					defer cancel()
					if g := gather(ctx, s.Model("m"), streaming(t, false)); g.err != nil || len(g.replies) != 1 {
						t.Errorf("%v %v", g.replies, g.err)
					}
				}
				for range 100 {
					ask()
				}
				hangs.Store(true)
				for range 200 {
					go ask()
					time.Sleep(20 * time.Millisecond)
				}
				time.Sleep(10 * time.Second)
				if len(left) == 0 {
					t.Error("no stream was at the server that hangs: nothing was proved")
				}
				if got := inflight(s); got != 0 {
					t.Errorf("%d calls in flight", got)
				}
			})
		})
	}
}

// TestHedgedAnswersAreFreed: both servers answer, and what comes second is dropped; the pool of open counts.
func TestHedgedAnswersAreFreed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		var calls atomic.Int32
		answer := odd(make([]byte, 100<<10), 6)
		slow := func(_ context.Context, _ []byte) ([]byte, error) {
			if calls.Add(1)%20 == 0 {
				time.Sleep(30 * time.Millisecond)
			}
			time.Sleep(5 * time.Millisecond)
			return answer, nil
		}
		defer n.serve("a:1", &fake{infer: slow})()
		defer n.serve("b:1", &fake{infer: slow})()
		s := n.open(t, clients.Options{Targets: []string{"a:1", "b:1"}, Policies: fleet.Policies{Hedging: &dispatch.Hedging{Budget: 10}}})
		for range 300 {
			if err := call(t.Context(), t, s.Model("m")); err != nil {
				t.Error(err)
			}
		}
		if hedges := s.State().Dispatch.Hedges; hedges == 0 {
			t.Error("nothing was hedged: nothing was proved")
		}
	})
}
