package clients_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/clients"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
)

// Classes of text are the end of a Triton (protocol page, appendix C).
func TestClassesOfTextNeverReachTriton(t *testing.T) {
	t.Parallel()
	f := recorder(&pb.ServerMetadataResponse{Name: "triton"}, &pb.ModelInferRequest{})
	f.metadata = func(string) ([]byte, error) {
		return proto.Marshal(&pb.ModelMetadataResponse{Outputs: []*pb.ModelMetadataResponse_TensorMetadata{{Name: "c", Datatype: "BYTES"}}})
	}
	m := asksFor("c")
	m.Outputs[0].Parameters = map[string]*pb.InferParameter{"classification": whole(1)}
	_, err := infers(t, connect(t, f, clients.Options{}), m)
	wantError(t, err, codes.InvalidArgument, `output "c" is BYTES and cannot be classified; its elements have no order`)
	if n := f.infers.Load(); n != 0 {
		t.Errorf("%d requests reached it", n)
	}
}

// A batch of none is never answered by a Triton (protocol page, appendix C).
func TestBatchesOfNoneNeverReachTriton(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		server string
		most   int32
		shape  []int64
		want   string
	}{
		{"batched", "triton", 8, []int64{0, 0}, `input "x": shape [0,0] has no rows; the first dimension of model "m" is its batch, of 1 to 8`},
		{"not batched", "triton", 0, []int64{0, 0}, ""},
		{"rows of none", "triton", 8, []int64{2, 0}, ""},
		{"another server", "mlserver", 8, []int64{0, 0}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := recorder(&pb.ServerMetadataResponse{Name: tt.server}, &pb.ModelInferRequest{})
			f.config = &pb.ModelConfigResponse{Config: &pb.ModelConfig{Name: "m", MaxBatchSize: tt.most}}
			_, err := infers(t, connect(t, f, clients.Options{}), &pb.ModelInferRequest{ModelName: "m", Inputs: []*pb.ModelInferRequest_InferInputTensor{
				{Name: "x", Datatype: "FP32", Shape: tt.shape},
			}})
			if tt.want != "" {
				wantError(t, err, codes.InvalidArgument, tt.want)
				return
			}
			if err != nil || f.infers.Load() != 1 {
				t.Errorf("%d requests reached it, error %v", f.infers.Load(), err)
			}
		})
	}
}
