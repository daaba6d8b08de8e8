package rest

import (
	"io"
	"sync"

	"google.golang.org/grpc/mem"
)

// body is what a call sends: pieces that lie in buffers which somebody else holds. Net/http may read them after the call has ended, so
// each reader has references of its own.
type body struct {
	pieces [][]byte
	length int64
	shared mem.BufferSlice // what the pieces lie in; empty when nobody gives them back
}

func newBody(shared mem.BufferSlice, pieces ...[]byte) *body {
	b := &body{pieces: pieces, shared: shared}
	for _, p := range pieces {
		b.length += int64(len(p))
	}
	return b
}

// open returns a reader of all of it; net/http closes it when it needs it no more.
func (b *body) open() io.ReadCloser {
	b.shared.Ref()
	return &pieceReader{left: b.pieces, release: sync.OnceFunc(b.shared.Free)}
}

// pieceReader is read and closed by different goroutines of net/http.
type pieceReader struct {
	mu      sync.Mutex
	left    [][]byte
	at      int // in the first that is left
	closed  bool
	release func()
}

// Read implements io.Reader.
func (r *pieceReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return 0, io.ErrClosedPipe
	}
	for len(r.left) > 0 {
		if n := copy(p, r.left[0][r.at:]); n > 0 || len(p) == 0 {
			r.at += n
			return n, nil
		}
		r.left, r.at = r.left[1:], 0
	}
	return 0, io.EOF
}

// Close implements io.Closer.
func (r *pieceReader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.release()
	return nil
}
