package manifold_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

// TestSharedMemoryReachesTheServerThatItIsOpenFor: its models by name and by pattern; not those of another server, and no graph.
func TestSharedMemoryReachesTheServerThatItIsOpenFor(t *testing.T) {
	t.Parallel()
	var reached, elsewhere atomic.Int32
	shared := func(count *atomic.Int32) infer.Handler {
		return infer.HandlerFunc(func(_ context.Context, req *infer.Request) (*infer.Response, error) {
			p, err := req.Tensors()[0].Parameters()
			if err == nil && p.NameMemory() {
				count.Add(1)
			}
			return infer.NewResponse(infer.Head{ModelName: req.ModelName()}, nil), nil
		})
	}
	open := oiptest.Serve(t, oiptest.Models{"named": shared(&reached), "found": shared(&reached)})
	closed := oiptest.Serve(t, oiptest.Models{"other": shared(&elsewhere)})
	gateway := start(t, load(t, `
apiVersion: manifold.dev/v1alpha1
kind: Gateway
metadata: {name: gateway}
spec: {extensions: {systemSharedMemory: open}}
---
apiVersion: manifold.dev/v1alpha1
kind: ModelServer
metadata: {name: open}
spec: {dialect: triton, models: [named, "f*"], targets: ["`+open+`"]}
---
apiVersion: manifold.dev/v1alpha1
kind: ModelServer
metadata: {name: closed}
spec: {dialect: triton, models: [other], targets: ["`+closed+`"]}
`+graphYAML("g", "{serviceName: named}")), manifold.Options{})
	for name, code := range map[string]codes.Code{
		"named": codes.OK, "found": codes.OK, "other": codes.PermissionDenied, "g": codes.PermissionDenied,
	} {
		_, err := gateway.grpc.ModelInfer(t.Context(), &pb.ModelInferRequest{
			ModelName: name,
			Inputs: []*pb.ModelInferRequest_InferInputTensor{{
				Name: "x", Datatype: "UINT8", Shape: []int64{2}, Parameters: map[string]*pb.InferParameter{
					"shared_memory_region": {ParameterChoice: &pb.InferParameter_StringParam{StringParam: "r"}},
				},
			}},
		})
		if status.Code(err) != code {
			t.Errorf("%s: %v, want %v", name, err, code)
		}
	}
	if got := fmt.Sprint(reached.Load(), elsewhere.Load()); got != "2 0" {
		t.Errorf("it reached the servers %s times, want 2 0", got)
	}
}
