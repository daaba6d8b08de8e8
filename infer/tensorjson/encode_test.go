package tensorjson_test

import (
	"encoding/json"
	"math"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// raw is a tensor in raw form.
func raw(name string, d infer.DataType, shape infer.Shape, data []byte, p ...infer.Parameter) infer.TensorData {
	return infer.TensorData{Name: name, DataType: d, Shape: shape, Parameters: p, Data: mem.SliceBuffer(data)}
}

func response(t *testing.T, h infer.Head, outputs ...infer.TensorData) *infer.Response {
	t.Helper()
	resp := infer.NewResponse(h, outputs)
	t.Cleanup(resp.Free)
	return resp
}

// typed is a response of the generated types, as servers that mirror typed requests send it.
func typed(t *testing.T, outputs ...*inferencepb.ModelInferResponse_InferOutputTensor) *infer.Response {
	t.Helper()
	wire, err := proto.Marshal(&inferencepb.ModelInferResponse{ModelName: "m", Outputs: outputs})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := infer.ParseResponse(mem.BufferSlice{mem.SliceBuffer(wire)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(resp.Free)
	return resp
}

func TestAppendResponseData(t *testing.T) {
	t.Parallel()
	inf := math.Inf(1)
	const c1, c2 = "\x00\x1f\x7f", "\b\f\n\r\t"
	tests := []struct {
		name string
		out  infer.TensorData
		want string // what follows the name
	}{
		{"BOOL", raw("y", infer.Bool, infer.Shape{2}, []byte{1, 0}), `"datatype":"BOOL","shape":[2],"data":[true,false]`},
		{"UINT8", raw("y", infer.Uint8, infer.Shape{2}, infer.RawOf[uint8](0, 255)), `"datatype":"UINT8","shape":[2],"data":[0,255]`},
		{"UINT16", raw("y", infer.Uint16, infer.Shape{1}, infer.RawOf[uint16](65535)), `"datatype":"UINT16","shape":[1],"data":[65535]`},
		{"UINT32", raw("y", infer.Uint32, infer.Shape{1}, infer.RawOf[uint32](math.MaxUint32)), `"datatype":"UINT32","shape":[1],"data":[4294967295]`},
		{"UINT64", raw("y", infer.Uint64, infer.Shape{1}, infer.RawOf[uint64](math.MaxUint64)), `"datatype":"UINT64","shape":[1],"data":[18446744073709551615]`},
		{"INT8", raw("y", infer.Int8, infer.Shape{2}, infer.RawOf[int8](-128, 127)), `"datatype":"INT8","shape":[2],"data":[-128,127]`},
		{"INT16", raw("y", infer.Int16, infer.Shape{2}, infer.RawOf[int16](-32768, -1)), `"datatype":"INT16","shape":[2],"data":[-32768,-1]`},
		{"INT32", raw("y", infer.Int32, infer.Shape{1}, infer.RawOf[int32](math.MinInt32)), `"datatype":"INT32","shape":[1],"data":[-2147483648]`},
		{"INT64", raw("y", infer.Int64, infer.Shape{2}, infer.RawOf[int64](math.MinInt64, math.MaxInt64)), `"datatype":"INT64","shape":[2],"data":[-9223372036854775808,9223372036854775807]`},
		{"FP32 flat", raw("y", infer.FP32, infer.Shape{2, 2}, infer.RawOf[float32](0.1, -0.5, 255, 1e-7)), `"datatype":"FP32","shape":[2,2],"data":[0.1,-0.5,255,1e-7]`},
		{"FP32 -0", raw("y", infer.FP32, infer.Shape{1}, infer.RawOf(float32(math.Copysign(0, -1)))), `"datatype":"FP32","shape":[1],"data":[-0.0]`},
		{"FP32 not finite", raw("y", infer.FP32, infer.Shape{3}, infer.RawOf(float32(math.NaN()), float32(inf), float32(-inf))), `"datatype":"FP32","shape":[3],"data":[NaN,Infinity,-Infinity]`},
		{"FP64", raw("y", infer.FP64, infer.Shape{4}, infer.RawOf(0.1, inf, math.NaN(), 5e-324)), `"datatype":"FP64","shape":[4],"data":[0.1,Infinity,NaN,5e-324]`},
		{"BYTES", raw("y", infer.Bytes, infer.Shape{4}, infer.RawStrings("", "a\"\\/<&>é\u2028", c1, c2)), `"datatype":"BYTES","shape":[4],"data":["","a\"\\/<&>é` + "\u2028" + `","\u0000\u001f` + "\x7f" + `","\b\f\n\r\t"]`},
		{"BYTES of another number", raw("y", infer.Bytes, infer.Shape{3}, infer.RawStrings("abc")), `"datatype":"BYTES","shape":[3],"data":["abc"]`}, // MLServer's array of bytes objects
		{"scalar", raw("y", infer.FP32, infer.Shape{}, infer.RawOf[float32](1)), `"datatype":"FP32","shape":[],"data":[1]`},
		{"empty", raw("y", infer.FP32, infer.Shape{2, 0}, nil), `"datatype":"FP32","shape":[2,0],"data":[]`},
		{"framing parameters", raw("y", infer.Int8, infer.Shape{1}, []byte{7}, infer.Parameter{Key: "binary_data_size", Value: int64(1)}), `"datatype":"INT8","shape":[1],"data":[7]`},
		{
			"parameters", raw("y", infer.Int8, infer.Shape{1}, []byte{7}, infer.Parameter{Key: "k", Value: "old"}, infer.Parameter{Key: "k", Value: "v\n"}),
			`"datatype":"INT8","shape":[1],"parameters":{"k":"v\n"},"data":[7]`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			resp := response(t, infer.Head{ModelName: "m"}, tt.out)
			got, err := tensorjson.AppendResponse([]byte("body: "), resp, tensorjson.Options{})
			want := `body: {"model_name":"m","model_version":"","outputs":[{"name":"y",` + tt.want + `}]}`
			if err != nil || string(got) != want {
				t.Errorf("got  %s %v\nwant %s", got, err, want)
			}
		})
	}
}

func TestAppendResponseHead(t *testing.T) {
	t.Parallel()
	resp := response(t, infer.Head{ModelName: `m"`, ModelVersion: "3", ID: "é", Parameters: infer.Parameters{
		{Key: "b", Value: true},
		{Key: "i", Value: int64(math.MinInt64)},
		{Key: "u", Value: uint64(math.MaxUint64)},
		{Key: "none"},
		{Key: "d", Value: 2.0},
		{Key: "e", Value: 1e300},
		{Key: "n", Value: math.NaN()},
		{Key: "s\t", Value: "x"},
		{Key: "binary_data_output", Value: true},
	}})
	got, err := tensorjson.AppendResponse(nil, resp, tensorjson.Options{})
	want := `{"id":"é","model_name":"m\"","model_version":"3","parameters":{"b":true,"i":-9223372036854775808,"u":18446744073709551615,` +
		`"d":2.0,"e":1e+300,"n":NaN,"s\t":"x"},"outputs":[]}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s %v\nwant %s", got, err, want)
	}
}

func TestAppendResponseOfTypedContents(t *testing.T) {
	t.Parallel()
	resp := typed(t,
		&inferencepb.ModelInferResponse_InferOutputTensor{
			Name: "f", Datatype: "FP32", Shape: []int64{2}, Contents: &inferencepb.InferTensorContents{Fp32Contents: []float32{1.5, -2}},
		},
		&inferencepb.ModelInferResponse_InferOutputTensor{
			Name: "s", Datatype: "BYTES", Shape: []int64{1}, Contents: &inferencepb.InferTensorContents{BytesContents: [][]byte{[]byte("cat")}},
		},
		&inferencepb.ModelInferResponse_InferOutputTensor{
			Name: "i", Datatype: "INT8", Shape: []int64{1}, Contents: &inferencepb.InferTensorContents{IntContents: []int32{-7}},
		})
	got, err := tensorjson.AppendResponse(nil, resp, tensorjson.Options{})
	want := `{"model_name":"m","model_version":"","outputs":[{"name":"f","datatype":"FP32","shape":[2],"data":[1.5,-2]},` +
		`{"name":"s","datatype":"BYTES","shape":[1],"data":["cat"]},{"name":"i","datatype":"INT8","shape":[1],"data":[-7]}]}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s %v\nwant %s", got, err, want)
	}
}

func TestAppendResponseRefuses(t *testing.T) {
	t.Parallel()
	const cure = `; ask for it as binary data ("parameters":{"binary_data":true}) or over gRPC`
	tests := []struct {
		name string
		out  infer.TensorData
		code codes.Code
		want string
	}{
		{"FP16", raw("y", infer.FP16, infer.Shape{1}, []byte{0, 0}), codes.InvalidArgument, `output "y": FP16 has no JSON form` + cure},
		{"BF16", raw("y", infer.BF16, infer.Shape{1}, []byte{0, 0}), codes.InvalidArgument, `output "y": BF16 has no JSON form` + cure},
		{"not text", raw("y", infer.Bytes, infer.Shape{2}, infer.RawStrings("a", "\xff")), codes.InvalidArgument, `output "y": element 1 is not UTF-8` + cure},
		{"short", raw("y", infer.FP32, infer.Shape{2}, make([]byte, 4)), codes.Internal, `output "y": 4 bytes of data do not fit shape [2] of FP32`},
		{"ragged", raw("y", infer.FP32, infer.Shape{1}, make([]byte, 5)), codes.Internal, `output "y": 5 bytes of data do not fit shape [1] of FP32`},
		{"negative", raw("y", infer.FP32, infer.Shape{-1}, nil), codes.Internal, `output "y": 0 bytes of data do not fit shape [-1] of FP32`},
		{"datatype", raw("y", "FP8", infer.Shape{1}, []byte{0}), codes.Internal, `output "y": datatype "FP8" is not one of [BOOL UINT8 UINT16 UINT32 UINT64 INT8 INT16 INT32 INT64 FP16 BF16 FP32 FP64 BYTES]`},
		{"BYTES length", raw("y", infer.Bytes, infer.Shape{1}, []byte{1, 0, 0}), codes.Internal, `output "y": raw BYTES data break off in element 0; each is a 4-byte little-endian length and that many bytes`},
		{"BYTES cut", raw("y", infer.Bytes, infer.Shape{1}, []byte{0, 0, 0, 0, 2, 0, 0, 0, 'a'}), codes.Internal, `output "y": raw BYTES data break off in element 1; each is a 4-byte little-endian length and that many bytes`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := tensorjson.AppendResponse(nil, response(t, infer.Head{}, tt.out), tensorjson.Options{})
			if err == nil || err.Error() != tt.want || infer.CodeOf(err) != tt.code {
				t.Errorf("got  %v (%v)\nwant %s (%v)", err, infer.CodeOf(err), tt.want, tt.code)
			}
		})
	}
}

func TestAppendResponseBlamesTheServerForTypedContents(t *testing.T) {
	t.Parallel()
	resp := typed(t, &inferencepb.ModelInferResponse_InferOutputTensor{
		Name: "i", Datatype: "INT8", Shape: []int64{1}, Contents: &inferencepb.InferTensorContents{IntContents: []int32{300}},
	})
	_, err := tensorjson.AppendResponse(nil, resp, tensorjson.Options{})
	if want := `output "i": 300 does not fit INT8`; err == nil || err.Error() != want || infer.CodeOf(err) != codes.Internal {
		t.Errorf("got %v (%v), want INTERNAL %s", err, infer.CodeOf(err), want)
	}
}

func TestR14BytesThatAreNoText(t *testing.T) {
	t.Parallel()
	resp := response(t, infer.Head{}, raw("y", infer.Bytes, infer.Shape{2}, infer.RawStrings("a", "\xff")), raw("z", infer.Bytes, infer.Shape{1}, infer.RawStrings("a")))
	got, err := tensorjson.AppendResponse(nil, resp, tensorjson.Options{Base64Bytes: true})
	want := `{"model_name":"","model_version":"","outputs":[{"name":"y","datatype":"BYTES","shape":[2],"parameters":{"content_type":"base64"},` +
		`"data":["YQ==","/w=="]},{"name":"z","datatype":"BYTES","shape":[1],"data":["a"]}]}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s %v\nwant %s", got, err, want)
	}
}

func TestAppendRequest(t *testing.T) {
	t.Parallel()
	req := infer.NewRequest(infer.Head{ModelName: "m", ID: "1"}, []infer.TensorData{raw("x", infer.Int8, infer.Shape{1}, []byte{1})},
		[]infer.RequestedOutput{{Name: "p"}, {Name: "q", Parameters: infer.Parameters{{Key: "classification", Value: int64(2)}}}})
	defer req.Free()
	got, err := tensorjson.AppendRequest(nil, req, tensorjson.Options{})
	want := `{"id":"1","inputs":[{"name":"x","datatype":"INT8","shape":[1],"data":[1]}],"outputs":[{"name":"p"},{"name":"q","parameters":{"classification":2}}]}`
	if err != nil || string(got) != want || !json.Valid(got) {
		t.Errorf("got  %s %v\nwant %s", got, err, want)
	}
	half := infer.NewRequest(infer.Head{}, []infer.TensorData{raw("x", infer.FP16, infer.Shape{1}, []byte{0, 0})}, nil)
	defer half.Free()
	if _, err := tensorjson.AppendRequest(nil, half, tensorjson.Options{}); err == nil ||
		err.Error() != `input "x": FP16 has no JSON form; send it as binary data or over gRPC` {
		t.Errorf("got %v, want the cure for FP16", err)
	}
}
