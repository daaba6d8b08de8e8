package rogue_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"testing"
)

// raw is a peer of HTTP/2 that says hello, and then reads frames.
type raw struct {
	net.Conn
	in *bufio.Reader
}

type rawFrame struct {
	kind, flags byte
	stream      uint32
	payload     []byte
}

func (f *fixture) raw(t *testing.T) *raw {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", f.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	r := &raw{c, bufio.NewReader(c)}
	r.say(t, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
	return r
}

func (r *raw) say(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(r, text); err != nil {
		t.Fatal(err)
	}
}

// await reads frames until one of that kind comes that will do, and acknowledges settings as a peer must.
func (r *raw) await(t *testing.T, kind byte, will func(rawFrame) bool) rawFrame {
	t.Helper()
	for {
		var head [9]byte
		if _, err := io.ReadFull(r.in, head[:]); err != nil {
			t.Fatalf("no frame %d: %v", kind, err)
		}
		f := rawFrame{kind: head[3], flags: head[4], stream: binary.BigEndian.Uint32(head[5:])}
		f.payload = make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(r.in, f.payload); err != nil {
			t.Fatalf("half a frame %d: %v", f.kind, err)
		}
		if f.kind == 4 && f.flags&1 == 0 {
			r.say(t, "\x00\x00\x00\x04\x01\x00\x00\x00\x00")
		}
		if f.kind == kind && will(f) {
			return f
		}
	}
}

// setting looks for settings that have such a one.
func setting(id uint16, value uint32) func(rawFrame) bool {
	return func(f rawFrame) bool {
		for rest := f.payload; len(rest) >= 6; rest = rest[6:] {
			if binary.BigEndian.Uint16(rest) == id && binary.BigEndian.Uint32(rest[2:]) == value {
				return true
			}
		}
		return false
	}
}

func anyFrame(rawFrame) bool { return true }
