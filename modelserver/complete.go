package modelserver

import (
	"errors"
	"fmt"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/modelserver/onnx"
)

// defaultMaxBatchSize is what a model that can batch gets without config.pbtxt. Source: Triton's ONNX Runtime backend.
const defaultMaxBatchSize = 4

// setDefaults fills in what needs no look into the model file.
func setDefaults(config *inferencepb.ModelConfig, name string) {
	config.Name, config.Platform, config.Backend = name, platform, backend
	if config.GetDefaultModelFilename() == "" {
		config.DefaultModelFilename = "model.onnx"
	}
	if config.GetVersionPolicy().GetPolicyChoice() == nil {
		config.VersionPolicy = &inferencepb.ModelVersionPolicy{
			PolicyChoice: &inferencepb.ModelVersionPolicy_Latest_{
				Latest: &inferencepb.ModelVersionPolicy_Latest{NumVersions: 1},
			},
		}
	}
}

// lacksTensors tells whether config must be completed from the model file.
func lacksTensors(config *inferencepb.ModelConfig) bool {
	return len(config.GetInput()) == 0 || len(config.GetOutput()) == 0
}

// canBatch tells whether every input and output has a dynamic first axis.
func canBatch(n network) bool {
	for _, tensors := range [][]onnx.TensorInfo{n.inputs, n.outputs} {
		for _, t := range tensors {
			if len(t.Dims) == 0 || t.Dims[0] >= 0 {
				return false
			}
		}
	}
	return len(n.inputs) > 0
}

// completeTensors adds to config the inputs or the outputs, if it has none, as the network declares them.
func completeTensors(config *inferencepb.ModelConfig, n network) error {
	batch := config.GetMaxBatchSize() > 0
	if len(config.GetInput()) == 0 {
		for _, t := range n.inputs {
			dims, reshape, err := completeDims(t, batch)
			if err != nil {
				return fmt.Errorf("input %q: %w", t.Name, err)
			}
			config.Input = append(config.Input, &inferencepb.ModelInput{
				Name: t.Name, DataType: configType(t.DataType), Dims: dims, Reshape: reshape,
			})
		}
	}
	if len(config.GetOutput()) > 0 {
		return nil
	}
	for _, t := range n.outputs {
		dims, reshape, err := completeDims(t, batch)
		if err != nil {
			return fmt.Errorf("output %q: %w", t.Name, err)
		}
		config.Output = append(config.Output, &inferencepb.ModelOutput{
			Name: t.Name, DataType: configType(t.DataType), Dims: dims, Reshape: reshape,
		})
	}
	return nil
}

// completeDims is the dims of t, without the batch axis. dims cannot be empty: where nothing is left, it is one element that
// the network sees as none. Source: Triton's ONNX Runtime backend.
func completeDims(t onnx.TensorInfo, batch bool) ([]int64, *inferencepb.ModelTensorReshape, error) {
	dims := t.Dims
	switch {
	case dims == nil:
		return nil, nil, fmt.Errorf("the model file does not tell its shape; write its dims into %s", configFile)
	case batch && len(dims) == 0:
		return nil, nil, errors.New("it is a single value and has no batch axis; set max_batch_size to 0")
	case batch:
		dims = dims[1:]
	}
	if len(dims) == 0 {
		return []int64{1}, &inferencepb.ModelTensorReshape{}, nil
	}
	return dims, nil, nil
}

// configType is the name of a datatype in config.pbtxt.
func configType(name string) inferencepb.DataType {
	return inferencepb.DataType(inferencepb.DataType_value["TYPE_"+name])
}

// dataTypeOf is the OIP datatype of a TYPE_ of config.pbtxt; INVALID stays unknown.
func dataTypeOf(t inferencepb.DataType) infer.DataType {
	if t == inferencepb.DataType_TYPE_STRING {
		return infer.Bytes
	}
	const prefix = len("TYPE_")
	return infer.DataType(t.String()[min(prefix, len(t.String())):])
}
