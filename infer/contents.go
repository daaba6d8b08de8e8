package infer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// contentsVisitor receives the elements of an InferTensorContents in order: scalar holds the wire's bits, text the bytes of
// a BYTES element.
type contentsVisitor func(scalar uint64, text span) error

// eachContent walks the typed contents. A repeated scalar may come packed, unpacked, or in several runs.
func (t *Tensor) eachContent(visit contentsVisitor) error {
	want := layouts[t.DataType].field
	for _, contents := range t.contents {
		err := t.message.wire.fields(contents, func(f field) error {
			switch {
			case f.number > contentsBytes:
				return nil
			case f.number != want:
				return fmt.Errorf("contents field %d does not carry %s", f.number, t.DataType)
			case want == contentsBytes && f.kind == protowire.BytesType:
				return visit(0, f.value)
			}
			return t.message.wire.eachScalar(f, scalarKind(want), visit)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func scalarKind(number protowire.Number) protowire.Type {
	switch number {
	case contentsFP32:
		return protowire.Fixed32Type
	case contentsFP64:
		return protowire.Fixed64Type
	case contentsBytes:
		return protowire.BytesType
	}
	return protowire.VarintType
}

// eachScalar visits one unpacked element or a packed run.
func (w wire) eachScalar(f field, kind protowire.Type, visit contentsVisitor) error {
	if f.kind != protowire.BytesType && f.kind != kind {
		return errWireType
	}
	c := w.cursor(f.value)
	for c.more() {
		v, err := c.scalar(kind)
		if err != nil {
			return err
		}
		if err := visit(v, span{}); err != nil {
			return err
		}
	}
	return nil
}

func (c *cursor) scalar(kind protowire.Type) (uint64, error) {
	n := 4
	switch kind {
	case protowire.VarintType:
		return c.varint()
	case protowire.Fixed64Type:
		n = 8
	case protowire.Fixed32Type:
	default:
		return 0, errWireType
	}
	var v uint64
	for i := range n {
		b, ok := c.byte()
		if !ok {
			return 0, errTruncated
		}
		v |= uint64(b) << (8 * i)
	}
	return v, nil
}

func (t *Tensor) validateTyped(elements int) error {
	if !t.DataType.Typed() {
		return invalid("%s: %s has no typed contents; send %s", t.label(), t.DataType, t.message.kind.rawNoun)
	}
	found := 0
	err := t.eachContent(func(v uint64, _ span) error {
		if found++; found > elements {
			return fmt.Errorf("contents have more elements than shape %v, which calls for %d", t.Shape, elements)
		}
		return t.DataType.fits(v)
	})
	if err != nil {
		return invalid("%s: %w", t.label(), err)
	}
	if found != elements {
		return invalid("%s: contents have %d elements, shape %v calls for %d", t.label(), found, t.Shape, elements)
	}
	return nil
}

// fits checks a typed integer against the datatype's width; the wire's int32 and uint32 are wider than INT8 and UINT8.
func (d DataType) fits(v uint64) error {
	switch d {
	case Int8, Int16, Int32:
		bits := layouts[d].bits
		if s := int64(v); s < -(1<<(bits-1)) || s >= 1<<(bits-1) {
			return fmt.Errorf("%d does not fit %s", s, d)
		}
	case Uint8, Uint16, Uint32:
		if v >= 1<<layouts[d].bits {
			return fmt.Errorf("%d does not fit %s", v, d)
		}
	default: // the wire's own width is theirs
	}
	return nil
}

// appendContents appends the typed contents in raw form.
func (t *Tensor) appendContents(dst []byte) ([]byte, error) {
	if !t.typed() {
		return dst, nil
	}
	if !t.DataType.Typed() {
		return nil, invalid("%s: %s has no typed contents", t.label(), t.DataType)
	}
	size := t.DataType.Size()
	err := t.eachContent(func(v uint64, text span) error {
		if size == 0 {
			if int64(text.len()) > math.MaxUint32 {
				return errors.New("an element is longer than 4 GiB")
			}
			dst = binary.LittleEndian.AppendUint32(dst, uint32(text.len()))
			dst = t.message.wire.appendTo(dst, text)
			return nil
		}
		if t.DataType == Bool {
			v = protowire.EncodeBool(v != 0)
		}
		dst = appendLittleEndian(dst, v, size)
		return t.DataType.fits(v)
	})
	if err != nil {
		return nil, invalid("%s: %w", t.label(), err)
	}
	return dst, nil
}

func appendLittleEndian(dst []byte, v uint64, size int) []byte {
	switch size {
	case 1:
		return append(dst, byte(v))
	case 2:
		return binary.LittleEndian.AppendUint16(dst, uint16(v))
	case 4:
		return binary.LittleEndian.AppendUint32(dst, uint32(v))
	}
	return binary.LittleEndian.AppendUint64(dst, v)
}
