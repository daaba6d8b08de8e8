package infer

import (
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

// InRawForm returns r with all data in raw_input_contents, and without contents, not even the empty ones that KServe's server
// takes for a second form. The two share their bytes; each is freed on its own. INVALID_ARGUMENT when typed contents do not fit
// their datatype.
func (r *Request) InRawForm() (*Request, error) {
	buffers, err := r.inRawForm()
	if err != nil {
		return nil, err
	}
	return mustRequest(buffers).with(r.document), nil
}

// InTypedForm returns r with all data in contents. The two share their bytes; each is freed on its own. INVALID_ARGUMENT when an
// input is FP16 or BF16, which have no typed form, or when raw data break off inside an element.
func (r *Request) InTypedForm() (*Request, error) {
	if t := r.untypeable(); t != nil {
		return nil, invalid("%s: %s has no typed contents, which are all that is taken here; send FP32", t.label(), t.DataType)
	}
	buffers, err := r.inTypedForm()
	if err != nil {
		return nil, err
	}
	return mustRequest(buffers).with(r.document), nil
}

// InRawForm returns r with all data in raw_output_contents, as Triton's clients need them, and takes r over, also when it
// fails: INTERNAL, when typed contents do not fit their datatype. A response in raw form is returned as it is.
func (r *Response) InRawForm() (*Response, error) {
	if r.IsRaw() {
		return r, nil
	}
	return r.converted(r.inRawForm)
}

// InTypedForm returns r with all data in contents, as clients read them that send them so, and takes r over, also when it fails:
// INTERNAL, when raw data break off inside an element. A response in typed form is returned as it is. One with an output of FP16 or
// BF16, which have no typed form, is returned in raw form, for a message has one form.
func (r *Response) InTypedForm() (*Response, error) {
	switch {
	case r.IsTyped():
		return r, nil
	case r.untypeable() != nil:
		return r.InRawForm()
	}
	return r.converted(r.inTypedForm)
}

func (r *Response) converted(convert func() (mem.BufferSlice, error)) (*Response, error) {
	defer r.Free()
	buffers, err := convert()
	if err != nil {
		return nil, serverFault(err)
	}
	return mustResponse(buffers), nil
}

// IsRaw reports whether every tensor has a raw entry, and none has contents beside it.
func (m *message) IsRaw() bool {
	for i := range m.tensors {
		if t := &m.tensors[i]; !t.isRaw || t.hasContents {
			return false
		}
	}
	return true
}

// IsTyped reports whether there are no raw entries.
func (m *message) IsTyped() bool { return len(m.raw) == 0 }

// untypeable is the first tensor whose data can only be raw; nil when there is none.
func (m *message) untypeable() *Tensor {
	for i := range m.tensors {
		if t := &m.tensors[i]; t.DataType.Known() && !t.DataType.Typed() {
			return t
		}
	}
	return nil
}

// inRawForm is m with a raw entry for each tensor. Whatever else it holds, unknown fields too, goes by reference.
func (m *message) inRawForm() (mem.BufferSlice, error) {
	var b builder
	tensors := m.tensors
	for _, f := range m.fields {
		switch f.number {
		case fieldTensors:
			b.tensor(part{&tensors[0], tensors[0].Name}, nil, true)
			tensors = tensors[1:]
		case m.kind.raw:
		default:
			b.share(m.wire, f.whole)
		}
	}
	for i := range m.tensors {
		if err := b.raw(m.kind.raw, &m.tensors[i]); err != nil {
			b.finish().Free()
			return nil, err
		}
	}
	return b.finish(), nil
}

// inTypedForm is m with contents in each tensor. Whatever else it holds, unknown fields too, goes by reference.
func (m *message) inTypedForm() (mem.BufferSlice, error) {
	var b builder
	tensors := m.tensors
	for _, f := range m.fields {
		switch f.number {
		case fieldTensors:
			if err := b.typed(&tensors[0]); err != nil {
				b.finish().Free()
				return nil, err
			}
			tensors = tensors[1:]
		case m.kind.raw:
		default:
			b.share(m.wire, f.whole)
		}
	}
	return b.finish(), nil
}

// typed writes a tensor's entry with its data in contents.
func (b *builder) typed(t *Tensor) error {
	if !t.isRaw {
		b.share(t.message.wire, t.whole)
		return nil
	}
	data, err := t.repeated()
	if err != nil {
		return err
	}
	kept := t.keptFields(nil, true)
	size := protowire.SizeTag(tensorName) + protowire.SizeBytes(len(t.Name)) +
		protowire.SizeTag(tensorContents) + protowire.SizeBytes(data.size())
	for _, f := range kept {
		size += f.whole.len()
	}
	b.lengthPrefix(fieldTensors, size)
	b.lengthPrefix(tensorName, len(t.Name))
	b.write([]byte(t.Name)...)
	for _, f := range kept {
		b.share(t.message.wire, f.whole)
	}
	b.lengthPrefix(tensorContents, data.size())
	b.repeated(t.message.wire, data)
	return nil
}
