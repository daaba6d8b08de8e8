package tensorjson

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"strconv"
)

// floatRoom is what the writing of a float may touch behind what it leaves.
const floatRoom = 40

// Numbers from 1e-6 up to 1e21 are written without exponent, as encoding/json and JavaScript write them.
const (
	lowestFixedPoint  = -5 // digits before the decimal point; below zero they are zeros behind it
	highestFixedPoint = 21
)

// appendFloat32 appends the number with the fewest digits that reads back to f, which is finite.
func appendFloat32(dst []byte, f float32) []byte {
	const exact = 1 << 24 // integers below it have no shorter neighbours that round to them
	if whole := int32(f); float32(whole) == f && -exact < whole && whole < exact && (whole != 0 || !math.Signbit(float64(f))) {
		return appendInt(dst, int64(whole))
	}
	b := math.Float32bits(f)
	dst = appendMinus(dst, uint64(b>>31))
	b &= 1<<31 - 1
	if b == 0 {
		return append(dst, '0')
	}
	digits, exponent := shortest32(b)
	count := countDigits(uint64(digits))
	nine := digits * uint32(tens[9-count])
	rest := digitBytes(nine % 1e8)
	t := floatText{lead: byte(nine/1e8) + '0', first: rest, count: 9 - bits.LeadingZeros64(rest)/8, point: exponent + count}
	return t.append(dst)
}

// appendFloat64 appends the number with the fewest digits that reads back to f, which is finite.
func appendFloat64(dst []byte, f float64) []byte {
	const exact = 1 << 53
	if whole := int64(f); float64(whole) == f && -exact < whole && whole < exact && (whole != 0 || !math.Signbit(f)) {
		return appendInt(dst, whole)
	}
	b := math.Float64bits(f)
	dst = appendMinus(dst, b>>63)
	b &= 1<<63 - 1
	if b == 0 {
		return append(dst, '0')
	}
	digits, exponent := shortest64(b)
	count := countDigits(digits)
	all := digits * tensUpTo[17-count]
	rest := all % 1e16
	t := floatText{lead: byte(all/1e16) + '0', first: digitBytes(uint32(rest / 1e8)), second: digitBytes(uint32(rest % 1e8)), point: exponent + count}
	t.count = 17 - bits.LeadingZeros64(t.second)/8
	if t.second == 0 {
		t.count = 9 - bits.LeadingZeros64(t.first)/8
	}
	return t.append(dst)
}

// appendMinus appends a minus sign if negative is 1, without a branch: signs are random.
func appendMinus(dst []byte, negative uint64) []byte {
	return append(dst, '-')[:len(dst)+int(negative)]
}

// floatText is a number on its way into text: 0.DDD… × 10^point.
type floatText struct {
	lead   byte   // the first digit
	first  uint64 // eight digits behind it, from 0 to 9 in a byte each
	second uint64 // eight more
	count  int    // of digits up to the last that is not zero
	point  int
}

func (t floatText) append(dst []byte) []byte {
	if uint(t.point-lowestFixedPoint) < uint(len(layouts)) && t.count > t.point {
		return t.appendFraction(dst)
	}
	return t.appendLong(dst)
}

// layout is how a number of one decimal point is put together.
type layout struct {
	before uint64 // bytes of the first word in front of the point
	dot    uint64 // the point where it splits the first word
	digits int    // where the lead digit goes
	shift  int    // 1 where the point splits the digits
}

// layouts are those of decimal points from -5 to 8.
var layouts = [...]layout{ //nolint:gochecknoglobals // a table
	{math.MaxUint64, 0, 7, 0},
	{math.MaxUint64, 0, 6, 0},
	{math.MaxUint64, 0, 5, 0},
	{math.MaxUint64, 0, 4, 0},
	{math.MaxUint64, 0, 3, 0},
	{math.MaxUint64, 0, 2, 0},
	{0, '.', 0, 1},
	{0xff, '.' << 8, 0, 1},
	{0xffff, '.' << 16, 0, 1},
	{0xffffff, '.' << 24, 0, 1},
	{0xffffffff, '.' << 32, 0, 1},
	{0xffffffffff, '.' << 40, 0, 1},
	{0xffffffffffff, '.' << 48, 0, 1},
	{0xffffffffffffff, '.' << 56, 0, 1},
}

// appendFraction appends digits with a point in front or among the first nine, without a branch that depends on it: words are
// written where a point in front would leave them, and over them the digits that precede one.
func (t floatText) appendFraction(dst []byte) []byte {
	const zeros = '0'*each01 - ('0'-'.')<<8 // 0.000000
	at := len(dst)
	if cap(dst)-at < floatRoom {
		dst = slices.Grow(dst, floatRoom)
	}
	to := (*[floatRoom]byte)(dst[at : at+floatRoom])
	l := &layouts[uint(t.point-lowestFixedPoint)%uint(len(layouts))]
	first, second := t.first|'0'*each01, t.second|'0'*each01
	digits := l.digits & 7
	shift := l.shift & 1
	binary.LittleEndian.PutUint64(to[:], zeros)
	binary.LittleEndian.PutUint64(to[digits+shift+1:], first)
	binary.LittleEndian.PutUint64(to[digits+shift+9:], second)
	to[digits] = t.lead
	binary.LittleEndian.PutUint64(to[digits+1:], first&l.before|l.dot|first&^l.before<<8)
	return dst[:at+digits+shift+t.count]
}

// appendLong appends whole numbers and those with an exponent.
func (t floatText) appendLong(dst []byte) []byte {
	var digits [17]byte
	digits[0] = t.lead
	binary.LittleEndian.PutUint64(digits[1:], t.first|'0'*each01)
	binary.LittleEndian.PutUint64(digits[9:], t.second|'0'*each01)
	switch {
	case t.point < lowestFixedPoint || t.point > highestFixedPoint:
		return appendExponent(appendPointed(dst, digits[:t.count], 1), t.point-1)
	case t.count > t.point:
		return appendPointed(dst, digits[:t.count], t.point)
	}
	dst = append(dst, digits[:t.count]...)
	return append(dst, "00000000000000000000"[:t.point-t.count]...)
}

// appendPointed appends digits with a point behind some of them, unless these are all.
func appendPointed(dst, digits []byte, point int) []byte {
	dst = append(dst, digits[:point]...)
	if len(digits) == point {
		return dst
	}
	return append(append(dst, '.'), digits[point:]...)
}

func appendExponent(dst []byte, e int) []byte {
	if dst = append(dst, 'e'); e > 0 {
		dst = append(dst, '+')
	}
	return strconv.AppendInt(dst, int64(e), 10)
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
