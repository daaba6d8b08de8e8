package modelserver

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"github.com/manifold-serving/manifold/infer"
)

// maxClassified is the most elements of an output that classification sorts. Source: Triton, "classification output tensor too
// large".
const maxClassified = 1_000_000

// class is an element of an output and its value, as text.
type class struct {
	index int
	value string
}

// rankers order the elements of the datatypes that classification takes; they are Triton's.
var rankers = map[infer.DataType]func(row []byte, k int) []class{
	infer.Uint8: rank[uint8], infer.Uint16: rank[uint16], infer.Uint32: rank[uint32], infer.Uint64: rank[uint64],
	infer.Int8: rank[int8], infer.Int16: rank[int16], infer.Int32: rank[int32], infer.Int64: rank[int64],
	infer.FP32: rank[float32], infer.FP64: rank[float64],
}

// ranked tells whether elements of d have an order.
func ranked(d infer.DataType) bool { return rankers[d] != nil }

// number is an Element with an order.
type number interface {
	uint8 | uint16 | uint32 | uint64 | int8 | int16 | int32 | int64 | float32 | float64
}

// rank returns the k highest elements of row, the highest first; of equals the first comes first, and NaN comes last.
func rank[T number](row []byte, k int) []class {
	values := make([]T, len(row)/binary.Size(T(0)))
	if _, err := binary.Decode(row, binary.LittleEndian, values); err != nil {
		return nil // not with a length of whole elements
	}
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[b], values[a]) })
	top := make([]class, min(k, len(order)))
	for i := range top {
		top[i] = class{order[i], text(values[order[i]])}
	}
	return top
}

// text writes a number as C++'s std::to_string, which Triton uses.
func text[T number](v T) string {
	switch v := any(v).(type) {
	case float32:
		return strconv.FormatFloat(float64(v), 'f', 6, 64)
	case float64:
		return strconv.FormatFloat(v, 'f', 6, 64)
	}
	return fmt.Sprint(v)
}

// rows cuts the data of an output into the rows of its batch, all of it into one without a batch.
func (s *signature) rows(shape infer.Shape, data []byte) [][]byte {
	n := 1
	if s.maxBatch > 0 {
		n = int(shape[0])
	}
	size := len(data) / n
	rows := make([][]byte, n)
	for i := range rows {
		rows[i] = data[i*size:][:size]
	}
	return rows
}

// classify makes of an output the k highest elements of each row as value:index:label, without the label where there is none.
// The shape is [rows,k], or [k] without a batch, with as many columns as the row has elements, if those are less.
func (s *signature) classify(v *tensor, shape infer.Shape, data []byte, k int) (infer.TensorData, error) {
	if n := len(data) / v.dataType.Size(); n > maxClassified {
		return infer.TensorData{}, invalid("output %q: classification output tensor too large: %d elements, the most are %d",
			v.name, n, maxClassified)
	}
	var texts []string
	var columns int
	for _, row := range s.rows(shape, data) {
		top := rankers[v.dataType](row, k)
		columns = len(top)
		for _, c := range top {
			texts = append(texts, c.value+":"+strconv.Itoa(c.index)+v.label(c.index))
		}
	}
	classified := infer.Shape{int64(columns)}
	if s.maxBatch > 0 {
		classified = infer.Shape{shape[0], int64(columns)}
	}
	return newBytes(v.name, classified, texts), nil
}

// label is ":label" of an element, or nothing.
func (v *tensor) label(index int) string {
	if index >= len(v.labels) {
		return ""
	}
	return ":" + v.labels[index]
}

// label makes the output of labels.
func (s *signature) label(shape infer.Shape, data []byte) infer.TensorData {
	v := &s.outputs[s.labels.of]
	var texts []string
	for _, row := range s.rows(shape, data) {
		for _, c := range rankers[v.dataType](row, 1) {
			texts = append(texts, v.labels[c.index])
		}
	}
	return newBytes(s.labels.name, infer.Shape{int64(len(texts))}, texts)
}
