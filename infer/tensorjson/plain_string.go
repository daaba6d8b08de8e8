package tensorjson

import (
	"encoding/binary"
	"math"
)

// plainString reads a string of ASCII without escapes eight bytes at a time: they are looked at and copied in one go. It is false, and
// nothing has happened, when there is something else in it, or no room.
func (e *elements) plainString() bool {
	start := len(e.raw)
	from, to, text, raw := e.at+1, start+lengthSize, e.text, e.raw[:cap(e.raw)]
	for from+8 <= len(text) && to+8 <= len(raw) {
		word := binary.LittleEndian.Uint64(text[from:])
		n := plainLength(word)
		if word&each80&(1<<(8*n)-1) != 0 {
			return false
		}
		binary.LittleEndian.PutUint64(raw[to:], word)
		from, to = from+n, to+n
		if n == 8 {
			continue
		}
		if text[from] != '"' {
			return false
		}
		if uint64(to) > math.MaxUint32 {
			return false // the other way has the error
		}
		e.raw = raw[:to]
		binary.LittleEndian.PutUint32(e.raw[start:], uint32(to-start-lengthSize))
		e.at, e.filled = from+1, to
		return true
	}
	return false
}
