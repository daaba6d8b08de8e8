package clients_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
)

// A batch of none is never answered by a Triton (protocol page, appendix C); an empty tensor of a model that does not batch is.
func TestBatchesOfNoneNeverReachTriton(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, server string
		batch        int32
		shape        []int64
		want         string
	}{
		{name: "batched", server: "triton", batch: 8, shape: []int64{0, 0}, want: `input "x": shape [0,0] is a batch of none, and model "m" takes 1 to 8 rows; leave the request out`},
		{name: "not batched", server: "triton", shape: []int64{0, 2}},
		{name: "rows without elements", server: "triton", batch: 8, shape: []int64{1, 0}},
		{name: "another server", server: "mlserver", batch: 8, shape: []int64{0, 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := recorder(&pb.ServerMetadataResponse{Name: tt.server}, &pb.ModelInferRequest{})
			f.config = &pb.ModelConfigResponse{Config: &pb.ModelConfig{Name: "m", MaxBatchSize: tt.batch}}
			m := &pb.ModelInferRequest{
				ModelName: "m", RawInputContents: [][]byte{nil},
				Inputs: []*pb.ModelInferRequest_InferInputTensor{{Name: "x", Datatype: "FP32", Shape: tt.shape}},
			}
			_, err := infers(t, connect(t, f, clients.Options{}), m)
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantError(t, err, codes.InvalidArgument, tt.want)
			if n := f.infers.Load(); n != 0 {
				t.Errorf("%d requests reached it", n)
			}
		})
	}
}
