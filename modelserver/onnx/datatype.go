package onnx

import (
	"math"

	"github.com/gomlx/compute/dtypes"
)

// datatype is an element type under its three names.
type datatype struct {
	name    string // in OIP
	library dtypes.DType
	size    int64 // bytes per element
}

// datatypes is keyed by the number in a model file.
// Source: onnx.proto, TensorProto.DataType.
var datatypes = map[uint64]datatype{
	1:  {"FP32", dtypes.Float32, 4},
	2:  {"UINT8", dtypes.Uint8, 1},
	3:  {"INT8", dtypes.Int8, 1},
	4:  {"UINT16", dtypes.Uint16, 2},
	5:  {"INT16", dtypes.Int16, 2},
	6:  {"INT32", dtypes.Int32, 4},
	7:  {"INT64", dtypes.Int64, 8},
	9:  {"BOOL", dtypes.Bool, 1},
	10: {"FP16", dtypes.Float16, 2},
	11: {"FP64", dtypes.Float64, 8},
	12: {"UINT32", dtypes.Uint32, 4},
	13: {"UINT64", dtypes.Uint64, 8},
	16: {"BF16", dtypes.BFloat16, 2},
}

// stringType is the number of strings, BYTES in OIP, in a model file.
const stringType = 8

// bytes is the length of a tensor of type d and the given shape, whose sizes are
// positive; ok is false if no slice is that long.
func (d datatype) bytes(shape []int64) (n int64, ok bool) {
	n = d.size
	for _, size := range shape {
		if n > math.MaxInt/size {
			return 0, false
		}
		n *= size
	}
	return n, true
}
