package classification

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"github.com/manifold-serving/manifold/infer"
)

// Class is an element of a row of scores, and its value as text.
type Class struct {
	Index int
	Value string
}

// rankers order the elements of the datatypes that have an order; they are Triton's.
var rankers = map[infer.DataType]func(row []byte, k int) []Class{
	infer.Uint8: rank[uint8], infer.Uint16: rank[uint16], infer.Uint32: rank[uint32], infer.Uint64: rank[uint64],
	infer.Int8: rank[int8], infer.Int16: rank[int16], infer.Int32: rank[int32], infer.Int64: rank[int64],
	infer.FP32: rank[float32], infer.FP64: rank[float64],
}

// Ranks reports whether elements of d have an order, and so can be classified.
func Ranks(d infer.DataType) bool { return rankers[d] != nil }

// Highest returns the k highest elements of row, which is raw data of whole elements, or all if those are less. The highest comes
// first, of equals the first one; NaN comes last. It is nil when elements of d have no order.
func Highest(d infer.DataType, row []byte, k int) []Class {
	ranker := rankers[d]
	if ranker == nil {
		return nil
	}
	return ranker(row, k)
}

// number is an Element with an order.
type number interface {
	uint8 | uint16 | uint32 | uint64 | int8 | int16 | int32 | int64 | float32 | float64
}

func rank[T number](row []byte, k int) []Class {
	values := make([]T, len(row)/binary.Size(T(0)))
	if _, err := binary.Decode(row, binary.LittleEndian, values); err != nil {
		return nil // not with a length of whole elements
	}
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[b], values[a]) })
	top := make([]Class, min(k, len(order)))
	for i := range top {
		top[i] = Class{order[i], text(values[order[i]])}
	}
	return top
}

// text writes a number as C++'s std::to_string, which Triton uses.
func text[T number](v T) string {
	switch v := any(v).(type) {
	case float32:
		return fixed(float64(v))
	case float64:
		return fixed(v)
	case uint64:
		return strconv.FormatUint(v, 10)
	}
	return strconv.FormatInt(int64(v), 10)
}

func fixed(v float64) string {
	switch {
	case math.IsNaN(v):
		return "nan"
	case math.IsInf(v, 1):
		return "inf"
	case math.IsInf(v, -1):
		return "-inf"
	}
	return strconv.FormatFloat(v, 'f', 6, 64)
}
