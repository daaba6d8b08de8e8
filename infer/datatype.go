package infer

import "google.golang.org/protobuf/encoding/protowire"

// DataType is the name of a tensor's element type. Source: OIP v2, "Tensor Data Types"; BF16 as in Triton.
type DataType string

// The thirteen datatypes.
const (
	Bool   DataType = "BOOL"
	Uint8  DataType = "UINT8"
	Uint16 DataType = "UINT16"
	Uint32 DataType = "UINT32"
	Uint64 DataType = "UINT64"
	Int8   DataType = "INT8"
	Int16  DataType = "INT16"
	Int32  DataType = "INT32"
	Int64  DataType = "INT64"
	FP16   DataType = "FP16"
	BF16   DataType = "BF16"
	FP32   DataType = "FP32"
	FP64   DataType = "FP64"
	Bytes  DataType = "BYTES"
)

// layout is how a datatype lies in raw bytes and in InferTensorContents.
type layout struct {
	size  int              // bytes an element in raw form; 0: a 4-byte little-endian length, then that many bytes
	field protowire.Number // the field of InferTensorContents; 0: raw only
	bits  int              // the width that typed integers are checked against
}

var layouts = map[DataType]layout{
	Bool:   {1, contentsBool, 1},
	Uint8:  {1, contentsUint, 8},
	Uint16: {2, contentsUint, 16},
	Uint32: {4, contentsUint, 32},
	Uint64: {8, contentsUint64, 64},
	Int8:   {1, contentsInt, 8},
	Int16:  {2, contentsInt, 16},
	Int32:  {4, contentsInt, 32},
	Int64:  {8, contentsInt64, 64},
	FP16:   {2, 0, 0},
	BF16:   {2, 0, 0},
	FP32:   {4, contentsFP32, 32},
	FP64:   {8, contentsFP64, 64},
	Bytes:  {0, contentsBytes, 0},
}

// DataTypes lists all datatypes, in the order of the specification.
func DataTypes() []DataType {
	return []DataType{Bool, Uint8, Uint16, Uint32, Uint64, Int8, Int16, Int32, Int64, FP16, BF16, FP32, FP64, Bytes}
}

// Known reports whether d is one of the datatypes above.
func (d DataType) Known() bool {
	_, ok := layouts[d]
	return ok
}

// Size is the bytes of one element in raw form, and 0 for [Bytes], whose elements vary, and for unknown datatypes.
func (d DataType) Size() int { return layouts[d].size }

// Typed reports whether tensors of d can travel in InferTensorContents; FP16 and BF16 are raw only.
func (d DataType) Typed() bool { return layouts[d].field != 0 }

// intern returns the constant for a known name, without allocation.
func intern(name []byte) DataType {
	switch string(name) {
	case "FP32":
		return FP32
	case "BYTES":
		return Bytes
	case "INT64":
		return Int64
	case "INT32":
		return Int32
	case "UINT8":
		return Uint8
	case "BOOL":
		return Bool
	case "FP16":
		return FP16
	case "FP64":
		return FP64
	}
	return DataType(name)
}
