package infer_test

import (
	"bytes"
	"math"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

// edge is a tensor whose bits a conversion could lose, in both forms.
type edge struct {
	name     string
	datatype infer.DataType
	shape    []int64
	raw      []byte
	contents *pb.InferTensorContents
}

func edges() []edge {
	quiet, signalling := math.Float32frombits(0x7fc12345), math.Float32frombits(0xffa00001)
	wide := math.Float64frombits(0x7ff0000000000001)
	negativeZero := math.Copysign(0, -1)
	return []edge{
		{"booleans", infer.Bool, []int64{2}, []byte{1, 0}, &pb.InferTensorContents{BoolContents: []bool{true, false}}},
		{"INT8", infer.Int8, []int64{2}, infer.RawOf[int8](math.MinInt8, math.MaxInt8), &pb.InferTensorContents{IntContents: []int32{math.MinInt8, math.MaxInt8}}},
		{"INT16", infer.Int16, []int64{2}, infer.RawOf[int16](math.MinInt16, math.MaxInt16), &pb.InferTensorContents{IntContents: []int32{math.MinInt16, math.MaxInt16}}},
		{"INT32", infer.Int32, []int64{2}, infer.RawOf[int32](math.MinInt32, math.MaxInt32), &pb.InferTensorContents{IntContents: []int32{math.MinInt32, math.MaxInt32}}},
		{"INT64", infer.Int64, []int64{2}, infer.RawOf[int64](math.MinInt64, math.MaxInt64), &pb.InferTensorContents{Int64Contents: []int64{math.MinInt64, math.MaxInt64}}},
		{"UINT8", infer.Uint8, []int64{2}, infer.RawOf[uint8](0, math.MaxUint8), &pb.InferTensorContents{UintContents: []uint32{0, math.MaxUint8}}},
		{"UINT16", infer.Uint16, []int64{2}, infer.RawOf[uint16](0, math.MaxUint16), &pb.InferTensorContents{UintContents: []uint32{0, math.MaxUint16}}},
		{"UINT32", infer.Uint32, []int64{2}, infer.RawOf[uint32](0, math.MaxUint32), &pb.InferTensorContents{UintContents: []uint32{0, math.MaxUint32}}},
		{"UINT64", infer.Uint64, []int64{2}, infer.RawOf[uint64](0, math.MaxUint64), &pb.InferTensorContents{Uint64Contents: []uint64{0, math.MaxUint64}}},
		{"FP32, NaN payloads", infer.FP32, []int64{2}, infer.RawOf(quiet, signalling), &pb.InferTensorContents{Fp32Contents: []float32{quiet, signalling}}},
		{"FP64, NaN payload and -0", infer.FP64, []int64{2}, infer.RawOf(wide, negativeZero), &pb.InferTensorContents{Fp64Contents: []float64{wide, negativeZero}}},
		{"strings: none, not UTF-8, NUL", infer.Bytes, []int64{3}, infer.RawStrings("", "\xff\xfe", "a\x00b"), &pb.InferTensorContents{BytesContents: [][]byte{{}, {0xff, 0xfe}, []byte("a\x00b")}}},
		{"a scalar", infer.Int32, nil, infer.RawOf[int32](7), &pb.InferTensorContents{IntContents: []int32{7}}},
		{"no elements", infer.FP32, []int64{0, 3}, []byte{}, &pb.InferTensorContents{}},
		{"no strings", infer.Bytes, []int64{0}, []byte{}, &pb.InferTensorContents{}},
	}
}

func (e edge) rawRequest() *pb.ModelInferRequest {
	return &pb.ModelInferRequest{
		ModelName:        "m",
		Inputs:           []*pb.ModelInferRequest_InferInputTensor{{Name: "x", Datatype: string(e.datatype), Shape: e.shape}},
		RawInputContents: [][]byte{e.raw},
	}
}

func (e edge) typedRequest() *pb.ModelInferRequest {
	return &pb.ModelInferRequest{
		ModelName: "m",
		Inputs:    []*pb.ModelInferRequest_InferInputTensor{{Name: "x", Datatype: string(e.datatype), Shape: e.shape, Contents: e.contents}},
	}
}

func (e edge) rawResponse() *pb.ModelInferResponse {
	return &pb.ModelInferResponse{
		Outputs:           []*pb.ModelInferResponse_InferOutputTensor{{Name: "y", Datatype: string(e.datatype), Shape: e.shape}},
		RawOutputContents: [][]byte{e.raw},
	}
}

func (e edge) typedResponse() *pb.ModelInferResponse {
	return &pb.ModelInferResponse{
		Outputs: []*pb.ModelInferResponse_InferOutputTensor{{Name: "y", Datatype: string(e.datatype), Shape: e.shape, Contents: e.contents}},
	}
}

func TestP03EveryDatatypeInBothForms(t *testing.T) {
	t.Parallel()
	for _, e := range edges() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			pool := oiptest.NewPool(t)
			typed := request(t, pool, e.typedRequest())
			defer typed.Free()
			raw, err := typed.InRawForm()
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Free()
			sameBits(t, raw, e.rawRequest())
			back, err := raw.InTypedForm()
			if err != nil {
				t.Fatal(err)
			}
			defer back.Free()
			sameBits(t, back, e.typedRequest())
			answer, err := response(t, pool, e.rawResponse()).InTypedForm()
			if err != nil {
				t.Fatal(err)
			}
			sameBits(t, answer, e.typedResponse())
			answer, err = answer.InRawForm()
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Free()
			sameBits(t, answer, e.rawResponse())
		})
	}
}

// sameBits compares wires: decoded, NaNs would differ from themselves.
func sameBits(t *testing.T, got interface{ Marshal() mem.BufferSlice }, want proto.Message) {
	t.Helper()
	wire := got.Marshal()
	defer wire.Free()
	decoded := want.ProtoReflect().New().Interface()
	if err := proto.Unmarshal(wire.Materialize(), decoded); err != nil {
		t.Fatal(err)
	}
	deterministic := proto.MarshalOptions{Deterministic: true}
	a, _ := deterministic.Marshal(want)
	b, _ := deterministic.Marshal(decoded)
	if !bytes.Equal(a, b) {
		t.Errorf("got  %v\nwant %v", decoded, want)
	}
}

func TestP01FormsKeepUnknownFields(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	e := edges()[3]
	m := e.rawResponse()
	unknown := []byte{0xa2, 0x38, 1, 'u'} // field 900
	m.ProtoReflect().SetUnknown(unknown)
	resp, err := response(t, pool, m).InTypedForm()
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Free()
	want := e.typedResponse()
	want.ProtoReflect().SetUnknown(unknown)
	sameBits(t, resp, want)
}

func TestT06RawFormLeavesEmptyContentsBehind(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	e := edges()[3]
	m := e.rawRequest()
	m.Inputs[0].Contents = &pb.InferTensorContents{}
	req := request(t, pool, m)
	defer req.Free()
	raw, err := req.InRawForm()
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Free()
	sameBits(t, raw, e.rawRequest())
	answer := e.rawResponse()
	answer.Outputs[0].Contents = &pb.InferTensorContents{}
	resp, err := response(t, pool, answer).InRawForm()
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Free()
	sameBits(t, resp, e.rawResponse())
}

func TestP03HalfPrecisionStaysRaw(t *testing.T) {
	t.Parallel()
	for _, d := range []infer.DataType{infer.FP16, infer.BF16} {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			pool := oiptest.NewPool(t)
			e := edge{datatype: d, shape: []int64{1}, raw: []byte{1, 2}}
			req := request(t, pool, e.rawRequest())
			defer req.Free()
			_, err := req.InTypedForm()
			wantFault(t, err, codes.InvalidArgument, `input "x": `+string(d)+` has no typed contents, which are all that is taken here; send FP32`)
			mixed := e.rawResponse()
			mixed.Outputs = append(mixed.Outputs, &pb.ModelInferResponse_InferOutputTensor{
				Name: "typed", Datatype: "UINT8", Shape: []int64{1}, Contents: &pb.InferTensorContents{UintContents: []uint32{9}},
			})
			resp, err := response(t, pool, mixed).InTypedForm()
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Free()
			want := proto.CloneOf(mixed)
			want.Outputs[1].Contents = nil
			want.RawOutputContents = append(want.RawOutputContents, []byte{9})
			sameBits(t, resp, want)
		})
	}
}

func TestP03BrokenRawDataHaveNoTypedForm(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		edge edge
		want string
	}{
		{"half an integer", edge{datatype: infer.Int32, raw: []byte{1, 2, 3, 4, 5}}, `output "y": 5 bytes of raw data break off inside an element of INT32, which takes 4`},
		{"half a float", edge{datatype: infer.FP32, raw: []byte{1, 2, 3}}, `output "y": 3 bytes of raw data break off inside an element of FP32, which takes 4`},
		{"half a length", edge{datatype: infer.Bytes, raw: []byte{1, 0, 0}}, `output "y": raw BYTES data break off inside an element; each is a 4-byte little-endian length and that many bytes`},
		{"a length that lies", edge{datatype: infer.Bytes, raw: []byte{255, 255, 255, 255, 1}}, `output "y": raw BYTES data break off inside an element; each is a 4-byte little-endian length and that many bytes`},
		{"no datatype", edge{datatype: "TEXT", raw: []byte{1}}, `output "y": datatype "TEXT" is not one of [BOOL UINT8 UINT16 UINT32 UINT64 INT8 INT16 INT32 INT64 FP16 BF16 FP32 FP64 BYTES]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pool := oiptest.NewPool(t)
			_, err := response(t, pool, tt.edge.rawResponse()).InTypedForm()
			wantFault(t, err, codes.Internal, tt.want)
			req := request(t, pool, tt.edge.rawRequest())
			defer req.Free()
			if _, err := req.InTypedForm(); infer.CodeOf(err) != codes.InvalidArgument {
				t.Errorf("the request: %v", err)
			}
		})
	}
}

func wantFault(t *testing.T, err error, code codes.Code, text string) {
	t.Helper()
	if err == nil || infer.CodeOf(err) != code || err.Error() != text {
		t.Errorf("got  %v %v\nwant %v %s", infer.CodeOf(err), err, code, text)
	}
}
