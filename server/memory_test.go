package server_test

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/server"
)

// TestSharedMemoryIsOpenForOneServersModels: C18; a model elsewhere does not see it.
func TestSharedMemoryIsOpenForOneServersModels(t *testing.T) {
	t.Parallel()
	shared := &model{infer: func(_ context.Context, req *infer.Request) (*infer.Response, error) {
		return infer.NewResponse(infer.Head{ModelName: req.ModelName()}, []infer.TensorData{{
			Name: "y", DataType: infer.Int32, Shape: infer.Shape{2}, Data: mem.SliceBuffer{}, // the data are in the region
			Parameters: infer.Parameters{{Key: "shared_memory_region", Value: "out"}},
		}}), nil
	}}
	elsewhere := &recorder{}
	hosted := map[string]string{"echo": "triton"}
	for _, open := range []func(*server.Extensions){
		func(e *server.Extensions) { e.SystemSharedMemory = "triton" },
		func(e *server.Extensions) { e.CudaSharedMemory = "triton" },
	} {
		g := start(t, &catalog{models: map[string]infer.Model{"echo": shared, "graph": elsewhere}, hosts: hosted},
			func(o *server.Options, _ *server.Deps) { open(&o.Extensions) })
		req := small("echo")
		req.RawInputContents = nil
		req.Inputs[0].Parameters = map[string]*inferencepb.InferParameter{"shared_memory_region": parameter("in")}
		resp, err := g.client.ModelInfer(t.Context(), req)
		if err != nil || len(resp.GetRawOutputContents()) != 1 || len(resp.GetRawOutputContents()[0]) != 0 {
			t.Errorf("%v, %v; want an output without data", resp, err)
		}
		req.ModelName = "graph"
		if _, err := g.client.ModelInfer(t.Context(), req); status.Code(err) != codes.PermissionDenied {
			t.Errorf("a model elsewhere: %v, want PERMISSION_DENIED", err)
		}
	}
	if elsewhere.got != nil {
		t.Error("the model elsewhere got it")
	}
}
