package tensorjson

import (
	"fmt"
	"slices"

	"github.com/manifold-serving/manifold/infer"
)

// Rows writes a tensor's elements as lists that nest as its shape says, all at once or by its first axis. Numbers are those of
// [AppendResponse], FP16 and BF16 too; BYTES are strings, or {"b64": "…"} where they are not UTF-8.
// Source: TensorFlow Serving, "RESTful API".
type Rows struct {
	rows
	whole infer.Shape
}

// What nesting may add to a tensor.
const (
	maxBrackets  = 8         // a byte of data: a shape of [n,1,1,1,…] writes far more brackets than elements
	freeBrackets = 64 * 1024 // for small ones, or without data
)

// NewRows returns the rows of t, which has to outlive them. Tagged writes {"b64": "…"} whatever BYTES hold. The error tells what is
// wrong with t, as a server sent it.
func NewRows(t *infer.Tensor, tagged bool) (*Rows, error) {
	raw, err := t.Bytes()
	if err != nil {
		return nil, err
	}
	f := tags
	if tagged {
		f = allTags
	}
	c, err := newContents(t, raw, f)
	if err != nil {
		return nil, err
	}
	called, ok := t.Shape.Elements()
	shape := slices.Clone(t.Shape)
	if !ok || called != c.count { // BYTES that are not as many as the shape calls for
		shape = infer.Shape{int64(c.count)}
	}
	if n := brackets(shape); n > freeBrackets+maxBrackets*int64(len(raw)) {
		return nil, fmt.Errorf("shape %v nests too much to be written in JSON", t.Shape)
	}
	r := &Rows{rows{contents: c, name: t.Name, height: 1}, shape}
	if len(shape) > 0 {
		r.height, r.shape = int(shape[0]), shape[1:]
	}
	return r, nil
}

// brackets is how many lists a shape makes; at least 1<<40 when they are beyond counting.
func brackets(s infer.Shape) int64 {
	const most = 1 << 40
	all, level := int64(0), int64(1)
	for _, d := range s {
		all += level
		if d == 0 {
			return all
		}
		if d > most/level {
			return most
		}
		level *= d
	}
	return all
}

// Name is the tensor's.
func (r *Rows) Name() string { return r.name }

// Left is the number of rows that are left; a tensor of shape [] is one row.
func (r *Rows) Left() int { return r.height }

// AppendNext appends the next row.
func (r *Rows) AppendNext(dst []byte) ([]byte, error) { return r.next(dst) }

// AppendAll appends the whole tensor, of which no row was written before.
func (r *Rows) AppendAll(dst []byte) ([]byte, error) {
	r.height = 0
	return r.nested(dst, r.whole)
}
