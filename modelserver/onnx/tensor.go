package onnx

// Tensor is a named array of numbers.
type Tensor struct {
	Name string
	// DataType is the OIP name: BOOL, UINT8 … UINT64, INT8 … INT64, FP16, BF16, FP32, FP64.
	DataType string
	// Shape has every axis, the batch axis included. Empty for a single value.
	Shape []int64
	// Data holds the elements, row-major and little-endian; BOOL takes a byte each.
	Data []byte
}

// TensorInfo is what a model file says about one of its inputs or outputs.
type TensorInfo struct {
	Name string
	// DataType is the OIP name, as in Tensor.
	DataType string
	// Dims has every axis, the batch axis included; -1 is a dynamic one.
	// Empty for a single value, nil for an output whose shape the file leaves open.
	Dims []int64
}
