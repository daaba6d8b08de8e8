package tensorjson_test

import (
	"errors"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// modelInputs are inputs of each kind, of that shape.
func modelInputs(shape ...int64) []infer.TensorMetadata {
	return []infer.TensorMetadata{
		{Name: "S", DataType: infer.Bytes, Shape: shape},
		{Name: "F", DataType: infer.FP32, Shape: shape},
		{Name: "B", DataType: infer.Bool, Shape: shape},
		{Name: "I", DataType: infer.Int64, Shape: shape},
		{Name: "U", DataType: infer.Uint8, Shape: shape},
		{Name: "H", DataType: infer.FP16, Shape: shape},
		{Name: "X", DataType: "COMPLEX", Shape: shape},
	}
}

// described is a request as the JSON of the protocol has it.
func described(t *testing.T, req *infer.Request) string {
	t.Helper()
	defer req.Free()
	if err := req.Validate(); err != nil {
		t.Fatal(err)
	}
	text, err := tensorjson.AppendRequest(nil, req, tensorjson.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestR15GenerateBodies: what Triton 2.51 was seen to make of the same bodies, with models of the same shapes.
func TestR15GenerateBodies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		shape []int64
		body  string
		want  string
	}{
		{
			"every kind",
			[]int64{-1, -1},
			`{"id":"x","S":"hi","F":1.5,"B":true,"I":-3,"U":200,"foo":"bar","n":3,"d":1.5,"b":false}`,
			`{"id":"x","parameters":{"foo":"bar","n":3,"d":1.5,"b":false},"inputs":[{"name":"S","datatype":"BYTES","shape":[1,1],"data":["hi"]},` +
				`{"name":"F","datatype":"FP32","shape":[1,1],"data":[1.5]},{"name":"B","datatype":"BOOL","shape":[1,1],"data":[true]},` +
				`{"name":"I","datatype":"INT64","shape":[1,1],"data":[-3]},{"name":"U","datatype":"UINT8","shape":[1,1],"data":[200]}]}`,
		},
		{"array of a batched model", []int64{-1, -1}, `{"S":["a","é","c"]}`, `{"inputs":[{"name":"S","datatype":"BYTES","shape":[1,3],"data":["a","é","c"]}]}`},
		{"array as a batch", []int64{-1, 1}, `{"I":[1,2,3]}`, `{"inputs":[{"name":"I","datatype":"INT64","shape":[3,1],"data":[1,2,3]}]}`},
		{"fixed dimension", []int64{-1, 2}, `{"I":[1,2]}`, `{"inputs":[{"name":"I","datatype":"INT64","shape":[1,2],"data":[1,2]}]}`},
		{"batch of fixed dimensions", []int64{-1, 2}, `{"I":[1,2,3,4]}`, `{"inputs":[{"name":"I","datatype":"INT64","shape":[2,2],"data":[1,2,3,4]}]}`},
		{"fixed in front", []int64{2, -1}, `{"F":[1,2,3,4,5,6]}`, `{"inputs":[{"name":"F","datatype":"FP32","shape":[2,3],"data":[1,2,3,4,5,6]}]}`},
		{"empty array", []int64{-1}, `{"F":[ ]}`, `{"inputs":[{"name":"F","datatype":"FP32","shape":[0],"data":[]}]}`},
		{"scalar model", nil, `{"F":2}`, `{"inputs":[{"name":"F","datatype":"FP32","shape":[],"data":[2]}]}`},
		{"white space", []int64{1}, " {\n\"F\" :\t2 , \"S\" : \"\" }\n", `{"inputs":[{"name":"F","datatype":"FP32","shape":[1],"data":[2]},{"name":"S","datatype":"BYTES","shape":[1],"data":[""]}]}`},
		{"byte order mark", []int64{1}, "\ufeff{\"F\":2}", `{"inputs":[{"name":"F","datatype":"FP32","shape":[1],"data":[2]}]}`},
		{"not finite", []int64{-1}, `{"F":[NaN,-Infinity]}`, `{"inputs":[{"name":"F","datatype":"FP32","shape":[2],"data":[NaN,-Infinity]}]}`},
		{
			"nested parameters",
			[]int64{1},
			`{"parameters":{"k":1,"I":5,"f":1.25,"id":"p","parameters":"q"}}`,
			`{"parameters":{"k":1,"f":1.25,"id":"p","parameters":"q"},"inputs":[{"name":"I","datatype":"INT64","shape":[1],"data":[5]}]}`,
		},
		{"nothing", []int64{1}, `{}`, `{"inputs":[]}`},
		{"of the transfer", []int64{1}, `{"binary_data_output":true,"triton_enable_empty_final_response":true}`, `{"inputs":[]}`},
		{"extremes", []int64{1}, `{"I":-9223372036854775808,"k":18446744073709551615}`, `{"parameters":{"k":18446744073709551615},"inputs":[{"name":"I","datatype":"INT64","shape":[1],"data":[-9223372036854775808]}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req, err := tensorjson.DecodeGenerate([]byte(tt.body), modelInputs(tt.shape...), tensorjson.Options{ModelName: "m", ModelVersion: "2"})
			if err != nil {
				t.Fatal(err)
			}
			if req.ModelName() != "m" || req.ModelVersion() != "2" {
				t.Errorf("to model %q, version %q", req.ModelName(), req.ModelVersion())
			}
			if got := described(t, req); got != tt.want {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestR15BadGenerateBodies: the fault is the client's, and Triton's own where it is one of the JSON.
func TestR15BadGenerateBodies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		body, want string
		json       bool
	}{
		{``, "the body is empty; send a JSON object with the model's inputs", true},
		{`[1]`, `invalid JSON at byte 0: [ instead of an object`, true},
		{`{`, `the JSON ends at byte 1, where a key in double quotes should be`, true},
		{`{}x`, `invalid JSON at byte 2: x instead of the end of the body`, true},
		{`{"S":1}`, `input "S": element 0: 1 is not a string`, true},
		{`{"S":{"a":1}}`, `input "S": invalid JSON at byte 5: { instead of an element`, true},
		{`{"F":"x"}`, `input "F": element 0: the string "x" is not a number that FP32 holds (up to 3.4028235e38, or NaN, Infinity, -Infinity)`, true},
		{`{"F":null}`, `input "F": element 0: null is not a number that FP32 holds (up to 3.4028235e38, or NaN, Infinity, -Infinity)`, true},
		{`{"F":1e39}`, `input "F": element 0: 1e39 is not a number that FP32 holds (up to 3.4028235e38, or NaN, Infinity, -Infinity)`, true},
		{`{"I":1.5}`, `input "I": element 0: 1.5 is not a whole number from -9223372036854775808 to 9223372036854775807, as INT64 holds`, true},
		{`{"U":300}`, `input "U": element 0: 300 is not a whole number from 0 to 255, as UINT8 holds`, true},
		{`{"B":1}`, `input "B": element 0: 1 is not true or false`, true},
		{`{"F":[[1,2],[3,4]]}`, `input "F": element 0 is an array or an object; send a flat array`, true},
		{`{"P":[1,2,3]}`, `input "P": 3 elements do not make a tensor of the model's shape [-1,2]`, false},
		{`{"P":1}`, `input "P": 1 elements do not make a tensor of the model's shape [-1,2]`, false},
		{`{"H":[1,2]}`, `input "H": FP16 has no JSON form; send it as binary data or over gRPC`, false},
		{`{"X":[1,2]}`, `input "X": datatype "COMPLEX" is not one of [BOOL UINT8 UINT16 UINT32 UINT64 INT8 INT16 INT32 INT64 FP16 BF16 FP32 FP64 BYTES]`, false},
		{`{"S":["a","b"],"S":["a","b"]}`, `input "S" already exists in request; send it once`, false},
		{`{"S":["a","b"],"parameters":{"S":["a","b"]}}`, `input "S" already exists in request; send it once`, false},
		{`{"k":1,"parameters":{"k":2}}`, `parameter "k" is there twice; send it once`, false},
		{`{"k":{"a":1}}`, `parameter "k" is an object or an array; parameters are flat: a string, a number, true or false`, false},
		{`{"parameters":{"o":[1]}}`, `parameter "o" is an object or an array; parameters are flat: a string, a number, true or false`, false},
		{`{"k":null}`, `parameter "k" is null; leave it out`, false},
		{`{"parameters":1}`, `parameters is 1; send an object`, true},
		{`{"id":5}`, `id is 5; send a string`, true},
		{`{"shared_memory_region":"r"}`, `shared_memory_region: shared memory cannot be reached through the gateway; send the inputs by their names`, false},
	} {
		inputs := append(modelInputs(-1), infer.TensorMetadata{Name: "P", DataType: infer.FP32, Shape: infer.Shape{-1, 2}})
		_, err := tensorjson.DecodeGenerate([]byte(tt.body), inputs, tensorjson.Options{})
		if err == nil || err.Error() != tt.want || infer.CodeOf(err) != codes.InvalidArgument || errors.Is(err, tensorjson.ErrJSON) != tt.json {
			t.Errorf("%s: %v (of the JSON: %v)\nwant %s (%v)", tt.body, err, errors.Is(err, tensorjson.ErrJSON), tt.want, tt.json)
		}
	}
}

// TestR15GenerateIsBounded: what costs more in a message than as text is counted.
func TestR15GenerateIsBounded(t *testing.T) {
	t.Parallel()
	many := strings.Builder{}
	for i := range infer.MaxParameters + 1 {
		many.WriteString(`"k` + strings.Repeat("k", i) + `":1,`)
	}
	for _, body := range []string{
		`{` + many.String() + `"end":1}`,
		`{"k":"` + strings.Repeat("a", 2<<20) + `"}`,
		`{"k":` + strings.Repeat("[", 101) + strings.Repeat("]", 101) + `}`,
		`{"F":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
	} {
		if _, err := tensorjson.DecodeGenerate([]byte(body), modelInputs(-1), tensorjson.Options{}); infer.CodeOf(err) != codes.InvalidArgument {
			t.Errorf("%.40s… : %v", body, err)
		}
	}
}

// TestR15GenerateAnswers: keys in order, and arrays of one element without their brackets.
func TestR15GenerateAnswers(t *testing.T) {
	t.Parallel()
	resp := infer.NewResponse(infer.Head{
		ModelName: "m", ModelVersion: "1", ID: "x",
		Parameters: infer.Parameters{{Key: "sequence_id", Value: int64(0)}, {Key: "OS", Value: "hidden"}},
	}, []infer.TensorData{
		{Name: "OS", DataType: infer.Bytes, Shape: infer.Shape{1, 1}, Data: mem.SliceBuffer("\x02\x00\x00\x00h\n")},
		{Name: "OB", DataType: infer.Bool, Shape: infer.Shape{2}, Data: mem.SliceBuffer{0, 1}},
		{Name: "OE", DataType: infer.FP32, Shape: infer.Shape{0}, Data: mem.SliceBuffer{}},
		{Name: "Z", DataType: infer.FP32, Shape: infer.Shape{1}, Data: mem.SliceBuffer{0, 0, 0x80, 0x7f}},
	})
	defer resp.Free()
	got, err := tensorjson.AppendGenerated(nil, resp, tensorjson.Options{})
	want := `{"OB":[false,true],"OE":[],"OS":"h\n","Z":Infinity,"id":"x","model_name":"m","model_version":"1","sequence_id":0}`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v\nwant %s", got, err, want)
	}
	for _, data := range []infer.TensorData{
		{Name: "H", DataType: infer.FP16, Shape: infer.Shape{1}, Data: mem.SliceBuffer{0, 0}},
		{Name: "S", DataType: infer.Bytes, Shape: infer.Shape{1}, Data: mem.SliceBuffer("\x01\x00\x00\x00\xff")},
	} {
		bad := infer.NewResponse(infer.Head{}, []infer.TensorData{data})
		if got, err := tensorjson.AppendGenerated(nil, bad, tensorjson.Options{}); infer.CodeOf(err) != codes.InvalidArgument {
			t.Errorf("%s: %s, %v", data.Name, got, err)
		}
		bad.Free()
	}
}

func TestDescribesTensors(t *testing.T) {
	t.Parallel()
	with := append(modelInputs(-1), infer.TensorMetadata{Name: "inputs", DataType: infer.Bytes, Shape: infer.Shape{-1}})
	for body, want := range map[string]bool{
		`{"inputs":[{"name":"x"}]}`:            true,
		`{"id":"a","inputs":[ {} ],"k":[[1]]}`: true,
		`{"inputs":[]}`:                        false,
		`{"inputs":["a"]}`:                     false,
		`{"inputs":"a"}`:                       false,
		`{"S":"a"}`:                            false,
		`{"k":{"inputs":[{}]}}`:                false,
		`{"inputs":[{}]`:                       false,
		``:                                     false,
	} {
		if got := tensorjson.DescribesTensors([]byte(body), modelInputs(-1)); got != want {
			t.Errorf("%s: %v", body, got)
		}
		if tensorjson.DescribesTensors([]byte(body), with) {
			t.Errorf("%s of a model with inputs", body)
		}
	}
}

// FuzzGenerate: any body is refused, or makes a valid request of the model's inputs and datatypes.
func FuzzGenerate(f *testing.F) {
	for _, body := range []string{
		`{"id":"x","S":["hi",""],"F":1.5,"B":true,"I":[-3],"U":[],"parameters":{"k":1,"s":"t"}}`, `{"F":NaN}`, `{"S":"\ud83d\ude00"}`, `{"inputs":[{}]}`, `{`,
	} {
		f.Add([]byte(body), int64(-1), int64(2))
	}
	f.Fuzz(func(t *testing.T, body []byte, first, second int64) {
		tensorjson.DescribesTensors(body, modelInputs(first, second))
		req, err := tensorjson.DecodeGenerate(body, modelInputs(first, second), tensorjson.Options{})
		if err != nil {
			if infer.CodeOf(err) != codes.InvalidArgument {
				t.Fatalf("%q: %v", body, err)
			}
			return
		}
		defer req.Free()
		if err := req.Validate(); err != nil {
			t.Fatalf("%q: %v", body, err)
		}
		for _, in := range req.Tensors() {
			if !in.Shape.Matches(infer.Shape{max(first, -1), max(second, -1)}) {
				t.Fatalf("%q: input %s has shape %v", body, in.Name, in.Shape)
			}
		}
	})
}
