package differential_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/manifold-serving/manifold/infer"
)

// question is a request in no form yet. It need not be a good one.
type question struct {
	Model      string
	Version    string
	ID         string
	Inputs     []given
	Outputs    []wanted
	Parameters infer.Parameters
	Recorded   *recording // what a client sent; nil: nobody did
}

// given is an input. Missing is a key that it has not; only JSON can leave one out.
type given struct {
	Name    string
	Type    infer.DataType
	Shape   infer.Shape
	Data    []byte // in raw form; it need not fit Type and Shape
	Nested  bool   // as nested arrays in JSON
	Missing string
}

// wanted is a requested output.
type wanted struct {
	Name    string
	Classes int // 0: as it is
}

func (q question) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "model %q version %q id %q parameters %v outputs %v", q.Model, q.Version, q.ID, q.Parameters, q.Outputs)
	for _, in := range q.Inputs {
		fmt.Fprintf(&text, "\n  %q %s %v %.64x (%d bytes) without %q", in.Name, in.Type, in.Shape, in.Data, len(in.Data), in.Missing)
	}
	return text.String()
}

// elements cuts the data, and is false when they are not whole elements of the datatype.
func (g given) elements() (elements [][]byte, ok bool) {
	data := g.Data
	for len(data) > 0 {
		n, from := g.Type.Size(), 0
		if g.Type == infer.Bytes {
			if len(data) < 4 {
				return nil, false
			}
			n, from = int(binary.LittleEndian.Uint32(data)), 4
		}
		if n+from == 0 || n > len(data)-from {
			return nil, false
		}
		elements = append(elements, data[from:][:n])
		data = data[from+n:]
	}
	return elements, true
}

// number is the value of an element's bits.
func number(element []byte) uint64 {
	var word [8]byte
	copy(word[:], element)
	return binary.LittleEndian.Uint64(word[:])
}

// signed is number for the signed datatypes.
func signed(element []byte) int64 {
	shift := 64 - 8*len(element)
	return int64(number(element)<<shift) >> shift
}

// The NaN that JSON stands for.
const (
	canonicalNaN32 = 0x7fc00000
	canonicalNaN64 = 0x7ff8 << 48
)

// canonical reports whether an element can be written as JSON has it: one NaN, truth without other bits, text without other bytes.
func canonical(d infer.DataType, element []byte) bool {
	switch d {
	case infer.Bool:
		return element[0] <= 1
	case infer.FP32:
		v := math.Float32frombits(uint32(number(element)))
		return v == v || number(element) == canonicalNaN32
	case infer.FP64:
		v := math.Float64frombits(number(element))
		return v == v || number(element) == canonicalNaN64
	case infer.FP16, infer.BF16:
		return false
	case infer.Bytes:
		return utf8.Valid(element)
	default:
		return d.Known()
	}
}
