package tensorjson

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// The usual texts of elements are read a window at a time, with branches only on what rarely changes from one element to the next. Each
// plain… function reads elements as long as they and what follows them are of that kind, and leaves the others to the loops that know
// the whole grammar: it moves to the start of an element, never into one.

// window is the text that a plain element, its comma, a space and the first byte of the next take.
const window = 32

// notDigits has the top bit of each byte of word set that is above 9, up to the first.
func notDigits(word uint64) uint64 { return (word + 0x76*each01 | word) & each80 }

// before has the bits of the bytes in front of the lowest top bit that is set.
func before(tops uint64) uint64 { return (tops&-tops)>>7 - 1 }

// wordAt is eight bytes of a window as digits: from 0 to 9 where they are.
func wordAt(w *[window]byte, at int) uint64 {
	return binary.LittleEndian.Uint64(w[at:]) ^ '0'*each01
}

// minusSign is 1 when c is a minus sign.
func minusSign(c byte) int { return int(less(uint64(c^'-'), 1)) }

// follows returns where the element behind a comma begins, when it begins as a number; otherwise 0.
func follows(w *[window]byte, comma int) int {
	if w[comma&(window-1)] != ',' {
		return 0
	}
	at := comma + 1
	if w[at&(window-1)] == ' ' {
		at++
	}
	if c := w[at&(window-1)]; c-'-' > '9'-'-' { // one comparison: signs are random, and the bytes between are no worse
		return 0
	}
	return at
}

// plainFloats32 reads numbers of few digits before the point.
func (e *elements) plainFloats32() {
	at, text, raw := e.at, e.text, e.raw[e.filled:]
	for len(raw) >= 4 && at+window <= len(text) {
		w := (*[window]byte)(text[at:])
		b, end := plainFloat32(w)
		size := follows(w, end)
		if size == 0 {
			break
		}
		binary.LittleEndian.PutUint32(raw, b)
		raw = raw[4:]
		at += size
	}
	e.at, e.filled = at, len(e.raw)-len(raw)
}

// plainFloat32 returns the bits of the FP32 nearest to the number that a window begins with, and where it ends; 0 when it is none of
// up to 3 digits before the point and 23 behind it, or whole and of up to 7.
//
// Up to 16 digits behind the point are taken as 16, zeros filled in, and make a whole number with those before it, which a float64 × 10^-16
// then approximates. When digits are left out there are 15 others at least, so that it is off by less than 10^-14 of its value or
// 100 units in its last place. As in [decimal.float32], it rounds to the right FP32 unless a tie lies that near.
func plainFloat32(w *[window]byte) (uint32, int) {
	const least, tie, near = 1e14, 1 << 28, 128
	from := minusSign(w[0])
	word := wordAt(w, from)
	n := bits.TrailingZeros64(notDigits(word)) / 8
	whole := eightDigits(word << (64 - 8*n&63))
	if n == 0 || n == 8 || n > 1 && word&0xff == 0 {
		return 0, 0
	}
	end := from + n
	if w[end&15] != '.' {
		return math.Float32bits(float32(int32(whole))) | uint32(from)<<31, end
	}
	if n > 3 {
		return 0, 0
	}
	end = end&7 + 1
	first, second := wordAt(w, end), wordAt(w, end+8)
	stop, stop2 := notDigits(first), notDigits(second)
	long := (stop|-stop)>>63 - 1 // all bits when the first word is all digits
	m := whole*1e16 + eightDigits(first&before(stop))*1e8 + eightDigits(second&before(stop2)&long)
	count := bits.TrailingZeros64(stop)/8 + bits.TrailingZeros64(stop2)/8&int(long)
	if count == 16 {
		more := bits.TrailingZeros64(notDigits(wordAt(w, end+16))) / 8
		if more == 8 || m < least && more > 0 {
			return 0, 0
		}
		count += more
	}
	f := float64(int64(m)) * 1e-16
	if low := math.Float64bits(f)&(1<<29-1) - (tie - near); low <= 2*near || count == 0 || m > math.MaxInt64 {
		return 0, 0
	}
	return math.Float32bits(float32(f)) | uint32(from)<<31, end + count
}
