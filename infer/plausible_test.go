package infer_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

func TestU11AnswersThatLie(t *testing.T) {
	t.Parallel()
	region := map[string]*pb.InferParameter{"shared_memory_region": {ParameterChoice: &pb.InferParameter_StringParam{StringParam: "r"}}}
	type tensor = pb.ModelInferResponse_InferOutputTensor
	for _, tt := range []struct {
		name    string
		outputs []*tensor
		raw     []string
		want    string // empty: nothing is wrong
	}{
		{"true", []*tensor{{Name: "y", Datatype: "FP32", Shape: []int64{2}}}, []string{"12345678"}, ""},
		{"too short", []*tensor{{Name: "y", Datatype: "FP32", Shape: []int64{2}}}, []string{"1234567"}, `output "y": 7 bytes`},
		{"too long", []*tensor{{Name: "y", Datatype: "INT8", Shape: []int64{2}}}, []string{"123"}, `output "y": 3 bytes`},
		{"empty", []*tensor{{Name: "y", Datatype: "INT8", Shape: []int64{0, 3}}}, []string{""}, ""},
		{"negative", []*tensor{{Name: "y", Datatype: "INT8", Shape: []int64{-1}}}, []string{"1"}, `output "y": shape [-1]`},
		{"endless", []*tensor{{Name: "y", Datatype: "INT8", Shape: []int64{1 << 40, 1 << 40}}}, []string{"1"}, `output "y": shape`},
		{"texts", []*tensor{{Name: "y", Datatype: "BYTES", Shape: []int64{1}}}, []string{"\x01\x00\x00\x00a"}, ""},
		{"too few bytes for texts", []*tensor{{Name: "y", Datatype: "BYTES", Shape: []int64{2}}}, []string{"\x01\x00\x00\x00a"}, `output "y": 5 bytes`},
		{"no texts", []*tensor{{Name: "y", Datatype: "BYTES", Shape: []int64{0}}}, []string{"a"}, `output "y": 1 bytes`},
		{"twice", []*tensor{{Name: "y", Datatype: "INT8", Shape: []int64{1}}, {Name: "y", Datatype: "INT8", Shape: []int64{1}}}, []string{"1", "2"}, `output "y" is there twice`},
		{"no data", []*tensor{{Name: "y", Datatype: "INT8", Shape: []int64{1}}}, nil, `output "y" has no data`},
		{"in shared memory", []*tensor{{Name: "y", Datatype: "INT8", Shape: []int64{1}, Parameters: region}}, nil, ""},
		{"in shared memory, with a place held", []*tensor{{Name: "y", Datatype: "INT8", Shape: []int64{1}, Parameters: region}}, []string{""}, ""},
		{"typed", []*tensor{{Name: "y", Datatype: "INT8", Shape: []int64{1}, Contents: &pb.InferTensorContents{IntContents: []int32{1}}}}, nil, ""},
		{"of a type of its own", []*tensor{{Name: "y", Datatype: "COMPLEX", Shape: []int64{1}}}, []string{"123"}, ""},
	} {
		m := &pb.ModelInferResponse{Outputs: tt.outputs}
		for _, raw := range tt.raw {
			m.RawOutputContents = append(m.RawOutputContents, []byte(raw))
		}
		r, err := infer.ParseResponse(mem.BufferSlice{mem.SliceBuffer(marshalled(t, m))})
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		err = r.Check()
		if (err == nil) != (tt.want == "") || err != nil && (infer.CodeOf(err) != codes.Internal || !strings.HasPrefix(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
		r.Free()
	}
}
