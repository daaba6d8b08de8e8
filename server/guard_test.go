package server_test

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

func parameter(v any) *inferencepb.InferParameter {
	switch v := v.(type) {
	case bool:
		return &inferencepb.InferParameter{ParameterChoice: &inferencepb.InferParameter_BoolParam{BoolParam: v}}
	case int64:
		return &inferencepb.InferParameter{ParameterChoice: &inferencepb.InferParameter_Int64Param{Int64Param: v}}
	case uint64:
		return &inferencepb.InferParameter{ParameterChoice: &inferencepb.InferParameter_Uint64Param{Uint64Param: v}}
	case string:
		return &inferencepb.InferParameter{ParameterChoice: &inferencepb.InferParameter_StringParam{StringParam: v}}
	case float64:
		return &inferencepb.InferParameter{ParameterChoice: &inferencepb.InferParameter_DoubleParam{DoubleParam: v}}
	}
	return &inferencepb.InferParameter{}
}

// TestReservedParameters: spec 1.4; each verdict is the one that a real Triton 2.51 gave.
func TestReservedParameters(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	for _, tt := range []struct {
		key   string
		value any
		ok    bool
	}{
		{"sequence_id", int64(1), true},
		{"sequence_id", int64(-1), true},
		{"sequence_id", "a", true},
		{"sequence_id", uint64(1), false},
		{"sequence_id", 1.0, false},
		{"sequence_id", nil, false},
		{"sequence_start", true, true},
		{"sequence_start", int64(1), false},
		{"sequence_end", false, true},
		{"sequence_end", "x", false},
		{"priority", uint64(1), true}, // as tritonclient sends it
		{"priority", int64(0), true},
		{"priority", int64(-1), false},
		{"priority", "1", false},
		{"priority", 1.0, false},
		{"timeout", int64(1_000_000), true},
		{"timeout", int64(-1), true},
		{"timeout", uint64(1), false},
		{"timeout", "x", false},
		{"triton_enable_empty_final_response", true, true}, // T7: the C++ client sends it with every request
		{"triton_enable_empty_final_response", int64(1), false},
		{"triton_final_response", true, false},
		{"triton_x", int64(1), false},
		{"custom", int64(1), true},
		{"custom", 1.0, true},
		{"custom", "x", true},
		{"custom", true, true},
		{"custom", uint64(1), false},
		{"custom", nil, false},
		{"", int64(1), true},
		{"headers", "x", true},
	} {
		req := small("echo")
		req.Parameters = map[string]*inferencepb.InferParameter{tt.key: parameter(tt.value)}
		_, err := g.client.ModelInfer(t.Context(), req)
		if tt.ok && err != nil || !tt.ok && (status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), tt.key)) {
			t.Errorf("%s %T: %v, is right: %v", tt.key, tt.value, err, tt.ok)
		}
	}
}

// TestWhatKillsATritonNeverReachesIt: the first table of the protocol page's appendix C, over unary calls and streams; the model is
// not asked, and the error names the tensor. Classes of what has no order and empty batches are the upstream's to refuse.
func TestWhatKillsATritonNeverReachesIt(t *testing.T) {
	t.Parallel()
	reached := &model{infer: func(context.Context, *infer.Request) (*infer.Response, error) {
		t.Error("the model was asked")
		return nil, infer.Errorf(codes.Internal, "dead")
	}}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": reached}})
	shaped := func(shape []int64, raw []byte) *inferencepb.ModelInferRequest {
		req := small("echo")
		req.Inputs[0].Shape, req.RawInputContents[0] = shape, raw
		return req
	}
	typed := shaped([]int64{1 << 33, 1}, nil)
	typed.RawInputContents, typed.Inputs[0].Contents = nil, &inferencepb.InferTensorContents{IntContents: []int32{1, 2}}
	twice := small("echo")
	twice.Outputs = []*inferencepb.ModelInferRequest_InferRequestedOutputTensor{{Name: "y"}, {Name: "y"}}
	classified := small("echo")
	classified.Outputs = []*inferencepb.ModelInferRequest_InferRequestedOutputTensor{{
		Name: "y", Parameters: map[string]*inferencepb.InferParameter{"classification": parameter(int64(0))},
	}}
	for _, tt := range []struct {
		name string
		req  *inferencepb.ModelInferRequest
		want string
	}{
		{"a shape far larger than its raw data", shaped([]int64{1 << 33, 1}, make([]byte, 8)), `input "x"`},
		{"a shape far larger than its contents", typed, `input "x"`},
		{"a shape that wraps to 0", shaped([]int64{1 << 62, 4}, nil), `input "x"`},
		{"a shape that wraps in bytes", shaped([]int64{1 << 62}, nil), `input "x"`},
		{"a shape that wraps beside a 0", shaped([]int64{1 << 62, 4, 0}, nil), `input "x"`},
		{"a negative shape that comes to 0", shaped([]int64{-2, 0}, nil), `input "x"`},
		{"a negative shape", shaped([]int64{-1, 2}, make([]byte, 8)), `input "x"`},
		{"two negatives", shaped([]int64{-1, -2}, make([]byte, 8)), `input "x"`},
		{"an output twice", twice, `output "y"`},
		{"no class", classified, `output "y"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := g.client.ModelInfer(t.Context(), tt.req); status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want INVALID_ARGUMENT that names %s", err, tt.want)
			}
			s := open(t.Context(), t, g)
			sendAll(t, s, tt.req)
			all, err := receiveAll(t, s)
			if err != nil || len(all) != 1 || !strings.Contains(all[0].GetErrorMessage(), tt.want) {
				t.Errorf("in a stream: %v, %v, want an error that names %s", all, err, tt.want)
			}
		})
	}
}
