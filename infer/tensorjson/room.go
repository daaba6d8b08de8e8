package tensorjson

import "github.com/manifold-serving/manifold/infer"

// room is the raw bytes of a fixed-size datatype that a text of that many bytes can hold, up to what the shape calls for.
func room(datatype infer.DataType, most, text int) int {
	return min(most, text/2+1) * datatype.Size() // an element and its comma take two characters
}

// growth is by how much the room for elements grows whose text comes while it is read, so that nobody gets memory for what he merely
// announces.
const growth = 4

// fits makes sure that an element of that size has room, or says that there are too many.
func (e *elements) fits(size int) error {
	if e.filled+size <= len(e.raw) {
		return nil
	}
	if e.source == nil || len(e.raw)/size >= e.most {
		return e.tooMany()
	}
	larger := growth * (len(e.raw) / size)
	if larger > e.most/2 { // rather than twice shortly
		larger = e.most
	}
	return e.grow(larger * size)
}

// grow has room for elements of so many bytes in all.
func (e *elements) grow(size int) error {
	if s := e.source; s != nil {
		if err := s.hold(cap(e.text), s.data+size); err != nil {
			return err
		}
		defer func(before int) { s.data -= before }(len(e.raw))
	}
	larger := make([]byte, size)
	copy(larger, e.raw[:e.filled])
	e.raw = larger
	return nil
}
