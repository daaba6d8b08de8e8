package infer

import (
	"encoding/binary"
	"math"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

// repeated is the one field of an InferTensorContents that holds a tensor's elements.
type repeated struct {
	field protowire.Number // of a packed run; 0: own are whole fields, one for each element, or nothing
	own   []byte
	raw   span // of the tensor's message, in place of own: what is packed as it lies
}

// repeated encodes the tensor's raw data. Fixed-width elements lie in a packed run as they do in raw data.
func (t *Tensor) repeated() (repeated, error) {
	size := t.DataType.Size()
	switch {
	case t.raw.len() == 0:
		return repeated{}, nil
	case t.DataType == Bytes:
		own, err := t.texts()
		return repeated{own: own}, err
	case size == 0:
		return repeated{}, invalid("%s: datatype %q is not one of %v", t.label(), t.DataType, DataTypes())
	case t.raw.len()%size != 0:
		return repeated{}, invalid("%s: %d bytes of raw data break off inside an element of %s, which takes %d",
			t.label(), t.raw.len(), t.DataType, size)
	}
	field := layouts[t.DataType].field
	if scalarKind(field) != protowire.VarintType {
		return repeated{field: field, raw: t.raw}, nil
	}
	own, err := t.varints(size)
	return repeated{field: field, own: own}, err
}

// varints encodes raw integers or booleans, one behind the other.
func (t *Tensor) varints(size int) ([]byte, error) {
	raw := t.message.wire.view(t.raw)
	need := 0
	for at := 0; at < len(raw); at += size {
		need += protowire.SizeVarint(t.DataType.varint(raw[at:]))
	}
	if need > math.MaxInt32 {
		return nil, t.tooLarge(need)
	}
	own := make([]byte, 0, need)
	for at := 0; at < len(raw); at += size {
		own = protowire.AppendVarint(own, t.DataType.varint(raw[at:]))
	}
	return own, nil
}

// varint is the first element of raw as a varint carries it: negative ones extended to 64 bits.
func (d DataType) varint(raw []byte) uint64 {
	switch d {
	case Bool:
		return protowire.EncodeBool(raw[0] != 0)
	case Uint8:
		return uint64(raw[0])
	case Uint16:
		return uint64(binary.LittleEndian.Uint16(raw))
	case Uint32:
		return uint64(binary.LittleEndian.Uint32(raw))
	case Int8:
		return uint64(int8(raw[0]))
	case Int16:
		return uint64(int16(binary.LittleEndian.Uint16(raw)))
	case Int32:
		return uint64(int32(binary.LittleEndian.Uint32(raw)))
	default: // INT64, UINT64
		return binary.LittleEndian.Uint64(raw)
	}
}

// texts encodes raw BYTES elements as fields of bytes_contents.
func (t *Tensor) texts() ([]byte, error) {
	raw := t.message.wire.view(t.raw)
	own := make([]byte, 0, len(raw))
	for len(raw) > 0 {
		if len(raw) < 4 || uint64(binary.LittleEndian.Uint32(raw)) > uint64(len(raw)-4) {
			return nil, invalid("%s: raw BYTES data break off inside an element; each is a 4-byte little-endian length and that many bytes", t.label())
		}
		end := 4 + int(binary.LittleEndian.Uint32(raw))
		own = protowire.AppendTag(own, contentsBytes, protowire.BytesType)
		own = protowire.AppendBytes(own, raw[4:end])
		raw = raw[end:]
	}
	if len(own) > math.MaxInt32 {
		return nil, t.tooLarge(len(own))
	}
	return own, nil
}

func (t *Tensor) tooLarge(size int) error {
	return Errorf(codes.ResourceExhausted, "%s: its typed contents would have %d bytes, and a message at most %d; use raw data",
		t.label(), size, math.MaxInt32)
}

// data is the length of the elements.
func (r repeated) data() int { return len(r.own) + r.raw.len() }

// size is the length of the InferTensorContents.
func (r repeated) size() int {
	if r.field == 0 {
		return r.data()
	}
	return protowire.SizeTag(r.field) + protowire.SizeBytes(r.data())
}

// repeated writes what an InferTensorContents holds.
func (b *builder) repeated(w wire, r repeated) {
	if r.field != 0 {
		b.lengthPrefix(r.field, r.data())
	}
	b.share(w, r.raw)
	if len(r.own) > 0 {
		b.adopt(mem.SliceBuffer(r.own))
	}
}
