package tensorjson

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/manifold-serving/manifold/infer"
)

// elements reads the data of one tensor into raw bytes.
type elements struct {
	*scanner
	datatype infer.DataType
	most     int    // elements that the shape calls for
	raw      []byte // of fixed-size elements: all of them, filled up to filled; of BYTES: those that were read
	filled   int
	count    int  // BYTES elements that were read
	base64   bool // BYTES elements are in base64
}

// read moves past an array of elements, however it nests, and returns their raw form.
func (e *elements) read() ([]byte, error) {
	base := e.depth
	if err := e.open('[', "an array"); err != nil {
		return nil, err
	}
	for fresh := true; e.depth > base; {
		switch {
		case fresh && e.closed(']'):
			fresh = false
		case fresh && e.peek() == '[':
			if err := e.open('[', ""); err != nil {
				return nil, err
			}
		case fresh:
			if err := e.run(); err != nil {
				return nil, err
			}
			fresh = false
		default:
			more, err := e.more(']')
			if err != nil {
				return nil, err
			}
			if fresh = more; more && e.peek() == ']' {
				return nil, e.syntaxError("a value")
			}
		}
	}
	return e.raw[:e.filled], e.complete()
}

func (e *elements) complete() error {
	switch found := e.found(); {
	case found == e.most:
		return nil
	case e.datatype == infer.Bytes: // which Triton leaves to the model's checks
		return fmt.Errorf("data has %d elements, its shape calls for %d", found, e.most)
	default:
		return badJSON("data has %d elements, its shape calls for %d", found, e.most)
	}
}

func (e *elements) found() int {
	if e.datatype == infer.Bytes {
		return e.count
	}
	return e.filled / e.datatype.Size()
}

// run reads elements until something else than a comma and an element follows.
func (e *elements) run() error {
	switch e.datatype {
	case infer.FP32:
		return e.floats32()
	case infer.FP64:
		return e.floats64()
	case infer.Bool:
		return e.bools()
	case infer.Bytes:
		return e.strings()
	default:
		return e.integers()
	}
}

// next moves past a comma to the element behind it; false when none follows here.
func (e *elements) next() bool {
	at, text := e.at, e.text
	if at+2 < len(text) && text[at] == ',' {
		at++
		if text[at] == ' ' {
			at++
		}
		if c := text[at]; c > ' ' && c != '[' && c != ']' {
			e.at = at
			return true
		}
	}
	return e.nextSlow()
}

func (e *elements) nextSlow() bool {
	e.space()
	comma := e.at
	if e.peek() != ',' {
		return false
	}
	e.at++
	e.space()
	if c := e.peek(); c == '[' || c == ']' {
		e.at = comma
		return false
	}
	return true
}

func (e *elements) floats32() error {
	for {
		e.plainFloats32()
		e.advance()
		f, end, ok := e.float32At()
		if !ok {
			return e.badElement()
		}
		if err := e.fits(4); err != nil {
			return err
		}
		binary.LittleEndian.PutUint32(e.raw[e.filled:], math.Float32bits(f))
		e.filled += 4
		if e.at = end; !e.next() {
			return nil
		}
	}
}

func (e *elements) float32At() (float32, int, bool) {
	if d, ok := scanDecimal(e.text, e.at); ok {
		f, ok := d.float32(e.text[e.at:d.end])
		return f, d.end, ok
	}
	f, end, ok := nonFinite(e.text, e.at)
	return float32(f), end, ok
}

func (e *elements) floats64() error {
	for {
		e.advance()
		f, end, ok := e.float64At()
		if !ok {
			return e.badElement()
		}
		if err := e.fits(8); err != nil {
			return err
		}
		binary.LittleEndian.PutUint64(e.raw[e.filled:], math.Float64bits(f))
		e.filled += 8
		if e.at = end; !e.next() {
			return nil
		}
	}
}

func (e *elements) float64At() (float64, int, bool) {
	if d, ok := scanDecimal(e.text, e.at); ok {
		f, ok := d.float64(e.text[e.at:d.end])
		return f, d.end, ok
	}
	return nonFinite(e.text, e.at)
}

func (e *elements) integers() error {
	size := e.datatype.Size()
	lowest, highest := integerRange(e.datatype)
	for {
		e.plainIntegers()
		e.advance()
		value, negative, end, ok := scanInteger(e.text, e.at)
		bound := highest
		if negative {
			bound = lowest
		}
		if !ok || value > bound {
			return e.badElement()
		}
		if negative {
			value = -value
		}
		if err := e.fits(size); err != nil {
			return err
		}
		putInteger(e.raw[e.filled:], value, size)
		e.filled += size
		if e.at = end; !e.next() {
			return nil
		}
	}
}

// integerRange returns the magnitudes of the lowest and highest value of an integer datatype.
func integerRange(d infer.DataType) (lowest, highest uint64) {
	bits := 8 * d.Size()
	switch d {
	case infer.Uint8, infer.Uint16, infer.Uint32, infer.Uint64:
		return 0, math.MaxUint64 >> (64 - bits)
	default:
		return 1 << (bits - 1), 1<<(bits-1) - 1
	}
}

func putInteger(raw []byte, value uint64, size int) {
	switch size {
	case 1:
		raw[0] = byte(value)
	case 2:
		binary.LittleEndian.PutUint16(raw, uint16(value))
	case 4:
		binary.LittleEndian.PutUint32(raw, uint32(value))
	default:
		binary.LittleEndian.PutUint64(raw, value)
	}
}

func (e *elements) bools() error {
	for {
		e.plainBools()
		e.advance()
		from, value := e.at, byte(1)
		if !e.literal("true") {
			if value = 0; !e.literal("false") {
				return e.badElement()
			}
		}
		if err := e.fits(1); err != nil {
			e.at = from
			return err
		}
		e.raw[e.filled] = value
		e.filled++
		if !e.next() {
			return nil
		}
	}
}
