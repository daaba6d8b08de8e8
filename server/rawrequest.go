package server

import (
	"context"
	"encoding/binary"
	"math"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// rawRequest makes a request of a body that is nothing but the data of the model's one input; its shape is that of the metadata,
// with one variable dimension as long as the data make it. BYTES are one element, whose length goes before it here.
// Source: Triton, "Raw Binary Request".
func rawRequest(ctx context.Context, model infer.Model, body mem.Buffer, o tensorjson.Options, pool mem.BufferPool) (*infer.Request, error) {
	m, err := model.Metadata(ctx)
	if err != nil {
		return nil, err
	}
	if len(m.Inputs) != 1 {
		return nil, infer.Errorf(codes.InvalidArgument,
			"%s is 0, which is for models with one input; model %q has %d, so describe them in JSON", headerLengthHeader, o.ModelName, len(m.Inputs))
	}
	in := m.Inputs[0]
	shape, err := rawShape(in, body.Len())
	if err != nil {
		return nil, err
	}
	data := body
	if in.DataType == infer.Bytes {
		if data, err = oneString(body, pool); err != nil {
			return nil, err
		}
	} else {
		body.Ref()
	}
	head := infer.Head{ModelName: o.ModelName, ModelVersion: o.ModelVersion}
	return infer.NewRequest(head, []infer.TensorData{{Name: in.Name, DataType: in.DataType, Shape: shape, Data: data}}, nil), nil
}

// rawShape fills the variable dimensions in: of several, the first is the batch, and one.
func rawShape(in infer.TensorMetadata, length int) (infer.Shape, error) {
	shape := slices.Clone(in.Shape)
	var variable []int
	for i, d := range shape {
		if d < 0 {
			variable = append(variable, i)
		}
	}
	if in.DataType == infer.Bytes {
		for _, i := range variable {
			shape[i] = 1
		}
		if n, ok := shape.Elements(); !ok || n != 1 {
			return nil, badRaw(in, "takes one element of BYTES")
		}
		return shape, nil
	}
	if len(variable) == 2 && variable[0] == 0 {
		shape[0], variable = 1, variable[1:]
	}
	if len(variable) == 0 {
		return shape, nil // and the request's validation looks at the length
	}
	if len(variable) > 1 {
		return nil, badRaw(in, "takes one variable dimension")
	}
	shape[variable[0]] = 1
	rest, ok := shape.Elements()
	size := in.DataType.Size()
	if !ok || rest == 0 || size == 0 || rest > math.MaxInt/size || length%(rest*size) != 0 {
		return nil, infer.Errorf(codes.InvalidArgument, "input %q: %d bytes of raw data do not fill shape %v of %s", in.Name, length, in.Shape, in.DataType)
	}
	shape[variable[0]] = int64(length / (rest * size))
	return shape, nil
}

func badRaw(in infer.TensorMetadata, what string) error {
	return infer.Errorf(codes.InvalidArgument, "input %q: a body of raw data %s, and the model's shape is %v; describe the input in JSON", in.Name, what, in.Shape)
}

// oneString copies data behind their length.
func oneString(data mem.Buffer, pool mem.BufferPool) (mem.Buffer, error) {
	const prefix = 4
	n := data.Len()
	if n > math.MaxUint32 {
		return nil, infer.Errorf(codes.InvalidArgument, "an element of BYTES has %d bytes, and %d at most", n, uint32(math.MaxUint32))
	}
	if mem.IsBelowBufferPoolingThreshold(prefix + n) {
		pool = mem.NopBufferPool{}
	}
	whole := pool.Get(prefix + n)
	binary.LittleEndian.PutUint32(*whole, uint32(n))
	copy((*whole)[prefix:], data.ReadOnlyData())
	return mem.NewBuffer(whole, pool), nil
}
