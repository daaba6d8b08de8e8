package manifold_test

import (
	"context"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

// allocated is what fn allocates per call in the whole process, garbage collection off, so that pools keep what they hold.
func allocated(calls int, fn func()) int {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for range calls { // the pools fill
		fn()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range calls {
		fn()
	}
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc-before.TotalAlloc) / calls
}

// A passthrough never unmarshals: client, gateway and upstream together allocate less for 4 MiB than the gateway alone may.
func TestPassthroughOf4MiBAllocatesLittle(t *testing.T) {
	if oiptest.Race {
		t.Skip("allocations are counted without the race detector")
	}
	upstream := oiptest.Serve(t, oiptest.Models{"sink": oiptest.Label("done")})
	gateway := start(t, load(t, modelServerYAML("upstream", upstream, "*")+graphYAML("three", "{serviceName: sink}, {serviceName: sink}, {serviceName: sink}")), manifold.Options{})
	conn := oiptest.Dial(t, gateway.Addresses().GRPC)
	for model, budget := range map[string]int{"sink": 256 << 10, "three": 3 * 256 << 10} {
		req := oiptest.Wide(model, 4<<20)
		got := allocated(20, func() {
			if err := oiptest.Ask(t.Context(), conn, req); err != nil {
				t.Fatal(err)
			}
		})
		if got > budget {
			t.Errorf("%s: %d KiB for a request of 4 MiB", model, got>>10)
		}
		t.Logf("%s: %d KiB for a request of 4 MiB", model, got>>10)
	}
}

// waiting is a model that tells when a call has come and when it was cancelled.
type waiting struct{ began, ended chan string }

func (w waiting) model(name string) infer.Handler {
	return infer.HandlerFunc(func(ctx context.Context, _ *infer.Request) (*infer.Response, error) {
		w.began <- name
		<-ctx.Done()
		w.ended <- name
		return nil, ctx.Err()
	})
}

// Cancelling the client's call cancels every step that runs, at its upstream.
func TestCancelReachesTheUpstreamOfEveryRunningStep(t *testing.T) {
	t.Parallel()
	w := waiting{make(chan string, 2), make(chan string, 2)}
	upstream := oiptest.Serve(t, oiptest.Models{"a": w.model("a"), "b": w.model("b")})
	gateway := start(t, load(t, modelServerYAML("upstream", upstream, "*")+`
---
apiVersion: serving.kserve.io/v1alpha1
kind: InferenceGraph
metadata: {name: both}
spec:
  nodes:
    root:
      routerType: Ensemble
      steps: [{name: a, serviceName: a}, {name: nested, nodeName: inner}]
    inner:
      routerType: Sequence
      steps: [{serviceName: b}]
`), manifold.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan error, 1)
	go func() {
		_, err := gateway.grpc.ModelInfer(ctx, echoRequest("both"))
		answered <- err
	}()
	<-w.began
	<-w.began
	cancel()
	<-w.ended
	<-w.ended
	if err := <-answered; status.Code(err) != codes.Canceled {
		t.Errorf("the client got %v", err)
	}
}

// Each step is told the time that is left, which is never more than the step before it had.
func TestDeadlinesShrinkAlongTheSteps(t *testing.T) {
	t.Parallel()
	deadlines := make(chan time.Time, 3)
	step := infer.HandlerFunc(func(ctx context.Context, req *infer.Request) (*infer.Response, error) {
		d, _ := ctx.Deadline()
		deadlines <- d
		return oiptest.Identity().Infer(ctx, req)
	})
	upstream := oiptest.Serve(t, oiptest.Models{"echo": step})
	gateway := start(t, load(t, modelServerYAML("upstream", upstream, "*")+
		graphYAML("three", "{serviceName: echo}, {serviceName: echo, data: $response}, {serviceName: echo, data: $response}")), manifold.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	want, _ := ctx.Deadline()
	if _, err := gateway.grpc.ModelInfer(ctx, echoRequest("three")); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		// The wire carries the time that is left, rounded up by at most its unit, so a step's clock may show a little more.
		if d := <-deadlines; d.IsZero() || d.After(want.Add(time.Second)) {
			t.Errorf("a step's deadline is %v, the client's %v", d, want)
		}
	}
}
