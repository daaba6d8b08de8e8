package tensorjson

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// integerRoom is what an integer may take, and what is written behind it on the way.
const integerRoom = 32

// appendInt appends v.
func appendInt(dst []byte, v int64) []byte {
	at := len(dst)
	dst = slices.Grow(dst, integerRoom)
	return dst[:at+putInt((*[integerRoom]byte)(dst[at:at+integerRoom]), v)]
}

// putInt writes v at the start of to, and returns the length. Its sign takes no branch: signs are random.
func putInt(to *[integerRoom]byte, v int64) int {
	negative := uint64(v >> 63)
	to[0] = '-'
	return putUint(to, int(negative&1), (uint64(v)^negative)-negative)
}

// putUint writes v at index 0 or 1 of to, and returns where it ends.
func putUint(to *[integerRoom]byte, at int, v uint64) int {
	if v < 1e8 {
		return putLeading(to, at, uint32(v))
	}
	upper := v / 1e8
	if upper < 1e8 {
		at = putLeading(to, at, uint32(upper))
	} else {
		at = putLeading(to, at, uint32(upper/1e8))
		binary.LittleEndian.PutUint64(to[at&15:], digitBytes(uint32(upper%1e8))|'0'*each01)
		at += 8
	}
	binary.LittleEndian.PutUint64(to[at&15:], digitBytes(uint32(v-upper*1e8))|'0'*each01)
	return at + 8
}

// putLeading writes a number below 10^8 without leading zeros: they are shifted out of the word.
func putLeading(to *[integerRoom]byte, at int, v uint32) int {
	digits := digitBytes(v)
	zeros := bits.TrailingZeros64(digits|1<<56) / 8 // the last digit stays
	binary.LittleEndian.PutUint64(to[at&1:], (digits|'0'*each01)>>(8*zeros&63))
	return at + 8 - zeros
}
