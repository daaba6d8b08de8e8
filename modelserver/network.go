package modelserver

import (
	"context"

	"github.com/manifold-serving/manifold/modelserver/onnx"
)

// runner computes outputs by name, as [onnx.Model] does.
type runner interface {
	Run(ctx context.Context, inputs []onnx.Tensor, outputs ...string) ([]onnx.Tensor, error)
	Close()
}

// network is an opened model file.
type network struct {
	runner
	inputs  []onnx.TensorInfo
	outputs []onnx.TensorInfo
}

// opener opens a model file.
type opener func(ctx context.Context, path string, opts onnx.Options) (network, error)

func openONNX(ctx context.Context, path string, opts onnx.Options) (network, error) {
	m, err := onnx.Open(ctx, path, opts)
	if err != nil {
		return network{}, err
	}
	return network{runner: m, inputs: m.Inputs(), outputs: m.Outputs()}, nil
}
