package infer_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

func answer() *pb.ModelInferResponse {
	return &pb.ModelInferResponse{
		ModelName: "m", ModelVersion: "1", Id: "7",
		Parameters:        map[string]*pb.InferParameter{infer.FinalResponse: {ParameterChoice: &pb.InferParameter_BoolParam{BoolParam: true}}},
		Outputs:           []*pb.ModelInferResponse_InferOutputTensor{output("y", nil)},
		RawOutputContents: [][]byte{{1, 2}},
	}
}

// TestP08StreamMessages: what is written is what the reference decoder reads, and what it writes is read back.
func TestP08StreamMessages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		want *pb.ModelStreamInferResponse
	}{
		{"a response", &pb.ModelStreamInferResponse{InferResponse: answer()}},
		{"an error with a response", &pb.ModelStreamInferResponse{ErrorMessage: "no", InferResponse: &pb.ModelInferResponse{Id: "7"}}},
		{"an error alone", &pb.ModelStreamInferResponse{ErrorMessage: "no"}},
		{"an empty response", &pb.ModelStreamInferResponse{InferResponse: &pb.ModelInferResponse{}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pool := oiptest.NewPool(t)
			r, err := infer.ParseStreamResponse(pool.Split(marshalled(t, tt.want), 7))
			if err != nil {
				t.Fatal(err)
			}
			sameStream(t, r, tt.want)
			if r.Response != nil {
				same(t, r.Response, tt.want.GetInferResponse())
				r.Response.Free()
			}
		})
	}
}

func sameStream(t *testing.T, r infer.Reply, want *pb.ModelStreamInferResponse) {
	t.Helper()
	wire := r.MarshalStream()
	defer wire.Free()
	got := &pb.ModelStreamInferResponse{}
	if err := proto.Unmarshal(wire.Materialize(), got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
}

// TestStreamMessagesShareTheTensors: a tensor's bytes are neither copied on the way in nor on the way out.
func TestStreamMessagesShareTheTensors(t *testing.T) {
	t.Parallel()
	wire := marshalled(t, &pb.ModelStreamInferResponse{InferResponse: answer()})
	r, err := infer.ParseStreamResponse(mem.BufferSlice{mem.SliceBuffer(wire)})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Response.Free()
	data, err := r.Response.Tensors()[0].Bytes()
	if err != nil {
		t.Fatal(err)
	}
	out := r.MarshalStream()
	defer out.Free()
	last := out[len(out)-1].ReadOnlyData()
	if &data[0] != &wire[len(wire)-2] || &last[len(last)-2] != &data[0] {
		t.Error("the tensor was copied")
	}
}

// TestStreamErrorWithoutText still is an error to whoever reads it, and what is not UTF-8 can be read.
func TestStreamErrorWithoutText(t *testing.T) {
	t.Parallel()
	sameStream(t, infer.Reply{Err: &infer.Error{Code: codes.Unavailable}}, &pb.ModelStreamInferResponse{ErrorMessage: "Unavailable"})
	sameStream(t, infer.Reply{Err: &infer.Error{Reason: "a\xffb"}}, &pb.ModelStreamInferResponse{ErrorMessage: "a\uFFFDb"})
}

func TestStreamMessageInParts(t *testing.T) {
	t.Parallel()
	want := &pb.ModelStreamInferResponse{InferResponse: answer()}
	head := marshalled(t, &pb.ModelStreamInferResponse{ErrorMessage: "no", InferResponse: &pb.ModelInferResponse{ModelName: "other"}})
	head = append(head, marshalled(t, want)...)
	head = append(head, 0x0a, 0) // error_message: "", the last of two
	pool := oiptest.NewPool(t)
	r, err := infer.ParseStreamResponse(pool.Split(head, 5))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Response.Free()
	sameStream(t, r, want)
}

func TestBrokenStreamMessages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, wire, want string }{
		{"truncated", "\x12\x05a", "ends inside a field"},
		{"a number for the response", "\x10\x01", "field 2: a field has a wrong wire type"},
		{"a number for the error", "\x08\x01", "field 1: a field has a wrong wire type"},
		{"an error that is not UTF-8", "\x0a\x01\xff", "not UTF-8"},
		{"a broken response", "\x12\x01\x0a", "ends inside a field"},
		{"a hostile one", strings.Repeat("\x12\x00", 9000), "more than 8192 fields"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := infer.ParseStreamResponse(oiptest.NewPool(t).Split([]byte(tt.wire), 4))
			if infer.CodeOf(err) != codes.Internal || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want INTERNAL with %q", err, tt.want)
			}
		})
	}
}

// FuzzParseStreamResponse: what is accepted is what the reference decoder reads, and is written as it was read.
func FuzzParseStreamResponse(f *testing.F) {
	f.Add([]byte(nil), uint8(1))
	f.Add([]byte("\x0a\x02no\x12\x05\x0a\x01m\x2a\x00"), uint8(3))
	f.Add(protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), []byte("\x2a\x03\x0a\x01x\x32\x01a")), uint8(2))
	f.Fuzz(func(t *testing.T, wire []byte, size uint8) {
		r, err := infer.ParseStreamResponse(oiptest.NewPool(t).Split(wire, int(size)+1))
		if err != nil {
			return
		}
		if r.Response != nil {
			defer r.Response.Free()
		}
		reference := &pb.ModelStreamInferResponse{}
		if proto.Unmarshal(wire, reference) != nil {
			return // in what lies unread: parameters and contents are checked when somebody wants them
		}
		if r.Err != nil && r.Err.Reason != reference.GetErrorMessage() || (r.Err == nil) != (reference.GetErrorMessage() == "") {
			t.Fatalf("error %v differs from the reference %q", r.Err, reference.GetErrorMessage())
		}
		if r.Response != nil && r.Response.ID() != reference.GetInferResponse().GetId() {
			t.Fatalf("id %q differs from the reference %v", r.Response.ID(), reference)
		}
		out := r.MarshalStream()
		defer out.Free()
		again := &pb.ModelStreamInferResponse{}
		if err := proto.Unmarshal(out.Materialize(), again); err != nil {
			t.Fatal(err)
		}
		if reference.GetInferResponse() == nil && r.Err == nil {
			reference.InferResponse = &pb.ModelInferResponse{}
		}
		reference.ProtoReflect().SetUnknown(nil)
		if !proto.Equal(reference, again) {
			t.Fatalf("%v was written as %v", reference, again)
		}
	})
}
