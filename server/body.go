package server

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
)

// A body has to come at 1 KiB/s at least.
const (
	readPatience = 10 * time.Second
	readProgress = 10 * 1024
)

// The buffer for a body grows with what has arrived, so that a client gets no memory for what it merely announces.
const (
	firstUnknown = 64 * 1024
	firstKnown   = 1024 * 1024
	growth       = 4
)

// bodyReader reads one body: into one buffer, or for a decoder that takes it as it comes.
type bodyReader struct {
	source  io.Reader // at most limit bytes
	length  int64     // -1 when the client does not say
	limit   int64
	budget  *budget
	buffers mem.BufferPool
	control deadlineSetter

	got     int64 // of the body so far
	awaited int64 // the deadline was set when the body had this length
}

var _ io.Reader = (*bodyReader)(nil)

// Read implements io.Reader. Its errors but io.EOF are the client's faults. Afterwards the caller lifts the deadline.
func (r *bodyReader) Read(p []byte) (int, error) {
	if r.got == r.length {
		return 0, io.EOF
	}
	if r.got == 0 || r.got-r.awaited >= readProgress {
		r.awaited = r.got
		_ = r.control.SetReadDeadline(time.Now().Add(readPatience))
	}
	n, err := r.source.Read(p)
	r.got += int64(n)
	switch {
	case r.got == r.length, errors.Is(err, io.EOF) && r.length < 0:
		return n, io.EOF
	case err != nil:
		return n, r.fault(err)
	}
	return n, nil
}

// lift ends the deadline.
func (r *bodyReader) lift() { _ = r.control.SetReadDeadline(time.Time{}) }

// deadlineSetter is what http.ResponseController knows about reading.
type deadlineSetter interface {
	SetReadDeadline(deadline time.Time) error
}

// read returns the whole body, which the caller frees.
func (r *bodyReader) read() (*ownedBody, error) {
	if r.length > r.limit {
		return nil, r.tooLarge()
	}
	b := &ownedBody{buffers: r.buffers, charge: charge{budget: r.budget}, buffer: new([]byte)}
	b.buffers = mem.NopBufferPool{} // for the empty buffer
	if err := r.fill(b); err != nil {
		b.free()
		return nil, err
	}
	return b, nil
}

func (r *bodyReader) fill(b *ownedBody) error {
	defer r.lift()
	for int64(b.length) != r.length {
		if b.length == len(*b.buffer) {
			if err := r.grow(b); err != nil {
				return err
			}
		}
		n, err := r.Read((*b.buffer)[b.length:])
		b.length += n
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// grow moves the body to a larger buffer. Both are charged while both are there.
func (r *bodyReader) grow(b *ownedBody) error {
	size := max(firstUnknown, growth*int64(len(*b.buffer)))
	if r.length >= 0 {
		size = min(max(firstKnown, size), r.length)
	}
	size = min(size, r.limit+1) // one more, to see that there is no more
	larger := charge{budget: r.budget}
	if err := larger.grow(size); err != nil {
		return err
	}
	pool := r.buffers
	if mem.IsBelowBufferPoolingThreshold(int(size)) {
		pool = mem.NopBufferPool{} // a message of so small a buffer would not give it back
	}
	buffer := pool.Get(int(size))
	copy(*buffer, b.bytes())
	b.free()
	b.buffer, b.buffers, b.charge = buffer, pool, larger
	return nil
}

func (r *bodyReader) fault(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return r.tooLarge()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return withStatus(http.StatusRequestTimeout, codes.DeadlineExceeded,
			"the body came slower than %d bytes in %s, after %d bytes", readProgress, readPatience, r.got)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return infer.Errorf(codes.InvalidArgument, "the body ended after %d bytes, before its end", r.got)
	}
	return infer.Errorf(codes.InvalidArgument, "the body cannot be read after %d bytes: %w", r.got, err)
}

func (r *bodyReader) tooLarge() error {
	return withStatus(http.StatusRequestEntityTooLarge, codes.ResourceExhausted,
		"the body is larger than %d bytes, the most that one message may have; send less, or raise limits.messageBytes", r.limit)
}

// ownedBody is a body in a buffer of a pool, with its charge.
type ownedBody struct {
	buffer  *[]byte
	length  int
	buffers mem.BufferPool
	charge  charge
}

func (b *ownedBody) bytes() []byte { return (*b.buffer)[:b.length] }

func (b *ownedBody) free() {
	b.buffers.Put(b.buffer)
	b.charge.release()
}

// share makes the body a buffer that messages may refer to; the last of them gives it back to the pool. The charge stays, for the
// caller to release.
func (b *ownedBody) share() (mem.Buffer, charge) {
	*b.buffer = b.bytes()
	return mem.NewBuffer(b.buffer, b.buffers), b.charge
}
