package infer

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// Tensor is a view of one input or output. It lives as long as its message.
type Tensor struct {
	Name     string
	DataType DataType
	Shape    Shape

	message  *message
	whole    span   // the field with its tag
	entry    span   // the tensor's submessage
	contents []span // InferTensorContents that are not empty

	hasContents   bool // there is an InferTensorContents, be it empty
	hasParameters bool
	raw           span
	isRaw         bool
}

func (m *message) takeTensor(f field) error {
	i := len(m.tensors)
	m.tensors = append(m.tensors, Tensor{message: m, whole: f.whole, entry: f.value})
	t := &m.tensors[i]
	if err := m.wire.fields(f.value, t.take); err != nil {
		return fmt.Errorf("%s: %w", t.labelAt(i), err)
	}
	return nil
}

func (t *Tensor) take(f field) error {
	if f.number <= tensorContents && f.kind != protowire.BytesType && f.number != tensorShape {
		return fmt.Errorf("field %d: %w", f.number, errWireType)
	}
	switch f.number {
	case tensorName:
		if f.value.len() > maxName {
			return fmt.Errorf("its name is longer than %d bytes", maxName)
		}
		name := t.message.wire.view(f.value)
		if !utf8.Valid(name) {
			return errors.New("its name is not UTF-8")
		}
		t.Name = t.message.knownName(name)
	case tensorDataType:
		if f.value.len() > maxDataType {
			return fmt.Errorf("its datatype is longer than %d bytes", maxDataType)
		}
		t.DataType = intern(t.message.wire.view(f.value))
	case tensorShape:
		return t.takeShape(f)
	case tensorParameters:
		t.hasParameters = true
	case tensorContents:
		t.hasContents = true
		if f.value.len() > 0 {
			t.contents = append(t.contents, f.value)
		}
	}
	return nil
}

const maxDataType = 32

func (t *Tensor) takeShape(f field) error {
	if f.kind == protowire.VarintType {
		return t.addDimension(int64(f.scalar))
	}
	if f.kind != protowire.BytesType {
		return fmt.Errorf("its shape: %w", errWireType)
	}
	for c := t.message.wire.cursor(f.value); c.more(); {
		v, err := c.varint()
		if err != nil {
			return fmt.Errorf("its shape: %w", err)
		}
		if err := t.addDimension(int64(v)); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tensor) addDimension(d int64) error {
	if len(t.Shape) == MaxRank {
		return fmt.Errorf("its shape has more than %d dimensions", MaxRank)
	}
	if t.Shape == nil {
		t.Shape, t.message.firstShape = t.message.firstShape, nil
	}
	t.Shape = append(t.Shape, d)
	return nil
}

func (t *Tensor) typed() bool { return len(t.contents) > 0 }

// Raw reports whether the tensor's data are raw bytes of the message, so that [Tensor.Bytes] need not convert them.
func (t *Tensor) Raw() bool { return t.isRaw }

// label names the tensor in errors: input "image".
func (t *Tensor) label() string { return fmt.Sprintf("%s %q", t.message.kind.tensorNoun, t.Name) }

func (t *Tensor) labelAt(index int) string {
	if t.Name == "" {
		return fmt.Sprintf("%s %d", t.message.kind.tensorNoun, index)
	}
	return t.label()
}

// Parameters reads the tensor's parameters map; INVALID_ARGUMENT when it is malformed.
func (t *Tensor) Parameters() (Parameters, error) {
	var all Parameters
	err := t.message.wire.fields(t.entry, func(f field) error {
		if f.number != tensorParameters {
			return nil
		}
		if len(all) == MaxParameters {
			return fmt.Errorf("more than %d entries", MaxParameters)
		}
		p, err := t.message.wire.parameter(f.value)
		all = append(all, p)
		return err
	})
	if err != nil {
		return nil, invalid("%s: parameters: %w", t.label(), err)
	}
	return all, nil
}

// Elements is the number of elements that the shape calls for; INVALID_ARGUMENT when it is negative or overflows.
func (t *Tensor) Elements() (int, error) {
	n, ok := t.Shape.Elements()
	if !ok {
		return 0, invalid("%s: shape %v is negative or too large; its dimensions multiply to the number of elements", t.label(), t.Shape)
	}
	return n, nil
}

// Validate checks that the tensor has a name, a known datatype, a shape, and data of exactly that many elements, unless they are in
// shared memory, whose size its server checks.
// The error is INVALID_ARGUMENT, names the tensor and tells the cure.
func (t *Tensor) Validate() error {
	switch {
	case t.Name == "":
		return invalid("an %s has no name", t.message.kind.tensorNoun)
	case !t.DataType.Known():
		return invalid("%s: datatype %q is not one of %v", t.label(), t.DataType, DataTypes())
	}
	elements, err := t.Elements()
	if err != nil {
		return err
	}
	switch {
	case t.isRaw && t.DataType == Bytes:
		return t.validateBytes(elements)
	case t.isRaw:
		return t.validateFixed(elements)
	case t.typed():
		return t.validateTyped(elements)
	case elements > 0 && !t.inMemory():
		return invalid("%s has no data: send %s or contents", t.label(), t.message.kind.rawNoun)
	}
	return nil
}

func (t *Tensor) validateFixed(elements int) error {
	size := t.DataType.Size()
	if t.raw.len()%size == 0 && t.raw.len()/size == elements {
		return nil
	}
	return invalid("%s: %d bytes of raw data for shape %v, whose %d elements of %s take %d bytes each",
		t.label(), t.raw.len(), t.Shape, elements, t.DataType, size)
}

func (t *Tensor) validateBytes(elements int) error {
	found := 0
	for c := t.message.wire.cursor(t.raw); c.more(); found++ {
		n, err := c.scalar(protowire.Fixed32Type)
		if err != nil || found == elements || n > uint64(c.end-c.pos) {
			return t.badBytes(found, elements)
		}
		c.skip(int(n))
	}
	if found != elements {
		return t.badBytes(found, elements)
	}
	return nil
}

func (t *Tensor) badBytes(found, elements int) error {
	return invalid("%s: raw BYTES data break off or do not end at element %d, shape %v calls for %d; each is a 4-byte little-endian length and that many bytes",
		t.label(), found, t.Shape, elements)
}

// Bytes returns the tensor's data in raw form: little-endian, row-major, no padding; each BYTES element behind its 4-byte
// length. They are the message's own bytes where those lie together, and must not be changed; otherwise a copy. Typed contents
// are converted: INVALID_ARGUMENT when they do not fit the datatype. The number of elements is that of [Tensor.Validate].
func (t *Tensor) Bytes() ([]byte, error) {
	if t.isRaw {
		return t.message.wire.view(t.raw), nil
	}
	return t.appendContents(nil)
}

// AppendTo is [Tensor.Bytes], appended to dst.
func (t *Tensor) AppendTo(dst []byte) ([]byte, error) {
	if t.isRaw {
		return t.message.wire.appendTo(dst, t.raw), nil
	}
	return t.appendContents(dst)
}
