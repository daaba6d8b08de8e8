package clients_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/manifold-serving/manifold/clients"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
)

func TestT06ContentsInOneForm(t *testing.T) {
	t.Parallel()
	raw := &pb.ModelInferRequest{
		ModelName:        "m",
		Inputs:           []*pb.ModelInferRequest_InferInputTensor{{Name: "x", Datatype: "UINT8", Shape: []int64{2}}},
		RawInputContents: [][]byte{{7, 8}},
	}
	both := proto.CloneOf(raw)
	both.Inputs[0].Contents = &pb.InferTensorContents{}
	typed := proto.CloneOf(raw)
	typed.RawInputContents = nil
	typed.Inputs[0].Contents = &pb.InferTensorContents{UintContents: []uint32{7, 8}}
	half := proto.CloneOf(raw)
	half.Inputs[0].Datatype, half.Inputs[0].Shape = "FP16", []int64{1}
	for _, tt := range []struct {
		name       string
		contents   clients.Contents
		give, want *pb.ModelInferRequest
	}{
		{"raw as sent", "", raw, raw},
		{"typed as sent", clients.AsSent, typed, typed},
		{"empty contents beside raw go no further", "", both, raw},
		{"only raw, from typed", clients.OnlyRaw, typed, raw},
		{"only raw, from raw", clients.OnlyRaw, raw, raw},
		{"only typed, from raw", clients.OnlyTyped, raw, typed},
		{"only typed, from typed", clients.OnlyTyped, typed, typed},
		{"FP16 as sent", "", half, half},
		{"FP16 has no typed form", clients.OnlyTyped, half, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got pb.ModelInferRequest
			s := connect(t, recorder(nil, &got), clients.Options{Contents: tt.contents})
			_, err := infers(t, s, tt.give)
			if tt.want == nil {
				wantError(t, err, codes.InvalidArgument,
					`upstream vision: input "x": FP16 has no typed contents, which are all that is taken here; send FP32`)
				return
			}
			if diff := cmp.Diff(tt.want, &got, protocmp.Transform()); diff != "" || err != nil {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

func TestT20ScalarsPassAsTheyAre(t *testing.T) {
	t.Parallel()
	want := &pb.ModelInferRequest{ModelName: "m", Inputs: []*pb.ModelInferRequest_InferInputTensor{{
		Name: "x", Datatype: "BYTES", Contents: &pb.InferTensorContents{BytesContents: [][]byte{[]byte("one")}},
	}}}
	var got pb.ModelInferRequest
	if _, err := infers(t, connect(t, recorder(nil, &got), clients.Options{}), want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, &got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}
