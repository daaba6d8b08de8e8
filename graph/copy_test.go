package graph_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/graph"
	"github.com/manifold-serving/manifold/infer"
)

// echo gives its input back as output, without a copy, as a server in another process would give another.
func echo(input, output string, data []byte) infer.HandlerFunc {
	return func(_ context.Context, req *infer.Request) (*infer.Response, error) {
		t := &req.Tensors()[0]
		got, err := t.Bytes()
		if err != nil || t.Name != input || len(got) != len(data) {
			return nil, fmt.Errorf("%s of %d bytes came, want %s of %d: %w", t.Name, len(got), input, len(data), err)
		}
		if len(data) > 0 && &got[0] != &data[0] {
			return nil, fmt.Errorf("the bytes of %s were copied", input)
		}
		return infer.NewResponse(infer.Head{}, []infer.TensorData{
			{Name: output, DataType: infer.Uint8, Shape: infer.Shape{int64(len(data))}, Data: mem.SliceBuffer(data)},
		}), nil
	}
}

func threeSteps(tb testing.TB, data []byte) (*graph.Plan, *infer.Request) {
	tb.Helper()
	plan := compiled(tb, graph.Spec{Nodes: map[string]graph.Node{"root": {RouterType: "Sequence", Steps: []graph.StepSpec{
		{ServiceName: "one"}, {ServiceName: "two", Data: "$response"}, {ServiceName: "three", Data: "$response"},
	}}}}, nil, map[string]infer.HandlerFunc{
		"one": echo("x", "y", data), "two": echo("y", "z", data), "three": echo("z", "end", data),
	})
	return plan, infer.NewRequest(infer.Head{ModelName: "g"}, []infer.TensorData{
		{Name: "x", DataType: infer.Uint8, Shape: infer.Shape{int64(len(data))}, Data: mem.SliceBuffer(data)},
	}, nil)
}

// TestSequenceCopiesNoTensorBytes: each of three steps is sent the very bytes that the one before gave, and so is the client. What
// is allocated does not grow with the tensors.
func TestSequenceCopiesNoTensorBytes(t *testing.T) { //nolint:paralleltest // it measures what the process allocates
	data := make([]byte, 4<<20)
	plan, req := threeSteps(t, data)
	defer req.Free()
	infers := func() {
		resp, err := plan.Infer(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Free()
		if got, err := resp.Tensors()[0].Bytes(); err != nil || &got[0] != &data[0] {
			t.Fatalf("the answer was copied: %v", err)
		}
	}
	infers()
	const runs = 16
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		infers()
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / runs; each > 64<<10 {
		t.Errorf("a request of 4 MiB allocates %d bytes, want at most 64 KiB", each)
	}
}

// BenchmarkSequence measures three steps of a Sequence, each chained to the one before; models answer at once, so it is the
// graph's own cost.
func BenchmarkSequence(b *testing.B) {
	for _, size := range []int{64, 588 << 10, 4 << 20} {
		b.Run(fmt.Sprintf("%dB", size), func(b *testing.B) {
			plan, req := threeSteps(b, make([]byte, size))
			defer req.Free()
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				resp, err := plan.Infer(b.Context(), req)
				if err != nil {
					b.Fatal(err)
				}
				resp.Free()
			}
		})
	}
}
