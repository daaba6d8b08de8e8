package infer

import (
	"math"
	"strconv"
)

// MaxRank is the highest number of dimensions that a tensor may have.
const MaxRank = 32

// Shape is a tensor's dimensions, outermost first. The empty shape is a scalar: one element. In metadata -1 is variable.
type Shape []int64

// Elements is the number of elements, and false when a dimension is negative or the product of the others than zero exceeds
// an int64: such a shape wraps around in the servers behind us, even where a zero makes the tensor empty.
func (s Shape) Elements() (int, bool) {
	product, empty := int64(1), false
	for _, d := range s {
		switch {
		case d < 0:
			return 0, false
		case d == 0:
			empty = true
		case product > math.MaxInt64/d:
			return 0, false
		default:
			product *= d
		}
	}
	if empty {
		return 0, true
	}
	return int(product), true
}

// Matches reports whether a concrete shape fits a pattern in which -1 stands for any size.
func (s Shape) Matches(pattern Shape) bool {
	if len(s) != len(pattern) {
		return false
	}
	for i, d := range pattern {
		if d >= 0 && s[i] != d {
			return false
		}
	}
	return true
}

// String writes s as [2,3].
func (s Shape) String() string {
	b := []byte{'['}
	for i, d := range s {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, d, 10)
	}
	return string(append(b, ']'))
}
