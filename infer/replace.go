package infer

import "slices"

// Replace returns r with those outputs of it that have the names of outputs exchanged for them, in their places; the others go by
// reference. It takes r and the data over, also when it fails: INTERNAL, when typed contents of r do not fit their datatype.
func (r *Response) Replace(outputs []TensorData) (*Response, error) {
	defer r.Free()
	made := NewResponse(Head{}, outputs)
	defer made.Free()
	parts := make([]part, len(r.tensors))
	for i := range r.tensors {
		t := &r.tensors[i]
		if j := slices.IndexFunc(made.tensors, func(m Tensor) bool { return m.Name == t.Name }); j >= 0 {
			t = &made.tensors[j]
		}
		parts[i] = part{t, t.Name}
	}
	return r.rebuild(parts)
}
