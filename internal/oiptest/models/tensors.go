package models

import (
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
)

// tensor is an output of values.
func tensor[T infer.Element](name string, shape infer.Shape, values ...T) infer.TensorData {
	return infer.TensorData{Name: name, DataType: infer.DataTypeOf[T](), Shape: shape, Data: mem.SliceBuffer(infer.RawOf(values...))}
}

// texts is an output of BYTES.
func texts(name string, shape infer.Shape, values ...string) infer.TensorData {
	return infer.TensorData{Name: name, DataType: infer.Bytes, Shape: shape, Data: mem.SliceBuffer(infer.RawStrings(values...))}
}

// first is the first element of an input, and otherwise when the input is not there or empty.
func first[T infer.Element](c *call, name string, otherwise T) (T, error) {
	t := c.inputs[name]
	if t == nil {
		return otherwise, nil
	}
	values, err := infer.Values[T](t)
	if err != nil || len(values) == 0 {
		return otherwise, err
	}
	return values[0], nil
}
