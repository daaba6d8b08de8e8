package tensorjson

import (
	"encoding/binary"
	"math/bits"
)

// Eight bytes of text are looked at in one word; the first byte is the lowest.
const (
	each01 = 0x0101010101010101
	each80 = 0x8080808080808080
)

// load8 returns the eight bytes at an index, with zeros behind the end of text.
func load8(text []byte, at int) uint64 {
	if at+8 <= len(text) {
		return binary.LittleEndian.Uint64(text[at:])
	}
	var word [8]byte
	if at < len(text) {
		copy(word[:], text[at:])
	}
	return binary.LittleEndian.Uint64(word[:])
}

// leadingDigits returns how many of the first bytes of word are digits, and their value.
func leadingDigits(word uint64) (count int, value uint64) {
	word ^= '0' * each01 // digits become 0 to 9, all else 10 or more
	// Adding 0x76 carries 10 and more into the top bit of its byte. A carry beyond the byte spoils only bytes behind the first
	// that is no digit, and those are not looked at.
	other := (word + 0x76*each01 | word) & each80
	count = bits.TrailingZeros64(other) / 8
	return count, eightDigits(word << (64 - 8*count)) // of no digits nothing is left
}

// eightDigits is the value of eight digits, a byte each from 0 to 9: pairs, then fours, then all in two multiplications.
func eightDigits(word uint64) uint64 {
	const even = 0x000000ff000000ff
	word = word*10 + word>>8
	return ((word&even)*(100+1000000<<32) + (word>>16&even)*(1+10000<<32)) >> 32
}

// plainLength returns how many bytes in front of word need no care in a string: all but '"', '\\' and control characters.
func plainLength(word uint64) int {
	quote := word ^ '"'*each01
	backslash := word ^ '\\'*each01
	special := (quote-each01)&^quote | (backslash-each01)&^backslash | (word-' '*each01)&^word
	return bits.TrailingZeros64(special&each80) / 8
}
