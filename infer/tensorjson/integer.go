package tensorjson

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// integerRoom is what the writing of an integer may touch behind what it leaves.
const integerRoom = 32

// appendInt appends v.
func appendInt(dst []byte, v int64) []byte {
	sign := v >> 63
	dst = appendMinus(dst, uint64(sign)&1)
	return appendUint(dst, uint64((v^sign)-sign))
}

// appendUint appends v. Words of eight digits are shifted so that leading zeros drop out, and are written whole.
func appendUint(dst []byte, v uint64) []byte {
	at := len(dst)
	if cap(dst)-at < integerRoom {
		dst = slices.Grow(dst, integerRoom)
	}
	to := (*[integerRoom]byte)(dst[at : at+integerRoom])
	if v < 1e8 {
		return dst[:at+putLeading(to[:], uint32(v))]
	}
	n := 0
	if v >= 1e16 {
		n = putLeading(to[:], uint32(v/1e16))
		v %= 1e16
		binary.LittleEndian.PutUint64(to[n&15:], digitBytes(uint32(v/1e8))|'0'*each01)
		n += 8
	} else {
		n = putLeading(to[:], uint32(v/1e8))
	}
	binary.LittleEndian.PutUint64(to[n&15:], digitBytes(uint32(v%1e8))|'0'*each01)
	return dst[:at+n+8]
}

// putLeading writes a number below 10^8 without leading zeros, and returns how many digits it has.
func putLeading(to []byte, v uint32) int {
	digits := digitBytes(v)
	zeros := bits.TrailingZeros64(digits|1<<56) / 8 // the last digit stays
	binary.LittleEndian.PutUint64(to, (digits|'0'*each01)>>(8*zeros))
	return 8 - zeros
}
