package infer

import (
	"slices"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

// Bearer is what a parameter belongs to.
type Bearer int

// The bearers.
const (
	OfMessage Bearer = iota // a request or a response
	OfTensor                // one of its inputs or outputs
	OfOutput                // one of its requested outputs
)

// ParameterChange tells what becomes of a parameter: what it returns, in its place; or nothing, when it returns false.
type ParameterChange func(of Bearer, p Parameter) (Parameter, bool)

// ChangeParameters returns r with its parameters as change has them, and true. The two share their bytes; each is freed on its own.
// It returns nil and false when nothing changes. Parameters that are malformed stay as they are.
func (r *Request) ChangeParameters(change ParameterChange) (*Request, bool) {
	if !r.affected(change) {
		return nil, false
	}
	return mustRequest(r.changed(change)).with(r.document), true
}

// ChangeParameters returns r with its parameters as change has them, and takes r over. Parameters that are malformed stay as they are.
func (r *Response) ChangeParameters(change ParameterChange) *Response {
	if !r.affected(change) {
		return r
	}
	defer r.Free()
	return mustResponse(r.changed(change)).with(r.document)
}

// HasParameters reports whether r, one of its inputs or one of its requested outputs has a parameter.
func (r *Request) HasParameters() bool {
	return r.eachParameter(func(Bearer, Parameter) bool { return true })
}

// HasOutputs reports whether r asks for certain outputs.
func (r *Request) HasOutputs() bool {
	return slices.ContainsFunc(r.fields, func(f field) bool { return f.number == requestOutputs })
}

// affected reports whether change makes a difference.
func (m *message) affected(change ParameterChange) bool {
	return m.eachParameter(func(of Bearer, p Parameter) bool {
		now, keep := change(of, p)
		return !keep || now != p
	})
}

// eachParameter visits the parameters until visit says true, and returns whether it did.
func (m *message) eachParameter(visit func(Bearer, Parameter) bool) bool {
	tensors := m.tensors
	for _, f := range m.fields {
		found := false
		switch f.number {
		case fieldParameters:
			p, err := m.wire.parameter(f.value)
			found = err == nil && visit(OfMessage, p)
		case fieldTensors:
			found = tensors[0].hasParameters && m.wire.anyParameter(f, OfTensor, visit)
			tensors = tensors[1:]
		case m.kind.outputs:
			found = m.wire.anyParameter(f, OfOutput, visit)
		}
		if found {
			return true
		}
	}
	return false
}

// parametersOf is the number of the field that a bearer has its parameters in.
func parametersOf(of Bearer) protowire.Number {
	if of == OfOutput {
		return outputParameters
	}
	return tensorParameters
}

// anyParameter visits the parameters of a tensor's entry or a requested output's.
func (w wire) anyParameter(entry field, of Bearer, visit func(Bearer, Parameter) bool) bool {
	found := false
	_ = w.fields(entry.value, func(f field) error {
		if f.number == parametersOf(of) && !found {
			p, err := w.parameter(f.value)
			found = err == nil && visit(of, p)
		}
		return nil
	})
	return found
}

// changed splices a message whose parameters are as change has them.
func (m *message) changed(change ParameterChange) mem.BufferSlice {
	var b builder
	for _, f := range m.fields {
		switch f.number {
		case fieldParameters:
			b.changed(m.wire, m.wire.change(f, OfMessage, change))
		case fieldTensors:
			b.entry(m.wire, f, OfTensor, change)
		case m.kind.outputs:
			b.entry(m.wire, f, OfOutput, change)
		default:
			b.share(m.wire, f.whole)
		}
	}
	return b.finish()
}

// changedField is a field as it was, or in place of it bytes of its own.
type changedField struct {
	was span
	own []byte
}

func (c changedField) len() int { return c.was.len() + len(c.own) }

// change is a parameter's field after the change.
func (w wire) change(f field, of Bearer, change ParameterChange) changedField {
	p, err := w.parameter(f.value)
	if err != nil {
		return changedField{was: f.whole}
	}
	now, keep := change(of, p)
	switch {
	case !keep:
		return changedField{}
	case now == p:
		return changedField{was: f.whole}
	}
	return changedField{own: appendParameters(nil, f.number, Parameters{now})}
}

func (b *builder) changed(w wire, c changedField) {
	b.share(w, c.was)
	if len(c.own) > 0 {
		b.write(c.own...)
	}
}

// entry writes a tensor's entry or a requested output's with its parameters as change has them.
func (b *builder) entry(w wire, f field, of Bearer, change ParameterChange) {
	var parts []changedField
	size := 0
	err := w.fields(f.value, func(inner field) error {
		part := changedField{was: inner.whole}
		if inner.number == parametersOf(of) {
			part = w.change(inner, of, change)
		}
		parts = append(parts, part)
		size += part.len()
		return nil
	})
	if err != nil { // a requested output is not read before somebody asks for it
		b.share(w, f.whole)
		return
	}
	b.lengthPrefix(f.number, size)
	for _, part := range parts {
		b.changed(w, part)
	}
}
