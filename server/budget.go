package server

import (
	"sync/atomic"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/units"
)

// unreadBytes is what a call is admitted with: as much as HTTP/2 lets a client send of a message that nobody reads.
const unreadBytes = 64 * units.KiB

// budget bounds the bytes in flight. It never waits. It is safe for concurrent use.
type budget struct {
	limit int64
	used  atomic.Int64
}

// take charges n bytes, or refuses with RESOURCE_EXHAUSTED.
func (b *budget) take(n int64) error {
	if used := b.used.Add(n); used > b.limit {
		b.used.Add(-n)
		err := infer.Errorf(codes.ResourceExhausted,
			"%d of %d bytes of messages are in flight, so %d more do not fit; try again, or raise limits.inflightBytes",
			used-n, b.limit, n)
		err.RetryAfter = crowdedFor()
		return err
	}
	return nil
}

// charge is one call's share of a budget. Its zero bytes need no release.
type charge struct {
	budget *budget
	bytes  int64
}

// grow raises the charge to n bytes, if it is less.
func (c *charge) grow(n int64) error {
	if n <= c.bytes {
		return nil
	}
	if err := c.budget.take(n - c.bytes); err != nil {
		return err
	}
	c.bytes = n
	return nil
}

// shrink lowers the charge to n bytes, if it is more.
func (c *charge) shrink(n int64) {
	if n < c.bytes {
		c.budget.used.Add(n - c.bytes)
		c.bytes = n
	}
}

// release gives all of it back.
func (c *charge) release() {
	c.budget.used.Add(-c.bytes)
	c.bytes = 0
}
