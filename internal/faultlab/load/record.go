package load

import "time"

// Verdict is what the ledger says of a call.
type Verdict string

// The verdicts. A call that failed is none of the ledger's: nothing was answered that could be wrong.
const (
	Right   Verdict = "right"
	Failed  Verdict = "failed"
	Wrong   Verdict = "wrong"   // the answer does not fit the call, nor any other's
	Swapped Verdict = "swapped" // the answer is another call's
	Doubled Verdict = "doubled" // the execution was answered with before, or the call had an outcome
	Missing Verdict = "missing" // the call has no outcome
	NotMade Verdict = "not made"
)

// Record is one call.
type Record struct {
	ID    string
	Phase string
	// Due is when its time had come, Sent when it was sent.
	Due, Sent time.Time
	// Latency is from Due to the outcome.
	Latency time.Duration
	// Code is the outcome's name: OK, a code of gRPC, or a status of REST such as HTTP 503. NONE is no outcome.
	Code    string
	Message string // of an error
	// Cancelled is when the caller went away, if it meant to.
	Cancelled time.Time
	// Backend and Execution are who answered.
	Backend   string
	Execution uint64
	Verdict   Verdict
	Why       string // of a verdict that is bad
}

// Failed tells whether the call got anything but a right answer, other than by its caller's own will.
func (r Record) Failed() bool { return r.Verdict != Right && r.Cancelled.IsZero() }
