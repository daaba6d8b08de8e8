package tensorjson

import "math/bits"

// tensUpTo are the powers of ten that a uint64 holds.
var tensUpTo = [...]uint64{ //nolint:gochecknoglobals // a table
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
}

// countDigits is how many decimal digits v has; v is above zero.
func countDigits(v uint64) int {
	n := bits.Len64(v) * 1233 >> 12 // the length times log10(2): right, or one too low
	_, below := bits.Sub64(v, tensUpTo[n], 0)
	return n + 1 - int(below)
}

// countDigits32 is countDigits below 10^9, sooner for the seven to nine digits that all but the smallest FP32 have.
func countDigits32(v uint64) int {
	if v < 1e6 {
		return countDigits(v)
	}
	return int(9 - less(v, 1e8) - less(v, 1e7))
}

// digitBytes splits a number below 10^8 into its eight digits, the first in the lowest byte: in halves of four, then pairs, then
// single digits, all at once in one word. The multiplications divide by 100 and 10.
func digitBytes(v uint32) uint64 {
	fours := uint64(v)<<32 - uint64(v/1e4)*(1e4<<32-1) // x = v/10^4 stays, v-10^4×x moves up: v<<32 + x - 10^4×x<<32
	hundreds := fours * 10486 >> 20 & 0x0000007f0000007f
	pairs := fours<<16 - hundreds*(100<<16-1)
	tens := pairs * 103 >> 10 & 0x000f000f000f000f
	return pairs<<8 - tens*(10<<8-1)
}
