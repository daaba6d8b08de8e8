package rogue

// cursor is where in the frames of a connection its writer is.
type cursor struct {
	head   []byte // what is there of a header
	left   int    // of the payload
	closed bool   // the frame before may be followed by any
	frames int    // that are complete
}

// boundary tells whether a frame may be put here.
func (c *cursor) boundary() bool { return c.frames > 0 && c.left == 0 && len(c.head) == 0 && c.closed }

// advance goes over p, to its end or, when stop says so, to the first boundary, and returns how far that is.
func (c *cursor) advance(p []byte, stop bool) int {
	at := 0
	for at < len(p) {
		at += c.step(p[at:])
		if stop && c.boundary() {
			break
		}
	}
	return at
}

// step goes over a header, or a payload, or what p has of it.
func (c *cursor) step(p []byte) int {
	if c.left > 0 {
		n := min(c.left, len(p))
		c.left -= n
		c.ended()
		return n
	}
	n := min(headerLength-len(c.head), len(p))
	c.head = append(c.head, p[:n]...)
	if len(c.head) == headerLength {
		h := parseHeader(c.head)
		c.head, c.left, c.closed = c.head[:0], h.length, !h.isolated()
		c.ended()
	}
	return n
}

func (c *cursor) ended() {
	if c.left == 0 {
		c.frames++
	}
}
