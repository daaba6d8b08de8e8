package tensorjson

import (
	"math"
	"math/bits"
	"slices"
)

// floatRoom is what a float may take, and what is written behind it on the way.
const floatRoom = 40

// negativeZero has a point, without which Python and JavaScript read the integer 0. It is what Triton writes.
const negativeZero = "-0.0"

// appendFloat32 appends the number with the fewest digits that reads back to f, which is finite.
func appendFloat32(dst []byte, f float32) []byte {
	at := len(dst)
	dst = slices.Grow(dst, floatRoom)
	return dst[:at+putFloat32((*[floatRoom]byte)(dst[at:at+floatRoom]), f)]
}

// appendFloat64 appends the number with the fewest digits that reads back to f, which is finite.
func appendFloat64(dst []byte, f float64) []byte {
	at := len(dst)
	dst = slices.Grow(dst, floatRoom)
	return dst[:at+putFloat64((*[floatRoom]byte)(dst[at:at+floatRoom]), f)]
}

// putFloat32 is appendFloat32 at the start of to, and returns the length.
func putFloat32(to *[floatRoom]byte, f float32) int {
	const exact = 1 << 24 // integers below it have no shorter neighbours that round to them
	b := math.Float32bits(f)
	if whole := int32(f); float32(whole) == f && -exact < whole && whole < exact && (whole != 0 || b == 0) {
		return putInt((*[integerRoom]byte)(to[:]), int64(whole))
	}
	at := int(b >> 31)
	if b &= 1<<31 - 1; b == 0 {
		return copy(to[:], negativeZero)
	}
	to[0] = '-'
	digits, exponent := shortest32(b)
	count := countDigits32(digits)
	nine := digits * tensUpTo[9-count]
	lead := nine / 1e8
	first := digitBytes(uint32(nine - lead*1e8))
	return putDecimal(to, at, lead, first, 0, 9-bits.LeadingZeros64(first)/8, exponent+count)
}

// putFloat64 is appendFloat64 at the start of to, and returns the length.
func putFloat64(to *[floatRoom]byte, f float64) int {
	const exact = 1 << 53
	b := math.Float64bits(f)
	if whole := int64(f); float64(whole) == f && -exact < whole && whole < exact && (whole != 0 || b == 0) {
		return putInt((*[integerRoom]byte)(to[:]), whole)
	}
	at := int(b >> 63)
	if b &= 1<<63 - 1; b == 0 {
		return copy(to[:], negativeZero)
	}
	to[0] = '-'
	digits, exponent := shortest64(b)
	count := countDigits(digits)
	all := digits * tensUpTo[17-count]
	lead := all / 1e16
	all -= lead * 1e16
	first, second := digitBytes(uint32(all/1e8)), digitBytes(uint32(all%1e8))
	significant := 17 - bits.LeadingZeros64(second)/8
	if second == 0 {
		significant = 9 - bits.LeadingZeros64(first)/8
	}
	return putDecimal(to, at, lead, first, second, significant, exponent+count)
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
