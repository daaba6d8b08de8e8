//go:build linux

package interop

import (
	"context"
	"strconv"
	"testing"
)

// T14: a Triton that is killed in mid-stream leaves no client waiting: every outstanding request gets an error on the stream.
func TestT14KilledServerIsAnErrorPerRequest(t *testing.T) {
	t.Parallel()
	for _, flavour := range []string{"grpc", "grpc.aio"} {
		t.Run(flavour, func(t *testing.T) {
			server := startTriton(t)
			gateway := lab.Gateway(t, UpstreamTo(server))
			for _, r := range lab.Client(t, "clients", "clients/brokenstream.py", gateway.GRPC, strconv.Itoa(server.group), flavour) {
				if !r.OK {
					t.Error(r.Detail)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), readyWithin)
			defer cancel()
			select {
			case <-server.ended: // its sockets are closed before it is gone
			case <-ctx.Done():
				t.Error("the server was not killed")
			}
		})
	}
}

// T14: perf_analyzer, whose stream breaks, ends and does not hang.
func TestT14PerfAnalyzerEndsWhenTheServerIsKilled(t *testing.T) {
	t.Parallel()
	server := startTriton(t)
	gateway := lab.Gateway(t, UpstreamTo(server))
	ended := make(chan int, 1)
	go func() {
		_, _, code := lab.perf(t, gateway, "-m", "simple", "-i", "grpc", "--streaming", "--async", "--request-count", "100000000")
		ended <- code
	}()
	server.await(t, func(ctx context.Context) error { return inferredMoreThan(ctx, server, "simple", 100) })
	server.Kill()
	if code := <-ended; code <= 0 {
		t.Errorf("perf_analyzer ended with %d: want its own failure", code)
	}
}
