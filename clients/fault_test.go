package clients_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/infer"
)

func TestServersErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		give error
		code codes.Code
		want string
	}{
		{"a client's fault", status.Error(codes.InvalidArgument, "unexpected shape for input 'x'"), codes.InvalidArgument, "unexpected shape for input 'x'"},
		{"no such model", status.Error(codes.NotFound, "model not found"), codes.NotFound, "model not found"},
		{"of its own accord", status.Error(codes.Canceled, "evicted"), codes.Canceled, "evicted"},
		{"its own deadline", status.Error(codes.DeadlineExceeded, "queue timeout"), codes.DeadlineExceeded, "queue timeout"},
		{"it is overloaded", status.Error(codes.Unavailable, "queue full"), codes.Unavailable, "queue full"},
		{"it refuses our size", status.Error(codes.ResourceExhausted, "grpc: received message larger than max (5 vs. 4)"), codes.ResourceExhausted, "grpc: received message larger than max (5 vs. 4)"},
		{"no code", errors.New("plain"), codes.Unknown, "plain"},
		{"a code that does not exist", status.Error(codes.Code(99), "odd"), codes.Unknown, "odd"},
		{
			"MLServer forgets a code", status.Error(codes.Unknown, "Unexpected <class 'mlserver.errors.ModelNotFound'>: Model m not found"),
			codes.NotFound, "Unexpected <class 'mlserver.errors.ModelNotFound'>: Model m not found",
		},
		{
			"KServe forgets a code", status.Error(codes.Unknown, "Unexpected <class 'AttributeError'>: 'ModelNotReady' object has no attribute 'reason'"),
			codes.Unavailable, "Unexpected <class 'AttributeError'>: 'ModelNotReady' object has no attribute 'reason'",
		},
		{"no text", status.Error(codes.Internal, ""), codes.Internal, "it gave no reason"},
		{"nested", status.Error(codes.Internal, "rpc error: code = Internal desc = boom"), codes.Internal, "boom"},
		{"long", status.Error(codes.Internal, strings.Repeat("x", 5000)), codes.Internal, strings.Repeat("x", 1021) + "…"},
		{"a traceback", status.Error(codes.Internal, "Traceback:\n  File \"x\"\n"), codes.Internal, `Traceback:   File "x"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := &fake{infer: func(context.Context, []byte) ([]byte, error) { return nil, test.give }}
			address := f.start(t)
			s := open(t, clients.Options{Targets: []string{address}})
			wantError(t, call(t.Context(), t, s.Model("m")), test.code, "upstream vision ("+address+"): "+test.want)
		})
	}
}

func TestContextErrors(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := connect(t, f, clients.Options{})
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	expired, cancel := context.WithTimeout(t.Context(), -1)
	defer cancel()
	tests := []struct {
		name  string
		ctx   context.Context
		code  codes.Code
		want  string
		cause error
	}{
		{"cancelled", cancelled, codes.Canceled, "upstream vision: the call was cancelled", context.Canceled},
		{"expired", expired, codes.DeadlineExceeded, "upstream vision: it did not answer before the deadline", context.DeadlineExceeded},
	}
	for _, test := range tests {
		err := call(test.ctx, t, s.Model("m"))
		wantError(t, err, test.code, test.want)
		if !errors.Is(err, test.cause) {
			t.Errorf("%s: %v is not %v", test.name, err, test.cause)
		}
		if _, err := s.Model("m").Metadata(test.ctx); infer.CodeOf(err) != test.code {
			t.Errorf("%s: metadata: %v", test.name, err)
		}
	}
	if n := f.infers.Load() + f.metadatas.Load(); n != 0 {
		t.Errorf("%d calls were sent after their end", n)
	}
}

func TestServerThatIsNoGRPCServer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Handler: http.NotFoundHandler(), Protocols: protocols}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	s := openUncounted(t, clients.Options{Targets: []string{listener.Addr().String()}})
	err = call(t.Context(), t, s.Model("m"))
	if infer.CodeOf(err) != codes.Unimplemented || !strings.Contains(err.Error(), "404") {
		t.Errorf("got %v %v, want UNIMPLEMENTED that tells the HTTP status", infer.CodeOf(err), err)
	}
}

func TestErrorAfterHeadersIsTheServers(t *testing.T) {
	t.Parallel()
	f := &fake{infer: func(ctx context.Context, _ []byte) ([]byte, error) {
		if err := grpc.SendHeader(ctx, metadata.Pairs("x", "y")); err != nil {
			return nil, err
		}
		return nil, status.Error(codes.ResourceExhausted, "out of GPU memory")
	}}
	address := f.start(t)
	s := open(t, clients.Options{Targets: []string{address}})
	wantError(t, call(t.Context(), t, s.Model("m")), codes.ResourceExhausted, "upstream vision ("+address+"): out of GPU memory")
}
