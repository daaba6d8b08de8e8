package oiptest

import (
	"sync"
	"testing"

	"google.golang.org/grpc/mem"
)

// Pool is a [mem.BufferPool] that counts what is taken and returned. Buffers are poisoned when they come back, so that whoever
// still reads them reads rubbish.
type Pool struct {
	mu    sync.Mutex
	out   map[*byte]int // the first byte of each buffer that is out, and its size
	taken int
}

var _ mem.BufferPool = (*Pool)(nil)

// NewPool returns a pool that fails tb at its end when something taken was not returned, or was returned twice.
func NewPool(tb testing.TB) *Pool {
	tb.Helper()
	p := &Pool{out: map[*byte]int{}}
	tb.Cleanup(func() {
		if n := p.Outstanding(); n != 0 {
			tb.Errorf("%d of %d buffers were not returned to the pool", n, p.Taken())
		}
	})
	return p
}

// Get returns a buffer of that length, filled with 0xA5: a pool promises no zeroes.
func (p *Pool) Get(length int) *[]byte {
	b := make([]byte, length, length+1)
	for i := range b {
		b[i] = 0xA5
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out[key(&b)] = length
	p.taken++
	return &b
}

// Put takes a buffer back. It panics when the buffer is not out.
func (p *Pool) Put(b *[]byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.out[key(b)]; !ok {
		panic("oiptest: a buffer was returned twice, or to the wrong pool")
	}
	delete(p.out, key(b))
	whole := (*b)[:cap(*b)]
	for i := range whole {
		whole[i] = 0xDB
	}
}

// key is the first byte behind a buffer's header; the spare capacity gives empty buffers one too.
func key(b *[]byte) *byte { return &(*b)[:1][0] }

// Outstanding is the number of buffers that are out.
func (p *Pool) Outstanding() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.out)
}

// Taken is the number of buffers ever taken.
func (p *Pool) Taken() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken
}

// Split returns data as a message in buffers of at most size bytes from the pool, each with one reference, as they arrive from a
// connection.
func (p *Pool) Split(data []byte, size int) mem.BufferSlice {
	var s mem.BufferSlice
	for len(data) > 0 {
		n := min(size, len(data))
		// Below grpc-go's pooling threshold buffers are not counted, so every buffer is made larger than it.
		b := p.Get(max(n, countedSize))
		*b = (*b)[:n]
		copy(*b, data)
		s = append(s, mem.NewBuffer(b, p))
		data = data[n:]
	}
	return s
}

const countedSize = 2048
