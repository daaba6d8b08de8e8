package rogue

import "encoding/binary"

// Frames of HTTP/2. Source: RFC 9113, section 6.
const (
	frameData         = 0x0
	frameHeaders      = 0x1
	framePushPromise  = 0x5
	frameSettings     = 0x4
	framePing         = 0x6
	frameGoAway       = 0x7
	frameContinuation = 0x9

	flagAck        = 0x1
	flagEndHeaders = 0x4

	headerLength = 9
	farewell     = "farewell" // of the PING that follows a GOAWAY
	preface      = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

	settingMaxStreams    = 0x3
	settingInitialWindow = 0x4
	settingMaxFrameSize  = 0x5
)

// header is the beginning of a frame.
type header struct {
	length int
	kind   byte
	flags  byte
	stream uint32
}

func parseHeader(b []byte) header {
	return header{
		length: int(b[0])<<16 | int(b[1])<<8 | int(b[2]), kind: b[3], flags: b[4], stream: binary.BigEndian.Uint32(b[5:]) &^ (1 << 31),
	}
}

// isolated tells whether another frame may not follow: one that continues this one's header block must.
func (h header) isolated() bool {
	switch h.kind {
	case frameHeaders, framePushPromise, frameContinuation:
		return h.flags&flagEndHeaders == 0
	default:
		return false
	}
}

// frame is one of no stream.
func frame(kind byte, payload ...byte) []byte {
	n := len(payload)
	return append([]byte{byte(n >> 16), byte(n >> 8), byte(n), kind, 0, 0, 0, 0, 0}, payload...)
}

func settingsFrame(id uint16, value uint32) []byte {
	return frame(frameSettings, binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(nil, id), value)...)
}

// goAwayFrame says that streams above last are not and will not be looked at, with NO_ERROR.
func goAwayFrame(last uint32) []byte {
	return frame(frameGoAway, binary.BigEndian.AppendUint64(nil, uint64(last)<<32)...)
}
