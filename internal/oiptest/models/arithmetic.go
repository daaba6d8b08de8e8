package models

import (
	"context"
	"strconv"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// sumAndDifference computes OUTPUT0 = INPUT0 + INPUT1 and OUTPUT1 = INPUT0 - INPUT1, which wrap around.
func sumAndDifference[T int8 | int32](_ context.Context, c *call) ([]infer.TensorData, error) {
	a, err := infer.Values[T](c.inputs["INPUT0"])
	if err != nil {
		return nil, err
	}
	b, err := infer.Values[T](c.inputs["INPUT1"])
	if err != nil {
		return nil, err
	}
	sums, differences := make([]T, len(a)), make([]T, len(a))
	for i := range a {
		sums[i], differences[i] = a[i]+b[i], a[i]-b[i]
	}
	shape := c.inputs["INPUT0"].Shape
	return []infer.TensorData{tensor("OUTPUT0", shape, sums...), tensor("OUTPUT1", shape, differences...)}, nil
}

// sumAndDifferenceOfTexts does so with decimal numbers.
func sumAndDifferenceOfTexts(_ context.Context, c *call) ([]infer.TensorData, error) {
	a, err := integers(c.inputs["INPUT0"])
	if err != nil {
		return nil, err
	}
	b, err := integers(c.inputs["INPUT1"])
	if err != nil {
		return nil, err
	}
	sums, differences := make([]string, len(a)), make([]string, len(a))
	for i := range a {
		sums[i], differences[i] = strconv.FormatInt(a[i]+b[i], 10), strconv.FormatInt(a[i]-b[i], 10)
	}
	shape := c.inputs["INPUT0"].Shape
	return []infer.TensorData{texts("OUTPUT0", shape, sums...), texts("OUTPUT1", shape, differences...)}, nil
}

func integers(t *infer.Tensor) ([]int64, error) {
	values, err := infer.Strings(t)
	if err != nil {
		return nil, err
	}
	numbers := make([]int64, len(values))
	for i, v := range values {
		if numbers[i], err = strconv.ParseInt(v, 10, 64); err != nil {
			return nil, infer.Errorf(codes.Internal, "input %q: element %d is not a number", t.Name, i)
		}
	}
	return numbers, nil
}

// sumAndDifferenceTwice is what an ensemble of two steps that each compute the sum and the difference comes to. As Triton's ensembles
// it tells of a sequence, and has its outputs in an order of its own.
func sumAndDifferenceTwice(_ context.Context, c *call, give func(answer) error) error {
	outputs := make([]infer.TensorData, 2)
	for i, names := range [][2]string{{"INPUT1", "OUTPUT1"}, {"INPUT0", "OUTPUT0"}} {
		values, err := infer.Values[int32](c.inputs[names[0]])
		if err != nil {
			return err
		}
		for j := range values {
			values[j] *= 2
		}
		outputs[i] = tensor(names[1], c.inputs[names[0]].Shape, values...)
	}
	return give(answer{outputs: outputs, parameters: infer.Parameters{
		{Key: "sequence_id", Value: int64(0)}, {Key: "sequence_start", Value: false}, {Key: "sequence_end", Value: false},
	}})
}
