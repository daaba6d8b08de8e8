package infercmd

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

const tulip = "../../../examples/animals-and-plants/pictures/tulip.png"

// sent is the request that a fake should get.
func sent(tensors ...tensor) *inferencepb.ModelInferRequest {
	req := &inferencepb.ModelInferRequest{ModelName: "m"}
	for _, t := range tensors {
		req.Inputs = append(req.Inputs, &inferencepb.ModelInferRequest_InferInputTensor{Name: t.name, Datatype: t.datatype, Shape: t.shape})
		req.RawInputContents = append(req.RawInputContents, t.raw)
	}
	return req
}

type tensor struct {
	name, datatype string
	shape          []int64
	raw            []byte
}

func contents(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func written(t *testing.T, name string, data []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestInferSendsEverySourceOverBothEdges(t *testing.T) {
	t.Parallel()
	iris := describes(described("features", "FP32", -1, 4))
	picture := contents(t, tulip)
	floats := infer.RawOf[float32](1, 2, 3, 4)
	matrix := npyFile("<f4", false, []int{1, 4}, floats)
	tests := []struct {
		name  string
		known *inferencepb.ModelMetadataResponse
		args  []string
		stdin string
		want  *inferencepb.ModelInferRequest
	}{
		{
			name: "values as the model describes them", known: iris, args: []string{"--input", "features=1,2, 3,4"},
			want: sent(tensor{"features", "FP32", []int64{1, 4}, floats}),
		},
		{
			name: "a batch", known: iris, args: []string{"--input", "features=1,2,3,4,1,2,3,4"},
			want: sent(tensor{"features", "FP32", []int64{2, 4}, slices.Concat(floats, floats)}),
		},
		{
			name: "nested values tell their shape", known: describes(described("x", "FP32", -1, -1)), args: []string{"--input", "x=[[1,2],[3,4]]"},
			want: sent(tensor{"x", "FP32", []int64{2, 2}, floats}),
		},
		{
			name: "a given shape beats nesting", known: iris, args: []string{"--input", "features:[4]=[[1,2],[3,4]]"},
			want: sent(tensor{"features", "FP32", []int64{4}, floats}),
		},
		{
			name: "without metadata", args: []string{"--input", "x:INT64[2,-1]=-1,2", "--input", "y:BOOL=true,false"},
			want: sent(tensor{"x", "INT64", []int64{2, 1}, infer.RawOf[int64](-1, 2)}, tensor{"y", "BOOL", []int64{2}, []byte{1, 0}}),
		},
		{
			name: "a name with a colon", known: describes(described("serving_default_x:0", "UINT8", -1)), args: []string{"--input", "serving_default_x:0=7"},
			want: sent(tensor{"serving_default_x:0", "UINT8", []int64{1}, []byte{7}}),
		},
		{
			name: "a scalar", args: []string{"--input", "x:FP64[]=0.5"},
			want: sent(tensor{"x", "FP64", nil, infer.RawOf(0.5)}),
		},
		{
			name: "texts", known: describes(described("text", "BYTES", -1)), args: []string{"--input", `text=a "b",ü`},
			want: sent(tensor{"text", "BYTES", []int64{2}, infer.RawStrings(`a "b"`, "ü")}),
		},
		{
			name: "texts with commas", known: describes(described("text", "BYTES", -1)), args: []string{"--input", `text=["a, b"]`},
			want: sent(tensor{"text", "BYTES", []int64{1}, infer.RawStrings("a, b")}),
		},
		{
			name: "numbers that are none", args: []string{"--input", "x:FP32=NaN,-Infinity"},
			want: sent(tensor{"x", "FP32", []int64{2}, []byte{0, 0, 0xc0, 0x7f, 0, 0, 0x80, 0xff}}),
		},
		{
			name: "a NumPy file", known: iris, args: []string{"--npy", written(t, "a.npy", matrix)},
			want: sent(tensor{"features", "FP32", []int64{1, 4}, floats}),
		},
		{
			name: "a named NumPy file beside values", args: []string{"--npy", "b=" + written(t, "b.npy", matrix), "--input", "a:INT8=1"},
			want: sent(tensor{"a", "INT8", []int64{1}, []byte{1}}, tensor{"b", "FP32", []int64{1, 4}, floats}),
		},
		{
			name: "a picture", known: describes(described("image", "BYTES", -1, 1)), args: []string{"--image", tulip},
			want: sent(tensor{"image", "BYTES", []int64{1, 1}, infer.RawStrings(picture)}),
		},
		{
			name: "a picture for a network of floats", known: describes(described("image", "FP32", -1, 3, 32, 32)), args: []string{"--image", tulip},
			want: sent(tensor{"image", "BYTES", []int64{1, 1}, infer.RawStrings(picture)}),
		},
		{
			name: "a picture for a row of floats", known: describes(described("image", "FP32", 3072)), args: []string{"--image", tulip},
			want: sent(tensor{"image", "BYTES", []int64{1, 1}, infer.RawStrings(picture)}),
		},
		{
			name: "a picture for the one input of BYTES", known: describes(described("size", "INT32", 1), described("image", "BYTES", -1)),
			args: []string{"--image", tulip, "--input", "size=32"},
			want: sent(tensor{"size", "INT32", []int64{1}, infer.RawOf[int32](32)}, tensor{"image", "BYTES", []int64{1}, infer.RawStrings(picture)}),
		},
		{
			name: "a batch of named pictures", args: []string{"--image", "image=" + tulip, "--image", "image=" + tulip},
			want: sent(tensor{"image", "BYTES", []int64{2, 1}, infer.RawStrings(picture, picture)}),
		},
		{
			name: "a body", args: []string{"--json", "-"}, stdin: `{"id":"7","inputs":[{"name":"x","datatype":"FP32","shape":[2,2],"data":[[1,2],[3,4]]}],"outputs":[{"name":"y"}]}`,
			want: func() *inferencepb.ModelInferRequest {
				req := sent(tensor{"x", "FP32", []int64{2, 2}, floats})
				req.Id = "7"
				req.Outputs = []*inferencepb.ModelInferRequest_InferRequestedOutputTensor{{Name: "y"}}
				return req
			}(),
		},
	}
	for _, test := range tests {
		for _, e := range edges() {
			t.Run(test.name+"/"+e.name, func(t *testing.T) {
				t.Parallel()
				f := &inferFake{known: test.known}
				if _, err := typeInfer(t, test.stdin, append(append([]string{"m"}, e.flags(t, f)...), test.args...)...); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.want, f.one(t), protocmp.Transform()); diff != "" {
					t.Errorf("request (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestInferSendsWhatIsBesideTheTensors(t *testing.T) {
	t.Parallel()
	body := written(t, "body.json", []byte(`{"id":"from the body","parameters":{"a":1},"inputs":[{"name":"x","datatype":"INT8","shape":[1],"data":[5]}]}`))
	want := sent(tensor{"x", "INT8", []int64{1}, []byte{5}})
	want.ModelVersion, want.Id = "2", "7"
	want.Parameters = map[string]*inferencepb.InferParameter{
		"yes":    {ParameterChoice: &inferencepb.InferParameter_BoolParam{BoolParam: true}},
		"whole":  {ParameterChoice: &inferencepb.InferParameter_Int64Param{Int64Param: -3}},
		"half":   {ParameterChoice: &inferencepb.InferParameter_DoubleParam{DoubleParam: 0.5}},
		"huge":   {ParameterChoice: &inferencepb.InferParameter_Uint64Param{Uint64Param: 1<<64 - 1}},
		"text":   {ParameterChoice: &inferencepb.InferParameter_StringParam{StringParam: "a=b"}},
		"quoted": {ParameterChoice: &inferencepb.InferParameter_StringParam{StringParam: "3"}},
		"array":  {ParameterChoice: &inferencepb.InferParameter_StringParam{StringParam: "[1]"}},
	}
	common := []string{
		"m", "--model-version", "2", "--id", "7", "--header", "X-Team=a=b", "--header", "x-team=c", "--header", "host=models.test",
		"--param", "yes=true", "--param", "whole=-3", "--param", "half=0.5", "--param", "huge=18446744073709551615",
		"--param", "text=a=b", "--param", `quoted="3"`, "--param", "array=[1]",
	}
	sources := map[string]struct {
		args   []string
		change func(*inferencepb.ModelInferRequest)
	}{
		"flags": {[]string{"--input", "x:INT8=5", "--request-output", "b", "--request-output", "a"}, func(req *inferencepb.ModelInferRequest) {
			req.Outputs = []*inferencepb.ModelInferRequest_InferRequestedOutputTensor{{Name: "b"}, {Name: "a"}}
		}},
		"body": {[]string{"--json", body}, func(req *inferencepb.ModelInferRequest) {
			req.Parameters["a"] = &inferencepb.InferParameter{ParameterChoice: &inferencepb.InferParameter_Int64Param{Int64Param: 1}}
		}},
	}
	for name, source := range sources {
		for _, e := range edges() {
			t.Run(name+"/"+e.name, func(t *testing.T) {
				t.Parallel()
				f := &inferFake{}
				args := append(append(append([]string{}, common...), source.args...), e.flags(t, f)...)
				if _, err := typeInfer(t, "", args...); err != nil {
					t.Fatal(err)
				}
				wanted := proto.CloneOf(want)
				source.change(wanted)
				if diff := cmp.Diff(wanted, f.one(t), protocmp.Transform()); diff != "" {
					t.Errorf("request (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff([]string{"a=b", "c"}, f.headers[0]["x-team"]); diff != "" {
					t.Errorf("header (-want +got):\n%s", diff)
				}
				if f.hosts[0] != "models.test" || len(f.headers[0]["host"]) > 0 {
					t.Errorf("host is %q, and %q beside it", f.hosts[0], f.headers[0]["host"])
				}
			})
		}
	}
}

func TestSplitFileKnowsNamesWithEqualSigns(t *testing.T) {
	t.Parallel()
	there := written(t, "a=b.npy", nil)
	known := &infer.Metadata{Inputs: []infer.TensorMetadata{{Name: "x"}, {Name: "y", DataType: infer.Bytes}, {Name: "z", DataType: infer.Bytes}}}
	one := &infer.Metadata{Inputs: known.Inputs[:1]}
	if name, file, err := splitFile("--npy", there, one, ""); name != "x" || file != there || err != nil {
		t.Errorf("%q %q %v", name, file, err)
	}
	if name, file, err := splitFile("--npy", "y="+there, one, ""); name != "y" || file != there || err != nil {
		t.Errorf("%q %q %v", name, file, err)
	}
	if name, _, err := splitFile("--image", "picture.png", known, infer.Bytes); err == nil {
		t.Errorf("of two inputs of BYTES it took %q", name)
	}
}
