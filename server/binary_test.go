package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

const (
	headerLength = "Inference-Header-Content-Length"
	echoPath     = "/v2/models/echo/infer"
)

// doBinary sends JSON with binary data behind it.
func (g *gateway) doBinary(t *testing.T, path, header string, data []byte, headers ...string) answer {
	t.Helper()
	return g.do(t, http.MethodPost, path, header+string(data), append(headers, headerLength, strconv.Itoa(len(header)))...)
}

// output is one of a framed answer.
type output struct {
	Name, Datatype string
	Shape          []int64
	Parameters     *map[string]any
	Data           json.RawMessage
	raw            []byte
}

// outputs reads an answer in either form and checks its framing.
func (a answer) outputs(t *testing.T) []output {
	t.Helper()
	if a.status != http.StatusOK {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	text, data := a.body, ""
	if length := a.header.Get(headerLength); length != "" {
		n, err := strconv.Atoi(length)
		if err != nil || n > len(text) {
			t.Fatalf("%s is %q, the body has %d bytes", headerLength, length, len(text))
		}
		text, data = text[:n], text[n:]
		if data == "" || a.header.Get("Content-Type") != "application/octet-stream" {
			t.Errorf("%d bytes of binary data as %s", len(data), a.header.Get("Content-Type"))
		}
	} else if a.header.Get("Content-Type") != "application/json" {
		t.Errorf("all JSON, as %s", a.header.Get("Content-Type"))
	}
	if a.header.Get("Content-Length") == "" {
		t.Error("there is no Content-Length")
	}
	var body struct{ Outputs []output }
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for i := range body.Outputs {
		o := &body.Outputs[i]
		if o.Parameters == nil {
			continue
		}
		size, ok := (*o.Parameters)["binary_data_size"].(float64)
		if !ok || len(*o.Parameters) != 1 || o.Data != nil || int(size) > len(data) {
			t.Fatalf("output %s with %d bytes left", text, len(data))
		}
		o.raw, data = []byte(data[:int(size)]), data[int(size):]
	}
	if data != "" {
		t.Errorf("%d bytes are nobody's", len(data))
	}
	return body.Outputs
}

func (g *gateway) inferBinary(t *testing.T, s sample) {
	t.Helper()
	header := fmt.Sprintf(`{"id":"9","parameters":{"binary_data_output":true},"inputs":[{"name":"x","shape":[2],"datatype":%q,"parameters":{"binary_data_size":%d}}]}`,
		s.datatype, len(s.raw))
	g.checkBinary(t, s, g.doBinary(t, echoPath, header, s.raw))
}

func (g *gateway) inferToBinary(t *testing.T, s sample) {
	t.Helper()
	if s.json == "" {
		return
	}
	g.checkBinary(t, s, g.do(t, http.MethodPost, echoPath, fmt.Sprintf(
		`{"id":"9","inputs":[{"name":"x","shape":[2],"datatype":%q,"data":%s}],"outputs":[{"name":"x","parameters":{"binary_data":true}}]}`, s.datatype, s.json)))
}

func (*gateway) checkBinary(t *testing.T, s sample, got answer) {
	t.Helper()
	want := fmt.Sprintf(`{"id":"9","model_name":"echo","model_version":"1","outputs":[{"name":"x","datatype":%q,"shape":[2],"parameters":{"binary_data_size":%d}}]}`,
		s.datatype, len(s.raw))
	if got.status != http.StatusOK || got.body != want+string(s.raw) {
		t.Errorf("status %d, body\n%q, want\n%q", got.status, got.body, want+string(s.raw))
	}
	if got.header.Get(headerLength) != strconv.Itoa(len(want)) || got.header.Get("Content-Type") != "application/octet-stream" ||
		got.header.Get("Content-Length") != strconv.Itoa(len(got.body)) {
		t.Errorf("headers = %v", got.header)
	}
}

// TestR01_FourMeanings of Inference-Header-Content-Length.
func TestR01_FourMeanings(t *testing.T) {
	t.Parallel()
	all := models()
	all["raw"] = &described{inputs: []infer.TensorMetadata{{Name: "x", DataType: infer.Int32, Shape: infer.Shape{-1}}}}
	g := start(t, &catalog{models: all})
	two := infer.RawOf[int32](1, 2)
	const header = `{"id":"7","inputs":[{"name":"x","datatype":"INT32","shape":[2],"parameters":{"binary_data_size":8}}]}`
	for _, tt := range []struct {
		name string
		got  answer
		raw  bool // the answer is binary
	}{
		{"absent", g.do(t, http.MethodPost, "/v2/models/raw/infer", smallJSON), false},
		{"the whole body", g.doBinary(t, "/v2/models/raw/infer", smallJSON, nil), false}, // Triton's C++ client
		{"a prefix", g.doBinary(t, "/v2/models/raw/infer", header, two), false},
		{"0", g.doBinary(t, "/v2/models/raw/infer", "", two), true},
	} {
		out := tt.got.outputs(t)
		if len(out) != 1 || out[0].Name != "x" || !cmp.Equal(out[0].Shape, []int64{2}) {
			t.Fatalf("%s: outputs %v", tt.name, out)
		}
		if tt.raw && !bytes.Equal(out[0].raw, two) || !tt.raw && string(out[0].Data) != "[1,2]" {
			t.Errorf("%s: data %s, raw %x", tt.name, out[0].Data, out[0].raw)
		}
	}
}

// described is an echo with inputs of its own.
type described struct {
	model
	inputs []infer.TensorMetadata
}

func (d *described) Metadata(context.Context) (*infer.Metadata, error) {
	return &infer.Metadata{Name: "inner", Inputs: d.inputs}, nil
}

// TestR01_RawRequests: the metadata say what the body is.
func TestR01_RawRequests(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		datatype infer.DataType
		shape    infer.Shape
		body     string
		want     []int64 // the shape; nil is 400
		raw      string  // what the model got, when not the body
	}{
		{"fixed", infer.Int16, infer.Shape{2, 2}, "12345678", []int64{2, 2}, ""},
		{"large", infer.Int16, infer.Shape{-1}, strings.Repeat("ab", 5000), []int64{5000}, ""},
		{"fixed, too long", infer.Int16, infer.Shape{2, 2}, "123456789", nil, ""},
		{"one variable", infer.FP32, infer.Shape{-1, 2}, "1234567812345678", []int64{2, 2}, ""},
		{"one variable, no data", infer.FP32, infer.Shape{-1, 2}, "", []int64{0, 2}, ""},
		{"one variable, a rest", infer.FP32, infer.Shape{-1, 2}, "123456789", nil, ""},
		{"batch and one variable", infer.Uint8, infer.Shape{-1, -1, 1}, "abc", []int64{1, 3, 1}, ""},
		{"two variable", infer.Uint8, infer.Shape{1, -1, -1}, "abc", nil, ""},
		{"three variable", infer.Uint8, infer.Shape{-1, -1, -1}, "abc", nil, ""},
		{"variable and empty", infer.Uint8, infer.Shape{0, -1}, "abc", nil, ""},
		{"overflow", infer.FP64, infer.Shape{-1, 1 << 62}, "abcdefgh", nil, ""},
		{"scalar", infer.Uint8, infer.Shape{}, "a", []int64{}, ""},
		{"text", infer.Bytes, infer.Shape{-1, -1}, "né\xff", []int64{1, 1}, "\x04\x00\x00\x00né\xff"},
		{"no text", infer.Bytes, infer.Shape{1}, "", []int64{1}, "\x00\x00\x00\x00"},
		{"long text", infer.Bytes, infer.Shape{1}, strings.Repeat("a", 5000), []int64{1}, "\x88\x13\x00\x00" + strings.Repeat("a", 5000)},
		{"two texts", infer.Bytes, infer.Shape{2}, "ab", nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := start(t, &catalog{models: map[string]infer.Model{"echo": &described{inputs: []infer.TensorMetadata{{Name: "only", DataType: tt.datatype, Shape: tt.shape}}}}})
			got := g.doBinary(t, echoPath, "", []byte(tt.body))
			if tt.want == nil {
				if got.status != http.StatusBadRequest || !strings.Contains(got.body, `\"only\"`) {
					t.Errorf("status %d: %s; want 400 that names the input", got.status, got.body)
				}
				return
			}
			if tt.raw == "" {
				tt.raw = tt.body
			}
			out := got.outputs(t)[0]
			if string(out.raw) != tt.raw || !cmp.Equal(out.Shape, tt.want) {
				t.Errorf("shape %v, %d bytes", out.Shape, len(out.raw))
			}
		})
	}
	two := start(t, &catalog{models: map[string]infer.Model{"echo": &described{inputs: make([]infer.TensorMetadata, 2)}}})
	if got := two.doBinary(t, echoPath, "", []byte("x")); got.status != http.StatusBadRequest || !strings.Contains(got.body, "one input") {
		t.Errorf("two inputs: status %d: %s", got.status, got.body)
	}
}

func TestR01_BadLengths(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	for _, length := range []string{"-1", "abc", "98x", "98.0", "+5", "", "18446744073709551616", "18446744073709551615", "9223372036854775807", "4294967297", "0x10", strconv.Itoa(len(smallJSON) + 1)} {
		got := g.do(t, http.MethodPost, echoPath, smallJSON, headerLength, length)
		if got.status != http.StatusBadRequest || !strings.Contains(got.body, headerLength) {
			t.Errorf("%q: status %d: %s; want 400 that names the header", length, got.status, got.body)
		}
	}
	if got := g.do(t, http.MethodPost, echoPath, smallJSON, headerLength, "5"); got.status != http.StatusBadRequest {
		t.Errorf("a length inside of the JSON: status %d: %s", got.status, got.body)
	}
	for _, tt := range []struct{ size, data, want string }{
		{"8", "1234567", `input \"x\"`},
		{"8", "123456789", `input \"x\"`},
		{"9", "123456789", `input \"x\"`},
	} {
		header := `{"inputs":[{"name":"x","datatype":"INT32","shape":[2],"parameters":{"binary_data_size":` + tt.size + `}}]}`
		got := g.doBinary(t, echoPath, header, []byte(tt.data))
		if got.status != http.StatusBadRequest || !strings.Contains(got.body, tt.want) {
			t.Errorf("%v: status %d: %s", tt, got.status, got.body)
		}
	}
	bad := `{"inputs":[{"name":"x","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":5}}]}`
	if got := g.doBinary(t, echoPath, bad, []byte("\xff\xff\xff\xffa")); got.status != http.StatusBadRequest || !strings.Contains(got.body, `input \"x\"`) {
		t.Errorf("BYTES that lie: status %d: %s", got.status, got.body)
	}
}

// TestR03_NoHeaderWithoutBinaryData: a lone empty output has a size and no header.
func TestR03_NoHeaderWithoutBinaryData(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	const header = `{"parameters":{"binary_data_output":true},"inputs":[{"name":"x","datatype":"FP16","shape":[0],"parameters":{"binary_data_size":0}}]}`
	for _, got := range []answer{g.doBinary(t, echoPath, header, nil), g.do(t, http.MethodPost, echoPath, header)} {
		const want = `{"model_name":"echo","model_version":"1","outputs":[{"name":"x","datatype":"FP16","shape":[0],"parameters":{"binary_data_size":0}}]}`
		if got.body != want || got.header.Get(headerLength) != "" || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("status %d, headers %v, body %s", got.status, got.header, got.body)
		}
	}
}

// TestR03_JSONOutputsHaveNoParameters: T11; Triton's C++ client takes any for the mark of binary data.
func TestR03_JSONOutputsHaveNoParameters(t *testing.T) {
	t.Parallel()
	m := &model{infer: func(context.Context, *infer.Request) (*infer.Response, error) {
		return infer.NewResponse(infer.Head{ModelName: "inner", ModelVersion: "1"}, []infer.TensorData{{
			Name: "y", DataType: infer.Int8, Shape: infer.Shape{1}, Data: mem.SliceBuffer{7},
			Parameters: infer.Parameters{{Key: "content_type", Value: "np"}, {Key: "binary_data_size", Value: int64(99)}},
		}}), nil
	}}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": m}})
	got := g.do(t, http.MethodPost, echoPath, smallJSON)
	if want := `{"id":"7","model_name":"echo","model_version":"1","outputs":[{"name":"y","datatype":"INT8","shape":[1],"data":[7]}]}`; got.body != want {
		t.Errorf("status %d, body %s", got.status, got.body)
	}
}

// TestT08_FramingStaysAtTheEdge: what a client says of its transfer never reaches a model.
func TestT08_FramingStaysAtTheEdge(t *testing.T) {
	t.Parallel()
	m := &recorder{}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": m}})
	const header = `{"parameters":{"binary_data_output":true,"mine":1},"outputs":[{"name":"x","parameters":{"binary_data":true,"classification":3}}],
		"inputs":[{"name":"x","datatype":"INT8","shape":[1],"parameters":{"binary_data_size":1,"own":"o"}}]}`
	g.doBinary(t, echoPath, header, []byte{5}).outputs(t)
	var got inferencepb.ModelInferRequest
	if err := proto.Unmarshal(m.got, &got); err != nil {
		t.Fatal(err)
	}
	for _, p := range []map[string]*inferencepb.InferParameter{got.GetParameters(), got.GetInputs()[0].GetParameters(), got.GetOutputs()[0].GetParameters()} {
		if len(p) != 1 {
			t.Errorf("parameters %v; want the one that is not of the framing", p)
		}
	}
}

// TestR13_HalvesNeedBinary: FP16 that is asked for in JSON is 400 that tells the cure.
func TestR13_HalvesNeedBinary(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	const header = `{"inputs":[{"name":"x","datatype":"FP16","shape":[1],"parameters":{"binary_data_size":2}}]}`
	got := g.doBinary(t, echoPath, header, []byte{0, 0x3c})
	if got.status != http.StatusBadRequest || !strings.Contains(got.body, "binary_data") {
		t.Errorf("status %d: %s", got.status, got.body)
	}
}

// TestBinaryRoundTrip: any bytes of any datatype, in any mix of forms, come back bit by bit.
func TestBinaryRoundTrip(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	rapid.Check(t, func(rt *rapid.T) {
		var inputs []string
		var data []byte
		var want [][]byte
		for i := range rapid.IntRange(1, 5).Draw(rt, "inputs") {
			d := rapid.SampledFrom(infer.DataTypes()).Draw(rt, "datatype")
			n := rapid.SampledFrom([]int{0, 1, 2, 700}).Draw(rt, "elements")
			raw := rapid.SliceOfN(rapid.Byte(), n*d.Size(), n*d.Size()).Draw(rt, "raw")
			if d == infer.Bytes {
				text := make([]string, n)
				for i := range text {
					text[i] = string(rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(rt, "text"))
				}
				raw = infer.RawStrings(text...)
			}
			inputs = append(inputs, fmt.Sprintf(`{"name":"x%d","datatype":%q,"shape":[%d],"parameters":{"binary_data_size":%d}}`, i, d, n, len(raw)))
			data = append(data, raw...)
			want = append(want, raw)
		}
		header := `{"inputs":[` + strings.Join(inputs, ",") + `],"parameters":{"binary_data_output":true}}`
		for i, o := range g.doBinary(t, echoPath, header, data).outputs(t) {
			if !bytes.Equal(o.raw, want[i]) {
				rt.Fatalf("output %d is %x, want %x", i, o.raw, want[i])
			}
		}
	})
	g.drained(t)
}

// TestBinaryBudget: after binary and refused requests nothing stays charged.
func TestBinaryBudget(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: map[string]infer.Model{"echo": &model{}, "fails": &model{infer: fails(infer.Errorf(codes.Internal, "no"))}}})
	const header = `{"inputs":[{"name":"x","datatype":"INT8","shape":[100000],"parameters":{"binary_data_size":100000}}],"parameters":{"binary_data_output":true}}`
	data := make([]byte, 100_000)
	for path, want := range map[string]int{echoPath: 200, "/v2/models/fails/infer": 500} {
		if got := g.doBinary(t, path, header, data); got.status != want {
			t.Errorf("%s: status %d", path, got.status)
		}
	}
	if got := g.doBinary(t, echoPath, header, data[1:]); got.status != http.StatusBadRequest {
		t.Errorf("too short: status %d", got.status)
	}
	g.noBytesInFlight(t)
}

// TestAnswersLiveUntilWritten: a binary output is written from the message's own buffers, which go back to their pool afterwards.
func TestAnswersLiveUntilWritten(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t) // poisons what comes back
	data := bytes.Repeat([]byte{7}, 50_000)
	m := &model{infer: func(context.Context, *infer.Request) (*infer.Response, error) {
		return infer.NewResponse(infer.Head{ModelName: "inner", ModelVersion: "1"}, []infer.TensorData{
			{Name: "y", DataType: infer.Int8, Shape: infer.Shape{50_000}, Data: mem.Copy(data, pool)},
		}), nil
	}}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": m}})
	ask := strings.Replace(smallJSON, `"id":"7"`, `"outputs":[{"name":"y","parameters":{"binary_data":true}}]`, 1)
	if out := g.do(t, http.MethodPost, echoPath, ask).outputs(t); !bytes.Equal(out[0].raw, data) {
		t.Errorf("the answer is not what the model gave: %x…", out[0].raw[:8])
	}
	g.do(t, http.MethodPost, echoPath, ask+"?") // a fault
	g.drained(t)
	if pool.Taken() != 1 || pool.Outstanding() != 0 {
		t.Errorf("%d of %d buffers were not returned", pool.Outstanding(), pool.Taken())
	}
}
