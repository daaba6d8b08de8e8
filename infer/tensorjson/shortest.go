package tensorjson

import "math/bits"

// The shortest digits that read back to a float are found as in Raffaello Giulietti, "The Schubfach way to render doubles" (2020).
//
// All decimals between the middles to a float's two neighbours read back to it; the middles too when its last bit is even, for a
// tie is rounded to even. Let 10^k be the largest power of ten that is no wider than that gap. Then the gap holds one or more
// multiples of 10^k, and at most one of 10^(k+1). If there is one of those, it is the shortest; otherwise it is the nearest multiple of 10^k.
//
// The float and the two middles are scaled by 4×10^-k with a rounded up power of ten, and what is cut off is kept as an odd last bit:
// the paper shows that comparisons with whole multiples then come out as with the exact values.

// log10Of2 is the exponent of the largest power of ten up to 2^q.
func log10Of2(q int) int { return q * 1262611 >> 22 }

// log10Of2Below is the same for ¾×2^q: below a power of two the neighbour is half as far.
func log10Of2Below(q int) int { return (q*1262611 - 524031) >> 22 }

// log2Of10 is the exponent of the largest power of two up to 10^e.
func log2Of10(e int) int { return e * 1741647 >> 19 }

// scale is what the floats of one exponent are multiplied with: power × 2^shift, for digits × 10^exponent.
type scale struct {
	power    uint64
	shift    uint8
	exponent int8
}

// newScale is the scale of FP32 that are a multiple of 2^q, with a gap of more than 10^k.
func newScale(q, k int) scale {
	return scale{powerOfTen(-k).hi + 1, uint8(q + log2Of10(-k) + 1), int8(k)}
}

// scales are those of the exponents of FP32 but for powers of two.
var scales = func() (all [256]scale) { //nolint:gochecknoglobals // a table
	for e := range 255 {
		q := max(e, 1) - 150
		all[e] = newScale(q, log10Of2(q))
	}
	return all
}()

// shortest32 returns the shortest digits of the FP32 with these bits, which is finite and above zero: digits × 10^exponent.
// Trailing zeros are left in. Of two nearest decimals it takes the even one; the one power of two that lies between two, 2^-12, is
// rounded up, as strconv rounds it.
func shortest32(b uint32) (digits uint64, exponent int) {
	const hidden = 1 << 23
	c, e := b&(hidden-1), b>>23&255
	s, below, tie := &scales[e], uint32(2), uint64(0)
	if e != 0 {
		if c == 0 && e > 1 {
			irregular := newScale(int(e)-150, log10Of2Below(int(e)-150))
			s, below, tie = &irregular, 1, 1
		}
		c |= hidden
	}
	h := s.shift & 31
	odd := uint64(c & 1) // the middles are not c's
	return nearestShort(scale32(s.power, (4*c-below)<<h)+odd, scale32(s.power, 4*c<<h), scale32(s.power, (4*c+2)<<h)-odd, tie), int(s.exponent)
}

// scale32 is g×c / 2^64, its last bit set when something was cut off.
func scale32(g uint64, c uint32) uint64 {
	hi, lo := bits.Mul64(g, uint64(c))
	return hi | less(1, lo>>32)
}

// shortest64 is shortest32 of an FP64.
func shortest64(b uint64) (digits uint64, exponent int) {
	const hidden = 1 << 52
	c, q := b&(hidden-1), int(b>>52)
	if q != 0 {
		c, q = c|hidden, q-1
	}
	q -= 1074
	below, k := 4*c-2, log10Of2(q)
	if c == hidden && q > -1074 {
		below, k = 4*c-1, log10Of2Below(q)
	}
	h := uint(q+log2Of10(-k)+1) & 63
	g := powerOfTen(-k)
	var carry uint64
	g.lo, carry = bits.Add64(g.lo, 1, 0)
	g.hi += carry
	odd := c & 1
	return nearestShort(scale64(g, below<<h)+odd, scale64(g, 4*c<<h), scale64(g, (4*c+2)<<h)-odd, 0), k
}

// scale64 is g×c / 2^128, its last bit set when something was cut off.
func scale64(g uint128, c uint64) uint64 {
	carried, _ := bits.Mul64(g.lo, c)
	hi, lo := bits.Mul64(g.hi, c)
	lo, carry := bits.Add64(lo, carried, 0)
	_, exact := bits.Sub64(lo, 2, 0)
	return (hi + carry) | (1 - exact)
}

// nearestShort returns the shortest whole number in the gap from lower to upper, trailing zeros not counted, and of those the
// nearest to v; all three are times four. An odd tie takes a half up. It has no branches: floats are random.
func nearestShort(lower, v, upper, tie uint64) uint64 {
	s := v / 4
	up := ((s|tie)&1 + v&3 + 1) / 4                      // from ¾, and from ½ when s is odd
	out, nextOut := less(4*s, lower), less(upper, 4*s+4) // of the gap
	s += up ^ (up^out)&(out^nextOut)                     // the one that is in, if it is one
	ten := v / 40 * 10                                   // the same with a digit less
	tenOut, nextTenOut := less(4*ten, lower), less(upper, 4*ten+40)
	ten += 10 * tenOut
	return s ^ (s^ten)&-(tenOut^nextTenOut)
}

// less is 1 when a < b, else 0; both are below 2^63.
func less(a, b uint64) uint64 { return (a - b) >> 63 }
