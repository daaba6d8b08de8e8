package modelserver

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/classification"
	"github.com/manifold-serving/manifold/internal/oiptest"
	"github.com/manifold-serving/manifold/modelserver/onnx"
)

const labelsConfig = `
	max_batch_size: 4
	input { name: "x" data_type: TYPE_FP32 dims: 2 }
	output { name: "scores" data_type: TYPE_FP32 dims: 3 label_filename: "three.txt" }
	output { name: "flags" data_type: TYPE_BOOL dims: 2 }
	parameters { key: "manifold_label_output" value { string_value: "predictions" } }
`

// scores is a network that gives each row of two numbers x and y the scores x, y and x+y. It notes the outputs asked for.
func scores(asked *[][]string) *fakeFiles {
	return &fakeFiles{
		inputs:  []onnx.TensorInfo{info("x", "FP32", -1, 2)},
		outputs: []onnx.TensorInfo{info("flags", "BOOL", -1, 2), info("scores", "FP32", -1, 3)},
		compute: func(_ context.Context, inputs []onnx.Tensor, outputs []string) ([]onnx.Tensor, error) {
			if asked != nil {
				*asked = append(*asked, outputs)
			}
			rows, values := inputs[0].Shape[0], numbersOf(inputs[0])
			var sums []float32
			for i := 0; i < len(values); i += 2 {
				sums = append(sums, values[i], values[i+1], values[i]+values[i+1])
			}
			return []onnx.Tensor{
				{Name: "scores", DataType: "FP32", Shape: []int64{rows, 3}, Data: infer.RawOf(sums...)},
				{Name: "flags", DataType: "BOOL", Shape: []int64{rows, 2}, Data: make([]byte, 2*rows)},
			}, nil
		},
	}
}

// numbersOf decodes an FP32 tensor.
func numbersOf(t onnx.Tensor) []float32 {
	req := infer.NewRequest(infer.Head{}, []infer.TensorData{{Name: "t", DataType: infer.FP32, Shape: t.Shape, Data: mem.SliceBuffer(t.Data)}}, nil)
	values, err := infer.Values[float32](&req.Tensors()[0])
	if err != nil {
		panic(err)
	}
	return values
}

func TestInferOutputs(t *testing.T) {
	t.Parallel()
	two := infer.Shape{2, 2}
	const first = `m/1 "an id"`
	for _, c := range []struct {
		name    string
		outputs []infer.RequestedOutput
		want    []string
		asked   []string
	}{
		{"labels by default", nil, []string{first, "predictions BYTES [2] [c a]"}, []string{"scores"}},
		{
			"by name, in the order asked for",
			[]infer.RequestedOutput{output("scores", 0), output("predictions", 0)},
			[]string{first, "scores FP32 [2,3] [1 2 3 5 -1 4]", "predictions BYTES [2] [c a]"},
			[]string{"scores"},
		},
		{
			"classes",
			[]infer.RequestedOutput{output("scores", 2)},
			[]string{first, "scores BYTES [2,2] [3.000000:2:c 2.000000:1:b 5.000000:0:a 4.000000:2:c]"},
			[]string{"scores"},
		},
		{
			"more classes than there are",
			[]infer.RequestedOutput{output("scores", math.MaxInt64)},
			[]string{first, "scores BYTES [2,3] [3.000000:2:c 2.000000:1:b 1.000000:0:a 5.000000:0:a 4.000000:2:c -1.000000:1:b]"},
			[]string{"scores"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var asked [][]string
			m := openFake(t, labelsConfig, scores(&asked), Options{})
			got, err := ask(t, m, infer.Head{ID: "an id"}, []infer.TensorData{numbers32("x", two, 1, 2, 5, -1)}, c.outputs...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([][]string{c.asked}, asked); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestInferWithoutLabelOutput(t *testing.T) {
	t.Parallel()
	config, _, _ := strings.Cut(labelsConfig, "parameters")
	config = strings.Replace(config, `output { name: "flags" data_type: TYPE_BOOL dims: 2 }`, "", 1)
	m := openFake(t, config, scores(nil), Options{})
	got, err := ask(t, m, infer.Head{}, []infer.TensorData{numbers32("x", infer.Shape{1, 2}, 1, 2)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`m/1 ""`, "scores FP32 [1,3] [1 2 3]"}, got); diff != "" {
		t.Error(diff)
	}
}

// Typed contents are as good as raw ones.
func TestInferTypedContents(t *testing.T) {
	t.Parallel()
	m := openFake(t, labelsConfig, scores(nil), Options{})
	tensor := "\x0a\x01x" + "\x12\x04FP32" + "\x1a\x02\x01\x02" + "\x2a\x0a" + "\x32\x08\x00\x00\x80\x3f\x00\x00\x00\xc0"
	req, err := infer.ParseRequest(mem.BufferSlice{mem.SliceBuffer("\x2a" + string(rune(len(tensor))) + tensor)})
	if err != nil {
		t.Fatal(err)
	}
	defer req.Free()
	resp, err := m.Infer(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Free()
	labels, err := infer.Strings(&resp.Tensors()[0])
	if diff := cmp.Diff([]string{"a"}, labels); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestInferFaults(t *testing.T) {
	t.Parallel()
	good := numbers32("x", infer.Shape{1, 2}, 1, 2)
	given := func(inputs ...infer.TensorData) []infer.TensorData { return inputs }
	parameterised := func(value any) []infer.RequestedOutput {
		return []infer.RequestedOutput{{Name: "scores", Parameters: infer.Parameters{{Key: "classification", Value: value}}}}
	}
	for _, c := range []struct {
		name    string
		inputs  []infer.TensorData
		outputs []infer.RequestedOutput
		want    string
	}{
		{"no inputs", nil, nil, `expected 1 inputs but got 0: got [], missing ["x"]`},
		{"another input", given(numbers32("y", infer.Shape{1, 2}, 1, 2)), nil, `expected 1 inputs but got 1: got ["y"], missing ["x"]`},
		{"one too many", given(good, numbers32("y", infer.Shape{1}, 1)), nil, `expected 1 inputs but got 2: unexpected ["y"], the model takes ["x"]`},
		{
			"a long name", given(good, numbers32(strings.Repeat("y", 1000), infer.Shape{1}, 1)), nil,
			`expected 1 inputs but got 2: unexpected ["` + strings.Repeat("y", 100) + `…"], the model takes ["x"]`,
		},
		{"another datatype", given(texts("x", infer.Shape{1, 2}, "a", "b")), nil, `input "x" is BYTES, the model takes FP32`},
		{"another rank", given(numbers32("x", infer.Shape{2}, 1, 2)), nil, `input "x" has shape [2], expected [-1,2]`},
		{"another size", given(numbers32("x", infer.Shape{1, 3}, 1, 2, 3)), nil, `input "x" has shape [1,3], expected [-1,2]`},
		{"too many rows", given(numbers32("x", infer.Shape{5, 2}, make([]float32, 10)...)), nil, `input "x" has a batch of 5, the most is 4; send the rows in several requests`},
		{"no rows", given(numbers32("x", infer.Shape{0, 2})), nil, `input "x" has shape [0,2]: it is empty; send at least one element`},
		{"too few bytes", given(numbers32("x", infer.Shape{1, 2}, 1)), nil, `input "x": 4 bytes of raw data for shape [1,2], whose 2 elements of FP32 take 4 bytes each`},
		{"another output", given(good), []infer.RequestedOutput{output("y", 0)}, `unexpected output "y" is asked for; the model gives ["predictions" "scores" "flags"]`},
		{"classes of labels", given(good), []infer.RequestedOutput{output("predictions", 1)}, `output "predictions" is BYTES and cannot be classified; ask that of "scores"`},
		{"classes of booleans", given(good), []infer.RequestedOutput{output("flags", 1)}, `output "flags" is BOOL and cannot be classified; its elements have no order`},
		{"no classes", given(good), parameterised(int64(0)), `output "scores": classification 0: give the number of classes, a whole number from 1 on`},
		{"fewer classes", given(good), parameterised(int64(-1)), `output "scores": classification -1: give the number of classes, a whole number from 1 on`},
		{"classes as text", given(good), parameterised("2"), `output "scores": classification 2: give the number of classes, a whole number from 1 on`},
		{"half a class", given(good), parameterised(1.5), `output "scores": classification 1.5: give the number of classes, a whole number from 1 on`},
		{"an output twice", given(good), []infer.RequestedOutput{output("scores", 0), output("scores", 1)}, `output "scores" already exists in request; ask for each output once`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fake := scores(nil)
			fake.compute = noNetwork
			m := openFake(t, labelsConfig, fake, Options{})
			_, err := ask(t, m, infer.Head{}, c.inputs, c.outputs...)
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff("model m: "+c.want, err.Error()); diff != "" {
				t.Error(diff)
			}
			if code := infer.CodeOf(err); code != codes.InvalidArgument {
				t.Errorf("got code %v", code)
			}
		})
	}
}

// twoInputs gives its second input back, and notes the shapes of both.
func twoInputs(shapes *[]infer.Shape) *fakeFiles {
	return &fakeFiles{
		inputs:  []onnx.TensorInfo{info("a", "FP32", -1, 2, -1), info("b", "FP32", -1)},
		outputs: []onnx.TensorInfo{info("c", "FP32", -1, 2, -1)},
		compute: func(_ context.Context, inputs []onnx.Tensor, _ []string) ([]onnx.Tensor, error) {
			*shapes = append(*shapes, inputs[0].Shape, inputs[1].Shape)
			out := inputs[1]
			out.Name = "c"
			return []onnx.Tensor{out}, nil
		},
	}
}

// The client sees dims, the network reshape; variable dimensions and the batch correspond.
func TestReshape(t *testing.T) {
	t.Parallel()
	var shapes []infer.Shape
	m := openFake(t, `
		max_batch_size: 4
		input { name: "b" data_type: TYPE_FP32 dims: 1 reshape { } }
		input { name: "a" data_type: TYPE_FP32 dims: [-1, 1, 2] reshape { shape: [2, -1] } }
		output { name: "c" data_type: TYPE_FP32 dims: [1, -1, 2, 1] reshape { shape: [2, -1] } }
	`, twoInputs(&shapes), Options{})
	a := numbers32("a", infer.Shape{1, 3, 1, 2}, 1, 2, 3, 4, 5, 6)
	got, err := ask(t, m, infer.Head{}, []infer.TensorData{a, numbers32("b", infer.Shape{1, 1}, 7)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`m/1 ""`, "c FP32 [1,1,3,2,1] [1 2 3 4 5 6]"}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]infer.Shape{{1}, {1, 2, 3}}, shapes); diff != "" {
		t.Error(diff)
	}
	_, err = ask(t, m, infer.Head{}, []infer.TensorData{a, numbers32("b", infer.Shape{2, 1}, 7, 8)})
	want := `model m: input "b" has a batch of 2, input "a" one of 1; a row of each belongs together`
	if err == nil || err.Error() != want {
		t.Errorf("got error %v", err)
	}
}

// Without a batch all of an output is one row.
func TestClassifyWithoutBatch(t *testing.T) {
	t.Parallel()
	fake := &fakeFiles{
		inputs: []onnx.TensorInfo{info("x", "INT32", -1)}, outputs: []onnx.TensorInfo{info("y", "INT32", -1)},
		compute: func(_ context.Context, inputs []onnx.Tensor, _ []string) ([]onnx.Tensor, error) {
			out := inputs[0]
			out.Name = "y"
			return []onnx.Tensor{out}, nil
		},
	}
	m := openFake(t, `input { name: "x" data_type: TYPE_INT32 dims: -1 }
		output { name: "y" data_type: TYPE_INT32 dims: -1 label_filename: "two.txt" }`, fake, Options{})
	ints := func(values ...int32) []infer.TensorData {
		return []infer.TensorData{{Name: "x", DataType: infer.Int32, Shape: infer.Shape{int64(len(values))}, Data: mem.SliceBuffer(infer.RawOf(values...))}}
	}
	got, err := ask(t, m, infer.Head{}, ints(3, 5, 5, -7), output("y", 3))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`m/1 ""`, "y BYTES [3] [5:1:dog 5:2 3:0:cat]"}, got); diff != "" { // of equals the first, no label for the third
		t.Error(diff)
	}
	_, err = ask(t, m, infer.Head{}, ints(make([]int32, classification.MaxElements+1)...), output("y", 1))
	want := `model m: output "y": classification output tensor too large: 1000001 elements, the most are 1000000`
	if err == nil || err.Error() != want || infer.CodeOf(err) != codes.InvalidArgument {
		t.Errorf("got error %v", err)
	}
}

// Errors of the runtime get the code of whose fault they are.
func TestRunErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		result []onnx.Tensor
		err    error
		code   codes.Code
		want   string
	}{
		{"input", nil, fmt.Errorf("%w: no", onnx.ErrInput), codes.InvalidArgument, "model m: invalid input: no"},
		{"closed", nil, onnx.ErrClosed, codes.Unavailable, "model m: the model is unloaded"},
		{"deadline", nil, fmt.Errorf("onnx: %w", context.DeadlineExceeded), codes.DeadlineExceeded, "model m: the deadline passed"},
		{"fault", nil, errors.New("onnx: run: division by zero"), codes.Internal, "model m: onnx: run: division by zero"},
		{"nothing", nil, nil, codes.Internal, `model m: output "scores" was not computed`},
		{
			"another shape",
			[]onnx.Tensor{{Name: "scores", DataType: "FP32", Shape: []int64{1, 4}, Data: make([]byte, 16)}},
			nil,
			codes.Internal, `model m: output "scores" came out with shape [1,4], the model declares [-1,3]`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fake := scores(nil)
			fake.compute = func(context.Context, []onnx.Tensor, []string) ([]onnx.Tensor, error) { return c.result, c.err }
			m := openFake(t, labelsConfig, fake, Options{})
			_, err := ask(t, m, infer.Head{}, []infer.TensorData{numbers32("x", infer.Shape{1, 2}, 1, 2)})
			if infer.CodeOf(err) != c.code || err.Error() != c.want {
				t.Errorf("got %v, error %v", infer.CodeOf(err), err)
			}
		})
	}
}

// As many requests as there are instances compute; the next waits for its turn, or for its context.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		running, release := 0, make(chan struct{})
		fake := scores(nil)
		compute := fake.compute
		fake.compute = func(ctx context.Context, inputs []onnx.Tensor, outputs []string) ([]onnx.Tensor, error) {
			running++
			<-release
			return compute(ctx, inputs, outputs)
		}
		m := openFake(t, labelsConfig+"instance_group { count: 1 kind: KIND_CPU }", fake, Options{Concurrency: 9})
		results := make(chan error, 3)
		call := func(ctx context.Context) {
			req := infer.NewRequest(infer.Head{}, []infer.TensorData{numbers32("x", infer.Shape{1, 2}, 1, 2)}, nil)
			defer req.Free()
			resp, err := m.Infer(ctx, req)
			if err == nil {
				resp.Free()
			}
			results <- err
		}
		go call(t.Context())
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		go call(ctx)
		go call(t.Context())
		synctest.Wait()
		if running != 1 {
			t.Errorf("%d requests compute at once", running)
		}
		cancel()
		if err := <-results; infer.CodeOf(err) != codes.Canceled {
			t.Errorf("got error %v", err)
		}
		close(release)
		for range 2 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
	})
}

func TestClose(t *testing.T) {
	t.Parallel()
	m := openFake(t, labelsConfig, scores(nil), Options{})
	if err := m.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	m.Close()
	_, err := ask(t, m, infer.Head{}, []infer.TensorData{numbers32("x", infer.Shape{1, 2}, 1, 2)})
	for _, err := range []error{err, m.Ready(t.Context())} {
		if infer.CodeOf(err) != codes.Unavailable || err.Error() != "model m: the model is unloaded" {
			t.Errorf("got error %v", err)
		}
	}
}

// Infer borrows the request: its buffers are the caller's again when it returns, and the response needs none of them.
func TestInferBorrows(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	fake := scores(nil)
	m := openFake(t, labelsConfig, fake, Options{})
	built := infer.NewRequest(infer.Head{}, []infer.TensorData{numbers32("x", infer.Shape{1, 2}, 1, 2)}, []infer.RequestedOutput{output("scores", 0)})
	wire := built.Marshal().Materialize()
	built.Free()
	req, err := infer.ParseRequest(pool.Split(wire, 7))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := m.Infer(t.Context(), req)
	req.Free()
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Free()
	got, err := infer.Values[float32](&resp.Tensors()[0])
	if diff := cmp.Diff([]float32{1, 2, 3}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}
