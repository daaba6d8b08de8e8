package models

import (
	"context"

	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
)

// identity answers every input under the name of the output in its place; what is not sent is not answered.
func identity(_ context.Context, c *call) ([]infer.TensorData, error) {
	var outputs []infer.TensorData
	for i, in := range c.model.config.GetInput() {
		if t := c.inputs[in.GetName()]; t != nil {
			output, err := same(t, c.model.config.GetOutput()[i].GetName())
			if err != nil {
				return nil, err
			}
			outputs = append(outputs, output)
		}
	}
	return outputs, nil
}

// mirror answers every input under its own name.
func mirror(_ context.Context, c *call) ([]infer.TensorData, error) {
	var outputs []infer.TensorData
	for i := range c.request.Tensors() {
		output, err := same(&c.request.Tensors()[i], c.request.Tensors()[i].Name)
		if err != nil {
			return nil, err
		}
		outputs = append(outputs, output)
	}
	return outputs, nil
}

// same is a copy: the request's buffers go back before the response is sent.
func same(t *infer.Tensor, name string) (infer.TensorData, error) {
	data, err := t.Bytes()
	if err != nil {
		return infer.TensorData{}, err
	}
	return infer.TensorData{Name: name, DataType: t.DataType, Shape: t.Shape, Data: mem.Copy(data, mem.DefaultBufferPool())}, nil
}
