package infer

import (
	"slices"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

// Head is what a message says beside its tensors.
type Head struct {
	ModelName    string
	ModelVersion string
	ID           string
	Parameters   Parameters
}

// TensorData is a tensor to be put into a new message: Data in the raw form of [Tensor.Bytes], nil for an input whose parameters say
// that it is in shared memory.
type TensorData struct {
	Name       string
	DataType   DataType
	Shape      Shape
	Parameters Parameters
	Data       mem.Buffer
}

// builder writes a message: bytes of its own, and spans of other messages by reference.
type builder struct {
	out  mem.BufferSlice
	own  []byte // not yet in out
	from wire   // of keep, not yet in out
	keep span
}

// finish returns the message; the caller owns a reference on each buffer.
func (b *builder) finish() mem.BufferSlice {
	b.flush()
	return b.out
}

func (b *builder) flush() {
	for p := range b.from.pieces(b.keep) {
		b.out = append(b.out, p.buffer.Slice(p.from, p.to))
	}
	b.keep = span{}
	if n := len(b.own); n > 0 {
		b.out = append(b.out, mem.SliceBuffer(b.own[:n:n]))
		b.own = b.own[n:] // what room is left is for the next
	}
}

// share appends s of w by reference. Neighbouring spans become one.
func (b *builder) share(w wire, s span) {
	if s.len() == 0 {
		return
	}
	if len(b.own) == 0 && b.keep.len() > 0 && b.keep.to == s.from && &b.from.buffers[0] == &w.buffers[0] {
		b.keep.to = s.to
		return
	}
	b.flush()
	b.from, b.keep = w, s
}

// write appends bytes of the builder's own.
func (b *builder) write(p ...byte) {
	if b.keep.len() > 0 {
		b.flush()
	}
	b.own = append(b.own, p...)
}

// adopt appends a buffer whose reference it takes over.
func (b *builder) adopt(buffer mem.Buffer) {
	b.flush()
	b.out = append(b.out, buffer)
}

// lengthPrefix appends a tag and the length of what follows.
func (b *builder) lengthPrefix(number protowire.Number, n int) {
	var scratch [2 * 10]byte
	prefix := protowire.AppendTag(scratch[:0], number, protowire.BytesType)
	b.write(protowire.AppendVarint(prefix, uint64(n))...)
}

func (b *builder) text(number protowire.Number, s string) {
	if s != "" {
		b.lengthPrefix(number, len(s))
		b.own = append(b.own, s...)
	}
}

func (b *builder) head(h Head) {
	b.text(fieldModelName, h.ModelName)
	b.text(fieldModelVersion, h.ModelVersion)
	b.text(fieldID, h.ID)
	b.write()
	b.own = appendParameters(b.own, fieldParameters, h.Parameters)
}

// data appends tensors, then their raw entries.
func (b *builder) data(raw protowire.Number, tensors []TensorData) {
	for i := range tensors {
		b.write()
		at := len(b.own)
		b.own = nest(tensors[i].appendEntry(b.own), at, fieldTensors)
	}
	for i := range tensors {
		if tensors[i].Data == nil {
			continue // it is in shared memory
		}
		b.lengthPrefix(raw, tensors[i].Data.Len())
		b.adopt(tensors[i].Data)
	}
}

func (t *TensorData) appendEntry(dst []byte) []byte {
	dst = protowire.AppendTag(dst, tensorName, protowire.BytesType)
	dst = protowire.AppendString(dst, t.Name)
	dst = protowire.AppendTag(dst, tensorDataType, protowire.BytesType)
	dst = protowire.AppendString(dst, string(t.DataType))
	dst = appendShape(dst, t.Shape)
	return appendParameters(dst, tensorParameters, t.Parameters)
}

func appendShape(dst []byte, s Shape) []byte {
	if len(s) == 0 {
		return dst
	}
	at := len(dst)
	for _, d := range s {
		dst = protowire.AppendVarint(dst, uint64(d))
	}
	return nest(dst, at, tensorShape)
}

// nest makes what dst holds from an index on the value of a field.
func nest(dst []byte, at int, number protowire.Number) []byte {
	var scratch [2 * 10]byte
	prefix := protowire.AppendTag(scratch[:0], number, protowire.BytesType)
	prefix = protowire.AppendVarint(prefix, uint64(len(dst)-at))
	return slices.Insert(dst, at, prefix...)
}
