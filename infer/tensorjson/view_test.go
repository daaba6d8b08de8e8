package tensorjson_test

import (
	"math"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

func TestViewRows(t *testing.T) {
	t.Parallel()
	label := raw("label", infer.Bytes, infer.Shape{1}, infer.RawStrings("animal"))
	tests := []struct {
		name    string
		outputs []infer.TensorData
		want    string
	}{
		{"label", []infer.TensorData{label}, `["animal"]`},
		{"scalar", []infer.TensorData{raw("y", infer.FP32, infer.Shape{}, infer.RawOf[float32](0.5))}, `[0.5]`},
		{"vector", []infer.TensorData{raw("y", infer.Int8, infer.Shape{3}, []byte{1, 2, 3})}, `[1,2,3]`},
		{"matrix", []infer.TensorData{raw("y", infer.Int8, infer.Shape{2, 2}, []byte{1, 2, 3, 4})}, `[[1,2],[3,4]]`},
		{"cube", []infer.TensorData{raw("y", infer.Int8, infer.Shape{2, 2, 1}, []byte{1, 2, 3, 4})}, `[[[1],[2]],[[3],[4]]]`},
		{"empty", []infer.TensorData{raw("y", infer.Int8, infer.Shape{1 << 40, 0}, nil)}, `[]`},
		{"strings of another number", []infer.TensorData{raw("y", infer.Bytes, infer.Shape{4, 2}, infer.RawStrings("a", "b"))}, `["a","b"]`},
		{"none", nil, `[]`},
		{
			"two",
			[]infer.TensorData{raw("a", infer.Int8, infer.Shape{2, 2}, []byte{1, 2, 3, 4}), raw("b\"", infer.Bytes, infer.Shape{2}, infer.RawStrings("x", "y"))},
			`[{"a":[1,2],"b\"":"x"},{"a":[3,4],"b\"":"y"}]`,
		},
		{
			"two of different heights",
			[]infer.TensorData{raw("a", infer.Int8, infer.Shape{1}, []byte{1}), raw("b", infer.Int8, infer.Shape{2}, []byte{2, 3}), raw("c", infer.Int8, infer.Shape{0}, nil)},
			`[{"a":1,"b":2},{"b":3}]`,
		},
		{"not finite", []infer.TensorData{raw("y", infer.FP64, infer.Shape{3}, infer.RawOf(math.NaN(), math.Inf(1), math.Inf(-1)))}, `["NaN","Infinity","-Infinity"]`},
		{"halves", []infer.TensorData{raw("y", infer.FP16, infer.Shape{2}, []byte{0, 0x3e, 0, 0x7c})}, `[1.5,"Infinity"]`},
		{"brain floats", []infer.TensorData{raw("y", infer.BF16, infer.Shape{2}, []byte{0xc0, 0x3f, 0x80, 0xff})}, `[1.5,"-Infinity"]`},
		{"not text", []infer.TensorData{raw("y", infer.Bytes, infer.Shape{2}, infer.RawStrings("a", "\xff"))}, `["a","/w=="]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			resp := response(t, infer.Head{ModelName: "m"}, tt.outputs...)
			doc, err := tensorjson.View(nil, resp, infer.ViewParts{Rows: true})
			if err != nil || !gjson.ValidBytes(doc) {
				t.Fatalf("got %s %v, want valid JSON", doc, err)
			}
			if got := gjson.GetBytes(doc, "predictions").Raw; got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if gjson.GetBytes(doc, "outputs.#.data").Raw != "[]" {
				t.Errorf("got %s, want outputs without data", doc)
			}
		})
	}
}

func TestViewParts(t *testing.T) {
	t.Parallel()
	resp := response(t, infer.Head{ModelName: "m", ModelVersion: "1", ID: "7", Parameters: infer.Parameters{{Key: "p", Value: math.Inf(1)}}},
		raw("y", infer.FP32, infer.Shape{1, 2}, infer.RawOf(1, float32(math.NaN()))))
	req := infer.NewRequest(infer.Head{ModelName: "m", ID: "7"}, []infer.TensorData{raw("x", infer.Bytes, infer.Shape{1}, infer.RawStrings("cat"))},
		[]infer.RequestedOutput{{Name: "y"}})
	defer req.Free()
	const head = `{"id":"7","model_name":"m","model_version":"1","parameters":{"p":"Infinity"},"outputs":[{"name":"y","datatype":"FP32","shape":[1,2]`
	const in = `{"id":"7","model_name":"m","model_version":"","inputs":[{"name":"x","datatype":"BYTES","shape":[1]`
	const out = `],"outputs":[{"name":"y"}]`
	tests := []struct {
		name  string
		of    infer.Message
		parts infer.ViewParts
		want  string
	}{
		{"response", resp, infer.ViewParts{}, head + `}]}`},
		{"response data", resp, infer.ViewParts{Data: true}, head + `,"data":[1,"NaN"]}]}`},
		{"response rows", resp, infer.ViewParts{Rows: true}, head + `}],"predictions":[[1,"NaN"]]}`},
		{"response both", resp, infer.ViewParts{Data: true, Rows: true}, head + `,"data":[1,"NaN"]}],"predictions":[[1,"NaN"]]}`},
		{"request", req, infer.ViewParts{}, in + `}` + out + `}`},
		{"request both", req, infer.ViewParts{Data: true, Rows: true}, in + `,"data":["cat"]}` + out + `,"instances":["cat"]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tensorjson.View([]byte("> "), tt.of, tt.parts)
			if err != nil || string(got) != "> "+tt.want {
				t.Errorf("got  %s %v\nwant > %s", got, err, tt.want)
			}
		})
	}
}

// The conditions of KServe's InferenceGraph tutorials, on an OIP classifier's answer.
func TestViewAnswersTheSeedsConditions(t *testing.T) {
	t.Parallel()
	resp := response(t, infer.Head{ModelName: "m"}, raw("label", infer.Bytes, infer.Shape{1}, infer.RawStrings("animal")))
	doc, err := tensorjson.View(nil, resp, infer.ViewParts{Data: true, Rows: true})
	if err != nil {
		t.Fatal(err)
	}
	for condition, want := range map[string]bool{
		`[@this].#(predictions.0=="animal")`: true,
		`outputs.#(data.0=="animal")`:        true,
		`[@this].#(predictions.0=="plant")`:  false,
	} {
		if got := gjson.GetBytes(doc, condition).Exists(); got != want {
			t.Errorf("%s: got %v, want %v in %s", condition, got, want, doc)
		}
	}
}

func TestViewRefuses(t *testing.T) {
	t.Parallel()
	short := []infer.TensorData{raw("t", infer.FP32, infer.Shape{2}, make([]byte, 4))}
	req := infer.NewRequest(infer.Head{}, short, nil)
	defer req.Free()
	resp := response(t, infer.Head{}, short...)
	long := strings.Repeat("n", 60_000) // 4,000 rows would take 240 MB
	bomb := infer.NewRequest(infer.Head{}, []infer.TensorData{
		raw(long, infer.Uint8, infer.Shape{4000}, make([]byte, 4000)), raw("b", infer.Uint8, infer.Shape{1}, []byte{1}),
	}, nil)
	defer bomb.Free()
	tests := []struct {
		name string
		of   infer.Message
		code codes.Code
		want string
	}{
		{"request", req, codes.InvalidArgument, `input "t": 4 bytes of data do not fit shape [2] of FP32`},
		{"response", resp, codes.Internal, `output "t": 4 bytes of data do not fit shape [2] of FP32`},
		{"long names", bomb, codes.InvalidArgument, `the rows of the inputs take more than 32 times the message; shorten their names`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tensorjson.View(nil, tt.of, infer.ViewParts{Rows: true})
			if err == nil || err.Error() != tt.want || infer.CodeOf(err) != tt.code {
				t.Errorf("got  %v (%v)\nwant %s (%v)", err, infer.CodeOf(err), tt.want, tt.code)
			}
		})
	}
}

// A request that a client sent in typed form, unchecked.
func TestViewOfMalformedParameters(t *testing.T) {
	t.Parallel()
	req, err := infer.ParseRequest(mem.BufferSlice{mem.SliceBuffer{0x22, 0x03, 0x0a, 0x01, 0xff}}) // a parameter with key ff
	if err != nil {
		t.Fatal(err)
	}
	defer req.Free()
	if _, err := tensorjson.View(nil, req, infer.ViewParts{}); infer.CodeOf(err) != codes.InvalidArgument {
		t.Errorf("got %v, want INVALID_ARGUMENT", err)
	}
}
