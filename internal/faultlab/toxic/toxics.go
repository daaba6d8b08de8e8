package toxic

import (
	"time"

	"github.com/manifold-serving/manifold/internal/units"
)

// Toxics are what is wrong with a network. The zero value is a good one.
type Toxics struct {
	// Refuse resets connections as soon as they are made. They count as connects, which those that the kernel refuses cannot.
	Refuse bool `json:"refuse,omitempty"`

	// Lost loses what asks for a connection, so that connecting takes for ever; connections that are there stay as they are. Nobody can
	// count who asked.
	Lost bool `json:"lost,omitempty"`

	Up   Direction `json:"up,omitzero"`   // from the caller to the server
	Down Direction `json:"down,omitzero"` // from the server to the caller
}

// Direction is what is wrong with one way of every connection.
type Direction struct {
	// Hold lets nothing through, the end of the connection included, while both sides believe that it is up.
	Hold bool `json:"hold,omitempty"`

	// Latency is how much later bytes arrive, and Jitter up to how much more. Their order stays.
	Latency units.Duration `json:"latency,omitempty"`
	Jitter  units.Duration `json:"jitter,omitempty"`

	// Bandwidth in bytes a second, for each connection; 0 means no limit.
	Bandwidth units.Size `json:"bandwidth,omitempty"`

	// Slice is the most bytes that arrive in one piece; 0 means as many as were read.
	Slice int `json:"slice,omitempty"`

	// Corrupt changes one byte of this many at random; 0 means none.
	Corrupt int `json:"corrupt,omitempty"`
}

// piece is how many of n bytes are written at a time.
func (d Direction) piece(n int) int {
	if d.Slice > 0 && d.Slice < n {
		return d.Slice
	}
	if d.Bandwidth > 0 { // in steps of a hundredth of a second, or a held connection would be let go late
		return max(1, min(n, int(d.Bandwidth)/100))
	}
	return n
}

// pace is how long n bytes take.
func (d Direction) pace(n int) time.Duration {
	if d.Bandwidth <= 0 {
		return 0
	}
	return time.Duration(n) * time.Second / time.Duration(d.Bandwidth)
}

// setting is what was set, until it was set anew.
type setting struct {
	Toxics
	over chan struct{} // closed when another setting is in force
}
