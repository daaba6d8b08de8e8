package tensorjson

import (
	"math"
	"math/bits"
)

// nearest64 is the FP64 nearest to mantissa × 10^exponent, as found in Daniel Lemire, "Number parsing at a gigabyte per second" (2021);
// the way is Michael Eisel's. False when it cannot tell, or the number is no normal FP64.
//
// The upper 64 bits of the power give an upper word that is too low by at most one unit. That matters only where its bits below the 55 that
// decide are all ones; then the lower 64 bits of the power have their say.
func nearest64(mantissa uint64, exponent int) (float64, bool) {
	const below = 1<<9 - 1 // a word has 9 bits below 53, the one that rounds, and one more where the product is short
	if mantissa == 0 {
		return 0, true
	}
	if exponent < lowestPower || exponent > 308 {
		return 0, false
	}
	power := powerOfTen(exponent)
	zeros := bits.LeadingZeros64(mantissa)
	mantissa <<= zeros
	hi, lo := bits.Mul64(mantissa, power.hi)
	if hi&below == below && lo+mantissa < lo {
		more, last := bits.Mul64(mantissa, power.lo)
		var carry uint64
		lo, carry = bits.Add64(lo, more, 0)
		hi += carry
		if hi&below == below && lo == math.MaxUint64 && last+mantissa < last {
			return 0, false
		}
	}
	long := hi >> 63
	m := hi >> (9 + long)
	if lo == 0 && hi&below == 0 && m&3 == 1 {
		return 0, false // a tie to be rounded down, or a little more than that
	}
	e := log2Of10(exponent) + 63 + int(long) - zeros + 1023
	m = (m + m&1) >> 1
	if m == 1<<53 {
		m, e = 1<<52, e+1
	}
	if e <= 0 || e >= 0x7ff {
		return 0, false
	}
	return math.Float64frombits(uint64(e)<<52 | m&(1<<52-1)), true
}
