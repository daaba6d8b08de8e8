package rogue_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

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

// idle waits until no call is live: handlers end a moment after their callers.
func idle(t *testing.T, f *fixture) {
	t.Helper()
	await(t, func() bool { return f.Counts().Live == 0 })
}

// await waits until something that happens elsewhere has happened.
func await(t *testing.T, happened func() bool) {
	t.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for !happened() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatal("it does not happen")
		}
	}
}

// ask asks the control port.
func (f *fixture) ask(t *testing.T, method, path, body string, answer any) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+f.control+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if answer != nil {
		if err := json.NewDecoder(resp.Body).Decode(answer); err != nil {
			t.Fatal(err)
		}
	}
	return resp.StatusCode
}

func (f *fixture) journal(t *testing.T) []backend.Execution {
	t.Helper()
	var all []backend.Execution
	f.ask(t, http.MethodGet, backend.PathJournal, "", &all)
	return all
}
