package tensorjson

import (
	"encoding/binary"
	"math/bits"
)

// plainIntegers reads whole numbers of up to 19 digits.
func (e *elements) plainIntegers() {
	size := e.datatype.Size()
	lowest, highest := integerRange(e.datatype)
	bound := [2]uint64{highest, lowest}
	at, filled, text, raw := e.at, e.filled, e.text, e.raw
	for filled+size <= len(raw) && at+window <= len(text) {
		w := (*[window]byte)(text[at:])
		negative := minusSign(w[0])
		value, end := plainInteger(w, negative)
		next := follows(w, end)
		if next == 0 || value > bound[negative&1] {
			break
		}
		sign := -uint64(negative)
		putInteger(raw[filled:], (value^sign)-sign, size)
		filled += size
		at += next
	}
	e.at, e.filled = at, filled
}

// plainInteger returns the whole number at an index of a window, and where it ends; 0 when it is none of up to 19 digits.
func plainInteger(w *[window]byte, from int) (uint64, int) {
	word := wordAt(w, from&1)
	n := bits.TrailingZeros64(notDigits(word)) / 8
	value := eightDigits(word << ((64 - 8*n) & 63))
	if n == 0 || n > 1 && word&0xff == 0 {
		return 0, 0
	}
	end := from + n
	if n < 8 {
		return value, end
	}
	for range 2 {
		n, more := leadingDigits(binary.LittleEndian.Uint64(w[end&31:]))
		value = value*tens[n] + more
		if end += n; n < 8 {
			break
		}
	}
	if end-from > exactDigits {
		return 0, 0
	}
	return value, end
}

// plainBools reads true and false.
func (e *elements) plainBools() {
	const yes, no = 't' | 'r'<<8 | 'u'<<16 | 'e'<<24, 'f' | 'a'<<8 | 'l'<<16 | 's'<<24 | 'e'<<32
	at, filled, text, raw := e.at, e.filled, e.text, e.raw
	for filled < len(raw) && at+window <= len(text) {
		w := (*[window]byte)(text[at:])
		word := binary.LittleEndian.Uint64(w[:])
		isTrue, isFalse := less((word^yes)&(1<<32-1), 1), less((word^no)&(1<<40-1), 1)
		if isTrue == isFalse {
			break
		}
		comma := 5 - int(isTrue)
		if w[comma&7] != ',' {
			break
		}
		next := comma + 1
		if w[next&7] == ' ' {
			next++
		}
		if w[next&7]&^('t'^'f') != 't'&'f' { // one comparison: values are random, and what else passes is no worse
			break
		}
		raw[filled] = byte(isTrue)
		filled++
		at += next
	}
	e.at, e.filled = at, filled
}
