package transparency

import pb "github.com/manifold-serving/manifold/gen/inferencepb"

// sample is three elements of a datatype in every form in which a client can send them.
type sample struct {
	datatype string
	input    string // of Triton's configurations
	json     string // "" has no JSON
	raw      []byte
	contents *pb.InferTensorContents // nil has no typed form
}

// samples are of every datatype, with its extremes.
func samples() []sample {
	return []sample{
		{"BOOL", "BOOL", "[true,false,true]", []byte{1, 0, 1}, &pb.InferTensorContents{BoolContents: []bool{true, false, true}}},
		{"UINT8", "UINT8", "[0,255,7]", []byte{0, 255, 7}, &pb.InferTensorContents{UintContents: []uint32{0, 255, 7}}},
		{"UINT16", "UINT16", "[0,65535,7]", le([]uint16{0, 65535, 7}), &pb.InferTensorContents{UintContents: []uint32{0, 65535, 7}}},
		{"UINT32", "UINT32", "[0,4294967295,7]", le([]uint32{0, 1<<32 - 1, 7}), &pb.InferTensorContents{UintContents: []uint32{0, 1<<32 - 1, 7}}},
		{"UINT64", "UINT64", "[0,18446744073709551615,9007199254740993]", le([]uint64{0, 1<<64 - 1, 1<<53 + 1}), &pb.InferTensorContents{Uint64Contents: []uint64{0, 1<<64 - 1, 1<<53 + 1}}},
		{"INT8", "INT8", "[-128,127,0]", le([]int8{-128, 127, 0}), &pb.InferTensorContents{IntContents: []int32{-128, 127, 0}}},
		{"INT16", "INT16", "[-32768,32767,0]", le([]int16{-32768, 32767, 0}), &pb.InferTensorContents{IntContents: []int32{-32768, 32767, 0}}},
		{"INT32", "INT32", "[-2147483648,2147483647,0]", le([]int32{-1 << 31, 1<<31 - 1, 0}), &pb.InferTensorContents{IntContents: []int32{-1 << 31, 1<<31 - 1, 0}}},
		{"INT64", "INT64", "[-9223372036854775808,9223372036854775807,9007199254740993]", le([]int64{-1 << 63, 1<<63 - 1, 1<<53 + 1}), &pb.InferTensorContents{Int64Contents: []int64{-1 << 63, 1<<63 - 1, 1<<53 + 1}}},
		{"FP16", "FP16", "", []byte{0, 0x3c, 1, 0x7e, 0, 0xfc}, nil},
		{"BF16", "BF16", "", []byte{0x80, 0x3f, 0xc1, 0x7f, 0x80, 0xff}, nil},
		{"FP32", "FP32", "[1.5,-3.4028235e38,1e-45]", le([]float32{1.5, -3.4028235e38, 1e-45}), &pb.InferTensorContents{Fp32Contents: []float32{1.5, -3.4028235e38, 1e-45}}},
		{"FP64", "FP64", "[0.1,-1.7976931348623157e308,5e-324]", le([]float64{0.1, -1.7976931348623157e308, 5e-324}), &pb.InferTensorContents{Fp64Contents: []float64{0.1, -1.7976931348623157e308, 5e-324}}},
		{"BYTES", "STRING", `["","ü\n\"\u0001","a/b"]`, texts("", "ü\n\"\x01", "a/b"), &pb.InferTensorContents{BytesContents: [][]byte{{}, []byte("ü\n\"\x01"), []byte("a/b")}}},
	}
}
