package tensorjson

import (
	"bytes"
	"errors"
	"math"

	"github.com/manifold-serving/manifold/infer"
)

// Reader moves through a JSON text from left to right, for the packages that read other bodies than the protocol's: by the same rules,
// with the same bounds, and the same errors about the same faults. What it returns is valid until it moves on.
type Reader struct{ decoder }

// NewReader returns a reader at the first value of text.
func NewReader(text []byte) *Reader {
	r := &Reader{}
	r.text = bytes.TrimPrefix(text, []byte("\ufeff"))
	r.space()
	return r
}

// Ahead returns another reader at the same place, to look ahead with.
func (r *Reader) Ahead() *Reader {
	s := r.scanner
	s.scratch = nil
	return &Reader{decoder{scanner: s}}
}

// Peek returns the first byte of the value at the present place, 0 at the end of the text.
func (r *Reader) Peek() byte { return r.peek() }

// Object calls each for every member of the object at the present place, with its key; each moves past the value.
func (r *Reader) Object(each func(key []byte) error) error { return r.object(each) }

// Array calls each for every element of the array at the present place; each moves past one or more, with the commas between them.
func (r *Reader) Array(each func() error) error { return r.array(each) }

// Skip moves past any value.
func (r *Reader) Skip() error { return r.skip() }

// Null moves past a null; false when there is none.
func (r *Reader) Null() bool { return r.null() }

// End checks that nothing follows.
func (r *Reader) End() error { return r.end() }

// Token shows the text at the present place for an error, cut where it is long.
func (r *Reader) Token() string { return r.token() }

// Parameters moves past an object of parameters and returns them, as [DecodeRequest] does with those of a request.
func (r *Reader) Parameters() (infer.Parameters, error) {
	all, err := r.parameters()
	if err != nil {
		return nil, err
	}
	return unframed(all, "send the tensors in the body")
}

// Class tells what an element in JSON can be.
type Class int

// The classes.
const (
	Text     Class = iota // a string, or {"b64": …}
	Truth                 // true or false
	Integer               // a whole number from 0 that INT64 holds
	Negative              // a whole number below 0 that INT64 holds
	Natural               // a whole number that UINT64 holds, and INT64 does not
	Number                // any other that FP64 holds
)

// Element moves past one element and tells what it can be.
func (r *Reader) Element() (Class, error) {
	switch {
	case r.peek() == '"':
		_, err := r.stringBytes()
		return Text, err
	case r.peek() == '{' && r.Tagged():
		return Text, r.skip()
	case r.literal("true"), r.literal("false"):
		return Truth, nil
	}
	if magnitude, negative, end, ok := scanInteger(r.text, r.at); ok {
		r.at = end
		switch {
		case negative && magnitude <= 1<<63:
			return Negative, nil
		case !negative && magnitude <= math.MaxInt64:
			return Integer, nil
		case !negative:
			return Natural, nil
		}
		return Number, nil
	}
	e := elements{scanner: &r.scanner, datatype: infer.FP64}
	_, end, ok := e.float64At()
	if !ok {
		return Number, e.badElement()
	}
	r.at = end
	return Number, nil
}

// tag is the key of an object that stands for bytes: {"b64": "…"}. Source: TensorFlow Serving, "Encoding binary values".
const tag = "b64"

// Tagged reports whether the value at the present place is an object whose one key is b64.
func (r *Reader) Tagged() bool {
	if r.peek() != '{' {
		return false
	}
	ahead, keys := scanner{text: r.text, at: r.at, depth: r.depth}, 0
	err := ahead.object(func(key []byte) error {
		if keys++; keys > 1 || string(key) != tag {
			return errNotTagged
		}
		return ahead.skip()
	})
	return err == nil && keys == 1
}

var errNotTagged = errors.New("it is not an object of b64 alone")

// Quote appends s, which is UTF-8, to dst as a JSON string.
func Quote(dst []byte, s string) []byte { return appendQuoted(dst, s) }

// Shown is a name for an error, in quotes and cut where it is long.
func Shown(name string) string { return quoted(name) }
