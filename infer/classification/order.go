package classification

import (
	"iter"
	"slices"
	"strconv"

	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
)

// MaxElements is the most elements of an output that are sorted. Source: Triton, "classification output tensor too large".
const MaxElements = 1_000_000

// Order is how an output is to be classified.
type Order struct {
	Top     int      // how many classes, from 1 on
	Batched bool     // the first axis is the batch: each of its rows has classes of its own
	Labels  []string // what the elements of a row are called; elements beyond them have no label
}

// Classify makes the BYTES output of that name of raw scores, whose length fits the datatype and the shape. Each text is
// value:index:label, or value:index where there is no label. The shape is [rows,k], or [k] without a batch, with as many columns
// as a row has elements, if those are less than Top. INVALID_ARGUMENT when the datatype has no order, or above [MaxElements].
func (o Order) Classify(name string, d infer.DataType, shape infer.Shape, scores []byte) (infer.TensorData, error) {
	if !Ranks(d) {
		return infer.TensorData{}, unordered(name, d)
	}
	if n := len(scores) / d.Size(); n > MaxElements {
		return infer.TensorData{}, invalid("output %q: classification output tensor too large: %d elements, the most are %d", name, n, MaxElements)
	}
	rows, columns := o.rows(shape)
	columns = min(columns, o.Top)
	var texts []string
	for row := range cut(scores, rows) {
		for _, c := range Highest(d, row, columns) {
			texts = append(texts, c.Value+":"+strconv.Itoa(c.Index)+o.label(c.Index))
		}
	}
	classified := infer.Shape{int64(columns)}
	if o.batched(shape) {
		classified = infer.Shape{int64(rows), int64(columns)}
	}
	return infer.TensorData{Name: name, DataType: infer.Bytes, Shape: classified, Data: mem.SliceBuffer(infer.RawStrings(texts...))}, nil
}

// cut yields the rows of scores; of an empty output there are none to look at, however many its shape tells of.
func cut(scores []byte, rows int) iter.Seq[[]byte] {
	if len(scores) == 0 {
		return func(func([]byte) bool) {}
	}
	return slices.Chunk(scores, len(scores)/rows)
}

func unordered(name string, d infer.DataType) error {
	return invalid("output %q is %s and cannot be classified; its elements have no order", name, d)
}

// rows is how many rows the shape has, and how many elements each.
func (o Order) rows(shape infer.Shape) (rows, columns int) {
	if !o.batched(shape) {
		columns, _ = shape.Elements()
		return 1, columns
	}
	columns, _ = shape[1:].Elements()
	return int(shape[0]), columns
}

// batched is false for a scalar, which has no axis to be a batch.
func (o Order) batched(shape infer.Shape) bool { return o.Batched && len(shape) > 0 }

func (o Order) label(index int) string {
	if index >= len(o.Labels) {
		return ""
	}
	return ":" + o.Labels[index]
}
