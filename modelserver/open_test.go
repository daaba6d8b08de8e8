package modelserver

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/modelserver/onnx"
)

// addOne is a network that batches.
func addOne() *fakeFiles {
	return &fakeFiles{
		inputs: []onnx.TensorInfo{info("x", "FP32", -1, 2)}, outputs: []onnx.TensorInfo{info("y", "FP32", -1, 2)}, compute: noNetwork,
	}
}

const addOneConfig = `
	max_batch_size: 8
	input { name: "x" data_type: TYPE_FP32 dims: 2 }
	output { name: "y" data_type: TYPE_FP32 dims: 2 }
`

// openIn opens a path of a tree of files and returns what was opened.
func openIn(t *testing.T, tree files, path string, fake *fakeFiles, opts Options) (*Model, []string, error) {
	t.Helper()
	root := tree.write(t)
	m, err := openWith(t.Context(), "served", filepath.Join(root, path), opts, fake.open)
	if err != nil {
		if fake.live != 0 {
			t.Errorf("%d networks were left open", fake.live)
		}
		return nil, fake.opened, errors.New(strings.ReplaceAll(err.Error(), root+"/", ""))
	}
	t.Cleanup(func() {
		m.Close()
		m.Close()
		if fake.live != 0 {
			t.Errorf("%d networks were left open", fake.live)
		}
	})
	return m, fake.opened, nil
}

func TestOpenLayouts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		tree   files
		path   string
		opened []string
	}{
		{
			"Triton's, highest version",
			files{"m/config.pbtxt": addOneConfig, "m/2/model.onnx": "", "m/10/model.onnx": "", "m/9/model.onnx": ""},
			"m",
			[]string{"10/model.onnx batch 8 concurrency 3"},
		},
		{
			"folders that are no versions", files{
				"m/config.pbtxt": addOneConfig, "m/1/model.onnx": "", "m/02/model.onnx": "", "m/x/model.onnx": "", "m/-3/model.onnx": "", "m/4": "",
				"m/+5/model.onnx": "", "m/99999999999999999999/model.onnx": "",
			}, "m", []string{"1/model.onnx batch 8 concurrency 3"},
		},
		{
			"other file name",
			files{"m/config.pbtxt": addOneConfig + `default_model_filename: "net/a.onnx"`, "m/1/net/a.onnx": ""},
			"m",
			[]string{"net/a.onnx batch 8 concurrency 3"},
		},
		{
			"model.onnx alone",
			files{"m/config.pbtxt": addOneConfig + ` name: "m" instance_group { count: 7 }`, "m/model.onnx": ""},
			"m",
			[]string{"m/model.onnx batch 8 concurrency 7"},
		},
		{"without config.pbtxt", files{"m/1/model.onnx": ""}, "m", []string{"1/model.onnx batch 0 concurrency 0", "1/model.onnx batch 4 concurrency 3"}},
		{"a file", files{"m/net.onnx": "", "m/config.pbtxt": "does not count"}, "m/net.onnx", []string{"m/net.onnx batch 0 concurrency 0", "m/net.onnx batch 4 concurrency 3"}},
		{
			"two versions",
			files{"m/config.pbtxt": addOneConfig + "version_policy { all {} }", "m/1/model.onnx": "", "m/2/model.onnx": ""},
			"m",
			[]string{"2/model.onnx batch 8 concurrency 3", "1/model.onnx batch 8 concurrency 3"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, opened, err := openIn(t, c.tree, c.path, addOne(), Options{Concurrency: 3})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.opened, opened); diff != "" {
				t.Error(diff)
			}
			if configOf(t, m).GetName() != "served" {
				t.Errorf("its name is %q", configOf(t, m).GetName())
			}
		})
	}
}

func TestOpenFaults(t *testing.T) {
	t.Parallel()
	const usage = "a model is a folder with config.pbtxt and folders 1, 2, … that hold model.onnx, or that file alone"
	for _, c := range []struct {
		name string
		tree files
		path string
		want string
	}{
		{"nothing there", files{}, "m", "model served: stat m: no such file or directory"},
		{"some file", files{"m/config.pbtxt": ""}, "m/config.pbtxt", "model served: m/config.pbtxt is neither a folder nor an .onnx file"},
		{"empty folder", files{"m/": ""}, "m", "model served: version 1: m has no model.onnx; " + usage + "; the folder is empty"},
		{
			"a repository",
			files{"m/iris/config.pbtxt": "", "m/iris/1/model.onnx": ""},
			"m",
			"model served: version 1: m has no model.onnx; " + usage + "; this is a repository of models, name one of them, such as iris",
		},
		{
			"another framework",
			files{"m/config.pbtxt": "", "m/1/model.pt": "", "m/1/readme": ""},
			"m",
			"model served: version 1: m/1 has no model.onnx; " + usage + "; found model.pt, readme",
		},
		{"bad config", files{"m/config.pbtxt": "x: 1", "m/1/model.onnx": ""}, "m", "model served: m/config.pbtxt:1:1: unknown field: x"},
		{
			"refused",
			files{"m/config.pbtxt": `backend: "python"`, "m/1/model.py": ""},
			"m",
			`model served: config.pbtxt: backend "python": the embedded runtime has onnxruntime only; ` + elsewhere,
		},
		{
			"policy",
			files{"m/config.pbtxt": "version_policy { specific { versions: 2 } }", "m/1/model.onnx": ""},
			"m",
			"model served: version_policy names version 2, but there are [1]",
		},
		{
			"no version loads",
			files{"m/config.pbtxt": addOneConfig + "version_policy { all {} }", "m/1/model.onnx": "bad one", "m/2/model.onnx": "bad two"},
			"m",
			"model served: version 2: onnx: bad two\nversion 1: onnx: bad one",
		},
		{
			"labels",
			files{"m/config.pbtxt": `input { name: "x" data_type: TYPE_FP32 dims: 2 }
				output { name: "y" data_type: TYPE_FP32 dims: 2 label_filename: "l.txt" }`, "m/1/model.onnx": ""},
			"m",
			`model served: config.pbtxt: output "y": label_filename: open m/l.txt: no such file or directory`,
		},
		{
			"another shape",
			files{"m/config.pbtxt": `max_batch_size: 1 input { name: "x" data_type: TYPE_FP32 dims: 3 }
				output { name: "y" data_type: TYPE_INT32 dims: 2 } output { name: "z" data_type: TYPE_INT32 dims: 2 }`, "m/1/model.onnx": ""},
			"m",
			`model served: version 1: input "x": dims are [-1,3] with the batch axis of max_batch_size, the model file has [-1,2]` + "\n" +
				`output "y": data_type is TYPE_INT32, the model file has FP32` + "\n" + `the model file has no output "z"; it has [y]`,
		},
		{
			"no batch",
			files{"m/config.pbtxt": `input { name: "x" data_type: TYPE_FP32 dims: 2 }
				output { name: "y" data_type: TYPE_FP32 dims: [-1, 2] }`, "m/1/model.onnx": ""},
			"m",
			`model served: version 1: input "x": dims are [2], the model file has [-1,2]`,
		},
		{
			"an open dimension that the file fixes",
			files{"m/config.pbtxt": strings.ReplaceAll(addOneConfig, "dims: 2", "dims: -1"), "m/1/model.onnx": ""},
			"m",
			`model served: version 1: input "x": dims are [-1,-1] with the batch axis of max_batch_size, the model file has [-1,2]` + "\n" +
				`output "y": dims are [-1,-1] with the batch axis of max_batch_size, the model file has [-1,2]`,
		},
		{
			"another input",
			files{"m/config.pbtxt": `max_batch_size: 1 input { name: "w" data_type: TYPE_FP32 dims: 2 }
				output { name: "y" data_type: TYPE_FP32 dims: 2 }`, "m/1/model.onnx": ""},
			"m",
			`model served: version 1: the model file has no input "w"; it has [x]` + "\n" + `config.pbtxt does not declare the input "x" of the model file`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := openIn(t, c.tree, c.path, addOne(), Options{})
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The errors that callers tell apart can be found in those of Open.
func TestOpenErrorsWrap(t *testing.T) {
	t.Parallel()
	if _, err := Open(t.Context(), "m", "nowhere", Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got error %v", err)
	}
	root := files{"m.onnx": ""}.write(t)
	unsupported := func(context.Context, string, onnx.Options) (network, error) { return network{}, onnx.ErrUnsupported }
	if _, err := openWith(t.Context(), "m", filepath.Join(root, "m.onnx"), Options{}, unsupported); !errors.Is(err, onnx.ErrUnsupported) {
		t.Errorf("got error %v", err)
	}
	if _, err := Open(t.Context(), "m", filepath.Join(root, "m.onnx"), Options{}); err == nil {
		t.Error("an empty file opened")
	}
}

// When ctx ends during a load, what was opened is closed again.
func TestOpenCancelled(t *testing.T) {
	t.Parallel()
	root := files{"m/config.pbtxt": addOneConfig + "version_policy { all {} }", "m/1/model.onnx": "", "m/2/model.onnx": ""}.write(t)
	fake := addOne()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := openWith(ctx, "m", filepath.Join(root, "m"), Options{Progress: func(e Event) {
		if e.State == Ready {
			cancel()
		}
	}}, fake.open)
	if !errors.Is(err, context.Canceled) || len(fake.opened) != 1 || fake.live != 0 {
		t.Errorf("got error %v, opened %v, %d live", err, fake.opened, fake.live)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	var lines []string
	m, _, err := openIn(t, files{
		"m/config.pbtxt": addOneConfig + "version_policy { latest { num_versions: 3 } } optimization {} dynamic_batching {}",
		"m/1/model.onnx": "", "m/2/model.onnx": "", "m/3/model.onnx": "bad three",
	}, "m", addOne(), Options{Progress: func(e Event) {
		e.Took = 0
		lines = append(lines, e.String())
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"model served: config.pbtxt: ignored: dynamic_batching (requests run one by one), optimization",
		"model served version 3: loading",
		"model served version 3: onnx: bad three",
		"model served version 2: loading",
		"model served version 2: ready in 0s",
		"model served version 1: loading",
		"model served version 1: ready in 0s",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	md, err := m.Metadata(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1", "2"}, md.Versions); diff != "" {
		t.Error(diff)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	fake := addOne()
	fake.compute = func(context.Context, []onnx.Tensor, []string) ([]onnx.Tensor, error) {
		return []onnx.Tensor{{Name: "y", DataType: "FP32", Shape: []int64{1, 2}, Data: infer.RawOf[float32](1, 2)}}, nil
	}
	m, _, err := openIn(t, files{
		"m/config.pbtxt": addOneConfig + "version_policy { all {} }",
		"m/1/model.onnx": "", "m/2/model.onnx": "", "m/3/model.onnx": "bad three",
	}, "m", fake, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		version string
		want    string
		code    codes.Code
	}{
		{"", `served/2 "7"`, codes.OK},
		{"1", `served/1 "7"`, codes.OK},
		{"02", `served/2 "7"`, codes.OK},
		{"3", "model served: version 3 did not load: onnx: bad three", codes.Unavailable},
		{"4", `model served: version 4 is not served; there are ["1" "2"]`, codes.NotFound},
		{"-1", `model served: version "-1" is not a number; leave it out for the highest`, codes.InvalidArgument},
		{"1x", `model served: version "1x" is not a number; leave it out for the highest`, codes.InvalidArgument},
		{strings.Repeat("9", 200), `model served: version "` + strings.Repeat("9", 100) + `…" is not a number; leave it out for the highest`, codes.InvalidArgument},
	} {
		got, err := ask(t, m, infer.Head{ModelName: "alias", ModelVersion: c.version, ID: "7"}, []infer.TensorData{numbers32("x", infer.Shape{1, 2}, 1, 2)})
		if err != nil {
			got = []string{err.Error()}
		}
		if got[0] != c.want || infer.CodeOf(err) != c.code {
			t.Errorf("version %q: got %v, %v", c.version, got[0], infer.CodeOf(err))
		}
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	scalar := &fakeFiles{
		inputs: []onnx.TensorInfo{info("x", "FP16", 2, 2)}, compute: noNetwork,
		outputs: []onnx.TensorInfo{{Name: "y", DataType: "BOOL", Dims: []int64{}}},
	}
	rowScore := &fakeFiles{
		inputs: []onnx.TensorInfo{info("x", "UINT8", -1, -1)}, outputs: []onnx.TensorInfo{info("y", "BF16", -1)}, compute: noNetwork,
	}
	for _, c := range []struct {
		name   string
		config string // "-": none
		fake   *fakeFiles
		want   string
	}{
		{"batches", "-", addOne(), `max_batch_size: 4 input { name: "x" data_type: TYPE_FP32 dims: 2 } output { name: "y" data_type: TYPE_FP32 dims: 2 }`},
		{
			"single value", "-", scalar,
			`input { name: "x" data_type: TYPE_FP16 dims: [2, 2] } output { name: "y" data_type: TYPE_BOOL dims: 1 reshape {} }`,
		},
		{
			"a value a row", "-", rowScore,
			`max_batch_size: 4 input { name: "x" data_type: TYPE_UINT8 dims: -1 } output { name: "y" data_type: TYPE_BF16 dims: 1 reshape {} }`,
		},
		{
			"a config keeps max_batch_size 0", "", addOne(),
			`input { name: "x" data_type: TYPE_FP32 dims: [-1, 2] } output { name: "y" data_type: TYPE_FP32 dims: [-1, 2] }`,
		},
		{
			"a config keeps its inputs", `max_batch_size: 2 input { name: "x" data_type: TYPE_FP32 dims: 2 }`, addOne(),
			`max_batch_size: 2 input { name: "x" data_type: TYPE_FP32 dims: 2 } output { name: "y" data_type: TYPE_FP32 dims: 2 }`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tree := files{"m/config.pbtxt": c.config, "m/1/model.onnx": ""}
			if c.config == "-" {
				delete(tree, "m/config.pbtxt")
			}
			m, _, err := openIn(t, tree, "m", c.fake, Options{})
			if err != nil {
				t.Fatal(err)
			}
			want := parse(t, c.want+` name: "served" platform: "onnxruntime_onnx" backend: "onnxruntime"
				default_model_filename: "model.onnx" version_policy { latest { num_versions: 1 } }`)
			if !proto.Equal(want, configOf(t, m)) {
				t.Errorf("got %v", configOf(t, m))
			}
		})
	}
}

// A version from which the configuration cannot be completed leaves nothing of itself to the next one.
func TestCompletionFromTheNextVersion(t *testing.T) {
	t.Parallel()
	open := &fakeFiles{
		inputs: []onnx.TensorInfo{info("a", "FP32", -1, 2)}, outputs: []onnx.TensorInfo{{Name: "b", DataType: "FP32"}}, compute: noNetwork,
	}
	root := files{
		"m/config.pbtxt": "version_policy { all {} }", "m/1/model.onnx": "", "m/2/model.onnx": "",
	}.write(t)
	fake := addOne()
	m, err := openWith(t.Context(), "m", filepath.Join(root, "m"), Options{}, func(ctx context.Context, path string, opts onnx.Options) (network, error) {
		if filepath.Base(filepath.Dir(path)) == "2" {
			return open.open(ctx, path, opts)
		}
		return fake.open(ctx, path, opts)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if in := configOf(t, m).GetInput(); len(in) != 1 || in[0].GetName() != "x" {
		t.Errorf("got inputs %v", in)
	}
	want := `output "b": the model file does not tell its shape; write its dims into config.pbtxt`
	if got := m.versions[1].failed; got == nil || got.Error() != want {
		t.Errorf("version 2: %v", got)
	}
	if open.live != 0 {
		t.Errorf("%d networks were left open", open.live)
	}
}

func TestCompletionFaults(t *testing.T) {
	t.Parallel()
	for _, fake := range []*fakeFiles{
		{inputs: []onnx.TensorInfo{info("x", "FP32", 1)}, outputs: []onnx.TensorInfo{{Name: "y", DataType: "FP32", Dims: []int64{}}}},
		{inputs: []onnx.TensorInfo{{Name: "y", DataType: "FP32", Dims: []int64{}}}, outputs: []onnx.TensorInfo{info("x", "FP32", 1)}},
	} {
		_, _, err := openIn(t, files{"m/config.pbtxt": "max_batch_size: 2", "m/1/model.onnx": ""}, "m", fake, Options{})
		if err == nil || !strings.Contains(err.Error(), `"y": it is a single value and has no batch axis; set max_batch_size to 0`) {
			t.Errorf("got error %v", err)
		}
	}
}

func configOf(t *testing.T, m *Model) *inferencepb.ModelConfig {
	t.Helper()
	c, err := m.Config(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}
