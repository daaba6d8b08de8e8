package infercmd

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/manifold-serving/manifold/infer"
)

// fill puts n elements into a pattern: its last dimension of any size takes them up, the others of any size become 1. False when
// they do not fit.
func fill(pattern infer.Shape, n int) (infer.Shape, bool) {
	shape := slices.Clone(pattern)
	open := -1
	for axis, d := range shape {
		if d < 0 {
			shape[axis] = 1
			open = axis
		}
	}
	rest, ok := shape.Elements()
	if !ok {
		return nil, false
	}
	if open >= 0 && rest > 0 {
		shape[open] = int64(n / rest)
		rest *= n / rest
	}
	return shape, rest == n
}

var errRagged = errors.New("its rows are of different lengths")

// measure is the shape of a JSON array of arrays.
func measure(array []any) (infer.Shape, error) {
	shape := infer.Shape{int64(len(array))}
	var inner infer.Shape
	for n, element := range array {
		var below infer.Shape
		if nested, ok := element.([]any); ok {
			var err error
			if below, err = measure(nested); err != nil {
				return nil, err
			}
		}
		if n > 0 && !slices.Equal(below, inner) {
			return nil, errRagged
		}
		inner = below
	}
	return append(shape, inner...), nil
}

// parseShape reads [1,4]; -1 is any size.
func parseShape(text string) (infer.Shape, bool) {
	var shape infer.Shape
	if json.Unmarshal([]byte(text), &shape) != nil || len(shape) > infer.MaxRank {
		return nil, false
	}
	return shape, true
}
