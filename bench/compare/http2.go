package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
)

// The frames of HTTP/2 that a connection with one call on it takes. Source: RFC 9113.
const (
	h2Preface  = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	h2Head     = 9 // bytes
	h2Most     = 16 << 10
	h2Data     = 0
	h2Headers  = 1
	h2Reset    = 3
	h2Settings = 4
	h2Ping     = 6
	h2GoAway   = 7

	h2Ack        = 1 // of settings and pings
	h2EndStream  = 1 // of data and headers
	h2EndHeaders = 4
)

// h2conn is a client's connection without a goroutine or a window: ten thousand of grpc-go's would be what is measured.
type h2conn struct {
	net.Conn
	in *bufio.Reader
}

type h2frame struct {
	kind, flags byte
	stream      uint32
	payload     []byte
}

// openH2 exchanges settings, so that both sides have what they keep for a connection.
func openH2(conn net.Conn) (*h2conn, error) {
	c := &h2conn{conn, bufio.NewReaderSize(conn, 512)}
	if _, err := io.WriteString(conn, h2Preface); err != nil {
		return nil, err
	}
	if err := c.write(h2frame{kind: h2Settings}); err != nil {
		return nil, err
	}
	for theirs, acked := false, false; !theirs || !acked; {
		f, err := c.read()
		if err != nil {
			return nil, err
		}
		if f.kind == h2Settings {
			theirs, acked = theirs || f.flags&h2Ack == 0, acked || f.flags&h2Ack != 0
		}
	}
	return c, nil
}

// call makes the connection's first call and returns how many bytes of data answered it.
func (c *h2conn) call(message []byte) (int, error) {
	const stream = 1
	var block []byte
	for _, f := range [][2]string{
		{":method", "POST"},
		{":scheme", "http"},
		{":path", pb.GRPCInferenceService_ModelInfer_FullMethodName},
		{":authority", "compare"},
		{"content-type", "application/grpc"},
		{"te", "trailers"},
	} {
		block = appendField(block, f[0], f[1])
	}
	body := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))) // not compressed
	if err := c.write(h2frame{h2Headers, h2EndHeaders, stream, block}); err != nil {
		return 0, err
	}
	if err := c.write(h2frame{h2Data, h2EndStream, stream, append(body, message...)}); err != nil {
		return 0, err
	}
	for n := 0; ; {
		f, err := c.read()
		if err != nil {
			return n, err
		}
		if f.kind == h2Data {
			n += len(f.payload)
		}
		if f.stream == stream && f.flags&h2EndStream != 0 && (f.kind == h2Data || f.kind == h2Headers) {
			return n, nil
		}
	}
}

// appendField appends a header as clients do: literal, to be kept in the other side's table. Texts are shorter than 127 bytes. Source: RFC
// 7541, section 6.2.1.
func appendField(block []byte, name, value string) []byte {
	block = append(block, 0x40, byte(len(name)))
	block = append(append(block, name...), byte(len(value)))
	return append(block, value...)
}

func (c *h2conn) write(f h2frame) error {
	n := len(f.payload)
	head := []byte{byte(n >> 16), byte(n >> 8), byte(n), f.kind, f.flags}
	_, err := c.Write(append(binary.BigEndian.AppendUint32(head, f.stream), f.payload...))
	return err
}

// read returns the next frame, and answers settings and pings.
func (c *h2conn) read() (h2frame, error) {
	var head [h2Head]byte
	if _, err := io.ReadFull(c.in, head[:]); err != nil {
		return h2frame{}, err
	}
	n := int(head[0])<<16 | int(head[1])<<8 | int(head[2])
	if n > h2Most {
		return h2frame{}, fmt.Errorf("a frame of %d bytes", n)
	}
	f := h2frame{head[3], head[4], binary.BigEndian.Uint32(head[5:]), make([]byte, n)}
	if _, err := io.ReadFull(c.in, f.payload); err != nil {
		return f, err
	}
	switch {
	case f.kind == h2Reset || f.kind == h2GoAway:
		return f, errors.New("the call was refused")
	case f.kind == h2Settings && f.flags&h2Ack == 0:
		return f, c.write(h2frame{kind: h2Settings, flags: h2Ack})
	case f.kind == h2Ping && f.flags&h2Ack == 0:
		return f, c.write(h2frame{kind: h2Ping, flags: h2Ack, payload: f.payload})
	}
	return f, nil
}
