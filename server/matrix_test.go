package server_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// sample is two elements of a datatype in every form; typed and json are empty where the form does not exist.
type sample struct {
	datatype infer.DataType
	raw      []byte
	typed    *inferencepb.InferTensorContents
	json     string
}

func samples() []sample {
	f32, f64 := math.Float32bits(-1.5), math.Float64bits(1e300)
	return []sample{
		{infer.Bool, []byte{1, 0}, &inferencepb.InferTensorContents{BoolContents: []bool{true, false}}, "[true,false]"},
		{infer.Uint8, []byte{0, 255}, &inferencepb.InferTensorContents{UintContents: []uint32{0, 255}}, "[0,255]"},
		{infer.Uint16, []byte{1, 0, 255, 255}, &inferencepb.InferTensorContents{UintContents: []uint32{1, 65535}}, "[1,65535]"},
		{infer.Uint32, infer.RawOf[uint32](1, math.MaxUint32), &inferencepb.InferTensorContents{UintContents: []uint32{1, math.MaxUint32}}, "[1,4294967295]"},
		{infer.Uint64, infer.RawOf[uint64](1, math.MaxUint64), &inferencepb.InferTensorContents{Uint64Contents: []uint64{1, math.MaxUint64}}, "[1,18446744073709551615]"},
		{infer.Int8, []byte{0x80, 127}, &inferencepb.InferTensorContents{IntContents: []int32{-128, 127}}, "[-128,127]"},
		{infer.Int16, infer.RawOf[int16](-2, 3), &inferencepb.InferTensorContents{IntContents: []int32{-2, 3}}, "[-2,3]"},
		{infer.Int32, infer.RawOf[int32](-2, 3), &inferencepb.InferTensorContents{IntContents: []int32{-2, 3}}, "[-2,3]"},
		{infer.Int64, infer.RawOf[int64](math.MinInt64, 3), &inferencepb.InferTensorContents{Int64Contents: []int64{math.MinInt64, 3}}, "[-9223372036854775808,3]"},
		{infer.FP16, []byte{0, 0x3c, 0, 0xc0}, nil, ""}, // raw only
		{infer.BF16, []byte{0x80, 0x3f, 0, 0xc0}, nil, ""},
		{
			infer.FP32, binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, f32), 0),
			&inferencepb.InferTensorContents{Fp32Contents: []float32{-1.5, 0}}, "[-1.5,0]",
		},
		{
			infer.FP64, binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, f64), 0),
			&inferencepb.InferTensorContents{Fp64Contents: []float64{1e300, 0}}, "[1e+300,0]",
		},
		{infer.Bytes, infer.RawStrings("née", ""), &inferencepb.InferTensorContents{BytesContents: [][]byte{[]byte("née"), {}}}, `["née",""]`},
	}
}

// TestInferMatrix: {gRPC, REST JSON, REST binary} × {datatype} × {raw, typed}; the model sees the same bytes on every way.
func TestInferMatrix(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	for _, s := range samples() {
		for _, way := range []struct {
			name string
			run  func(*testing.T, *gateway, sample)
		}{
			{"gRPC raw", func(t *testing.T, g *gateway, s sample) { t.Helper(); g.inferRaw(t, s) }},
			{"gRPC typed", func(t *testing.T, g *gateway, s sample) { t.Helper(); g.inferTyped(t, s) }},
			{"REST JSON", func(t *testing.T, g *gateway, s sample) { t.Helper(); g.inferJSON(t, s) }},
			{"REST binary", func(t *testing.T, g *gateway, s sample) { t.Helper(); g.inferBinary(t, s) }},
			{"REST JSON in, binary out", func(t *testing.T, g *gateway, s sample) { t.Helper(); g.inferToBinary(t, s) }},
		} {
			t.Run(fmt.Sprintf("%s %s", s.datatype, way.name), func(t *testing.T) { way.run(t, g, s) })
		}
	}
}

func (g *gateway) inferRaw(t *testing.T, s sample) {
	t.Helper()
	g.checkEcho(t, s, &inferencepb.ModelInferRequest{
		ModelName: "echo", Id: "9",
		Inputs:           []*inferencepb.ModelInferRequest_InferInputTensor{{Name: "x", Datatype: string(s.datatype), Shape: []int64{2}}},
		RawInputContents: [][]byte{s.raw},
	})
}

func (g *gateway) inferTyped(t *testing.T, s sample) {
	t.Helper()
	req := &inferencepb.ModelInferRequest{ModelName: "echo", ModelVersion: "1", Id: "9"}
	input := &inferencepb.ModelInferRequest_InferInputTensor{Name: "x", Datatype: string(s.datatype), Shape: []int64{2}, Contents: s.typed}
	req.Inputs = append(req.Inputs, input)
	if s.typed != nil {
		g.checkEcho(t, s, req)
		return
	}
	input.Contents = &inferencepb.InferTensorContents{BytesContents: [][]byte{s.raw}} // MLServer's way; not the protocol's
	if _, err := g.client.ModelInfer(t.Context(), req); status.Code(err) != codes.InvalidArgument {
		t.Errorf("code = %v, want InvalidArgument", status.Code(err))
	}
}

// checkEcho wants the raw form back, with the request's id and the model's name as it was asked for.
func (g *gateway) checkEcho(t *testing.T, s sample, req *inferencepb.ModelInferRequest) {
	t.Helper()
	resp, err := g.client.ModelInfer(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if resp.GetModelName() != "echo" || resp.GetModelVersion() != "1" || resp.GetId() != "9" {
		t.Errorf("model %q, version %q, id %q", resp.GetModelName(), resp.GetModelVersion(), resp.GetId())
	}
	if diff := cmp.Diff([][]byte{s.raw}, resp.GetRawOutputContents()); diff != "" {
		t.Errorf("raw contents differ (-want +got):\n%s", diff)
	}
	if resp.GetOutputs()[0].GetContents() != nil {
		t.Error("there are typed contents beside the raw ones")
	}
}

func (g *gateway) inferJSON(t *testing.T, s sample) {
	t.Helper()
	data := s.json
	if data == "" {
		data = "[1,2]"
	}
	body := fmt.Sprintf(`{"id":"9","inputs":[{"name":"x","shape":[2],"datatype":%q,"data":%s}]}`, s.datatype, data)
	got := g.do(t, http.MethodPost, "/v2/models/echo/infer", body)
	if s.json == "" {
		if got.status != http.StatusBadRequest {
			t.Errorf("status = %d, want 400: %s", got.status, got.body)
		}
		return
	}
	want := fmt.Sprintf(`{"id":"9","model_name":"echo","model_version":"1","outputs":[{"name":"x","datatype":%q,"shape":[2],"data":%s}]}`, s.datatype, data)
	if got.status != http.StatusOK || compact(t, got.body) != compact(t, want) {
		t.Errorf("status %d, body\n%s, want\n%s", got.status, got.body, want)
	}
	if got.header.Get("Content-Type") != "application/json" || got.header.Get("Content-Length") != strconv.Itoa(len(got.body)) {
		t.Errorf("headers = %v", got.header)
	}
}

// compact is a JSON document in one form; numbers keep their text.
func compact(t *testing.T, text string) string {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestIDIsNotInvented: models that make an id up do not change what a client without one gets.
func TestIDIsNotInvented(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	req := small("echo")
	req.Id = ""
	resp, err := g.client.ModelInfer(t.Context(), req)
	if err != nil || resp.GetId() != "" {
		t.Errorf("id = %q, %v; want none", resp.GetId(), err)
	}
	got := g.do(t, http.MethodPost, "/v2/models/echo/versions/1/infer", strings.Replace(smallJSON, `"id":"7",`, "", 1))
	if got.status != http.StatusOK || strings.Contains(got.body, `"id"`) {
		t.Errorf("status %d, body %s", got.status, got.body)
	}
}
