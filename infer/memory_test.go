package infer_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

// TestInputsInSharedMemory: they have no raw entry, wherever they are among the inputs. Source: spec 1.4, raw_input_contents.
func TestInputsInSharedMemory(t *testing.T) {
	t.Parallel()
	shared := func(name string) *pb.ModelInferRequest_InferInputTensor {
		in := input(name)
		in.Parameters = map[string]*pb.InferParameter{
			"shared_memory_region": {ParameterChoice: &pb.InferParameter_StringParam{StringParam: "r"}},
		}
		return in
	}
	typed := shared("a")
	typed.Contents = &pb.InferTensorContents{UintContents: []uint32{1, 2}}
	wrapped := shared("a")
	wrapped.Shape = []int64{1 << 62, 4}
	type inputs = []*pb.ModelInferRequest_InferInputTensor
	for _, tt := range []struct {
		name   string
		inputs inputs
		raw    [][]byte
		want   string // in the error; "" for none
	}{
		{"alone", inputs{shared("a")}, nil, ""},
		{"first", inputs{shared("a"), input("b")}, [][]byte{{1, 2}}, ""},
		{"between", inputs{input("b"), shared("a"), input("c")}, [][]byte{{1, 2}, {3, 4}}, ""},
		{"a raw entry too", inputs{shared("a")}, [][]byte{{1, 2}}, `input "a" is in shared memory and in the message`},
		{"contents too", inputs{typed}, nil, `input "a" is in shared memory and in the message`},
		{"too few", inputs{shared("a"), input("b"), input("c")}, [][]byte{{1, 2}}, "1 raw_input_contents for 2 inputs"},
		{"a shape that wraps", inputs{wrapped}, nil, "is negative or too large"},
		{"not in memory", inputs{input("a")}, nil, "has no data"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wire := marshalled(t, &pb.ModelInferRequest{Inputs: tt.inputs, RawInputContents: tt.raw})
			req, err := infer.ParseRequest(oiptest.NewPool(t).Split(wire, 9))
			if err == nil {
				defer req.Free()
				err = req.Validate()
			}
			if tt.want == "" && err != nil || tt.want != "" && (infer.CodeOf(err) != codes.InvalidArgument || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}
