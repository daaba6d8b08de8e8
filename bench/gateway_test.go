package bench_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/manifold-serving/manifold"
	"github.com/manifold-serving/manifold/config"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
	"github.com/manifold-serving/manifold/server"
)

const resources = `
apiVersion: manifold.dev/v1alpha1
kind: ModelServer
metadata: {name: upstream}
spec: {targets: [%q]}
---
apiVersion: serving.kserve.io/v1alpha1
kind: InferenceGraph
metadata: {name: three-steps}
spec:
  nodes:
    root:
      routerType: Sequence
      steps: [{serviceName: echo}, {serviceName: echo, data: $response}, {serviceName: echo, data: $response}]
---
apiVersion: serving.kserve.io/v1alpha1
kind: InferenceGraph
metadata: {name: both}
spec:
  nodes:
    root:
      routerType: Ensemble
      steps: [{name: a, serviceName: echo}, {name: b, serviceName: echo}]
`

// sizes are those of issue and docs: 588 KiB is a picture of 1x3x224x224 FP32.
var sizes = []struct {
	name  string
	bytes int
}{{"64B", 64}, {"588KiB", 588 << 10}, {"4MiB", 4 << 20}}

// BenchmarkGRPC sends requests of one UINT8 tensor that comes back: to the upstream itself, through the gateway, and through a
// Sequence of three steps, each with the previous step's answer.
func BenchmarkGRPC(b *testing.B) {
	upstream := oiptest.Serve(b, oiptest.Models{"echo": oiptest.Identity()})
	gateway := start(b, upstream)
	for _, size := range sizes {
		for _, path := range []struct{ name, address, model string }{
			{"direct", upstream, "echo"}, {"gateway", gateway.GRPC, "echo"}, {"three-steps", gateway.GRPC, "three-steps"},
		} {
			b.Run(size.name+"/"+path.name, func(b *testing.B) { benchmarkGRPC(b, path.address, path.model, size.bytes) })
		}
	}
}

func benchmarkGRPC(b *testing.B, address, model string, size int) {
	b.Helper()
	conn := oiptest.Dial(b, address)
	req := oiptest.Wide(model, size)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		if err := oiptest.Ask(b.Context(), conn, req); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkREST sends FP32 tensors as JSON, which come back as JSON.
func BenchmarkREST(b *testing.B) {
	gateway := start(b, oiptest.Serve(b, oiptest.Models{"echo": oiptest.Identity()}))
	for _, n := range []int{85, 4096, 150_528} {
		b.Run(fmt.Sprintf("%dxFP32", n), func(b *testing.B) {
			body := fmt.Appendf(nil, `{"inputs":[{"name":"x","datatype":"FP32","shape":[%d],"data":[%s]}]}`,
				n, strings.TrimSuffix(strings.Repeat("0.12345679,", n), ","))
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				resp, err := http.Post("http://"+gateway.REST+"/v2/models/echo/infer", "application/json", bytes.NewReader(body))
				if err != nil || resp.StatusCode != http.StatusOK {
					b.Fatal(resp, err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	}
}

func start(b *testing.B, upstream string) server.Listeners {
	b.Helper()
	loaded, err := config.Load([]string{"-"}, strings.NewReader(fmt.Sprintf(resources, upstream)))
	if err != nil {
		b.Fatal(err)
	}
	loaded.Gateway = &config.Gateway{Spec: server.Options{Grace: -1}}
	g, err := manifold.New(b.Context(), loaded, manifold.Options{Listeners: server.Listeners{REST: "127.0.0.1:0", GRPC: "127.0.0.1:0", Admin: server.Off}})
	if err != nil {
		b.Fatal(err)
	}
	if err := g.Listen(b.Context()); err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- g.Serve(ctx) }()
	b.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			b.Error(err)
		}
	})
	return g.Addresses()
}

// BenchmarkCancel measures how long after the client cancels the upstreams of both running steps of an Ensemble know of it.
func BenchmarkCancel(b *testing.B) {
	began, ended := make(chan struct{}, 2), make(chan time.Time, 2)
	wait := infer.HandlerFunc(func(ctx context.Context, _ *infer.Request) (*infer.Response, error) {
		began <- struct{}{}
		<-ctx.Done()
		ended <- time.Now()
		return nil, ctx.Err()
	})
	gateway := start(b, oiptest.Serve(b, oiptest.Models{"echo": wait}))
	conn, err := grpc.NewClient(gateway.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	client := pb.NewGRPCInferenceServiceClient(conn)
	var slowest []time.Duration
	for b.Loop() {
		ctx, cancel := context.WithCancel(b.Context())
		answered := make(chan error, 1)
		go func() {
			_, err := client.ModelInfer(ctx, &pb.ModelInferRequest{ModelName: "both"})
			answered <- err
		}()
		<-began
		<-began
		cancelled := time.Now()
		cancel()
		slowest = append(slowest, max((<-ended).Sub(cancelled), (<-ended).Sub(cancelled)))
		<-answered
	}
	slices.Sort(slowest)
	b.ReportMetric(float64(slowest[len(slowest)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(slowest[len(slowest)/2].Microseconds()), "p50-µs")
}
