package infercmd

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/manifold-serving/manifold/infer"
)

// narrow rounds raw FP32 elements to FP16 or BF16, to the nearest, ties to even; what would become infinite is refused.
func narrow(name string, datatype infer.DataType, raw []byte) ([]byte, error) {
	bits, infinity := brain, uint16(0x7f80)
	if datatype == infer.FP16 {
		bits, infinity = half, 0x7c00
	}
	var out []byte
	for ; len(raw) >= 4; raw = raw[4:] {
		f := math.Float32frombits(binary.LittleEndian.Uint32(raw))
		b := bits(f)
		if b&0x7fff == infinity && !math.IsInf(float64(f), 0) {
			return nil, fmt.Errorf("input %q: %v is beyond %s", name, f, datatype)
		}
		out = binary.LittleEndian.AppendUint16(out, b)
	}
	return out, nil
}

// half is f as IEEE 754 binary16.
func half(f float32) uint16 {
	sign := uint16(math.Float32bits(f) >> 16 & 0x8000)
	magnitude := math.Abs(float64(f))
	switch {
	case math.IsNaN(magnitude):
		return sign | 0x7e00
	case magnitude == 0:
		return sign
	case magnitude >= 65520: // halfway between the largest one and the next power of two
		return sign | 0x7c00
	}
	_, exponent := math.Frexp(magnitude)
	exponent = max(exponent-1, -14) // below it numbers are subnormal
	steps := uint16(math.RoundToEven(math.Ldexp(magnitude, 10-exponent)))
	// The hidden bit of a normal number adds one to its exponent, and so does a mantissa that was rounded up to the next power.
	return sign | uint16(exponent+14)<<10 + steps
}

// brain is f as bfloat16: the upper half of its bits.
func brain(f float32) uint16 {
	bits := math.Float32bits(f)
	if f != f { // NaN
		return uint16(bits>>16) | 0x40
	}
	return uint16((bits + 0x7fff + bits>>16&1) >> 16)
}
