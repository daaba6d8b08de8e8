package modelserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/modelserver/onnx"
)

// fakeRunner computes by a function instead of a network, and counts how often it is closed.
type fakeRunner struct {
	compute func(ctx context.Context, inputs []onnx.Tensor, outputs []string) ([]onnx.Tensor, error)
	files   *fakeFiles
}

func (r *fakeRunner) Run(ctx context.Context, inputs []onnx.Tensor, outputs ...string) ([]onnx.Tensor, error) {
	return r.compute(ctx, inputs, outputs)
}

func (r *fakeRunner) Close() { r.files.count(-1) }

// fakeFiles stands for the runtime: it opens files as a network of the given inputs and outputs. A file whose text starts with
// "bad" does not open.
type fakeFiles struct {
	inputs, outputs []onnx.TensorInfo
	compute         func(ctx context.Context, inputs []onnx.Tensor, outputs []string) ([]onnx.Tensor, error)

	mu     sync.Mutex
	opened []string // file and options, in order
	live   int
}

func (f *fakeFiles) count(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.live += n
}

func (f *fakeFiles) open(_ context.Context, path string, opts onnx.Options) (network, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return network{}, err
	}
	if strings.HasPrefix(string(text), "bad") {
		return network{}, fmt.Errorf("onnx: %s", text)
	}
	f.count(1)
	f.opened = append(f.opened, fmt.Sprintf("%s/%s batch %d concurrency %d",
		filepath.Base(filepath.Dir(path)), filepath.Base(path), opts.MaxBatchSize, opts.Concurrency))
	return network{runner: &fakeRunner{f.compute, f}, inputs: f.inputs, outputs: f.outputs}, nil
}

// noNetwork is for tests that never compute.
func noNetwork(context.Context, []onnx.Tensor, []string) ([]onnx.Tensor, error) {
	return nil, errors.New("not meant to run")
}

// info is a tensor of a model file.
func info(name, dataType string, dims ...int64) onnx.TensorInfo {
	return onnx.TensorInfo{Name: name, DataType: dataType, Dims: dims}
}

// files is a tree of files, by path.
type files map[string]string

// write puts the files below a new folder and returns that.
func (f files) write(tb testing.TB) string {
	tb.Helper()
	root := tb.TempDir()
	for name, text := range f {
		path := root + "/" + name // a folder keeps its slash
		if err := os.MkdirAll(path[:strings.LastIndexByte(path, '/')], 0o750); err != nil {
			tb.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return root
}

// openFake opens the model "m" of one version with that config.pbtxt.
func openFake(tb testing.TB, config string, fake *fakeFiles, opts Options) *Model {
	tb.Helper()
	if fake.compute == nil {
		fake.compute = noNetwork
	}
	root := files{
		"m/config.pbtxt": config, "m/1/model.onnx": "good",
		"m/two.txt": "cat\ndog\n", "m/three.txt": "a\r\nb\r\nc",
	}.write(tb)
	m, err := openWith(tb.Context(), "m", filepath.Join(root, "m"), opts, fake.open)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(m.Close)
	return m
}

// numbers32 is an FP32 tensor.
func numbers32(name string, shape infer.Shape, values ...float32) infer.TensorData {
	return infer.TensorData{Name: name, DataType: infer.FP32, Shape: shape, Data: mem.SliceBuffer(infer.RawOf(values...))}
}

// texts is a BYTES tensor.
func texts(name string, shape infer.Shape, values ...string) infer.TensorData {
	return infer.TensorData{Name: name, DataType: infer.Bytes, Shape: shape, Data: mem.SliceBuffer(infer.RawStrings(values...))}
}

// ask sends tensors and returns the answer as lines: name datatype shape values.
func ask(tb testing.TB, m *Model, h infer.Head, inputs []infer.TensorData, outputs ...infer.RequestedOutput) ([]string, error) {
	tb.Helper()
	req := infer.NewRequest(h, inputs, outputs)
	defer req.Free()
	resp, err := m.Infer(tb.Context(), req)
	if err != nil {
		return nil, err
	}
	defer resp.Free()
	if err := resp.Validate(); err != nil {
		tb.Fatal(err)
	}
	lines := []string{fmt.Sprintf("%s/%s %q", resp.ModelName(), resp.ModelVersion(), resp.ID())}
	for i := range resp.Tensors() {
		t := &resp.Tensors()[i]
		lines = append(lines, fmt.Sprintf("%s %s %v %v", t.Name, t.DataType, t.Shape, elements(tb, t)))
	}
	return lines, nil
}

func elements(tb testing.TB, t *infer.Tensor) any {
	tb.Helper()
	var values any
	var err error
	switch t.DataType {
	case infer.Bytes:
		values, err = infer.Strings(t)
	case infer.Int32:
		values, err = infer.Values[int32](t)
	default:
		values, err = infer.Values[float32](t)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return values
}

// output asks for an output, with classes if above 0.
func output(name string, classes int64) infer.RequestedOutput {
	o := infer.RequestedOutput{Name: name}
	if classes != 0 {
		o.Parameters = infer.Parameters{{Key: "classification", Value: classes}}
	}
	return o
}
