package v1json_test

import (
	"math"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
	"github.com/manifold-serving/manifold/infer/v1json"
)

func tensor(name string, d infer.DataType, raw []byte, shape ...int64) infer.TensorData {
	return infer.TensorData{Name: name, DataType: d, Shape: shape, Data: mem.SliceBuffer(raw)}
}

// Source: TensorFlow Serving, "RESTful API": response format in row and in columnar format, encoding binary values.
func TestV1Responses(t *testing.T) {
	t.Parallel()
	scores := tensor("scores", infer.FP32, infer.RawOf[float32](1, 0.5, float32(math.NaN()), -0.25), 2, 2)
	labels := tensor("labels", infer.Bytes, infer.RawStrings("cat", "\xff"), 2)
	bytes := tensor("png_bytes", infer.Bytes, infer.RawStrings("cat", "dog"), 2)
	count := tensor("count", infer.Int64, infer.RawOf[int64](math.MinInt64))
	half := tensor("half", infer.FP16, []byte{0, 0x3c, 0, 0xc0}, 2)
	empty := tensor("empty", infer.FP32, nil, 2, 0)
	tests := []struct {
		name          string
		outputs       []infer.TensorData
		rows, columns string
	}{
		{"one output", []infer.TensorData{scores}, `{"predictions":[[1.0,0.5],[NaN,-0.25]]}`, `{"outputs":[[1.0,0.5],[NaN,-0.25]]}`},
		{
			"two",
			[]infer.TensorData{scores, labels},
			`{"predictions":[{"scores":[1.0,0.5],"labels":"cat"},{"scores":[NaN,-0.25],"labels":{"b64":"/w=="}}]}`,
			`{"outputs":{"scores":[[1.0,0.5],[NaN,-0.25]],"labels":["cat",{"b64":"/w=="}]}}`,
		},
		{"_bytes", []infer.TensorData{bytes}, `{"predictions":[{"b64":"Y2F0"},{"b64":"ZG9n"}]}`, `{"outputs":[{"b64":"Y2F0"},{"b64":"ZG9n"}]}`},
		{"a scalar", []infer.TensorData{count}, `{"predictions":[-9223372036854775808]}`, `{"outputs":-9223372036854775808}`},
		{
			"whole floats, which Python would read as integers",
			[]infer.TensorData{tensor("y", infer.FP64, infer.RawOf(0, 3, 1e15, 1e300, math.Inf(1)), 5)},
			`{"predictions":[0.0,3.0,1000000000000000.0,1e+300,Infinity]}`, `{"outputs":[0.0,3.0,1000000000000000.0,1e+300,Infinity]}`,
		},
		{"halves", []infer.TensorData{half}, `{"predictions":[1.0,-2.0]}`, `{"outputs":[1.0,-2.0]}`},
		{"no elements", []infer.TensorData{empty}, `{"predictions":[[],[]]}`, `{"outputs":[[],[]]}`},
		{"no outputs", nil, `{"predictions":[]}`, `{"outputs":{}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for form, want := range []string{test.rows, test.columns} {
				resp := infer.NewResponse(infer.Head{ModelName: "m"}, test.outputs)
				got, err := v1json.AppendResponse(nil, resp, v1json.Form(form))
				resp.Free()
				if err != nil || string(got) != want {
					t.Errorf("%s, %v; want %s", got, err, want)
				}
			}
		})
	}
}

func TestV1RowsOfDifferentOutputs(t *testing.T) {
	t.Parallel()
	resp := infer.NewResponse(infer.Head{}, []infer.TensorData{
		tensor("a", infer.Int8, []byte{1, 2}, 2), tensor("b", infer.Int8, []byte{1}, 1),
	})
	defer resp.Free()
	if _, err := v1json.AppendResponse(nil, resp, v1json.Rows); infer.CodeOf(err) != codes.InvalidArgument {
		t.Errorf("%v", err)
	}
	if got, err := v1json.AppendResponse(nil, resp, v1json.Columns); err != nil || string(got) != `{"outputs":{"a":[1,2],"b":[1]}}` {
		t.Errorf("%s, %v", got, err)
	}
}

// A shape may write far more brackets than it has elements.
func TestV1ResponsesAreBounded(t *testing.T) {
	t.Parallel()
	deep := []int64{1 << 16}
	for len(deep) < infer.MaxRank {
		deep = append(deep, 1)
	}
	for name, data := range map[string]infer.TensorData{
		"brackets": tensor("x", infer.Int8, make([]byte, 1<<16), deep...),
		"empties":  tensor("x", infer.Int8, nil, 1<<40, 0),
	} {
		resp := infer.NewResponse(infer.Head{}, []infer.TensorData{data})
		if text, err := v1json.AppendResponse(nil, resp, v1json.Columns); infer.CodeOf(err) != codes.Internal {
			t.Errorf("%s: %d bytes, %v", name, len(text), err)
		}
		resp.Free()
	}
}

func TestV1UpstreamRequests(t *testing.T) {
	t.Parallel()
	for want, inputs := range map[string][]infer.TensorData{
		`{"instances":[[1,2],[3,4]]}`:                 {tensor("x", infer.Int8, []byte{1, 2, 3, 4}, 2, 2)},
		`{"instances":[{"x":1,"y":"a"}]}`:             {tensor("x", infer.Int8, []byte{1}, 1), tensor("y", infer.Bytes, infer.RawStrings("a"), 1)},
		`{"inputs":{"x":[1,2],"y":["a"]}}`:            {tensor("x", infer.Int8, []byte{1, 2}, 2), tensor("y", infer.Bytes, infer.RawStrings("a"), 1)},
		`{"inputs":5}`:                                {tensor("x", infer.Uint64, infer.RawOf[uint64](5))},
		`{"instances":[{"b64":"/w=="},"18"]}`:         {tensor("x", infer.Bytes, infer.RawStrings("\xff", "18"), 2)},
		`{"instances":[0.1,NaN,Infinity,5e-324,1.5]}`: {tensor("x", infer.FP64, infer.RawOf(0.1, math.NaN(), math.Inf(1), 5e-324, 1.5), 5)},
	} {
		req := infer.NewRequest(infer.Head{ModelName: "m"}, inputs, nil)
		got, err := v1json.AppendRequest(nil, req)
		req.Free()
		if err != nil || string(got) != want {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
	}
}

func TestV1UpstreamResponses(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"predictions":[1.0,-2]}`:                                                    `{"name":"predictions","datatype":"FP64","shape":[2],"data":[1,-2]}`,
		`{"predictions":[1,-2]}`:                                                      `{"name":"predictions","datatype":"INT64","shape":[2],"data":[1,-2]}`,
		`{"predictions":[1,18446744073709551615]}`:                                    `{"name":"predictions","datatype":"UINT64","shape":[2],"data":[1,18446744073709551615]}`,
		`{"predictions":[[1,2.5],[3,4]]}`:                                             `{"name":"predictions","datatype":"FP64","shape":[2,2],"data":[1,2.5,3,4]}`,
		`{"predictions":["cat","dog"],"deployment":{"n":1}}`:                          `{"name":"predictions","datatype":"BYTES","shape":[2],"data":["cat","dog"]}`,
		`{"predictions":[{"b64":"aGk="}]}`:                                            `{"name":"predictions","datatype":"BYTES","shape":[1],"data":["hi"]}`,
		`{"predictions":[[true],[false]]}`:                                            `{"name":"predictions","datatype":"BOOL","shape":[2,1],"data":[true,false]}`,
		`{"predictions":[{"message":"SUCCESS","score":1},{"message":"x","score":2}]}`: `{"name":"message","datatype":"BYTES","shape":[2],"data":["SUCCESS","x"]},{"name":"score","datatype":"INT64","shape":[2],"data":[1,2]}`,
		`{"predictions":"1"}`:                                                         `{"name":"predictions","datatype":"BYTES","shape":[],"data":["1"]}`,
		`{"outputs":{"a":[1],"b":[[NaN]]}}`:                                           `{"name":"a","datatype":"INT64","shape":[1],"data":[1]},{"name":"b","datatype":"FP64","shape":[1,1],"data":[NaN]}`,
		`{"outputs":[1]}`:                                                             `{"name":"outputs","datatype":"INT64","shape":[1],"data":[1]}`,
		`{"predictions":[]}`:                                                          `{"name":"predictions","datatype":"FP64","shape":[0],"data":[]}`,
	} {
		resp, err := v1json.DecodeResponse([]byte(body), infer.Head{ModelName: "m", ID: "1"})
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		text, err := tensorjson.AppendResponse(nil, resp, tensorjson.Options{})
		resp.Free()
		if want = `{"id":"1","model_name":"m","model_version":"","outputs":[` + want + `]}`; err != nil || string(text) != want {
			t.Errorf("%s: %s, %v; want %s", body, text, err, want)
		}
	}
}

func TestV1UpstreamResponsesThatAreNoTensors(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		``, `[]`, `{}`, `{"predictions":[1,"a"]}`, `{"predictions":[{"a":{"b":1}}]}`, `{"predictions":[null]}`, `{"predictions":[[1],[1,2]]}`,
		`{"predictions":[1],"outputs":[1]}`, `{"predictions":[1]`, `{"predictions":[1]} 2`, `{"predictions":[{"a":1},{"b":1}]}`,
	} {
		if resp, err := v1json.DecodeResponse([]byte(body), infer.Head{}); infer.CodeOf(err) != codes.Internal {
			t.Errorf("%s: %v", body, err)
			resp.Free()
		}
	}
}
