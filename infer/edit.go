package infer

import "google.golang.org/grpc/mem"

// Edit is a set of changes to a message. Its zero value changes nothing; unknown fields are kept.
type Edit struct {
	ModelName     *string // nil keeps it
	ModelVersion  *string
	ID            *string
	DropParameter func(key string) bool // of the message and of its tensors; nil drops none
	AddParameters Parameters
	DropOutputs   bool // of a request: the requested outputs
}

// edit splices a new message: unchanged fields by reference, changed ones at the end.
func (m *message) edit(e Edit) mem.BufferSlice {
	var b builder
	tensors := m.tensors
	for _, f := range m.fields {
		switch {
		case f.number == fieldTensors:
			t := &tensors[0]
			tensors = tensors[1:]
			b.tensor(part{t, t.Name}, e.DropParameter, false)
		case !m.drops(e, f):
			b.share(m.wire, f.whole)
		}
	}
	b.head(Head{value(e.ModelName), value(e.ModelVersion), value(e.ID), e.AddParameters})
	return b.finish()
}

func (m *message) drops(e Edit, f field) bool {
	switch f.number {
	case fieldModelName:
		return e.ModelName != nil
	case fieldModelVersion:
		return e.ModelVersion != nil
	case fieldID:
		return e.ID != nil
	case fieldParameters:
		return e.DropParameter != nil && e.DropParameter(m.parameterKey(f))
	case m.kind.outputs:
		return e.DropOutputs
	}
	return false
}

// parameterKey is the key of a parameters entry, "" when it is malformed.
func (m *message) parameterKey(f field) string {
	p, err := m.wire.parameter(f.value)
	if err != nil {
		return ""
	}
	return p.Key
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
