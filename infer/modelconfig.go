package infer

import (
	"slices"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

// Config is what Triton's configuration of the model would say as far as the metadata tell: names, datatypes and shapes, and no
// batching, so that shapes are whole. Each call makes a new one.
func (m *Metadata) Config() *inferencepb.ModelConfig {
	c := &inferencepb.ModelConfig{
		Name:                   m.Name,
		Platform:               m.Platform,
		VersionPolicy:          &inferencepb.ModelVersionPolicy{PolicyChoice: &inferencepb.ModelVersionPolicy_Latest_{Latest: &inferencepb.ModelVersionPolicy_Latest{NumVersions: 1}}},
		ModelTransactionPolicy: &inferencepb.ModelTransactionPolicy{},
	}
	for _, t := range m.Inputs {
		c.Input = append(c.Input, &inferencepb.ModelInput{Name: t.Name, DataType: t.DataType.Config(), Dims: slices.Clone(t.Shape)})
	}
	for _, t := range m.Outputs {
		c.Output = append(c.Output, &inferencepb.ModelOutput{Name: t.Name, DataType: t.DataType.Config(), Dims: slices.Clone(t.Shape)})
	}
	return c
}

// Config is d as Triton's configurations name it: TYPE_FP32; TYPE_STRING for BYTES; TYPE_INVALID for none of the protocol's.
func (d DataType) Config() inferencepb.DataType {
	if d == Bytes {
		return inferencepb.DataType_TYPE_STRING
	}
	return inferencepb.DataType(inferencepb.DataType_value["TYPE_"+string(d)])
}
