package tensorjson

import (
	"math"
	"strconv"
)

// maxNumber bounds the text of a number. The longest exact FP64 value, or tie between two, has less than 1,100 characters.
const maxNumber = 2048

// decimal is the text of a JSON number taken apart: ± mantissa × 10^exponent. With more than 19 significant digits the mantissa
// has wrapped around and the text alone counts. It has four words, so that the compiler keeps it in registers; the sign is the
// text's.
type decimal struct {
	mantissa uint64
	exponent int
	digits   int // before the exponent, leading zeros included
	end      int // of the text
}

// digits reads a run of digits behind those of mantissa.
func digits(text []byte, at int, mantissa uint64) (uint64, int) {
	for {
		n, value := leadingDigits(load8(text, at))
		mantissa = mantissa*tens[n] + value
		at += n
		if n < 8 {
			return mantissa, at
		}
	}
}

var tens = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8} //nolint:gochecknoglobals // a table

// scanDecimal reads the number at an index; false when there is none by the grammar of JSON.
func scanDecimal(text []byte, at int) (decimal, bool) {
	at += minus(text, at)
	mantissa, end := digits(text, at, 0)
	count := end - at
	if count == 0 || count > 1 && text[at] == '0' {
		return decimal{}, false
	}
	exponent := 0
	if end < len(text) && text[end] == '.' {
		point := end + 1
		mantissa, end = digits(text, point, mantissa)
		if end == point {
			return decimal{}, false
		}
		exponent = point - end
		count += end - point
	}
	if end < len(text) && text[end]|0x20 == 'e' {
		power, end, ok := scanExponent(text, end+1)
		return decimal{mantissa, exponent + power, count, end}, ok
	}
	return decimal{mantissa, exponent, count, end}, true
}

// minus is 1 where text has a minus sign, without a branch: signs are random.
func minus(text []byte, at int) int {
	n := 0
	if at < len(text) && text[at] == '-' {
		n = 1
	}
	return n
}

// scanExponent reads what follows the e and returns where it ends.
func scanExponent(text []byte, at int) (power, end int, ok bool) {
	negative := false
	if at < len(text) && (text[at] == '-' || text[at] == '+') {
		negative = text[at] == '-'
		at++
	}
	from := at
	for ; at < len(text) && isDigit(text[at]); at++ {
		power = min(power*10+int(text[at]-'0'), 1e6) // beyond any float, and far from wrapping around
	}
	if negative {
		power = -power
	}
	return power, at, at > from
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// exactDigits is how many decimal digits always fit a uint64.
const exactDigits = 19

// scalable reports whether mantissa and exponent say all that text does, and the power of ten is exact in a float64.
func (d decimal) scalable(text []byte) bool {
	if uint(d.exponent+len(powers)-1) > 2*uint(len(powers)-1) {
		return false
	}
	return d.exact(text)
}

// exact reports whether mantissa and exponent say all that text does.
func (d decimal) exact(text []byte) bool {
	return d.digits <= exactDigits || d.digits-leadingZeros(text) <= exactDigits
}

// leadingZeros counts the zeros in front of a number's first other digit.
func leadingZeros(text []byte) int {
	zeros := 0
	for _, c := range text[:min(len(text), maxNumber)] {
		switch c {
		case '0':
			zeros++
		case '-', '.':
		default:
			return zeros
		}
	}
	return zeros
}

// powers are the powers of ten that a float64 holds exactly.
var powers = [...]float64{ //nolint:gochecknoglobals // a table
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// scaled is the number, rounded at most twice.
func (d decimal) scaled(text []byte) float64 {
	f := float64(d.mantissa)
	if d.exponent < 0 {
		f /= powers[-d.exponent]
	} else {
		f *= powers[d.exponent]
	}
	return math.Float64frombits(math.Float64bits(f) | uint64(minus(text, 0))<<63)
}

// float32 is the FP32 nearest to the number; text is the number's own. False when it is too large or too long.
//
// A float64 made of the digits is off by less than 2 units in its last place. It rounds to the right FP32 unless a tie between two
// of them, at the lower 29 bits 1000…0, lies that near, and then strconv decides. Subnormal FP32, whose ties lie elsewhere, need a smaller
// power of ten than is scalable.
func (d decimal) float32(text []byte) (float32, bool) {
	const tie, near = 1 << 28, 4
	if d.scalable(text) {
		f := d.scaled(text)
		low := math.Float64bits(f)&(1<<29-1) - (tie - near)
		if low > 2*near {
			single := float32(f)
			return single, !math.IsInf(float64(single), 0)
		}
	}
	f, ok := parseFloat(text, 32)
	return float32(f), ok
}

// float64 is the FP64 nearest to the number; text is the number's own. False when it is too large or too long.
// Mantissas up to 2^53 and those powers of ten are exact, so that their product is rounded once.
func (d decimal) float64(text []byte) (float64, bool) {
	if d.mantissa <= 1<<53 && d.scalable(text) {
		return d.scaled(text), true
	}
	if d.exact(text) {
		if f, ok := nearest64(d.mantissa, d.exponent); ok {
			return math.Float64frombits(math.Float64bits(f) | uint64(minus(text, 0))<<63), true
		}
	}
	return parseFloat(text, 64)
}

func parseFloat(text []byte, width int) (float64, bool) {
	if len(text) > maxNumber {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(text), width)
	return f, err == nil
}

// quietNaN is the NaN that clients and servers mean, NumPy's; Go's own has another payload.
const quietNaN = 0x7ff8 << 48

// nonFinite reads NaN, Infinity, Inf, -Infinity or -Inf and returns where it ends.
func nonFinite(text []byte, at int) (float64, int, bool) {
	rest, sign := text[at:], 1
	if hasPrefix(rest, "-") {
		rest, sign, at = rest[1:], -1, at+1
	}
	switch {
	case hasPrefix(rest, "NaN") && sign > 0:
		return math.Float64frombits(quietNaN), at + len("NaN"), true
	case hasPrefix(rest, "Infinity"):
		return math.Inf(sign), at + len("Infinity"), true
	case hasPrefix(rest, "Inf"):
		return math.Inf(sign), at + len("Inf"), true
	}
	return 0, at, false
}

// scanInteger reads a whole number and returns where it ends; false when there is none, it has a fraction or an exponent, or
// its magnitude exceeds 64 bits.
func scanInteger(text []byte, at int) (magnitude uint64, negative bool, end int, ok bool) {
	negative = minus(text, at) == 1
	at += minus(text, at)
	magnitude, end = digits(text, at, 0)
	count := end - at
	if count == 0 || count > 1 && text[at] == '0' {
		return 0, negative, end, false
	}
	if end < len(text) && (text[end] == '.' || text[end]|0x20 == 'e') {
		return 0, negative, end, false
	}
	if count > exactDigits {
		magnitude, ok = parseUint(text[at:end])
		return magnitude, negative, end, ok
	}
	return magnitude, negative, end, true
}

func parseUint(text []byte) (uint64, bool) {
	if len(text) > exactDigits+1 {
		return 0, false
	}
	v, err := strconv.ParseUint(string(text), 10, 64)
	return v, err == nil
}
