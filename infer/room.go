package infer

import "google.golang.org/grpc/mem"

// room is what a message of one tensor or two needs beside its bytes, in one allocation; larger ones grow out of it.
type room struct {
	buffers [4]mem.Buffer
	ends    [4]int
	fields  [8]field
	tensors [1]Tensor
	raw     [1]span
	shape   [4]int64
}

// builder returns one that writes n bytes of its own without growing.
func (r *room) builder(n int) builder {
	return builder{out: r.buffers[:0], own: make([]byte, 0, n)}
}

// message returns one of these buffers, not yet scanned. Its head and tensors are those given, in order, whose strings it shares.
func (r *room) message(k *kind, buffers mem.BufferSlice, h *Head, tensors []TensorData) message {
	return message{
		name: h.ModelName, version: h.ModelVersion, id: h.ID,
		wire: appendWire(r.ends[:0], buffers), kind: k, fields: r.fields[:0], tensors: r.tensors[:0], raw: r.raw[:0],
		firstShape: r.shape[:0], names: tensors,
	}
}

// knownName is the text of name: the string it was written from, where that is known.
func (m *message) knownName(name []byte) string {
	if i := len(m.tensors) - 1; i < len(m.names) && m.names[i].Name == string(name) {
		return m.names[i].Name
	}
	return string(name)
}

// ownSize is about what a builder writes for a message: more than its head and tensors take beside data, unless parameters are many.
func ownSize(h *Head, tensors []TensorData, outputs []RequestedOutput) int {
	const each = 40 // tags, lengths and the datatype
	n := each + len(h.ModelName) + len(h.ModelVersion) + len(h.ID) + h.Parameters.size()
	for i := range tensors {
		t := &tensors[i]
		n += each + len(t.Name) + 10*len(t.Shape) + t.Parameters.size()
	}
	for i := range outputs {
		n += each + len(outputs[i].Name) + outputs[i].Parameters.size()
	}
	return n
}

// size is more than what p takes on the wire.
func (p Parameters) size() int {
	n := 0
	for _, entry := range p {
		n += 40 + len(entry.Key)
		if text, ok := entry.Value.(string); ok {
			n += len(text)
		}
	}
	return n
}
