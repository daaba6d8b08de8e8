package deflate

import (
	"compress/zlib"
	"fmt"
	"io"
	"sync"

	"google.golang.org/grpc/encoding"
)

// Name is what goes into grpc-encoding.
const Name = "deflate"

func init() { //nolint:gochecknoinits // grpc-go's table of compressors has no lock: it must be complete before a server runs
	encoding.RegisterCompressor(&compressor{})
}

// compressor is safe for concurrent use. How large a message may become is for grpc-go to bound, by MaxRecvMsgSize.
type compressor struct {
	writers sync.Pool // of *writer
	readers sync.Pool // of *reader
}

var _ encoding.Compressor = (*compressor)(nil)

// Name implements [encoding.Compressor].
func (*compressor) Name() string { return Name }

// writer is a zlib writer that goes back to its pool.
type writer struct {
	*zlib.Writer
	pool *sync.Pool
}

// Close implements [io.Closer]. The writer must not be used afterwards.
func (w *writer) Close() error {
	defer w.pool.Put(w)
	return w.Writer.Close()
}

// Compress implements [encoding.Compressor].
func (c *compressor) Compress(to io.Writer) (io.WriteCloser, error) {
	if w, ok := c.writers.Get().(*writer); ok {
		w.Reset(to)
		return w, nil
	}
	w, err := zlib.NewWriterLevel(to, zlib.BestSpeed) // tensors hardly shrink more at any other
	if err != nil {
		return nil, fmt.Errorf("deflate: %w", err)
	}
	return &writer{w, &c.writers}, nil
}

// reader is a zlib reader that goes back to its pool.
type reader struct {
	io.ReadCloser
	pool *sync.Pool
}

// Close implements [io.Closer]. The reader must not be used afterwards.
func (r *reader) Close() error {
	defer r.pool.Put(r)
	return r.ReadCloser.Close()
}

// Decompress implements [encoding.Compressor]; grpc-go closes what it returns.
func (c *compressor) Decompress(from io.Reader) (io.Reader, error) {
	r, ok := c.readers.Get().(*reader)
	if !ok {
		fresh, err := zlib.NewReader(from)
		if err != nil {
			return nil, fmt.Errorf("deflate: %w", err)
		}
		return &reader{fresh, &c.readers}, nil
	}
	if err := r.ReadCloser.(zlib.Resetter).Reset(from, nil); err != nil { //nolint:forcetypeassert // zlib says that it is one
		c.readers.Put(r)
		return nil, fmt.Errorf("deflate: %w", err)
	}
	return r, nil
}
