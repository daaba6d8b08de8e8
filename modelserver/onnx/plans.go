package onnx

import (
	"slices"
	"sync"
)

// plans keeps the most recently used plans. It is safe for concurrent use; a plan that
// drops out while it runs is not disturbed.
type plans struct {
	limit int

	mu     sync.Mutex
	recent []*plan // the latest first
}

// get returns the plan under key, or nil.
func (c *plans) get(key string) *plan {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.recent, func(p *plan) bool { return p.key == key })
	if i < 0 {
		return nil
	}
	p := c.recent[i]
	copy(c.recent[1:i+1], c.recent[:i])
	c.recent[0] = p
	return p
}

// put adds a plan, and drops the one that was not used for longest beyond the limit.
func (c *plans) put(p *plan) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.recent = slices.Insert(c.recent, 0, p)
	if len(c.recent) > c.limit {
		c.recent = slices.Delete(c.recent, c.limit, len(c.recent))
	}
}

// clear drops all plans.
func (c *plans) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.recent = nil
}
