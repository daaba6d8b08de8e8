package clients_test

import (
	"context"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

// startStream serves every method with a handler of the bare stream, for servers that break the rules.
func startStream(tb testing.TB, handle func(grpc.ServerStream) error) (address string) {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	server := grpc.NewServer(grpc.ForceServerCodecV2(infer.Codec{}),
		grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error { return handle(stream) }))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	tb.Cleanup(func() {
		server.Stop()
		<-done
	})
	return listener.Addr().String()
}

// answer sends a response that is large enough for the client to pool.
func answer(stream grpc.ServerStream) error {
	return stream.SendMsg(&infer.Frame{Buffers: mem.BufferSlice{mem.SliceBuffer(odd(make([]byte, 100<<10), 6))}})
}

func TestAnswersThatAreDroppedAreFreed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		handle func(grpc.ServerStream) error
		code   codes.Code
	}{
		{"an error after the answer", func(stream grpc.ServerStream) error {
			_ = answer(stream)
			return status.Error(codes.DataLoss, "on second thoughts")
		}, codes.DataLoss},
		{"an answer that does not decode", func(stream grpc.ServerStream) error {
			broken := make([]byte, 10<<10)
			return stream.SendMsg(&infer.Frame{Buffers: mem.BufferSlice{mem.SliceBuffer(broken)}})
		}, codes.Internal},
		{"no answer", func(grpc.ServerStream) error { return nil }, codes.Internal},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := open(t, clients.Options{Targets: []string{startStream(t, test.handle)}})
			if err := call(t.Context(), t, s.Model("m")); infer.CodeOf(err) != test.code {
				t.Errorf("%v, want %v", err, test.code)
			}
		})
	}
}

func TestSecondAnswerIsRefused(t *testing.T) {
	t.Parallel()
	address := startStream(t, func(stream grpc.ServerStream) error {
		_ = answer(stream)
		return answer(stream)
	})
	s := openUncounted(t, clients.Options{Targets: []string{address}}) // grpc-go drops what it has read of the second
	if err := call(t.Context(), t, s.Model("m")); infer.CodeOf(err) != codes.Internal {
		t.Errorf("%v, want INTERNAL", err)
	}
}

// A large request to a server that reads none of it fills the windows; the rest waits in grpc-go when the call is cancelled.
func TestCancelledRequestIsGivenBack(t *testing.T) {
	t.Parallel()
	began := make(chan struct{}, 1)
	address := startStream(t, func(stream grpc.ServerStream) error {
		began <- struct{}{}
		<-stream.Context().Done()
		return stream.Context().Err()
	})
	pool := oiptest.NewPool(t)
	s := open(t, clients.Options{Targets: []string{address}})
	for _, model := range []string{"m", "renamed"} {
		req, err := infer.ParseRequest(pool.Split(odd(make([]byte, 4<<20), 7), 32<<10))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-began
			cancel()
		}()
		_, err = s.Model(model).Infer(ctx, req)
		req.Free()
		if infer.CodeOf(err) != codes.Canceled {
			t.Errorf("%v, want CANCELLED", err)
		}
	}
}

func TestRequestThatFindsNoConnectionIsGivenBack(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	var n network
	s := n.open(t, clients.Options{Targets: []string{"gone:1"}, ConnectTimeout: 1})
	req, err := infer.ParseRequest(pool.Split(odd(make([]byte, 64<<10), 7), 32<<10))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Model("renamed").Infer(t.Context(), req)
	req.Free()
	if infer.CodeOf(err) != codes.Unavailable {
		t.Errorf("%v, want UNAVAILABLE", err)
	}
}
