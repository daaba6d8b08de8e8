package onnx

import (
	"fmt"
	"slices"
)

// request is the inputs of one Run, checked against the model and in its order.
type request struct {
	shapes [][]int64
	data   [][]byte
	rows   int // of the batch; 0 for a model without
}

// check orders inputs as the model has them, and refuses what does not fit.
func (m *Model) check(inputs []Tensor) (*request, error) {
	r := &request{}
	named := map[string]int64{} // sizes of the axes that have a name
	for i := range m.inputs {
		v := &m.inputs[i]
		t, err := find(inputs, v.name)
		if err != nil {
			return nil, err
		}
		if err := v.checkTensor(t, named); err != nil {
			return nil, fmt.Errorf("%w %q: %w", ErrInput, v.name, err)
		}
		r.shapes = append(r.shapes, slices.Clone(t.Shape))
		r.data = append(r.data, t.Data)
	}
	if len(inputs) > len(m.inputs) {
		return nil, m.unknown(inputs)
	}
	return r, m.checkBatch(r)
}

// find returns the one tensor of that name.
func find(tensors []Tensor, name string) (*Tensor, error) {
	var found *Tensor
	for i := range tensors {
		if tensors[i].Name != name {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("%w %q: given twice", ErrInput, name)
		}
		found = &tensors[i]
	}
	if found == nil {
		return nil, fmt.Errorf("%w %q: missing", ErrInput, name)
	}
	return found, nil
}

// unknown names an input that the model does not have; there are more of them than
// the model has, and none twice.
func (m *Model) unknown(inputs []Tensor) error {
	i := slices.IndexFunc(inputs, func(t Tensor) bool {
		return !slices.ContainsFunc(m.inputs, func(v value) bool { return v.name == t.Name })
	})
	return fmt.Errorf("%w %q: the model has no such input", ErrInput, inputs[i].Name)
}

// checkTensor wants the datatype, the shape and the length of t to fit v. Axes of the
// same name must have the same size, which named remembers.
func (v *value) checkTensor(t *Tensor, named map[string]int64) error {
	d := datatypes[v.elem]
	if t.DataType != d.name {
		return fmt.Errorf("has datatype %q, the model takes %s", t.DataType, d.name)
	}
	if err := v.checkShape(t.Shape, named); err != nil {
		return err
	}
	want, ok := d.bytes(t.Shape)
	if !ok {
		return fmt.Errorf("has %d bytes of data, %s %v takes more than memory", len(t.Data), d.name, t.Shape)
	}
	if want != int64(len(t.Data)) {
		return fmt.Errorf("has %d bytes of data, %s %v takes %d", len(t.Data), d.name, t.Shape, want)
	}
	return nil
}

func (v *value) checkShape(shape []int64, named map[string]int64) error {
	if len(shape) != len(v.dims) {
		return fmt.Errorf("has shape %v, the model takes %v", shape, v.info().Dims)
	}
	for axis, size := range shape {
		d := v.dims[axis]
		if size < 1 || !v.dynamic(axis) && size != d.size {
			return fmt.Errorf("has shape %v, the model takes %v", shape, v.info().Dims)
		}
		if d.name == "" {
			continue
		}
		if other, ok := named[d.name]; ok && other != size {
			return fmt.Errorf("has %d as size of axis %q, which is %d elsewhere", size, d.name, other)
		}
		named[d.name] = size
	}
	return nil
}

// checkBatch notes the size of the batch, the same for all inputs.
func (m *Model) checkBatch(r *request) error {
	if m.opts.MaxBatchSize == 0 {
		return nil
	}
	for i, shape := range r.shapes {
		rows := shape[0]
		if rows > int64(m.opts.MaxBatchSize) {
			return fmt.Errorf("%w %q: has a batch of %d, the model takes at most %d",
				ErrInput, m.inputs[i].name, rows, m.opts.MaxBatchSize)
		}
		if i > 0 && rows != int64(r.rows) {
			return fmt.Errorf("%w %q: has a batch of %d, input %q one of %d",
				ErrInput, m.inputs[i].name, rows, m.inputs[0].name, r.rows)
		}
		r.rows = int(rows)
	}
	return nil
}

// setRows makes the shapes those of a batch of rows.
func (r *request) setRows(rows int) {
	for _, shape := range r.shapes {
		shape[0] = int64(rows)
	}
}
