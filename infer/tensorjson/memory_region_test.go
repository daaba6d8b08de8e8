package tensorjson_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// TestTensorsInSharedMemory: R-01; they are beside others, have no data either way, and keep the parameters that say where they are.
func TestTensorsInSharedMemory(t *testing.T) {
	t.Parallel()
	const region = `"parameters":{"shared_memory_region":"r","shared_memory_byte_size":8}`
	body := `{"inputs":[{"name":"a","shape":[2],"datatype":"FP32",` + region + `},{"name":"b","shape":[1],"datatype":"INT8","data":[7]}],` +
		`"outputs":[{"name":"y",` + region + `},{"name":"z"}]}`
	req, form, err := tensorjson.DecodeFramed([]byte(body), nil, tensorjson.Options{ModelName: "m", SharedMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer req.Free()
	if err := req.Validate(); err != nil {
		t.Error(err)
	}
	want := infer.Parameters{{Key: "shared_memory_region", Value: "r"}, {Key: "shared_memory_byte_size", Value: int64(8)}}
	got, err := req.Tensors()[0].Parameters()
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v: want -, got +\n%s", err, diff)
	}
	if data, err := req.Tensors()[1].Bytes(); err != nil || string(data) != "\x07" {
		t.Errorf("b is %v, %v", data, err)
	}
	outputs, err := req.Outputs()
	if err != nil || !outputs[0].Parameters.NameMemory() || outputs[1].Parameters.NameMemory() {
		t.Errorf("%v, %v", outputs, err)
	}
	resp := infer.NewResponse(infer.Head{ModelName: "m", ModelVersion: "1"}, []infer.TensorData{
		{Name: "y", DataType: infer.FP32, Shape: infer.Shape{2}, Data: mem.SliceBuffer(nil)}, {Name: "z", DataType: infer.Int8, Shape: infer.Shape{1}, Data: mem.SliceBuffer("\x07")},
	})
	defer resp.Free()
	framed, err := tensorjson.EncodeFramed(resp, form, tensorjson.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"model_name":"m","model_version":"1","outputs":[{"name":"y","datatype":"FP32","shape":[2]},` +
		`{"name":"z","datatype":"INT8","shape":[1],"data":[7]}]}`; string(framed.JSON) != want {
		t.Errorf("%s, want %s", framed.JSON, want)
	}
}

func TestTensorsInSharedMemoryAndInTheBody(t *testing.T) {
	t.Parallel()
	const region = `"shared_memory_region":"r"`
	for body, want := range map[string]string{
		`{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","parameters":{` + region + `},"data":[1]}]}`:           `input "a": it is in shared memory and in the body`,
		`{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4,` + region + `}}]}`: `input "a": it is in shared memory and in the body`,
		`{"inputs":[{"name":"a","shape":[4611686018427387904,4],"datatype":"FP32","parameters":{` + region + `}}]}`:  `input "a": shape`,
		`{"inputs":[],"outputs":[{"name":"y","parameters":{"binary_data":true,` + region + `}}]}`:                    "exclude each other",
		`{"inputs":[],"parameters":{` + region + `}}`:                                                                "shared memory cannot be reached",
		`{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","parameters":{"shared_memory_byte_size":4}}]}`:         `input "a": it has no "data"`,
	} {
		_, _, err := tensorjson.DecodeFramed([]byte(body), nil, tensorjson.Options{SharedMemory: true})
		if infer.CodeOf(err) != codes.InvalidArgument || !strings.Contains(err.Error(), want) || errors.Is(err, tensorjson.ErrJSON) {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}
