package infer

import (
	"errors"
	"slices"
	"sort"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

var (
	errTruncated = errors.New("the message ends inside a field")
	errWireType  = errors.New("a field has a wrong wire type")
	errTag       = errors.New("a field number is not valid")
)

// wire is a message's bytes, which may lie in many buffers, addressed by their offset in the message.
type wire struct {
	buffers mem.BufferSlice
	ends    []int // ends[i] is the offset behind buffers[i]
}

func newWire(buffers mem.BufferSlice) wire {
	return appendWire(make([]int, 0, len(buffers)), buffers)
}

// appendWire puts the ends behind those of an empty slice.
func appendWire(ends []int, buffers mem.BufferSlice) wire {
	n := 0
	for _, b := range buffers {
		n += b.Len()
		ends = append(ends, n)
	}
	return wire{buffers, ends}
}

func (w wire) len() int {
	if len(w.ends) == 0 {
		return 0
	}
	return w.ends[len(w.ends)-1]
}

// span is a range of offsets in a wire.
type span struct{ from, to int }

func (s span) len() int { return s.to - s.from }

// find returns the buffer that holds offset, and the offset within it.
func (w wire) find(offset int) (buffer, at int) {
	if len(w.ends) == 1 || offset < w.ends[0] {
		return 0, offset
	}
	i := sort.SearchInts(w.ends, offset+1)
	return i, offset - w.ends[i-1]
}

// view returns the bytes of s: the buffer's own when s lies in one buffer, otherwise a copy.
func (w wire) view(s span) []byte {
	if s.len() == 0 {
		return nil
	}
	i, at := w.find(s.from)
	if data := w.buffers[i].ReadOnlyData()[at:]; len(data) >= s.len() {
		return data[:s.len():s.len()]
	}
	return w.appendTo(make([]byte, 0, s.len()), s)
}

// appendTo appends the bytes of s to dst.
func (w wire) appendTo(dst []byte, s span) []byte {
	dst = slices.Grow(dst, s.len())
	for piece := range w.pieces(s) {
		dst = append(dst, piece.buffer.ReadOnlyData()[piece.from:piece.to]...)
	}
	return dst
}

// piece is the part of a span that lies in one buffer.
type piece struct {
	buffer   mem.Buffer
	from, to int
}

// pieces yields the parts of s in order.
func (w wire) pieces(s span) func(yield func(piece) bool) {
	return func(yield func(piece) bool) {
		if s.len() == 0 {
			return
		}
		i, at := w.find(s.from)
		for left := s.len(); left > 0; i, at = i+1, 0 {
			n := min(left, w.buffers[i].Len()-at)
			if n > 0 && !yield(piece{w.buffers[i], at, at + n}) {
				return
			}
			left -= n
		}
	}
}

// cursor walks the fields of a span.
type cursor struct {
	wire   wire
	buffer int
	data   []byte // of wire.buffers[buffer]
	at     int    // in data
	pos    int    // in the message
	end    int
}

func (w wire) cursor(s span) cursor {
	c := cursor{wire: w, pos: s.from, end: s.to}
	if s.len() > 0 {
		c.buffer, c.at = w.find(s.from)
		c.data = w.buffers[c.buffer].ReadOnlyData()
	}
	return c
}

func (c *cursor) more() bool { return c.pos < c.end }

func (c *cursor) byte() (byte, bool) {
	if c.pos >= c.end {
		return 0, false
	}
	for c.at >= len(c.data) {
		c.buffer++
		c.at, c.data = 0, c.wire.buffers[c.buffer].ReadOnlyData()
	}
	b := c.data[c.at]
	c.at++
	c.pos++
	return b, true
}

func (c *cursor) varint() (uint64, error) {
	var v uint64
	for shift := 0; shift < 70; shift += 7 {
		b, ok := c.byte()
		if !ok {
			return 0, errTruncated
		}
		if shift == 63 && b > 1 {
			return 0, errors.New("a varint exceeds 64 bits")
		}
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v, nil
		}
	}
	return 0, errors.New("a varint exceeds 64 bits")
}

// skip moves n bytes on.
func (c *cursor) skip(n int) {
	c.pos += n
	if c.at+n <= len(c.data) {
		c.at += n
		return
	}
	if c.pos >= c.end {
		c.pos = c.end
		return
	}
	c.buffer, c.at = c.wire.find(c.pos)
	c.data = c.wire.buffers[c.buffer].ReadOnlyData()
}

// field is one field of a message: where it lies whole, and where its value lies.
type field struct {
	number protowire.Number
	kind   protowire.Type
	whole  span
	value  span   // without a length prefix
	scalar uint64 // of a varint
}

// next reads the next field and moves behind it.
func (c *cursor) next() (field, error) {
	f := field{whole: span{from: c.pos}}
	tag, err := c.varint()
	if err != nil {
		return f, err
	}
	if tag>>3 == 0 || tag>>3 > uint64(protowire.MaxValidNumber) {
		return f, errTag
	}
	f.number, f.kind = protowire.Number(tag>>3), protowire.Type(tag&7)
	f.value.from = c.pos
	if err := c.value(&f); err != nil {
		return f, err
	}
	f.value.to, f.whole.to = c.pos, c.pos
	return f, nil
}

func (c *cursor) value(f *field) error {
	var n uint64
	switch f.kind {
	case protowire.VarintType:
		v, err := c.varint()
		f.scalar = v
		return err
	case protowire.Fixed32Type:
		n = 4
	case protowire.Fixed64Type:
		n = 8
	case protowire.BytesType:
		v, err := c.varint()
		if err != nil {
			return err
		}
		n, f.value.from = v, c.pos
	case protowire.StartGroupType, protowire.EndGroupType:
		return errors.New("groups are not part of the protocol")
	default:
		return errWireType
	}
	if n > uint64(c.end-c.pos) {
		return errTruncated
	}
	c.skip(int(n))
	return nil
}

// fields calls each on every field of s, and stops at its first error.
func (w wire) fields(s span, each func(field) error) error {
	for c := w.cursor(s); c.more(); {
		f, err := c.next()
		if err != nil {
			return err
		}
		if err := each(f); err != nil {
			return err
		}
	}
	return nil
}
