package server_test

import (
	"testing"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/server"
)

// TestT05FormOfOutputs: servers disagree on the form of answers. Triton's clients read raw ones alone, so that is the default; clients
// of servers that mirror the request's form get that where the operator says so.
func TestT05FormOfOutputs(t *testing.T) {
	t.Parallel()
	typed := &inferencepb.ModelInferRequest{ModelName: "echo", Inputs: []*inferencepb.ModelInferRequest_InferInputTensor{{
		Name: "x", Datatype: "INT32", Shape: []int64{2}, Contents: &inferencepb.InferTensorContents{IntContents: []int32{1, 2}},
	}}}
	raw := small("echo")
	half := &inferencepb.ModelInferRequest{
		ModelName:        "echo",
		Inputs:           []*inferencepb.ModelInferRequest_InferInputTensor{{Name: "x", Datatype: "FP16", Shape: []int64{1}}},
		RawInputContents: [][]byte{{0, 60}},
	}
	for _, tt := range []struct {
		name    string
		outputs server.OutputForm
		req     *inferencepb.ModelInferRequest
		typed   bool
	}{
		{"by default, asked in raw form", "", raw, false},
		{"by default, asked in typed form", "", typed, false},
		{"raw, asked in typed form", server.RawOutputs, typed, false},
		{"mirror, asked in raw form", server.MirrorOutputs, raw, false},
		{"mirror, asked in typed form", server.MirrorOutputs, typed, true},
		{"mirror, of what has no typed form", server.MirrorOutputs, half, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := start(t, &catalog{models: models()}, func(o *server.Options, _ *server.Deps) { o.Outputs = tt.outputs })
			resp, err := g.client.ModelInfer(t.Context(), tt.req)
			if err != nil {
				t.Fatal(err)
			}
			contents := resp.GetOutputs()[0].GetContents()
			if tt.typed {
				if got := contents.GetIntContents(); len(got) != 2 || got[0] != 1 || got[1] != 2 || len(resp.GetRawOutputContents()) != 0 {
					t.Errorf("it is not typed alone: %v", resp)
				}
			} else if len(resp.GetRawOutputContents()) != 1 || contents != nil {
				t.Errorf("it is not raw alone: %v", resp)
			}
		})
	}
}
