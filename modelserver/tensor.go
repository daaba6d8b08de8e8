package modelserver

import (
	"errors"
	"fmt"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/modelserver/onnx"
)

// tensor is an input or output as config.pbtxt declares it. Shapes leave the batch axis out; -1 is any size.
type tensor struct {
	name     string
	dataType infer.DataType
	dims     infer.Shape // to the client
	inner    infer.Shape // to the network; other than dims when the configuration has a reshape
	labels   []string    // of an output's elements
}

// newTensor checks a declaration for itself.
func newTensor(name string, t inferencepb.DataType, dims []int64, reshape *inferencepb.ModelTensorReshape) (tensor, error) {
	v := tensor{name: name, dataType: dataTypeOf(t), dims: dims, inner: dims}
	switch {
	case !v.dataType.Known():
		return v, fmt.Errorf("data_type %v: give one of TYPE_BOOL, TYPE_FP32, …", t)
	case v.dataType == infer.Bytes:
		return v, errors.New("data_type TYPE_STRING: the embedded runtime computes with numbers; " + elsewhere)
	case len(dims) == 0:
		return v, errors.New("it has no dims; a single value has dims [1] and an empty reshape")
	}
	if reshape != nil {
		v.inner = append(infer.Shape{}, reshape.GetShape()...)
	}
	return v, v.checkDims()
}

func (v *tensor) checkDims() error {
	for _, shape := range []infer.Shape{v.dims, v.inner} {
		if len(shape) >= infer.MaxRank {
			return fmt.Errorf("it has %d dims; the most are %d", len(shape), infer.MaxRank-1)
		}
		for _, d := range shape {
			if d == 0 || d < -1 {
				return fmt.Errorf("dims %v: a dimension is a size or -1", shape)
			}
		}
	}
	variable, size, ok := variableDims(v.dims)
	innerVariable, innerSize, innerOK := variableDims(v.inner)
	if !ok || !innerOK {
		return fmt.Errorf("dims %v multiply to more than any memory holds", v.dims)
	}
	if variable != innerVariable || size != innerSize {
		return fmt.Errorf("reshape %v does not have as many elements as dims %v", v.inner, v.dims)
	}
	return nil
}

// variableDims counts the variable dimensions of shape and multiplies the others.
func variableDims(shape infer.Shape) (variable, size int, ok bool) {
	var fixed infer.Shape
	for _, d := range shape {
		if d < 0 {
			variable++
			continue
		}
		fixed = append(fixed, d)
	}
	size, ok = fixed.Elements()
	return variable, size, ok
}

// fill is the shape to for a tensor that has the shape concrete of pattern from: the variable dimensions correspond in order.
func fill(to, from, concrete infer.Shape) infer.Shape {
	var sizes []int64
	for i, d := range from {
		if d < 0 {
			sizes = append(sizes, concrete[i])
		}
	}
	shape := append(infer.Shape{}, to...)
	for i, d := range shape {
		if d < 0 {
			shape[i], sizes = sizes[0], sizes[1:]
		}
	}
	return shape
}

// checkFile wants the declaration to fit the model file. Where the file leaves a dimension open, the declaration may fix it.
func (v *tensor) checkFile(file onnx.TensorInfo, batch bool) error {
	if file.DataType != string(v.dataType) {
		return fmt.Errorf("data_type is %v, the model file has %s", configType(string(v.dataType)), file.DataType)
	}
	if file.Dims == nil {
		return nil // looked at when it is computed
	}
	dims := infer.Shape(file.Dims)
	declared := withBatch(v.inner, batch)
	if len(dims) != len(declared) {
		return fmt.Errorf("dims are %v%s, the model file has %v", declared, batchHint(batch), dims)
	}
	for i, d := range dims {
		if d >= 0 && d != declared[i] {
			return fmt.Errorf("dims are %v%s, the model file has %v", declared, batchHint(batch), dims)
		}
	}
	return nil
}

// withBatch puts a batch axis of any size before shape.
func withBatch(shape infer.Shape, batch bool) infer.Shape {
	if !batch {
		return shape
	}
	return append(infer.Shape{-1}, shape...)
}

func batchHint(batch bool) string {
	if batch {
		return " with the batch axis of max_batch_size"
	}
	return ""
}
