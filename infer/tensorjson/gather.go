package tensorjson

import (
	"encoding/base64"
	"fmt"
	"math"
	"slices"

	"github.com/manifold-serving/manifold/infer"
)

// Elements gathers the elements of one tensor whose number nothing tells beforehand, from one place of a text after the other.
type Elements struct {
	elements
	reader *Reader
}

// Elements returns a gatherer of elements of d, of which it has none yet. FP16 and BF16 have no JSON form.
func (r *Reader) Elements(d infer.DataType) (*Elements, error) {
	if d == infer.FP16 || d == infer.BF16 || !d.Known() {
		return nil, fmt.Errorf("%s has no JSON form; send it over /v2 as binary data, or over gRPC", d)
	}
	return &Elements{elements{scanner: &r.scanner, datatype: d, most: math.MaxInt}, r}, nil
}

// Len is the number of elements that were gathered.
func (e *Elements) Len() int { return e.found() }

// Raw is what was gathered in raw form.
func (e *Elements) Raw() []byte { return e.raw[:e.filled:e.filled] }

// Run moves past the elements of an array up to something else than a comma and an element, and tells how many they were.
func (e *Elements) Run() (int, error) {
	before := e.found()
	if e.datatype == infer.Bytes {
		err := e.texts()
		return e.found() - before, err
	}
	err := e.run()
	for size := e.datatype.Size(); err != nil && len(e.raw)-e.filled < size; err = e.run() { // it was the room that ended
		e.raw = slices.Grow(e.raw[:e.filled], max(e.filled, firstRoom))
		e.raw = e.raw[:cap(e.raw)]
	}
	return e.found() - before, err
}

// firstRoom is what elements get to begin with, in bytes.
const firstRoom = 256

// One moves past one element and nothing else.
func (e *Elements) One() error {
	if e.datatype == infer.Bytes {
		return e.gather()
	}
	within := scanner{text: e.text[:e.pastElement()], at: e.at, depth: e.depth}
	e.scanner = &within
	_, err := e.Run()
	e.scanner = &e.reader.scanner
	e.at = within.at
	return err
}

// pastElement is where the text of a number or a literal ends.
func (e *Elements) pastElement() int {
	end := e.at
	for end < len(e.text) && !delimits(e.text[end]) {
		end++
	}
	return end
}

// texts moves past BYTES elements with the commas between them.
func (e *Elements) texts() error {
	for {
		if err := e.gather(); err != nil {
			return err
		}
		if !e.next() {
			return nil
		}
	}
}

func (e *Elements) gather() error {
	var err error
	switch e.peek() {
	case '"':
		err = e.string()
	case '{':
		err = e.tagged()
	default:
		return e.badElement()
	}
	if err == nil {
		e.count++
	}
	return err
}

// tagged moves past {"b64": "…"}.
func (e *Elements) tagged() error {
	if !e.reader.Tagged() {
		return fmt.Errorf(`element %d is an object; send a string, or {"b64": "…"} with the bytes in base64`, e.count)
	}
	return e.object(func([]byte) error {
		text, err := e.stringBytes()
		if err != nil {
			return fmt.Errorf("element %d: %w", e.count, err)
		}
		start := len(e.raw)
		raw, err := base64.StdEncoding.AppendDecode(append(e.raw, make([]byte, lengthSize)...), text)
		if err != nil {
			return fmt.Errorf("element %d: its b64 is not base64: %w", e.count, err)
		}
		return e.keep(raw, start)
	})
}
