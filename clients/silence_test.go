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

// A stream may take longer than Timeout, but may not be silent for so long.
func TestTimeoutBoundsTheSilenceOfAStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		f := &fake{about: &pb.ServerMetadataResponse{Name: "triton"}}
		f.stream = func(_ []byte, stream grpc.ServerStream) error {
			for range 3 {
				select {
				case <-time.After(40 * time.Second):
				case <-stream.Context().Done():
				}
				if err := send(stream, framed(answered("a", false))); err != nil {
					return err
				}
			}
			<-stream.Context().Done()
			return stream.Context().Err()
		}
		stop := n.serve("vision:1", f)
		defer stop()
		s := n.open(t, clients.Options{Targets: []string{"vision:1"}})
		start := time.Now()
		g := gather(t.Context(), s.Model("m"), streaming(t, false))
		if len(g.replies) != 3 || time.Since(start) != 3*time.Minute {
			t.Errorf("%v after %s", g.replies, time.Since(start))
		}
		wantError(t, g.err, codes.DeadlineExceeded,
			"upstream vision (vision:1): it sent nothing for 1m0s; raise timeout of ModelServer vision, or set a deadline")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		g = gather(ctx, s.Model("m"), streaming(t, false))
		if len(g.replies) != 1 || infer.CodeOf(g.err) != codes.DeadlineExceeded {
			t.Errorf("with a deadline: %v, error %v", g.replies, g.err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
