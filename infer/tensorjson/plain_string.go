package tensorjson

import (
	"bytes"
	"encoding/binary"
	"math"
)

// plainString reads a string of ASCII without escapes: it is checked eight bytes at a time and copied whole. It is false, and nothing
// has happened, when there is something else in it, or no room.
func (e *elements) plainString() bool {
	from, start := e.at+1, len(e.raw)
	size := bytes.IndexByte(e.text[from:], '"')
	to := start + lengthSize
	if size < 0 || size > cap(e.raw)-to || uint64(size) > math.MaxUint32 || !plainText(e.text[from:], size) {
		return false
	}
	e.raw = e.raw[:to+size]
	binary.LittleEndian.PutUint32(e.raw[start:], uint32(size))
	copy(e.raw[to:], e.text[from:from+size])
	e.at, e.filled = from+size+1, to+size
	return true
}

// plainText reports whether that many bytes of text are ASCII without backslashes and control characters; no quote is among them.
func plainText(text []byte, size int) bool {
	var special uint64
	at := 0
	for ; at+8 <= size; at += 8 {
		special |= notPlain(binary.LittleEndian.Uint64(text[at:]))
	}
	rest := uint64(1)<<(8*(size-at)) - 1
	return (special|notPlain(load8(text, at)&rest|' '*each01&^rest))&each80 == 0
}

// notPlain has top bits set when a byte of word is not plain.
func notPlain(word uint64) uint64 {
	backslash := word ^ '\\'*each01
	return word | (backslash-each01)&^backslash | (word-' '*each01)&^word
}
