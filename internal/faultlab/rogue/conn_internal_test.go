package rogue

import (
	"bytes"
	"net"
	"testing"

	"pgregory.net/rapid"
)

// sink keeps what is written to it.
type sink struct {
	net.Conn
	text []byte
}

func (s *sink) Write(p []byte) (int, error) {
	s.text = append(s.text, p...)
	return len(p), nil
}

// TestFramesAreOnlyPutBetweenFrames writes frames in pieces of any size, and puts others in at any time.
func TestFramesAreOnlyPutBetweenFrames(t *testing.T) {
	t.Parallel()
	const injected = 0xfa
	rapid.Check(t, func(t *rapid.T) {
		var want []byte
		for range rapid.IntRange(1, 5).Draw(t, "frames") {
			kind := rapid.SampledFrom([]byte{frameData, frameSettings}).Draw(t, "kind")
			next := frame(kind, make([]byte, rapid.IntRange(0, 20).Draw(t, "length"))...)
			if rapid.Bool().Draw(t, "block") { // a header block of two frames
				next = append(frame(frameHeaders, make([]byte, rapid.IntRange(0, 20).Draw(t, "length"))...), frame(frameContinuation)...)
				next[len(next)-headerLength+4] = flagEndHeaders
			}
			want = append(want, next...)
		}
		out := &sink{}
		c := newConn(nil)
		c.Conn = out
		c.h2.Store(true)
		for rest := want; len(rest) > 0; {
			if rapid.Bool().Draw(t, "inject") {
				c.inject(frame(injected, 1, 2, 3), 0)
			}
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			if _, err := c.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		var got []byte
		block := false
		for rest := out.text; len(rest) > 0; {
			h := parseHeader(rest)
			if h.kind == injected && (block || len(got) == 0) {
				t.Fatalf("a frame within a header block, or before all others: %x", out.text)
			}
			if h.kind != injected {
				got, block = append(got, rest[:headerLength+h.length]...), h.isolated()
			}
			rest = rest[headerLength+h.length:]
		}
		if !bytes.Equal(got, want) || len(c.pending) > 0 {
			t.Fatalf("frames changed: %x, want %x; %x pend", got, want, c.pending)
		}
	})
}

func TestTimeoutsOfGRPC(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"5S": "5s", "100m": "100ms", "3u": "3µs", "7n": "7ns", "2M": "2m0s", "1H": "1h0m0s", "": "none", "S": "none", "5x": "none", "-": "none",
	} {
		got := "none"
		if d, ok := timeout(value); ok {
			got = d.String()
		}
		if got != want {
			t.Errorf("%q is %s, want %s", value, got, want)
		}
	}
}
