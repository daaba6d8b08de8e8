package classification_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/classification"
)

// TestHighestOfEveryDatatype: values are written as C++ does, the first of equals comes first, NaN last.
func TestHighestOfEveryDatatype(t *testing.T) {
	t.Parallel()
	type class = classification.Class
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name     string
		datatype infer.DataType
		row      []byte
		k        int
		want     []class
	}{
		{"UINT8", infer.Uint8, infer.RawOf[uint8](1, 255, 0), 2, []class{{1, "255"}, {0, "1"}}},
		{"UINT16", infer.Uint16, infer.RawOf[uint16](1, 65535), 2, []class{{1, "65535"}, {0, "1"}}},
		{"UINT32", infer.Uint32, infer.RawOf[uint32](1, 1<<31), 2, []class{{1, "2147483648"}, {0, "1"}}},
		{"UINT64", infer.Uint64, infer.RawOf[uint64](math.MaxUint64, math.MaxUint64-1), 2, []class{{0, "18446744073709551615"}, {1, "18446744073709551614"}}},
		{"INT8", infer.Int8, infer.RawOf[int8](-1, 1), 2, []class{{1, "1"}, {0, "-1"}}},
		{"INT16", infer.Int16, infer.RawOf[int16](-1, 1), 2, []class{{1, "1"}, {0, "-1"}}},
		{"INT32", infer.Int32, infer.RawOf[int32](-1, 1), 2, []class{{1, "1"}, {0, "-1"}}},
		{"INT64 beyond a double", infer.Int64, infer.RawOf[int64](1<<53, 1<<53+1), 2, []class{{1, "9007199254740993"}, {0, "9007199254740992"}}},
		{"FP32", infer.FP32, infer.RawOf(float32(nan), 0.1, float32(inf)), 2, []class{{2, "inf"}, {1, "0.100000"}}},
		{"FP64", infer.FP64, infer.RawOf(nan, 1e-7, -inf), 3, []class{{1, "0.000000"}, {2, "-inf"}, {0, "nan"}}},
		{"of equals the first", infer.Int8, infer.RawOf[int8](2, 7, 7, 2), 3, []class{{1, "7"}, {2, "7"}, {0, "2"}}},
		{"no order", infer.Bool, []byte{1, 0}, 1, nil},
		{"half an element", infer.Int16, []byte{1}, 1, []class{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, classification.Highest(c.datatype, c.row, c.k)); diff != "" {
				t.Error(diff)
			}
			if got := classification.Ranks(c.datatype); got != (c.want != nil) {
				t.Errorf("Ranks is %v", got)
			}
		})
	}
}
