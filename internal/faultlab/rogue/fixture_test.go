package rogue_test

import (
	"context"
	"net"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/internal/faultlab/backend"
	"github.com/manifold-serving/manifold/internal/faultlab/proof"
	"github.com/manifold-serving/manifold/internal/faultlab/rogue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixture is a server in this process, and a client of it.
type fixture struct {
	*rogue.Server
	address, control string
	exited           chan int
	served           chan error
	client           pb.GRPCInferenceServiceClient
}

// serve serves until t ends.
func serve(t *testing.T, o backend.Options) *fixture {
	t.Helper()
	f := &fixture{exited: make(chan int, 1), served: make(chan error, 1)}
	data, control := listen(t), listen(t)
	f.address, f.control = data.Addr().String(), control.Addr().String()
	f.Server = rogue.New(o, data, control, func(code int) { f.exited <- code })
	ctx, cancel := context.WithCancel(context.Background())
	go func() { f.served <- f.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-f.served; err != nil {
			t.Error(err)
		}
	})
	f.client = f.dial(t)
	return f
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// dial is a client with a connection of its own.
func (f *fixture) dial(t *testing.T) pb.GRPCInferenceServiceClient {
	t.Helper()
	c, err := grpc.NewClient("passthrough:///"+f.address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDisableRetry(),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return pb.NewGRPCInferenceServiceClient(c)
}

// order orders, or ends the test.
func (f *fixture) order(t *testing.T, b backend.Behaviour) {
	t.Helper()
	if err := f.Order(b); err != nil {
		t.Fatal(err)
	}
}

func call(id string) proof.Call {
	return proof.Call{ID: id, Payload: []byte("12345678payload of " + id)}
}
