package onnx

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Run computes the named outputs, or all in the order of the file if none is named.
// The inputs come in any order.
//
// Run waits for a core as long as ctx lasts; once it computes, it finishes. Errors wrap
// ErrInput if inputs or output names do not fit the model, or if the network cannot be
// compiled for shapes that the file leaves open; ctx's error if ctx ended first;
// ErrClosed after Close. Any other error is a fault of the model or of this package.
func (m *Model) Run(ctx context.Context, inputs []Tensor, outputs ...string) ([]Tensor, error) {
	r, err := m.check(inputs)
	if err != nil {
		return nil, err
	}
	chosen, err := m.choose(outputs)
	if err != nil {
		return nil, err
	}
	if err := m.running.enter(ctx); err != nil {
		return nil, err
	}
	defer m.running.leave()
	return m.run(ctx, r, chosen)
}

// choose returns the indices of the outputs of those names.
func (m *Model) choose(names []string) ([]int, error) {
	var chosen []int
	for _, name := range names {
		i := slices.IndexFunc(m.outputs, func(v value) bool { return v.name == name })
		if i < 0 {
			return nil, fmt.Errorf("%w: the model has no output %q", ErrInput, name)
		}
		chosen = append(chosen, i)
	}
	if len(names) == 0 {
		for i := range m.outputs {
			chosen = append(chosen, i)
		}
	}
	return chosen, nil
}

// run computes a request on the plan of its bucket.
func (m *Model) run(ctx context.Context, r *request, chosen []int) ([]Tensor, error) {
	rows := r.rows
	if rows > 0 {
		rows = bucket(rows, m.opts.MaxBatchSize)
		r.setRows(rows)
	}
	p, err := m.plan(ctx, r.shapes, rows)
	if errors.Is(err, errCompile) {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	if err != nil {
		return nil, err
	}
	data, err := p.run(r.data, max(r.rows, 1), max(rows, 1))
	if err != nil {
		return nil, fmt.Errorf("onnx: run: %w", err)
	}
	return m.collect(p, data, chosen, r.rows), nil
}

// collect makes tensors of the chosen outputs of p, with a batch of rows if above 0.
func (m *Model) collect(p *plan, data [][]byte, chosen []int, rows int) []Tensor {
	list := make([]Tensor, 0, len(chosen))
	for _, i := range chosen {
		v, shape := &m.outputs[i], slices.Clone(p.outputs[i])
		if rows > 0 {
			shape[0] = int64(rows)
		}
		list = append(list, Tensor{
			Name: v.name, DataType: datatypes[v.elem].name, Shape: shape, Data: data[i],
		})
	}
	return list
}
