package tensorjson

import (
	"math"
	"strconv"
)

// Numbers up to these magnitudes are written without exponent, as encoding/json and JavaScript write them.
const (
	fixedFrom  = 1e-6
	fixedBelow = 1e21
)

// appendFloat32 appends the number with the fewest digits that reads back to f, which is finite.
func appendFloat32(dst []byte, f float32) []byte {
	const exact = 1 << 24 // integers below it have no shorter neighbours that round to them
	if whole := int32(f); float32(whole) == f && -exact < whole && whole < exact && (whole != 0 || !math.Signbit(float64(f))) {
		return strconv.AppendInt(dst, int64(whole), 10)
	}
	magnitude := float32(math.Abs(float64(f)))
	if magnitude == 0 || magnitude >= fixedFrom && magnitude < fixedBelow {
		return strconv.AppendFloat(dst, float64(f), 'f', -1, 32)
	}
	return trimExponent(strconv.AppendFloat(dst, float64(f), 'e', -1, 32))
}

// appendFloat64 appends the number with the fewest digits that reads back to f, which is finite.
func appendFloat64(dst []byte, f float64) []byte {
	const exact = 1 << 53
	if whole := int64(f); float64(whole) == f && -exact < whole && whole < exact && (whole != 0 || !math.Signbit(f)) {
		return strconv.AppendInt(dst, whole, 10)
	}
	magnitude := math.Abs(f)
	if magnitude == 0 || magnitude >= fixedFrom && magnitude < fixedBelow {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	return trimExponent(strconv.AppendFloat(dst, f, 'e', -1, 64))
}

// trimExponent turns the e-07 in the end into e-7.
func trimExponent(dst []byte) []byte {
	n := len(dst)
	if n >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1]
		return dst[:n-1]
	}
	return dst
}

// appendNonFinite appends NaN, Infinity or -Infinity: as Triton writes them, or in quotes where JSON has to be valid.
func appendNonFinite(dst []byte, f float64, quoted bool) []byte {
	text := "NaN"
	switch {
	case math.IsInf(f, 1):
		text = "Infinity"
	case math.IsInf(f, -1):
		text = "-Infinity"
	}
	if quoted {
		return appendQuoted(dst, text)
	}
	return append(dst, text...)
}

// halfToFloat is the value of an FP16.
func halfToFloat(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10&31), uint32(h&1023)
	switch exponent {
	case 0:
		f := float32(fraction) / (1 << 24)
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 31:
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}

// brainToFloat is the value of a BF16.
func brainToFloat(b uint16) float32 { return math.Float32frombits(uint32(b) << 16) }
