package infer_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

func unchanged(_ infer.Bearer, p infer.Parameter) (infer.Parameter, bool) { return p, true }

// narrow drops "a" and turns what a server of three kinds does not know into text.
func narrow(_ infer.Bearer, p infer.Parameter) (infer.Parameter, bool) {
	switch p.Value.(type) {
	case uint64, float64:
		p.Value = "narrowed"
	}
	return p, p.Key != "a"
}

func narrowed(m map[string]*pb.InferParameter) map[string]*pb.InferParameter {
	out := map[string]*pb.InferParameter{}
	for key, p := range m {
		switch p.GetParameterChoice().(type) {
		case *pb.InferParameter_Uint64Param, *pb.InferParameter_DoubleParam:
			p = &pb.InferParameter{ParameterChoice: &pb.InferParameter_StringParam{StringParam: "narrowed"}}
		}
		if key != "a" {
			out[key] = p
		}
	}
	return out
}

func TestT07ParametersOfEveryBearerChange(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		pool := oiptest.NewPool(t)
		m := drawRequest(rt, samples(rt))
		req, err := infer.ParseRequest(pool.Split(shuffled(rt, m), 5))
		if err != nil {
			rt.Fatal(err)
		}
		defer req.Free()
		if _, changed := req.ChangeParameters(unchanged); changed {
			rt.Fatal("the same parameters count as changed")
		}
		want := proto.CloneOf(m)
		want.Parameters = narrowed(m.GetParameters())
		for _, in := range want.GetInputs() {
			in.Parameters = narrowed(in.GetParameters())
		}
		for _, out := range want.GetOutputs() {
			out.Parameters = narrowed(out.GetParameters())
		}
		next, changed := req.ChangeParameters(narrow)
		if changed == proto.Equal(m, want) {
			rt.Fatalf("changed is %t", changed)
		}
		if !changed {
			return
		}
		defer next.Free()
		wire := next.Marshal()
		defer wire.Free()
		var got pb.ModelInferRequest
		if err := proto.Unmarshal(wire.Materialize(), &got); err != nil {
			rt.Fatal(err)
		}
		got.ProtoReflect().SetUnknown(nil)
		if !proto.Equal(&got, want) {
			rt.Fatalf("got  %v\nwant %v", &got, want)
		}
	})
}

func TestT08ResponsesLoseStaleParameters(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	stale := func(of infer.Bearer, p infer.Parameter) (infer.Parameter, bool) {
		return p, of != infer.OfTensor || !strings.HasPrefix(p.Key, "binary_")
	}
	m := &pb.ModelInferResponse{
		Parameters:        map[string]*pb.InferParameter{"binary_data_size": intParameter(1)},
		Outputs:           []*pb.ModelInferResponse_InferOutputTensor{output("y", map[string]*pb.InferParameter{"binary_data_size": intParameter(2), "kept": intParameter(3)})},
		RawOutputContents: [][]byte{{1, 2}},
	}
	resp := response(t, pool, m).ChangeParameters(stale)
	defer resp.Free()
	want := proto.CloneOf(m)
	want.Outputs[0].Parameters = map[string]*pb.InferParameter{"kept": intParameter(3)}
	same(t, resp, want)
}

func TestHasParametersAndOutputs(t *testing.T) {
	t.Parallel()
	one := map[string]*pb.InferParameter{"p": intParameter(1)}
	for _, tt := range []struct {
		name                string
		give                *pb.ModelInferRequest
		parameters, outputs bool
	}{
		{"none", &pb.ModelInferRequest{Inputs: []*pb.ModelInferRequest_InferInputTensor{input("x")}}, false, false},
		{"of the message", &pb.ModelInferRequest{Parameters: one}, true, false},
		{"of a tensor", &pb.ModelInferRequest{Inputs: []*pb.ModelInferRequest_InferInputTensor{{Parameters: one}}}, true, false},
		{"an output", &pb.ModelInferRequest{Outputs: []*pb.ModelInferRequest_InferRequestedOutputTensor{{Name: "y"}}}, false, true},
		{"of an output", &pb.ModelInferRequest{Outputs: []*pb.ModelInferRequest_InferRequestedOutputTensor{{Parameters: one}}}, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req := request(t, oiptest.NewPool(t), tt.give)
			defer req.Free()
			if req.HasParameters() != tt.parameters || req.HasOutputs() != tt.outputs {
				t.Errorf("parameters %t, outputs %t", req.HasParameters(), req.HasOutputs())
			}
		})
	}
}

// A requested output is not read until somebody asks for it, so a broken one must survive what is done to the others.
func TestChangeParametersLeavesWhatIsBroken(t *testing.T) {
	t.Parallel()
	broken := protowire.AppendBytes(protowire.AppendTag(nil, 6, protowire.BytesType), []byte{0x12, 0x7f})
	fine, err := proto.Marshal(&pb.ModelInferRequest{Parameters: map[string]*pb.InferParameter{"a": intParameter(1)}})
	if err != nil {
		t.Fatal(err)
	}
	req, err := infer.ParseRequest(mem.BufferSlice{mem.SliceBuffer(append(fine, broken...))})
	if err != nil {
		t.Fatal(err)
	}
	next, changed := req.ChangeParameters(narrow)
	if !changed {
		t.Fatal("nothing changed")
	}
	if wire := next.Marshal(); string(wire.Materialize()) != string(broken) {
		t.Errorf("got %x, want %x", wire.Materialize(), broken)
	}
}
