package infer

import (
	"fmt"
	"unicode/utf8"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

// What a message may hold. Beyond it the wire costs far more to describe than to send: 4 MiB of empty inputs take 90 times
// that with generated types.
const (
	MaxTensors    = 1024      // inputs or outputs, requested outputs, raw entries, parameters of the message
	MaxParameters = 1024      // of a tensor
	maxFields     = 8 * 1024  // of a message, unknown ones included
	maxName       = 64 * 1024 // bytes of a tensor's name
)

// Message is what a Request and a Response have in common.
type Message interface {
	ModelName() string
	ModelVersion() string
	ID() string
	// Parameters reads the message's parameters map; INVALID_ARGUMENT when it is malformed.
	Parameters() (Parameters, error)
	// Tensors are the inputs of a request, or the outputs of a response. They live as long as the message.
	Tensors() []Tensor
	// Document is the body in place of tensors, nil where there is none.
	Document() *Document
	// Size is the length of the message on the wire, in bytes, and of its document.
	Size() int
}

// message holds the bytes, and what one walk over their tags found.
type message struct {
	wire    wire
	kind    *kind
	name    string
	version string
	id      string
	fields  []field
	tensors []Tensor
	raw     []span

	document *Document // in place of tensors; nil: none

	firstShape Shape        // room for one tensor's
	names      []TensorData // whose names the tensors have, while they are read
}

// kind is where a request and a response differ, in numbers and words.
type kind struct {
	raw        protowire.Number
	outputs    protowire.Number
	tensorNoun string
	rawNoun    string
}

var (
	requestKind  = &kind{raw: requestRaw, outputs: requestOutputs, tensorNoun: "input", rawNoun: "raw_input_contents"}
	responseKind = &kind{raw: responseRaw, tensorNoun: "output", rawNoun: "raw_output_contents"}
)

func (m *message) ModelName() string    { return m.name }
func (m *message) ModelVersion() string { return m.version }
func (m *message) ID() string           { return m.id }
func (m *message) Tensors() []Tensor    { return m.tensors }

func (m *message) Size() int {
	n := m.wire.len()
	if m.document != nil {
		n += m.document.body.Len()
	}
	return n
}

func (m *message) Parameters() (Parameters, error) {
	var all Parameters
	for _, f := range m.fields {
		if f.number != fieldParameters {
			continue
		}
		p, err := m.wire.parameter(f.value)
		if err != nil {
			return nil, invalid("parameters: %w", err)
		}
		all = append(all, p)
	}
	return all, nil
}

// Marshal returns the wire bytes with a reference of their own on every buffer. A document is not among them.
func (m *message) Marshal() mem.BufferSlice {
	m.wire.buffers.Ref()
	return m.wire.buffers
}

// Free drops the message's reference on its buffers. The message must not be used afterwards.
func (m *message) Free() {
	m.wire.buffers.Free()
	if m.document != nil {
		m.document.body.Free()
	}
}

// scan walks the message once. Bounds hold for what comes from outside; what the gateway splices may be a few fields larger.
func (m *message) scan(bounded bool) error {
	var counts [requestRaw + 1]int
	err := m.wire.fields(span{0, m.wire.len()}, func(f field) error {
		if bounded && len(m.fields) == maxFields {
			return fmt.Errorf("it has more than %d fields", maxFields)
		}
		m.fields = append(m.fields, f)
		if f.number >= fieldParameters && f.number <= requestRaw {
			counts[f.number]++
			if bounded && counts[f.number] > MaxTensors {
				return fmt.Errorf("it has more than %d entries of field %d", MaxTensors, f.number)
			}
		}
		return m.take(f)
	})
	if err != nil {
		return invalid("the message does not decode: %w", err)
	}
	return m.assignRaw()
}

// mustScan walks what the gateway itself wrote.
func (m *message) mustScan() {
	if err := m.scan(false); err != nil {
		panic("infer: a new message is broken: " + err.Error())
	}
	m.names = nil
}

func (m *message) take(f field) error {
	known := f.number <= fieldTensors || f.number == m.kind.raw || f.number == m.kind.outputs
	if known && f.kind != protowire.BytesType {
		return fmt.Errorf("field %d: %w", f.number, errWireType)
	}
	switch f.number {
	case fieldModelName:
		return m.text(f, &m.name)
	case fieldModelVersion:
		return m.text(f, &m.version)
	case fieldID:
		return m.text(f, &m.id)
	case fieldTensors:
		return m.takeTensor(f)
	case m.kind.raw:
		m.raw = append(m.raw, f.value)
	}
	return nil
}

func (m *message) text(f field, to *string) error {
	text := m.wire.view(f.value)
	if !utf8.Valid(text) {
		return fmt.Errorf("field %d is not UTF-8", f.number)
	}
	if *to != string(text) { // unless it is known
		*to = string(text)
	}
	return nil
}

// assignRaw gives each tensor its raw entry. Servers that mirror the form of the request send raw entries only for the tensors
// that have no typed contents. Source: Triton, for inputs in shared memory.
func (m *message) assignRaw() error {
	if len(m.raw) == 0 {
		return nil
	}
	untyped := 0
	for i := range m.tensors {
		if !m.tensors[i].typed() {
			untyped++
		}
	}
	if untyped != len(m.tensors) && m.kind == requestKind {
		return m.bothForms()
	}
	leave := m.kind == requestKind && len(m.raw) < untyped // who is in shared memory has no entry
	if leave {
		untyped -= m.elsewhere()
	}
	if len(m.raw) != untyped {
		return invalid("the message has %d %s for %d %ss; send one entry for each, in the same order",
			len(m.raw), m.kind.rawNoun, untyped, m.kind.tensorNoun)
	}
	next := 0
	for i := range m.tensors {
		if t := &m.tensors[i]; !t.typed() && (!leave || !t.inMemory()) {
			t.raw, t.isRaw = m.raw[next], true
			next++
		}
	}
	return nil
}

func (m *message) bothForms() error {
	for i := range m.tensors {
		if t := &m.tensors[i]; t.typed() {
			return invalid("%s has typed contents in a message with %s; send all tensors in one form", t.label(), m.kind.rawNoun)
		}
	}
	return nil
}
