package models

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
)

// maxClassified is the most elements that are sorted. Source: Triton, qa/L0_parameters.
const maxClassified = 1_000_000

// class is an element of an output.
type class struct {
	index int
	value float64
	text  string
}

// classified is an output as the client wants it: as it is, or as the classes of its highest elements, "value:index:label".
// Source: Triton, "Classification Extension".
func (c *call) classified(t *infer.TensorData, wanted infer.RequestedOutput) (infer.TensorData, error) {
	value, ok := wanted.Parameters.Lookup("classification")
	if !ok {
		return *t, nil
	}
	top, err := strconv.Atoi(fmt.Sprint(value))
	if err != nil || top < 1 {
		return infer.TensorData{}, invalid("output %q: classification %v is not a number of classes", t.Name, value)
	}
	all, err := classes(t)
	if err != nil {
		return infer.TensorData{}, err
	}
	rows := max(1, int(c.batch))
	size := len(all) / rows
	var texts []string
	for row := range rows {
		best := slices.Clone(all[row*size:][:size])
		for i := range best {
			best[i].index = i
		}
		slices.SortStableFunc(best, func(a, b class) int { return cmp.Compare(b.value, a.value) })
		for _, b := range best[:min(top, size)] {
			texts = append(texts, b.label(c.model.labels[t.Name]))
		}
	}
	shape := c.shape(int64(min(top, size)))
	return infer.TensorData{Name: t.Name, DataType: infer.Bytes, Shape: shape, Data: mem.SliceBuffer(infer.RawStrings(texts...))}, nil
}

func (c class) label(labels []string) string {
	text := c.text + ":" + strconv.Itoa(c.index)
	if c.index < len(labels) {
		text += ":" + labels[c.index]
	}
	return text
}

// classes are the elements of an output.
func classes(t *infer.TensorData) ([]class, error) {
	read, ok := classifiers[t.DataType]
	if !ok {
		return nil, invalid("output %q is %s, whose elements have no order", t.Name, t.DataType)
	}
	if n := t.Data.Len() / t.DataType.Size(); n > maxClassified {
		return nil, invalid("output %q has %d elements, too many to classify", t.Name, n)
	}
	return read(t.Data.ReadOnlyData()), nil
}

var classifiers = map[infer.DataType]func([]byte) []class{
	infer.Uint8: ranked[uint8], infer.Uint16: ranked[uint16], infer.Uint32: ranked[uint32], infer.Uint64: ranked[uint64],
	infer.Int8: ranked[int8], infer.Int16: ranked[int16], infer.Int32: ranked[int32], infer.Int64: ranked[int64],
	infer.FP32: ranked[float32], infer.FP64: ranked[float64],
}

func ranked[T number](data []byte) []class {
	var all []class
	for _, v := range decoded[T](data) {
		all = append(all, class{value: float64(v), text: decimal(v)})
	}
	return all
}

// decimal writes a number as C's printf does with %f and %d.
func decimal[T number](v T) string {
	switch v := any(v).(type) {
	case float32:
		return strconv.FormatFloat(float64(v), 'f', 6, 64)
	case float64:
		return strconv.FormatFloat(v, 'f', 6, 64)
	}
	return fmt.Sprint(v)
}
