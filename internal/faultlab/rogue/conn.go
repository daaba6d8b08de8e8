package rogue

import (
	"bufio"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// maxPending bounds the bytes of frames that wait for their place.
const maxPending = 64 << 10

// conn is a connection under net/http. On one of HTTP/2 it puts frames between those that net/http writes, and keeps from net/http what
// the peer says to these, and streams that a GOAWAY has given up. One of HTTP/1 passes as it is.
type conn struct {
	net.Conn
	accepted time.Time
	closed   chan struct{}
	close    func() error

	in *bufio.Reader // of the one goroutine that reads
	// unread is what of a frame net/http shall read, known whether the kind of the connection is.
	unread int
	known  bool
	h2     atomic.Bool

	streams sync.Mutex
	highest uint32 // that was read
	last    uint32 // of the last GOAWAY
	leaving bool   // a GOAWAY was said
	gone    bool   // the last one was

	owed atomic.Int32 // acknowledgements of our SETTINGS, which net/http would not expect

	writing sync.Mutex
	cursor  cursor
	pending []byte
}

func newConn(c net.Conn) *conn {
	wrapped := &conn{Conn: c, accepted: time.Now(), closed: make(chan struct{}), in: bufio.NewReaderSize(c, 64<<10)}
	wrapped.close = sync.OnceValue(func() error {
		close(wrapped.closed)
		return c.Close()
	})
	return wrapped
}

// Close implements [net.Conn].
func (c *conn) Close() error { return c.close() }

// reset ends the connection with a RST.
func (c *conn) reset() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

// Read implements [net.Conn].
func (c *conn) Read(p []byte) (int, error) {
	if !c.known {
		start, err := c.in.Peek(3)
		if err != nil {
			return 0, err
		}
		c.known = true
		if string(start) == preface[:3] {
			c.unread = len(preface)
			c.h2.Store(true)
		}
	}
	if !c.h2.Load() {
		return c.in.Read(p)
	}
	for c.unread == 0 {
		if err := c.nextFrame(); err != nil {
			return 0, err
		}
	}
	n, err := c.in.Read(p[:min(len(p), c.unread)])
	c.unread -= n
	return n, err
}

// nextFrame looks at the next frame, and drops it when it is not for net/http.
func (c *conn) nextFrame() error {
	start, err := c.in.Peek(headerLength)
	if err != nil {
		return err
	}
	h := parseHeader(start)
	size := headerLength + h.length
	if h.kind == framePing && h.flags&flagAck != 0 && h.length == len(farewell) {
		if start, err = c.in.Peek(size); err != nil {
			return err
		}
		if string(start[headerLength:]) == farewell {
			go c.goAway(0) // a peer that does not read shall not keep us from reading
		}
	}
	if c.unwanted(h) {
		_, err := c.in.Discard(size)
		return err
	}
	c.unread = size
	return nil
}

func (c *conn) unwanted(h header) bool {
	if h.kind == frameSettings && h.flags&flagAck != 0 {
		if c.owed.Load() > 0 {
			c.owed.Add(-1)
			return true
		}
		return false
	}
	c.streams.Lock()
	defer c.streams.Unlock()
	if c.gone && h.stream > c.last {
		return true
	}
	c.highest = max(c.highest, h.stream)
	return false
}

// leave says that no streams shall be opened any more, and when the peer has heard that, which ones were the last: so none is lost.
// Source: RFC 9113, section 6.8.
func (c *conn) leave() {
	c.streams.Lock()
	said := c.leaving
	c.leaving = true
	c.streams.Unlock()
	if !said {
		c.inject(append(goAwayFrame(1<<31-1), frame(framePing, []byte(farewell)...)...), 0)
	}
}

// left tells whether a GOAWAY was said.
func (c *conn) left() bool {
	c.streams.Lock()
	defer c.streams.Unlock()
	return c.leaving
}

// goAway says that streams above the highest one that was read, or one lower by that many streams, will not be looked at; once.
func (c *conn) goAway(below uint32) {
	c.streams.Lock()
	if c.gone {
		c.streams.Unlock()
		return
	}
	c.last = c.highest - min(2*below, c.highest)
	c.leaving, c.gone = true, true
	last := c.last
	c.streams.Unlock()
	c.inject(goAwayFrame(last), 0)
}

// inject puts frames where the next ones may stand, at once if that is here. It waits for a peer that does not read.
func (c *conn) inject(frames []byte, acknowledgements int32) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if len(c.pending)+len(frames) > maxPending {
		return
	}
	c.owed.Add(acknowledgements)
	c.pending = append(c.pending, frames...)
	_ = c.flush()
}

// Write implements [net.Conn].
func (c *conn) Write(p []byte) (int, error) {
	if !c.h2.Load() {
		return c.Conn.Write(p)
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	written := 0
	for written < len(p) {
		n := c.cursor.advance(p[written:], len(c.pending) > 0)
		done, err := c.Conn.Write(p[written : written+n])
		written += done
		if err != nil {
			return written, err
		}
		if err := c.flush(); err != nil {
			return written, err
		}
	}
	return written, nil
}

// flush writes what is pending, if this is a place for it.
func (c *conn) flush() error {
	if len(c.pending) == 0 || !c.cursor.boundary() {
		return nil
	}
	_, err := c.Conn.Write(c.pending)
	c.pending = c.pending[:0]
	return err
}
