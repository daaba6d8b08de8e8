package clients_test

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/clients"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

func TestU11AnswersThatLieAreTold(t *testing.T) {
	t.Parallel()
	output := &pb.ModelInferResponse_InferOutputTensor{Name: "y", Datatype: "FP32", Shape: []int64{2}}
	for want, lie := range map[string]*pb.ModelInferResponse{
		`output "y": 3 bytes of raw data for shape [2], whose 2 elements of FP32 take 4 bytes each`: {
			Outputs: []*pb.ModelInferResponse_InferOutputTensor{output}, RawOutputContents: [][]byte{{1, 2, 3}},
		},
		`output "y" is there twice`: {
			Outputs: []*pb.ModelInferResponse_InferOutputTensor{output, output}, RawOutputContents: [][]byte{make([]byte, 8), make([]byte, 8)},
		},
		`it is the answer to request "2", not to "1"`: {Id: "2"},
		`output "z" is missing`: {
			Outputs: []*pb.ModelInferResponse_InferOutputTensor{output}, RawOutputContents: [][]byte{make([]byte, 8)},
		},
	} {
		f := says("triton", nil, framed(lie))
		f.infer = func(context.Context, []byte) ([]byte, error) { return proto.Marshal(lie) }
		address := f.start(t)
		s := open(t, clients.Options{Targets: []string{address}})
		req := infer.NewRequest(infer.Head{ModelName: "m", ID: "1"}, nil, []infer.RequestedOutput{{Name: "y"}, {Name: "z"}})
		defer req.Free()
		_, err := s.Model("m").Infer(t.Context(), req)
		full := "upstream vision (" + address + "): its answer of model m: " + want
		wantError(t, err, codes.Internal, full)
		wantError(t, gather(t.Context(), s.Model("m"), req).err, codes.Internal, full)
	}
}
