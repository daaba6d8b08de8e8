package onnx

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Model is an opened ONNX network. It is safe for concurrent use.
type Model struct {
	opts    Options
	inputs  []value
	outputs []value
	plans   plans
	running gate // callers that compute

	builder gate     // the one that compiles: the library cannot do two at once
	network *network // held by the builder; nil when closed
}

// Open reads the ONNX file at path, checks that it can run here, and compiles what can
// be known of its shapes: every batch bucket if MaxBatchSize is above 0, the one shape
// there is if all axes are fixed, nothing if axes other than the batch are dynamic.
//
// Errors name the path. They wrap ErrUnsupported if the file is sound but beyond this
// package (operators or their attributes, string tensors, no batch axis), the file system's error if it
// cannot be read, and ctx's if that ends before the last compilation.
func Open(ctx context.Context, path string, opts Options) (*Model, error) {
	m, err := open(ctx, path, opts)
	if err != nil {
		return nil, fmt.Errorf("onnx %s: %w", path, err)
	}
	return m, nil
}

func open(ctx context.Context, path string, opts Options) (*Model, error) {
	opts, err := opts.complete()
	if err != nil {
		return nil, err
	}
	contents, err := os.ReadFile(path) //nolint:gosec // the path is the operator's
	if err != nil {
		return nil, err
	}
	g, err := readGraph(contents)
	if err != nil {
		return nil, err
	}
	contents = dropWeightInputs(contents, g)
	if err := g.check(opts); err != nil {
		return nil, err
	}
	n, err := newNetwork(contents, filepath.Dir(path), g.inputs)
	if err != nil {
		return nil, err
	}
	m := newModel(g, n, opts)
	if err := m.warmUp(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

func newModel(g *graph, n *network, opts Options) *Model {
	return &Model{
		opts:    opts,
		inputs:  g.inputs,
		outputs: g.outputs,
		network: n,
		plans:   plans{limit: opts.MaxShapes},
		running: make(gate, opts.Concurrency),
		builder: make(gate, 1),
	}
}

// warmUp compiles the shapes that requests can have, if the file lets us know them.
func (m *Model) warmUp(ctx context.Context) error {
	sizes := buckets(m.opts.MaxBatchSize)
	if len(sizes) == 0 {
		sizes = []int{0}
	}
	for _, rows := range sizes {
		inputs, ok := m.fixedShapes(rows)
		if !ok {
			return nil
		}
		_, err := m.plan(ctx, inputs, rows)
		if errors.Is(err, errCompile) {
			return fmt.Errorf("%w: %w: serve it from a model server (kind ModelServer)", ErrUnsupported, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fixedShapes returns the shape of each input for a batch of rows, 0 for a model
// without batch; ok is false if some axis is still open.
func (m *Model) fixedShapes(rows int) (inputs [][]int64, ok bool) {
	for _, v := range m.inputs {
		dims := v.info().Dims
		if rows > 0 {
			dims[0] = int64(rows)
		}
		for _, size := range dims {
			if size < 0 {
				return nil, false
			}
		}
		inputs = append(inputs, dims)
	}
	return inputs, true
}

// Inputs describes the model's inputs, in the order of the file.
func (m *Model) Inputs() []TensorInfo { return infos(m.inputs) }

// Outputs describes the model's outputs, in the order of the file.
func (m *Model) Outputs() []TensorInfo { return infos(m.outputs) }

func infos(values []value) []TensorInfo {
	list := make([]TensorInfo, len(values))
	for i, v := range values {
		list[i] = v.info()
	}
	return list
}
