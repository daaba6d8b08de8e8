//go:build unix

package server

import (
	"errors"
	"io"
	"net"
	"syscall"

	"google.golang.org/grpc/mem"
)

// readyReader waits for what a connection has to read without holding a buffer for it. One goroutine reads a connection.
type readyReader struct {
	conn net.Conn
	raw  syscall.RawConn       // nil: conn cannot be waited for
	try  func(fd uintptr) bool // attempt, made once; nil before the first read

	// Of the read that goes on.
	size int
	pool mem.BufferPool
	buf  *[]byte
	n    int
	err  error
}

// ReadOnReady lets grpc-go take its read buffer when there is something to read: an idle connection holds none. grpc-go finds the method by
// its shape, and does the same itself only for connections that are package net's own. Source: readyreader.Reader of grpc-go 1.85.
func (r *readyReader) ReadOnReady(size int, pool mem.BufferPool) (*[]byte, int, error) {
	if r.try == nil {
		r.prepare()
	}
	if r.raw == nil {
		return r.readNow(size, pool)
	}
	r.size, r.pool = size, pool
	err := r.raw.Read(r.try) // of the connection: it is closed, or its deadline has passed
	if err == nil {
		err = r.err
	}
	if err == nil && r.n == 0 { // what read(2) says at the end
		err = io.EOF
	}
	buf, n := r.buf, r.n
	r.pool, r.buf, r.n, r.err = nil, nil, 0, nil
	if err != nil {
		if buf != nil {
			pool.Put(buf)
		}
		return nil, 0, err
	}
	return buf, n, nil
}

func (r *readyReader) prepare() {
	r.try = r.attempt
	if waits, ok := r.conn.(syscall.Conn); ok {
		if raw, err := waits.SyscallConn(); err == nil {
			r.raw = raw
		}
	}
}

// attempt reads what is there. It gives the buffer back, and says false, when nothing is.
func (r *readyReader) attempt(fd uintptr) bool {
	r.buf = r.pool.Get(r.size)
	for {
		if r.n, r.err = syscall.Read(int(fd), *r.buf); !errors.Is(r.err, syscall.EINTR) {
			break
		}
	}
	if r.err == nil {
		return true
	}
	r.n = 0
	r.pool.Put(r.buf)
	r.buf = nil
	return !errors.Is(r.err, syscall.EAGAIN)
}

// readNow reads a connection that is no file.
func (r *readyReader) readNow(size int, pool mem.BufferPool) (*[]byte, int, error) {
	buf := pool.Get(size)
	n, err := r.conn.Read(*buf)
	if n == 0 {
		pool.Put(buf)
		return nil, 0, err
	}
	return buf, n, err
}
