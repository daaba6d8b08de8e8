package tensorjson

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/manifold-serving/manifold/infer"
)

// contents are the elements of a tensor on their way into JSON, in order.
type contents struct {
	datatype infer.DataType
	raw      []byte // of the elements that are left
	count    int    // of all elements
	done     int
	form     form
}

// form is how elements are written where JSON leaves a choice.
type form int

const (
	plain   form = iota // non-finite numbers as Triton's literals, BYTES as text
	base64s             // BYTES in base64
	viewed              // valid JSON in any case: non-finite numbers as strings, BYTES that are not text in base64
	tags                // like plain, BYTES that are not text as {"b64": "…"}
	allTags             // like tags, whatever BYTES hold
)

// newContents returns the elements in raw, as many as t's shape calls for. BYTES may be of another number: MLServer answers an
// array of bytes objects as one element.
func newContents(t *infer.Tensor, raw []byte, f form) (contents, error) {
	c := contents{datatype: t.DataType, raw: raw, form: f}
	if t.DataType == infer.Bytes {
		var err error
		c.count, err = countStrings(raw)
		return c, err
	}
	size := t.DataType.Size()
	if size == 0 {
		return c, fmt.Errorf("datatype %s is not one of %v", quoted(string(t.DataType)), infer.DataTypes())
	}
	called, ok := t.Shape.Elements()
	if c.count = len(raw) / size; !ok || len(raw)%size != 0 || c.count != called {
		return c, fmt.Errorf("%d bytes of data do not fit shape %v of %s", len(raw), t.Shape, t.DataType)
	}
	return c, nil
}

func countStrings(raw []byte) (int, error) {
	n := 0
	for ; len(raw) > 0; n++ {
		if len(raw) < lengthSize || uint64(binary.LittleEndian.Uint32(raw)) > uint64(len(raw)-lengthSize) {
			return 0, fmt.Errorf("raw BYTES data break off in element %d; each is a 4-byte little-endian length and that many bytes", n)
		}
		raw = raw[lengthSize+int(binary.LittleEndian.Uint32(raw)):]
	}
	return n, nil
}

// text reports whether all elements are UTF-8.
func (c *contents) text() bool {
	left := *c
	for left.done < left.count {
		if !utf8.Valid(left.string()) {
			return false
		}
	}
	return true
}

// take returns the raw bytes of the next n elements of a fixed size.
func (c *contents) take(n int) []byte {
	size := n * c.datatype.Size()
	next := c.raw[:size]
	c.raw = c.raw[size:]
	c.done += n
	return next
}

// string returns the next BYTES element.
func (c *contents) string() []byte {
	end := lengthSize + int(binary.LittleEndian.Uint32(c.raw))
	next := c.raw[lengthSize:end]
	c.raw = c.raw[end:]
	c.done++
	return next
}

// append writes the next n elements with commas between them.
func (c *contents) append(dst []byte, n int) ([]byte, error) {
	if n == 0 {
		return dst, nil
	}
	dst = slices.Grow(dst, n*usualText(c.datatype))
	var err error
	switch c.datatype {
	case infer.Bytes:
		dst, err = c.appendStrings(dst, n)
	case infer.FP32:
		dst = c.appendFloats32(dst, n)
	case infer.FP64:
		dst = c.appendFloats64(dst, n)
	case infer.FP16, infer.BF16:
		dst = c.appendHalves(dst, n)
	case infer.Bool:
		dst = c.appendBools(dst, n)
	default:
		dst = c.appendIntegers(dst, n)
	}
	return dst[:len(dst)-1], err // without the last comma
}

// usualText is a guess of the characters that an element and its comma take.
func usualText(d infer.DataType) int {
	switch d {
	case infer.FP32:
		return 12
	case infer.FP64:
		return 20
	default:
		return 2 + d.Size()
	}
}

func (c *contents) appendFloats32(dst []byte, n int) []byte {
	const exponent = 0xff << 23
	at := len(dst)
	for raw := c.take(n); len(raw) >= 4; raw = raw[4:] {
		b := binary.LittleEndian.Uint32(raw)
		if cap(dst)-at < floatRoom {
			dst = slices.Grow(dst[:at], floatRoom)
		}
		to := (*[floatRoom]byte)(dst[at : at+floatRoom])
		if b&exponent == exponent {
			at += len(appendNonFinite(to[:0], float64(math.Float32frombits(b)), c.form == viewed))
		} else {
			at += c.point(to, putFloat32(to, math.Float32frombits(b)))
		}
		dst[:at+1][at] = ','
		at++
	}
	return dst[:at]
}

// appendFloat appends an element that an FP32 holds.
func (c *contents) appendFloat(dst []byte, f float32) []byte {
	const exponent = 0xff << 23
	if math.Float32bits(f)&exponent == exponent {
		return appendNonFinite(dst, float64(f), c.form == viewed)
	}
	at := len(dst)
	if dst = appendFloat32(dst, f); c.pointless(dst[at:]) {
		dst = append(dst, ".0"...)
	}
	return dst
}

// point is the length of a number, the first n bytes of to, after it got the point that it lacks.
func (c *contents) point(to *[floatRoom]byte, n int) int {
	if c.pointless(to[:n]) {
		n += copy(to[n:], ".0")
	}
	return n
}

// pointless reports whether nothing tells the number from an integer where no datatype is beside it, which is in V1: Python makes an
// array of integers of a tensor whose values happen to be whole.
func (c *contents) pointless(number []byte) bool {
	return (c.form == tags || c.form == allTags) && !bytes.ContainsAny(number, ".e")
}

func (c *contents) appendFloats64(dst []byte, n int) []byte {
	const exponent = 0x7ff << 52
	at := len(dst)
	for raw := c.take(n); len(raw) >= 8; raw = raw[8:] {
		b := binary.LittleEndian.Uint64(raw)
		if cap(dst)-at < floatRoom {
			dst = slices.Grow(dst[:at], floatRoom)
		}
		to := (*[floatRoom]byte)(dst[at : at+floatRoom])
		if b&exponent == exponent {
			at += len(appendNonFinite(to[:0], math.Float64frombits(b), c.form == viewed))
		} else {
			at += c.point(to, putFloat64(to, math.Float64frombits(b)))
		}
		dst[:at+1][at] = ','
		at++
	}
	return dst[:at]
}

func (c *contents) appendHalves(dst []byte, n int) []byte {
	value := halfToFloat
	if c.datatype == infer.BF16 {
		value = brainToFloat
	}
	for raw := c.take(n); len(raw) >= 2; raw = raw[2:] {
		dst = append(c.appendFloat(dst, value(binary.LittleEndian.Uint16(raw))), ',')
	}
	return dst
}

// boolText is the text of a BOOL with its comma, and how long that is.
var boolText = [2]struct{ word, size uint64 }{ //nolint:gochecknoglobals // a table
	{'f' | 'a'<<8 | 'l'<<16 | 's'<<24 | 'e'<<32 | ','<<40, 6},
	{'t' | 'r'<<8 | 'u'<<16 | 'e'<<24 | ','<<32, 5},
}

func (c *contents) appendBools(dst []byte, n int) []byte {
	at := len(dst)
	dst = slices.Grow(dst, 6*n+8)
	dst = dst[:cap(dst)]
	for _, b := range c.take(n) {
		value := 0
		if b != 0 {
			value = 1
		}
		text := &boolText[value]
		binary.LittleEndian.PutUint64(dst[at:], text.word)
		at += int(text.size)
	}
	return dst[:at]
}

// appendIntegers writes an element by its width, sign-extended unless the datatype has none.
func (c *contents) appendIntegers(dst []byte, n int) []byte {
	size := c.datatype.Size()
	lowest, _ := integerRange(c.datatype)
	unused := 64 - 8*size
	at := len(dst)
	for raw := c.take(n); len(raw) >= size; raw = raw[size:] {
		v := load8(raw[:size], 0)
		if cap(dst)-at < integerRoom {
			dst = slices.Grow(dst[:at], integerRoom)
		}
		to := (*[integerRoom]byte)(dst[at : at+integerRoom])
		if lowest == 0 {
			at += putUint(to, 0, v)
		} else {
			at += putInt(to, int64(v<<unused)>>unused)
		}
		dst[:at+1][at] = ','
		at++
	}
	return dst[:at]
}

func (c *contents) appendStrings(dst []byte, n int) ([]byte, error) {
	for range n {
		text := c.string()
		valid := utf8.Valid(text)
		switch {
		case c.form == allTags || c.form == tags && !valid:
			dst = append(dst, `{"b64":"`...)
			dst = base64.StdEncoding.AppendEncode(dst, text)
			dst = append(dst, '"', '}')
		case c.form == base64s || c.form == viewed && !valid:
			dst = append(dst, '"')
			dst = base64.StdEncoding.AppendEncode(dst, text)
			dst = append(dst, '"')
		case valid:
			dst = appendQuoted(dst, text)
		default:
			return dst, fmt.Errorf("element %d is not UTF-8", c.done-1)
		}
		dst = append(dst, ',')
	}
	return dst, nil
}
