package tensorjson_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// decode returns the request of a body that is good, freed at the end of the test.
func decode(t *testing.T, body string) *infer.Request {
	t.Helper()
	req, err := tensorjson.DecodeRequest([]byte(body), tensorjson.Options{ModelName: "m", ModelVersion: "2"})
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	t.Cleanup(req.Free)
	if err := req.Validate(); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return req
}

func TestR12Data(t *testing.T) {
	t.Parallel()
	inf := math.Inf(1)
	nan := []byte{0, 0, 0xc0, 0x7f}
	tests := []struct {
		name, members string
		shape         infer.Shape
		want          []byte
	}{
		{"flat", `"shape":[2,2],"datatype":"INT8","data":[1,2,3,4]`, infer.Shape{2, 2}, infer.RawOf[int8](1, 2, 3, 4)},
		{"nested", `"shape":[2,2],"datatype":"INT8","data":[[1,2],[3,4]]`, infer.Shape{2, 2}, infer.RawOf[int8](1, 2, 3, 4)},
		{"nested otherwise", `"shape":[2,2],"datatype":"INT8","data":[[[1],2,[]], 3 ,[4]]`, infer.Shape{2, 2}, infer.RawOf[int8](1, 2, 3, 4)}, // Triton compares counts
		{"nested beyond the rank", `"shape":[1],"datatype":"INT8","data":[[[[1]]]]`, infer.Shape{1}, infer.RawOf[int8](1)},
		{"data first", `"data":[[1,2],[3,4]],"datatype":"INT8","shape":[4]`, infer.Shape{4}, infer.RawOf[int8](1, 2, 3, 4)},
		{"data before shape", `"datatype":"INT8","data":[1],"shape":[1]`, infer.Shape{1}, infer.RawOf[int8](1)},
		{"white space", "\t\"shape\" : [ 2 ] ,\n\"datatype\":\"FP32\"\r,\"data\" : [ 1 ,\n\t2 ] ", infer.Shape{2}, infer.RawOf[float32](1, 2)},
		{"scalar", `"shape":[],"datatype":"FP32","data":[1.5]`, nil, infer.RawOf[float32](1.5)},
		{"scalar string", `"shape":[],"datatype":"BYTES","data":["a"]`, nil, infer.RawStrings("a")}, // KServe's end-to-end payload
		{"empty", `"shape":[2,0],"datatype":"FP32","data":[]`, infer.Shape{2, 0}, nil},
		{"empty nested", `"shape":[2,0],"datatype":"FP32","data":[[],[]]`, infer.Shape{2, 0}, nil},
		{"empty without data", `"shape":[0],"datatype":"FP32"`, infer.Shape{0}, nil},
		{"empty half without data", `"shape":[0],"datatype":"FP16"`, infer.Shape{0}, nil},
		{"empty strings", `"shape":[0],"datatype":"BYTES","data":[]`, infer.Shape{0}, nil},
		{"bools", `"shape":[3],"datatype":"BOOL","data":[true,false, true]`, infer.Shape{3}, []byte{1, 0, 1}},
		{"UINT8", `"shape":[3],"datatype":"UINT8","data":[0,255,-0]`, infer.Shape{3}, infer.RawOf[uint8](0, 255, 0)},
		{"UINT16", `"shape":[2],"datatype":"UINT16","data":[0,65535]`, infer.Shape{2}, infer.RawOf[uint16](0, math.MaxUint16)},
		{"UINT32", `"shape":[2],"datatype":"UINT32","data":[0,4294967295]`, infer.Shape{2}, infer.RawOf[uint32](0, math.MaxUint32)},
		{"UINT64", `"shape":[2],"datatype":"UINT64","data":[0,18446744073709551615]`, infer.Shape{2}, infer.RawOf[uint64](0, math.MaxUint64)},
		{"INT8", `"shape":[2],"datatype":"INT8","data":[-128,127]`, infer.Shape{2}, infer.RawOf[int8](math.MinInt8, math.MaxInt8)},
		{"INT16", `"shape":[2],"datatype":"INT16","data":[-32768,32767]`, infer.Shape{2}, infer.RawOf[int16](math.MinInt16, math.MaxInt16)},
		{"INT32", `"shape":[2],"datatype":"INT32","data":[-2147483648,2147483647]`, infer.Shape{2}, infer.RawOf[int32](math.MinInt32, math.MaxInt32)},
		{"INT64", `"shape":[3],"datatype":"INT64","data":[-9223372036854775808,9223372036854775807,9007199254740993]`, infer.Shape{3}, infer.RawOf[int64](math.MinInt64, math.MaxInt64, 1<<53+1)},
		{"FP32", `"shape":[6],"datatype":"FP32","data":[-0,1e-46,3.4028235e38,1E+2,0.1,1e-45]`, infer.Shape{6}, infer.RawOf[float32](float32(math.Copysign(0, -1)), 0, math.MaxFloat32, 100, 0.1, math.SmallestNonzeroFloat32)},
		{"FP32 rounds once", `"shape":[1],"datatype":"FP32","data":[1.00000005960464477539062500000001]`, infer.Shape{1}, infer.RawOf(math.Nextafter32(1, 2))}, // Triton rounds twice
		{"FP32 not finite", `"shape":[4],"datatype":"FP32","data":[Infinity,-Infinity,Inf, -Inf]`, infer.Shape{4}, infer.RawOf(float32(inf), float32(-inf), float32(inf), float32(-inf))},
		{"FP64 NaN is NumPy's", `"shape":[1],"datatype":"FP64","data":[NaN]`, infer.Shape{1}, []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x7f}},
		{"FP32 NaN", `"shape":[1],"datatype":"FP32","data":[NaN]`, infer.Shape{1}, nan},
		{"FP64", `"shape":[4],"datatype":"FP64","data":[-0.0,1.7976931348623157e308,5e-324,Infinity]`, infer.Shape{4}, infer.RawOf(math.Copysign(0, -1), math.MaxFloat64, math.SmallestNonzeroFloat64, inf)},
		{"BYTES", `"shape":[3],"datatype":"BYTES","data":["","\u0000é\ud83d\ude00\/\"\\\b\f\n\r\t","<&>"]`, infer.Shape{3}, infer.RawStrings("", "\x00é😀/\"\\\b\f\n\r\t", "<&>")},
		{"BYTES data first", `"data":["]\"[",["b"]],"shape":[2],"datatype":"BYTES"`, infer.Shape{2}, infer.RawStrings(`]"[`, "b")},
		{"base64", `"shape":[2],"datatype":"BYTES","parameters":{"content_type":"base64"},"data":["AP8=","YQ=="]`, infer.Shape{2}, infer.RawStrings("\x00\xff", "a")},
		{"base64 told late", `"shape":[1],"datatype":"BYTES","data":["\/\/8="],"parameters":{"content_type":"base64"}`, infer.Shape{1}, infer.RawStrings("\xff\xff")},
		{"other content type", `"shape":[1],"datatype":"BYTES","parameters":{"content_type":"str"},"data":["AP8="]`, infer.Shape{1}, infer.RawStrings("AP8=")},
		{"unknown keys and nulls", `"x":{"a":[1,{"b":"\u00e9"},true,false,null,-1.5e3,NaN,"é"]},"parameters":null,"shape":[1],"datatype":"INT8","data":[7]`, infer.Shape{1}, infer.RawOf[int8](7)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := decode(t, one(tt.members)).Tensors()[0]
			raw, err := in.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, raw); diff != "" && len(tt.want)+len(raw) > 0 {
				t.Errorf("data (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.shape, in.Shape); diff != "" || !in.Raw() {
				t.Errorf("raw %v, shape (-want +got):\n%s", in.Raw(), diff)
			}
		})
	}
}

func TestDecodeRequestHead(t *testing.T) {
	t.Parallel()
	req := decode(t, "\ufeff"+`{"model_name":"other","model_version":7,"id":"\u0031é",
		"parameters":{"b":true,"f":false,"i":-5,"z":-0,"max":9223372036854775807,"min":-9223372036854775808,"u":18446744073709551615,
			"d":1.5,"e":1e2,"nan":NaN,"s":"\"x","n":null,"binary_data_output":true},
		"inputs":[{"name":"x","shape":[1],"datatype":"INT8","data":[1],"parameters":{"k":"v"}},
			{"name":"y","shape":[1],"datatype":"BYTES","data":["YQ=="],"parameters":{"a":1,"content_type":"base64"}}],
		"outputs":[{"name":"p","parameters":{"classification":3,"binary_data":true}},{"name":"q"}]}`)
	if req.ModelName() != "m" || req.ModelVersion() != "2" || req.ID() != "1é" {
		t.Errorf("got %q %q %q, want the names of the options and the id of the body", req.ModelName(), req.ModelVersion(), req.ID())
	}
	got, err := req.Parameters()
	if err != nil {
		t.Fatal(err)
	}
	want := infer.Parameters{
		{Key: "b", Value: true},
		{Key: "f", Value: false},
		{Key: "i", Value: int64(-5)},
		{Key: "z", Value: int64(0)},
		{Key: "max", Value: int64(math.MaxInt64)},
		{Key: "min", Value: int64(math.MinInt64)},
		{Key: "u", Value: uint64(math.MaxUint64)},
		{Key: "d", Value: 1.5},
		{Key: "e", Value: 100.0},
		{Key: "nan", Value: math.Float64frombits(0x7ff8 << 48)},
		{Key: "s", Value: `"x`},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) })); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
	outputs, err := req.Outputs()
	if err != nil {
		t.Fatal(err)
	}
	wantOutputs := []infer.RequestedOutput{{Name: "p", Parameters: infer.Parameters{{Key: "classification", Value: int64(3)}}}, {Name: "q"}}
	if diff := cmp.Diff(wantOutputs, outputs); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
	for i, want := range []infer.Parameters{{{Key: "k", Value: "v"}}, {{Key: "a", Value: int64(1)}}} { // the mark of base64 went with it
		got, err := req.Tensors()[i].Parameters()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("input %d: %v, parameters (-want +got):\n%s", i, err, diff)
		}
	}
}

// No text of a number is shorter than these, so that the room for the elements is just enough.
func TestDecodeRequestDense(t *testing.T) {
	t.Parallel()
	for _, d := range jsonTypes() {
		element := map[infer.DataType]string{infer.Bool: "true", infer.Bytes: `""`}[d]
		if element == "" {
			element = "1"
		}
		req := decode(t, one(`"shape":[1000],"datatype":"`+string(d)+`","data":[`+repeat(1000, func(int) string { return element })+`]`))
		if got, err := req.Tensors()[0].Elements(); got != 1000 || err != nil {
			t.Errorf("%s: got %d elements %v", d, got, err)
		}
	}
}

// Pydantic models of MLServer's clients send every key that they have.
func TestDecodeRequestTakesNullForAbsent(t *testing.T) {
	t.Parallel()
	req := decode(t, `{"id":null,"parameters":null,"outputs":null,"inputs":[{"name":"x","shape":[1],"datatype":"INT8","parameters":{"content_type":null},"data":[1]}]}`)
	if p, err := req.Parameters(); req.ID() != "" || len(p) > 0 || err != nil {
		t.Errorf("got id %q, parameters %v %v", req.ID(), p, err)
	}
}

func TestDecodeRequestManyNames(t *testing.T) {
	t.Parallel()
	req := decode(t, `{"inputs":[`+repeat(infer.MaxTensors, func(i int) string {
		return `{"name":"` + strings.Repeat("n", i+1) + `","shape":[0],"datatype":"FP32"}`
	})+`]}`)
	if got := len(req.Tensors()); got != infer.MaxTensors {
		t.Errorf("got %d inputs, want %d", got, infer.MaxTensors)
	}
}

func TestDecodeResponse(t *testing.T) {
	t.Parallel()
	resp, err := tensorjson.DecodeResponse([]byte(`{"id":"7","model_name":"m","model_version":"1","inputs":3,"parameters":{"p":1},
		"outputs":[{"name":"y","datatype":"FP32","shape":[2],"data":[NaN,-1.5]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Free()
	if resp.ModelName() != "m" || resp.ModelVersion() != "1" || resp.ID() != "7" {
		t.Errorf("got %q %q %q", resp.ModelName(), resp.ModelVersion(), resp.ID())
	}
	values, err := infer.Values[float32](&resp.Tensors()[0])
	if err != nil || len(values) != 2 || values[0] == values[0] || values[1] != -1.5 {
		t.Errorf("got %v %v, want NaN and -1.5", values, err)
	}
}
