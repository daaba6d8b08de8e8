package v1json

import (
	"fmt"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// column is one tensor as its values come, and the shape that all of them have.
type column struct {
	infer.TensorMetadata
	reader   *tensorjson.Reader
	elements *tensorjson.Elements
	values   int
	dims     []int // of a value; -1 where no list was closed yet
	depth    int   // where the elements are; -1 before the first
	rows     int
	inRows   bool // the values are rows
}

// newColumn makes the column for the value at r's place. {"b64": …} is bytes whatever the metadata say, which only the model can refuse:
// one that takes pictures reads them so.
func newColumn(r *tensorjson.Reader, m infer.TensorMetadata) (*column, error) {
	if m.DataType != infer.Bytes && holdsBytes(r.Ahead()) {
		m.DataType, m.Shape = infer.Bytes, infer.Shape{-1}
	}
	elements, err := r.Elements(m.DataType)
	if err != nil {
		return nil, err
	}
	return &column{TensorMetadata: m, reader: r, elements: elements, depth: -1}, nil
}

// holdsBytes reports whether the first element of the value at r's place, within whatever lists, is {"b64": …}.
func holdsBytes(r *tensorjson.Reader) bool {
	if r.Peek() != '[' {
		return r.Tagged()
	}
	found := false
	_ = r.Array(func() error { // what is wrong with it is found when it is read
		found = holdsBytes(r)
		return errLooked
	})
	return found
}

// value reads the next value, which has the shape of those before.
func (c *column) value() error {
	c.values++
	if c.reader.Peek() == '[' {
		return c.list(0)
	}
	if err := c.leaf(0); err != nil {
		return err
	}
	return c.elements.One()
}

// list reads a list at a depth.
func (c *column) list(depth int) error {
	switch {
	case depth == infer.MaxRank:
		return fmt.Errorf("its lists nest deeper than %d", infer.MaxRank)
	case c.depth >= 0 && depth >= c.depth:
		return fmt.Errorf("a list stands beside elements at depth %d; nest all lists to the same depth", depth)
	case depth == len(c.dims):
		c.dims = append(c.dims, -1)
	}
	length := 0
	err := c.reader.Array(func() error {
		if c.reader.Peek() == '[' {
			length++
			return c.list(depth + 1)
		}
		if err := c.leaf(depth + 1); err != nil {
			return err
		}
		n, err := c.elements.Run()
		length += n
		return err
	})
	if err != nil {
		return err
	}
	if c.dims[depth] >= 0 && c.dims[depth] != length {
		return fmt.Errorf("its lists at depth %d have %d and %d elements; send lists of one length", depth, c.dims[depth], length)
	}
	c.dims[depth] = length
	return nil
}

// leaf notes that there are elements at a depth.
func (c *column) leaf(depth int) error {
	if c.depth < 0 && depth == len(c.dims) {
		c.depth = depth
	}
	if c.depth != depth {
		return fmt.Errorf("an element stands beside lists at depth %d; nest all lists to the same depth", depth)
	}
	return nil
}

// shape is that of the tensor, and fits the metadata.
func (c *column) shape() (infer.Shape, error) {
	var shape infer.Shape
	if c.inRows {
		shape = append(shape, int64(c.rows))
	}
	for _, d := range c.dims {
		shape = append(shape, int64(max(d, 0)))
	}
	pattern := c.Shape
	switch {
	case len(pattern) == 0 && len(shape) == 1 && shape[0] == 1: // a scalar in a row of its own
		return infer.Shape{}, nil
	case c.elements.Len() == 0 && len(shape) < len(pattern): // nothing in a list tells of what
		for _, d := range pattern[len(shape):] {
			shape = append(shape, max(d, 0))
		}
	}
	if !fits(shape, pattern) {
		return nil, fmt.Errorf("its lists make shape %v, and the model's is %v", shape, pattern)
	}
	return shape, nil
}

// fits is [infer.Shape.Matches], where [-1] is what metadata say that know nothing.
func fits(shape, pattern infer.Shape) bool {
	return len(pattern) == 1 && pattern[0] < 0 || shape.Matches(pattern)
}
