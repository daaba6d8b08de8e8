package onnx

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
)

// errCompile marks a network and shapes that do not go together. At load that is the
// file's fault; in Run, where only shapes that the file leaves open are compiled, it is
// taken for the caller's.
var errCompile = errors.New("compile")

// plan returns the plan for inputs of these shapes, a batch of rows if above 0,
// compiling it if need be.
func (m *Model) plan(ctx context.Context, inputs [][]int64, rows int) (*plan, error) {
	key := planKey(inputs)
	if p := m.plans.get(key); p != nil {
		return p, nil
	}
	if err := m.builder.enter(ctx); err != nil {
		return nil, err
	}
	defer m.builder.leave()
	if p := m.plans.get(key); p != nil { // another caller was faster
		return p, nil
	}
	if m.network == nil {
		return nil, ErrClosed
	}
	p, err := m.network.compile(inputs)
	if err != nil {
		return nil, fmt.Errorf("%w for %v: %w", errCompile, inputs, err)
	}
	if err := p.check(m.outputs, rows); err != nil {
		return nil, err
	}
	p.key = key
	m.plans.put(p)
	return p, nil
}

// planKey is the same for the same shapes. The inputs of a model have fixed ranks, so
// sizes in a row are enough.
func planKey(inputs [][]int64) string {
	var key []byte
	for _, shape := range inputs {
		for _, size := range shape {
			key = binary.AppendVarint(key, size)
		}
	}
	return string(key)
}
