package onnx_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/internal/oiptest"
	"github.com/manifold-serving/manifold/modelserver/onnx"
)

func open(tb testing.TB, f modelFile, opts onnx.Options) *onnx.Model {
	tb.Helper()
	oiptest.NeedsRuntime(tb)
	m, err := onnx.Open(tb.Context(), f.write(tb), opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(m.Close)
	return m
}

func simpleInputs() []onnx.Tensor {
	a := []int32{math.MaxInt32, math.MinInt32, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	b := []int32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1}
	return []onnx.Tensor{
		{Name: "b", DataType: "INT32", Shape: []int64{16}, Data: ints(b...)}, // not in the model's order
		{Name: "a", DataType: "INT32", Shape: []int64{16}, Data: ints(a...)},
	}
}

func TestSimple(t *testing.T) {
	t.Parallel()
	m := open(t, simple(), onnx.Options{})
	wantInputs := []onnx.TensorInfo{
		{Name: "a", DataType: "INT32", Dims: []int64{16}}, {Name: "b", DataType: "INT32", Dims: []int64{16}},
	}
	if diff := cmp.Diff(wantInputs, m.Inputs()); diff != "" {
		t.Error(diff)
	}
	got, err := m.Run(t.Context(), simpleInputs())
	if err != nil {
		t.Fatal(err)
	}
	want := []onnx.Tensor{
		{Name: "sum", DataType: "INT32", Shape: []int64{16}, Data: ints(
			math.MinInt32, math.MinInt32+1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 14)},
		{Name: "difference", DataType: "INT32", Shape: []int64{16}, Data: ints(
			math.MaxInt32-1, math.MaxInt32, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got, err = m.Run(t.Context(), simpleInputs(), "difference")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[1:], got); diff != "" {
		t.Error(diff)
	}
}

func TestIdentityOverManyShapes(t *testing.T) {
	t.Parallel()
	m := open(t, identity(float32Type), onnx.Options{MaxShapes: 4})
	for i := range 100 {
		in := tensorOf(normal(rand.New(rand.NewPCG(1, uint64(i))), (i%10+1)*(i/10+1)), i%10+1, i/10+1)
		got, err := m.Run(t.Context(), []onnx.Tensor{in})
		if err != nil {
			t.Fatal(err)
		}
		in.Name = "out"
		if diff := cmp.Diff([]onnx.Tensor{in}, got); diff != "" {
			t.Fatal(diff)
		}
	}
}

func tensorOf(values []float32, dims ...int) onnx.Tensor {
	t := onnx.Tensor{Name: "in", DataType: "FP32", Data: floats(values)}
	for _, d := range dims {
		t.Shape = append(t.Shape, int64(d))
	}
	return t
}

func TestIdentityOfEveryDatatype(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		elem uint64
		name string
		size int
	}{
		{1, "FP32", 4},
		{2, "UINT8", 1},
		{3, "INT8", 1},
		{4, "UINT16", 2},
		{5, "INT16", 2},
		{6, "INT32", 4},
		{7, "INT64", 8},
		{9, "BOOL", 1},
		{10, "FP16", 2},
		{11, "FP64", 8},
		{12, "UINT32", 4},
		{13, "UINT64", 8},
		{16, "BF16", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := open(t, identity(c.elem), onnx.Options{MaxBatchSize: 4})
			in := onnx.Tensor{Name: "in", DataType: c.name, Shape: []int64{3, 2}, Data: make([]byte, 6*c.size)}
			for i := range in.Data {
				in.Data[i] = byte(i % 2)
			}
			got, err := m.Run(t.Context(), []onnx.Tensor{in})
			if err != nil {
				t.Fatal(err)
			}
			in.Name = "out"
			if diff := cmp.Diff([]onnx.Tensor{in}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBooleansAreNormalized(t *testing.T) {
	t.Parallel()
	m := open(t, identity(boolType), onnx.Options{})
	got, err := m.Run(t.Context(), []onnx.Tensor{
		{Name: "in", DataType: "BOOL", Shape: []int64{1, 4}, Data: []byte{0, 1, 2, 255}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]byte{0, 1, 1, 1}, got[0].Data); diff != "" {
		t.Error(diff)
	}
}

// checkMLP runs rows random rows and compares them with the computation in float64.
func checkMLP(ctx context.Context, m *onnx.Model, net mlp, rows int, seed uint64) error {
	x := normal(rand.New(rand.NewPCG(3, seed)), rows*mlpIn)
	got, err := m.Run(ctx, []onnx.Tensor{
		{Name: "x", DataType: "FP32", Shape: []int64{int64(rows), mlpIn}, Data: floats(x)},
	})
	if err != nil {
		return err
	}
	if diff := cmp.Diff([]int64{int64(rows), mlpOut}, got[0].Shape); diff != "" {
		return errors.New(diff)
	}
	for i, p := range toFloats(got[0].Data) {
		want := net.row(x[i/mlpOut*mlpIn:][:mlpIn])[i%mlpOut]
		if math.Abs(float64(p)-want) > 1e-5 {
			return fmt.Errorf("batch of %d: output %d is %v, want %v", rows, i, p, want)
		}
	}
	return nil
}

func TestBatches(t *testing.T) {
	t.Parallel()
	net := newMLP()
	for _, opts := range []onnx.Options{
		{MaxBatchSize: 8}, {MaxBatchSize: 11, MaxShapes: 1}, {}, // the last: every size as it is
	} {
		t.Run(fmt.Sprintf("max %d", opts.MaxBatchSize), func(t *testing.T) {
			t.Parallel()
			m := open(t, net.file(), opts)
			for _, rows := range []int{1, 2, 3, 7, 8, 3, 1} {
				if err := checkMLP(t.Context(), m, net, rows, uint64(rows)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestConcurrentCallers(t *testing.T) {
	t.Parallel()
	net := newMLP()
	for _, opts := range []onnx.Options{
		{MaxBatchSize: 8, Concurrency: 3},
		{MaxShapes: 2, Concurrency: 8}, // plans are compiled and dropped while others run
	} {
		m := open(t, net.file(), opts)
		var callers sync.WaitGroup
		for caller := range 8 {
			callers.Go(func() {
				for i := range 25 {
					if err := checkMLP(t.Context(), m, net, (caller+i)%8+1, uint64(i)); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		callers.Wait()
	}
}

func TestCallersFault(t *testing.T) {
	t.Parallel()
	m := open(t, modelFile{
		nodes:   [][]byte{node("Add", "a b → c")},
		inputs:  [][]byte{tensorValue("a", float32Type, "N", "width", 2), tensorValue("b", float32Type, "N", "width", 2)},
		outputs: [][]byte{tensorValue("c", float32Type, "N", "width", 2)},
	}, onnx.Options{MaxBatchSize: 4})
	sized := func(name string, dims ...int64) onnx.Tensor {
		n := int64(4)
		for _, d := range dims {
			n *= d
		}
		return onnx.Tensor{Name: name, DataType: "FP32", Shape: dims, Data: make([]byte, max(n, 0))}
	}
	a, b := sized("a", 1, 3, 2), sized("b", 1, 3, 2)
	short, typed := b, b
	short.Data = short.Data[:23]
	typed.DataType = "INT32"
	huge := onnx.Tensor{Name: "a", DataType: "FP32", Shape: []int64{1, 1 << 62, 2}} // wraps to 0 bytes
	for _, c := range []struct {
		name   string
		inputs []onnx.Tensor
		want   string
	}{
		{"missing", []onnx.Tensor{a}, `invalid input "b": missing`},
		{"unknown", []onnx.Tensor{a, b, sized("x", 1)}, `invalid input "x": the model has no such input`},
		{"twice", []onnx.Tensor{a, b, a}, `invalid input "a": given twice`},
		{"datatype", []onnx.Tensor{a, typed}, `invalid input "b": has datatype "INT32", the model takes FP32`},
		{"length", []onnx.Tensor{a, short}, `invalid input "b": has 23 bytes of data, FP32 [1 3 2] takes 24`},
		{"overflow", []onnx.Tensor{huge, b}, `invalid input "a": has 0 bytes of data, FP32 [1 4611686018427387904 2] takes more than memory`},
		{"rank", []onnx.Tensor{a, sized("b", 1, 6)}, `invalid input "b": has shape [1 6], the model takes [-1 -1 2]`},
		{"size", []onnx.Tensor{a, sized("b", 1, 3, 3)}, `invalid input "b": has shape [1 3 3], the model takes [-1 -1 2]`},
		{"empty", []onnx.Tensor{a, sized("b", 0, 3, 2)}, `invalid input "b": has shape [0 3 2], the model takes [-1 -1 2]`},
		{"negative", []onnx.Tensor{a, sized("b", -1, 3, 2)}, `invalid input "b": has shape [-1 3 2], the model takes [-1 -1 2]`},
		{"axis", []onnx.Tensor{a, sized("b", 1, 4, 2)}, `invalid input "b": has 4 as size of axis "width", which is 3 elsewhere`},
		{"batch", []onnx.Tensor{sized("a", 5, 3, 2), sized("b", 5, 3, 2)}, `invalid input "a": has a batch of 5, the model takes at most 4`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := m.Run(t.Context(), c.inputs)
			if !errors.Is(err, onnx.ErrInput) {
				t.Fatalf("got error %v, want ErrInput", err)
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
	_, err := m.Run(t.Context(), []onnx.Tensor{a, b}, "d")
	if !errors.Is(err, onnx.ErrInput) || err.Error() != `invalid input: the model has no output "d"` {
		t.Errorf("got error %v", err)
	}
}

// A shape that the file allows and the network does not is the caller's fault.
func TestShapeThatDoesNotCompile(t *testing.T) {
	t.Parallel()
	f := newMLP().file()
	f.inputs = [][]byte{tensorValue("x", float32Type, "N", "?")}
	m := open(t, f, onnx.Options{MaxBatchSize: 4})
	_, err := m.Run(t.Context(), []onnx.Tensor{
		{Name: "x", DataType: "FP32", Shape: []int64{1, 5}, Data: make([]byte, 20)},
	})
	const want = "invalid input: compile for [[1 5]]: DotGeneral contracting dimensions do not match: lhs[1]=5, rhs[0]=8"
	if !errors.Is(err, onnx.ErrInput) || err.Error() != want {
		t.Errorf("got error %v", err)
	}
}

// A panic inside the library is an error of ours, and the model goes on.
func TestPanicOfTheLibrary(t *testing.T) {
	t.Parallel()
	f := simple()
	f.nodes = [][]byte{node("Div", "a b → sum"), node("Sub", "a b → difference")}
	m := open(t, f, onnx.Options{})
	inputs := simpleInputs()
	divisor := inputs[0].Data
	inputs[0].Data = make([]byte, 64)
	_, err := m.Run(t.Context(), inputs)
	if err == nil || errors.Is(err, onnx.ErrInput) {
		t.Errorf("got error %v", err)
	}
	inputs[0].Data = divisor
	if _, err := m.Run(t.Context(), inputs); err != nil {
		t.Error(err)
	}
}

// Rows that fill a bucket must not be zero: here they would be divisors.
func TestPaddingIsValid(t *testing.T) {
	t.Parallel()
	m := open(t, modelFile{
		nodes:   [][]byte{node("Div", "a b → c")},
		inputs:  [][]byte{tensorValue("a", int32Type, "N", 2), tensorValue("b", int32Type, "N", 2)},
		outputs: [][]byte{tensorValue("c", int32Type, "N", 2)},
	}, onnx.Options{MaxBatchSize: 8})
	got, err := m.Run(t.Context(), []onnx.Tensor{
		{Name: "a", DataType: "INT32", Shape: []int64{3, 2}, Data: ints(2, 4, 6, 8, 10, 12)},
		{Name: "b", DataType: "INT32", Shape: []int64{3, 2}, Data: ints(2, 2, 2, 2, 5, 4)},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []onnx.Tensor{{Name: "c", DataType: "INT32", Shape: []int64{3, 2}, Data: ints(1, 2, 3, 4, 2, 3)}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCancelledRun(t *testing.T) {
	t.Parallel()
	m := open(t, simple(), onnx.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Run(ctx, simpleInputs()); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v", err)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	m := open(t, simple(), onnx.Options{})
	m.Close()
	m.Close()
	if _, err := m.Run(t.Context(), simpleInputs()); !errors.Is(err, onnx.ErrClosed) {
		t.Errorf("got error %v", err)
	}
}

func BenchmarkMLP(b *testing.B) {
	for _, rows := range []int64{1, 8} {
		b.Run(fmt.Sprintf("batch %d", rows), func(b *testing.B) {
			m := open(b, newMLP().file(), onnx.Options{MaxBatchSize: 8})
			in := onnx.Tensor{Name: "x", DataType: "FP32", Shape: []int64{rows, mlpIn}, Data: make([]byte, rows*mlpIn*4)}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.Run(b.Context(), []onnx.Tensor{in}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
