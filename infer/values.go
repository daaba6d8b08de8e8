package infer

import (
	"encoding/binary"
	"math"
)

// Element is the Go type of a tensor's elements: bool BOOL, the integers of INT8 to UINT64, float32 FP32, float64 FP64.
type Element interface {
	bool | uint8 | uint16 | uint32 | uint64 | int8 | int16 | int32 | int64 | float32 | float64
}

// DataTypeOf is the datatype whose elements are T.
func DataTypeOf[T Element]() DataType {
	switch any(*new(T)).(type) {
	case bool:
		return Bool
	case uint8:
		return Uint8
	case uint16:
		return Uint16
	case uint32:
		return Uint32
	case uint64:
		return Uint64
	case int8:
		return Int8
	case int16:
		return Int16
	case int32:
		return Int32
	case int64:
		return Int64
	case float32:
		return FP32
	}
	return FP64
}

// Values decodes t into a slice of t.Shape.Elements() values, row-major. T must be the type of t.DataType, see [DataTypeOf];
// otherwise, and when the data are not as long as the shape calls for, the error is INVALID_ARGUMENT.
// Source: OIP v2, "Tensor Data"; little-endian as in Triton's raw contents.
func Values[T Element](t *Tensor) ([]T, error) {
	if want := DataTypeOf[T](); t.DataType != want {
		return nil, invalid("%s is %s, not %s", t.label(), t.DataType, want)
	}
	if err := t.Validate(); err != nil {
		return nil, err
	}
	raw, err := t.Bytes()
	if err != nil {
		return nil, err
	}
	values := make([]T, len(raw)/t.DataType.Size())
	if _, err := binary.Decode(raw, binary.LittleEndian, values); err != nil {
		return nil, invalid("%s: %w", t.label(), err)
	}
	return values, nil
}

// RawOf is the raw form of values: little-endian, in order.
func RawOf[T Element](values ...T) []byte {
	raw, err := binary.Append(nil, binary.LittleEndian, values)
	if err != nil {
		panic("infer: " + err.Error()) // every Element has a fixed size
	}
	return raw
}

// Strings decodes a BYTES tensor into a slice of t.Shape.Elements() values, row-major, each a copy.
// The error is INVALID_ARGUMENT when t is of another datatype or its data are not as the shape calls for.
func Strings(t *Tensor) ([]string, error) {
	if t.DataType != Bytes {
		return nil, invalid("%s is %s, not %s", t.label(), t.DataType, Bytes)
	}
	if err := t.Validate(); err != nil {
		return nil, err
	}
	raw, err := t.Bytes()
	if err != nil {
		return nil, err
	}
	var values []string
	for len(raw) > 0 {
		n := binary.LittleEndian.Uint32(raw)
		values = append(values, string(raw[4:4+n]))
		raw = raw[4+n:]
	}
	return values, nil
}

// RawStrings is the raw form of BYTES elements: each behind its length. It panics above 4 GiB an element.
func RawStrings(values ...string) []byte {
	var raw []byte
	for _, v := range values {
		if uint64(len(v)) > math.MaxUint32 {
			panic("infer: a BYTES element is longer than 4 GiB")
		}
		raw = binary.LittleEndian.AppendUint32(raw, uint32(len(v)))
		raw = append(raw, v...)
	}
	return raw
}
