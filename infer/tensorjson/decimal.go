package tensorjson

import (
	"encoding/binary"
	"math"
	"strconv"
)

// Numbers from 1e-6 up to 1e21 are written without exponent, as encoding/json and JavaScript write them.
const (
	lowestFixedPoint  = -5 // digits before the decimal point; below zero they are zeros behind it
	highestFixedPoint = 21
)

// layout is how the numbers of one decimal point are put together.
type layout struct {
	before uint64 // bytes of the first word in front of the point
	dot    uint64 // the point where it splits the first word
	digits uint8  // where the lead digit goes
	shift  uint8  // 1 where the point splits the digits
}

// layouts are those of decimal points from -5 to 8; there are sixteen so that an index needs no check.
var layouts = [16]layout{
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

// highestLayout is the last decimal point that there is a layout for.
const highestLayout = 8

// putDecimal writes 0.LDDD… × 10^point at an index of to, and returns where it ends: a lead digit, eight more in each of two words,
// from 0 to 9 in a byte each; count of them matter.
//
// Where there is a point, in front or among the first nine, no branch depends on it: words are written where a point in front would
// leave them, and over them the digits that precede one.
func putDecimal(to *[floatRoom]byte, at int, lead, first, second uint64, count, point int) int {
	const zeros = '0'*each01 - ('0'-'.')<<8 // 0.000000
	first, second = first|'0'*each01, second|'0'*each01
	if uint(point-lowestFixedPoint) > highestLayout-lowestFixedPoint || count <= point {
		return len(appendLong(to[:at], lead, first, second, count, point))
	}
	l := &layouts[uint(point-lowestFixedPoint)%uint(len(layouts))]
	digits := at + int(l.digits&7)
	shift := int(l.shift & 1)
	binary.LittleEndian.PutUint64(to[at&1:], zeros)
	binary.LittleEndian.PutUint64(to[(digits+shift+1)&15:], first)
	binary.LittleEndian.PutUint64(to[(digits+shift+9)&31:], second)
	to[digits&15] = byte(lead) + '0'
	binary.LittleEndian.PutUint64(to[(digits+1)&15:], first&l.before|l.dot|first&^l.before<<8)
	return digits + shift + count
}

// appendLong appends whole numbers and those with an exponent.
func appendLong(dst []byte, lead, first, second uint64, count, point int) []byte {
	var digits [17]byte
	digits[0] = byte(lead) + '0'
	binary.LittleEndian.PutUint64(digits[1:], first)
	binary.LittleEndian.PutUint64(digits[9:], second)
	switch {
	case point < lowestFixedPoint || point > highestFixedPoint:
		return appendExponent(appendPointed(dst, digits[:count], 1), point-1)
	case count > point:
		return appendPointed(dst, digits[:count], point)
	}
	dst = append(dst, digits[:count]...)
	return append(dst, "00000000000000000000"[:point-count]...)
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
