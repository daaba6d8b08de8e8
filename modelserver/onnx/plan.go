package onnx

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// plan is a network compiled for one shape of each input. It may run concurrently
// with itself and needs no closing: the garbage collector takes it.
type plan struct {
	key     string
	backend compute.Backend
	exec    *model.Exec
	inputs  []shapes.Shape
	outputs [][]int64      // shapes
	types   []dtypes.DType // of the outputs
	fault   error          // why the network could not be laid out
}

// note adds an output of the given shape.
func (p *plan) note(output shapes.Shape) {
	dims := make([]int64, output.Rank())
	for axis, size := range output.Dimensions {
		dims[axis] = int64(size)
	}
	p.outputs = append(p.outputs, dims)
	p.types = append(p.types, output.DType)
}

// run computes the outputs. Of the plan's rows data has only the first, have in number,
// and only those are returned; the others are copies of the last. A plan without batch
// has one row in this sense.
func (p *plan) run(data [][]byte, have, rows int) (outputs [][]byte, err error) {
	args := make([]any, len(data))
	defer func() { release(args) }()
	err = guard(func() error {
		for i, shape := range p.inputs {
			t, err := tensors.FromShapeForBackend(p.backend, 0, shape)
			if err != nil {
				return err
			}
			args[i] = t
			if err := load(t, data[i], len(data[i])/have); err != nil {
				return err
			}
		}
		results, err := p.exec.Exec(args...)
		if err != nil {
			return err
		}
		outputs, err = unload(results, have, rows)
		return err
	})
	return outputs, err
}

// load copies data into t and fills what is left with copies of data's last row.
func load(t *tensors.Tensor, data []byte, row int) error {
	isBool := t.DType() == dtypes.Bool
	return t.MutableBytes(func(to []byte) {
		n := copy(to, data)
		for n < len(to) {
			n += copy(to[n:], data[len(data)-row:])
		}
		if isBool {
			normalize(to)
		}
	})
}

// normalize makes Go booleans of bytes: any but 0 and 1 in one is undefined behaviour.
func normalize(bools []byte) {
	for i, b := range bools {
		if b > 1 {
			bools[i] = 1
		}
	}
}

// unload copies the first have of rows parts of each result, and lets the results go.
func unload(results []*tensors.Tensor, have, rows int) ([][]byte, error) {
	outputs := make([][]byte, len(results))
	for i, t := range results {
		err := t.ConstBytes(func(from []byte) {
			outputs[i] = append(outputs[i], from[:len(from)/rows*have]...)
		})
		if err != nil {
			return nil, err
		}
		if err := t.FinalizeAll(); err != nil {
			return nil, err
		}
	}
	return outputs, nil
}

// release gives the memory of arguments back, those that came to be.
func release(args []any) {
	for _, arg := range args {
		if t, ok := arg.(*tensors.Tensor); ok {
			_ = guard(t.FinalizeAll)
		}
	}
}

// check makes sure that the outputs have the datatypes of the file, and in a batch of
// rows above 0 that many rows each.
func (p *plan) check(outputs []value, rows int) error {
	for i, v := range outputs {
		d := datatypes[v.elem]
		if p.types[i] != d.library {
			return fmt.Errorf("output %q is %s in the file and comes out as %v", v.name, d.name, p.types[i])
		}
		if shape := p.outputs[i]; rows > 0 && (len(shape) == 0 || shape[0] != int64(rows)) {
			return fmt.Errorf("%w in batches: output %q has shape %v for a batch of %d: set max_batch_size to 0",
				ErrUnsupported, v.name, shape, rows)
		}
	}
	return nil
}
