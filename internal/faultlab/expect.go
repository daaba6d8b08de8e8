package faultlab

import "github.com/manifold-serving/manifold/internal/units"

// Expect is what must hold of the servers and the gateway. What is absent is not looked at; that no answer is wrong, that the gateway
// lives and that nothing leaks must always hold.
type Expect struct {
	// EjectedWithin is how soon after the first fault, or after each that stops a backend, the gateway takes it out.
	EjectedWithin units.Duration `json:"ejectedWithin,omitempty"`

	// FullShareWithin is how soon after the last fault each backend has its share of the calls again.
	FullShareWithin units.Duration `json:"fullShareWithin,omitempty"`

	// BadShare is the part of the calls that the backends may get to which the first fault is done, from 200 ms after it to the last one.
	BadShare float64 `json:"badShare,omitempty"`

	// Ejections is how many there may be.
	Ejections *int `json:"ejections,omitempty"`

	// LiveAtEjected is how many calls may be at a backend at a time that is out.
	LiveAtEjected *int `json:"liveAtEjected,omitempty"`

	// Amplification is how many times a call may be made on average, and AmplificationInAnySecond in the worst one.
	Amplification            float64 `json:"amplification,omitempty"`
	AmplificationInAnySecond float64 `json:"amplificationInAnySecond,omitempty"`

	// DialsPerSecond is how many connects to a backend there may be in a second, on average from the first fault to the last. In the first
	// second there are more: what was gone for a moment is to be found at once. Its server needs Toxic.
	DialsPerSecond float64 `json:"dialsPerSecond,omitempty"`

	// FirstSuccessWithin is how soon after the last fault a call is answered.
	FirstSuccessWithin units.Duration `json:"firstSuccessWithin,omitempty"`

	// CancelledWithin is how soon a backend learns that a caller has turned away, 99 times of 100.
	CancelledWithin units.Duration `json:"cancelledWithin,omitempty"`

	// DispatchedAfterExpiry is how many calls may come to a backend 20 ms after their callers' deadlines, or later.
	DispatchedAfterExpiry *int `json:"dispatchedAfterExpiry,omitempty"`

	// Memory is how much more than before the gateway may ever hold.
	Memory units.Size `json:"memory,omitempty"`

	// Untouched are backends that may get no call, such as "pool/1'", which is what has the place of pool/1 when that was replaced.
	Untouched []string `json:"untouched,omitempty"`
}

// counted is what does not depend on how fast the machine is.
func (e Expect) counted() Expect {
	e.EjectedWithin, e.FullShareWithin, e.FirstSuccessWithin, e.CancelledWithin, e.BadShare = 0, 0, 0, 0, 0
	e.DispatchedAfterExpiry = nil
	return e
}
