package clients_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// bursts is a server that sends messages a millisecond apart, that many in a burst, and a burst a second. It tells when its stream was
// reset, after which message.
func bursts(dialect string, burst int, reset chan<- int) *fake {
	f := &fake{about: &pb.ServerMetadataResponse{Name: dialect}}
	f.stream = func(_ []byte, stream grpc.ServerStream) error {
		for sent := 0; ; sent++ {
			gap := time.Millisecond
			if sent > 0 && sent%burst == 0 {
				gap = time.Second
			}
			select {
			case <-time.After(gap):
			case <-stream.Context().Done():
				reset <- sent
				return stream.Context().Err()
			}
			if dialect == "mlserver" {
				_ = stream.SendMsg(answered("a")) // after a reset the context is done
			} else {
				_ = send(stream, framed(answered("a", false)))
			}
		}
	}
	return f
}

// TestTritonIsLeftAfterASilence: nothing has come when the client leaves, and the answer may be about to.
func TestTritonIsLeftAfterASilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		reset := make(chan time.Time, 1)
		f := &fake{about: &pb.ServerMetadataResponse{Name: "triton"}, stream: func(_ []byte, stream grpc.ServerStream) error {
			<-stream.Context().Done()
			reset <- time.Now()
			return stream.Context().Err()
		}}
		defer n.serve("vision:1", f)()
		s := n.open(t, clients.Options{Targets: []string{"vision:1"}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		g := gather(ctx, s.Model("m"), streaming(t, false))
		left := time.Now()
		if infer.CodeOf(g.err) != codes.DeadlineExceeded {
			t.Errorf("error %v", g.err)
		}
		if after := (<-reset).Sub(left); after < 200*time.Millisecond || after > time.Second {
			t.Errorf("reset after %s", after)
		}
		synctest.Wait()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestTritonIsLeftBetweenItsMessages: a Triton dies of a stream that is reset while it answers, so it is reset when it pauses. Whoever
// leaves does not wait for that.
func TestTritonIsLeftBetweenItsMessages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, dialect string
		burst         int
		after         int           // messages
		within        time.Duration // of the client's leave
	}{
		{"a Triton that pauses", "triton", 50, 50, 310 * time.Millisecond},
		{"a Triton that never does", "triton", 1 << 30, 10_001, 10 * time.Second},
		{"another server", "mlserver", 50, 1, time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := &network{}
				reset := make(chan int, 1)
				defer n.serve("vision:1", bursts(tt.dialect, tt.burst, reset))()
				s := n.open(t, clients.Options{Targets: []string{"vision:1"}})
				ctx, cancel := context.WithCancel(t.Context())
				var left time.Time
				err := s.Model("m").Stream(ctx, streaming(t, false), func(r infer.Reply) error {
					r.Response.Free()
					left = time.Now()
					cancel()
					return nil
				})
				if infer.CodeOf(err) != codes.Canceled || time.Since(left) != 0 {
					t.Errorf("it returned %v after %s", err, time.Since(left))
				}
				if sent := <-reset; sent != tt.after || time.Since(left) > tt.within {
					t.Errorf("reset after %d messages, %s after the client left", sent, time.Since(left))
				}
				synctest.Wait()
				if got := inflight(s); got != 0 {
					t.Errorf("%d calls in flight", got)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestAClientThatPanicsLeavesItsStream: the edge recovers, and the endpoint is not to seem busy ever after.
func TestAClientThatPanicsLeavesItsStream(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{"triton", "mlserver"} {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := &network{}
				reset := make(chan int, 1)
				defer n.serve("vision:1", bursts(dialect, 50, reset))()
				s := n.open(t, clients.Options{Targets: []string{"vision:1"}})
				func() {
					defer func() { _ = recover() }()
					_ = s.Model("m").Stream(t.Context(), streaming(t, false), func(r infer.Reply) error {
						r.Response.Free()
						panic("at the disco")
					})
				}()
				<-reset
				synctest.Wait()
				if got := inflight(s); got != 0 {
					t.Errorf("%d calls in flight", got)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestDeadlinesGoAlongWithStreams, except to a Triton, which must not be the one that ends a stream.
func TestDeadlinesGoAlongWithStreams(t *testing.T) {
	t.Parallel()
	for dialect, want := range map[string]bool{"mlserver": true, "OpenVINO Model Server": true, "triton": false} {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			told := make(chan bool, 1)
			f := &fake{about: &pb.ServerMetadataResponse{Name: dialect}, stream: func(_ []byte, stream grpc.ServerStream) error {
				_, ok := stream.Context().Deadline()
				told <- ok
				return nil
			}}
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			gather(ctx, connect(t, f, clients.Options{}).Model("m"), streaming(t, false))
			if got := <-told; got != want {
				t.Errorf("told of the deadline: %v", got)
			}
		})
	}
}
