package onnx_test

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/manifold-serving/manifold/internal/oiptest"
	"github.com/manifold-serving/manifold/modelserver/onnx"
)

// exampleModels are the networks of the examples, small strided convolutions on images.
func exampleModels(tb testing.TB) []string {
	tb.Helper()
	oiptest.NeedsRuntime(tb)
	paths, err := filepath.Glob("../../examples/animals-and-plants/models/*/1/model.onnx")
	if err != nil {
		tb.Fatal(err)
	}
	if len(paths) == 0 {
		tb.Skip("no example models in this tree")
	}
	return paths
}

const exampleBatch = 8

// images makes a batch of noise for the one input of an example model.
func images(m *onnx.Model, rows int) onnx.Tensor {
	info := m.Inputs()[0]
	info.Dims[0] = int64(rows)
	n := 1
	for _, d := range info.Dims {
		n *= int(d)
	}
	noise := normal(rand.New(rand.NewPCG(5, 6)), n)
	return onnx.Tensor{Name: info.Name, DataType: info.DataType, Shape: info.Dims, Data: floats(noise)}
}

// A row comes out the same alone and in a batch that is filled up.
func TestExampleModels(t *testing.T) {
	t.Parallel()
	for _, path := range exampleModels(t) {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			m, err := onnx.Open(t.Context(), path, onnx.Options{MaxBatchSize: exampleBatch})
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			const rows = 3
			all := images(m, rows)
			batch := mustRun(t, m, all)
			for row := range rows {
				one, size := all, len(all.Data)/rows
				one.Shape = append([]int64{1}, all.Shape[1:]...)
				one.Data = all.Data[row*size:][:size]
				alone := mustRun(t, m, one)
				for i, v := range alone {
					if other := batch[row*len(alone)+i]; math.Abs(float64(v-other)) > 1e-5 {
						t.Errorf("row %d, output %d: %v alone, %v in a batch", row, i, v, other)
					}
				}
			}
		})
	}
}

func mustRun(t *testing.T, m *onnx.Model, in onnx.Tensor) []float32 {
	t.Helper()
	out, err := m.Run(t.Context(), []onnx.Tensor{in})
	if err != nil {
		t.Fatal(err)
	}
	return toFloats(out[0].Data)
}

// BenchmarkOpen measures reading and compiling an example model with its four buckets.
func BenchmarkOpen(b *testing.B) {
	path := exampleModels(b)[0]
	for b.Loop() {
		m, err := onnx.Open(b.Context(), path, onnx.Options{MaxBatchSize: exampleBatch})
		if err != nil {
			b.Fatal(err)
		}
		m.Close()
	}
}

// BenchmarkExample measures one call of Run, alone and with a caller per core.
func BenchmarkExample(b *testing.B) {
	for _, path := range exampleModels(b) {
		m, err := onnx.Open(b.Context(), path, onnx.Options{MaxBatchSize: exampleBatch})
		if err != nil {
			b.Fatal(err)
		}
		name := filepath.Base(filepath.Dir(filepath.Dir(path)))
		for _, rows := range []int{1, exampleBatch} {
			in := []onnx.Tensor{images(m, rows)}
			b.Run(name+"/batch "+strconv.Itoa(rows), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := m.Run(b.Context(), in); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run(name+"/parallel batch "+strconv.Itoa(rows), func(b *testing.B) {
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if _, err := m.Run(b.Context(), in); err != nil {
							b.Error(err)
							return
						}
					}
				})
			})
		}
		m.Close()
	}
}
