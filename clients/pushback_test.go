package clients_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/infer"
)

// TestServersPushbackIsObeyedAndTold has two endpoints that refuse each call, and say when they want it again.
func TestServersPushbackIsObeyedAndTold(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		code    codes.Code
		says    string
		calls   int32 // that reach a server
		telling time.Duration
	}{
		{codes.Unavailable, "-1", 1, 0},
		{codes.Unavailable, "soon", 1, 0},
		{codes.Unavailable, "5", 2, 5 * time.Millisecond},
		{codes.Unavailable, "99999999", 1, 10 * time.Minute},
		{codes.ResourceExhausted, "7000", 1, 7 * time.Second},
		{codes.Internal, "7000", 1, 0},
	} {
		t.Run(fmt.Sprint(test.code, " ", test.says), func(t *testing.T) {
			t.Parallel()
			refuse := func(ctx context.Context, _ []byte) ([]byte, error) {
				_ = grpc.SetTrailer(ctx, metadata.Pairs("grpc-retry-pushback-ms", test.says))
				return nil, status.Error(test.code, "later")
			}
			one, two := &fake{infer: refuse}, &fake{infer: refuse}
			s := open(t, clients.Options{Targets: []string{one.start(t), two.start(t)}})
			err := call(t.Context(), t, s.Model("m"))
			if e := infer.AsError(err); e.Code != test.code || e.RetryAfter != test.telling {
				t.Errorf("%v %v, retry after %s, want %v and %s", e.Code, e, e.RetryAfter, test.code, test.telling)
			}
			if got := one.infers.Load() + two.infers.Load(); got != test.calls {
				t.Errorf("%d calls, want %d", got, test.calls)
			}
		})
	}
}

func TestPushbackOfAStreamIsTold(t *testing.T) {
	t.Parallel()
	f := &fake{stream: func(_ []byte, stream grpc.ServerStream) error {
		stream.SetTrailer(metadata.Pairs("grpc-retry-pushback-ms", "6000"))
		return status.Error(codes.Unavailable, "later")
	}}
	s := connect(t, f, clients.Options{})
	err := s.Model("m").Stream(t.Context(), request(t, 16), func(r infer.Reply) error { r.Response.Free(); return nil })
	if e := infer.AsError(err); e.Code != codes.Unavailable || e.RetryAfter != 6*time.Second {
		t.Errorf("%v %v, retry after %s", e.Code, e, e.RetryAfter)
	}
}
