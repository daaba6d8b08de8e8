package faultlab

import "time"

// Record is what was seen of a run. All times are since the load began.
type Record struct {
	From, To time.Duration        // of the first fault, and when the last had happened
	Faults   []Happened           // in their order
	Calls    [][]Call             // of each Traffic
	Arrivals map[string][]Arrival // of each backend, those before the load began too
	Changes  []Change             // in their order
	Live     []Live               // in their order
	Connects map[string][]time.Duration
	Before   int64    // bytes that the gateway held when the load began
	Peak     int64    // and the most that it ever held since
	Running  int      // calls that a backend still had in the end
	Broken   []string // what must never be: a process that ended by itself, goroutines or descriptors that stay
	Unusable []string // why times mean nothing: the load was late itself
}

// Happened is a fault that came to pass.
type Happened struct {
	Do       Action
	Backends []string
	At       time.Duration
}

// Verdict is what became of a call.
type Verdict int

// The verdicts.
const (
	Answered Verdict = iota // and right
	Failed
	Wrong     // answered, but not with the answer to this call, or not once
	Cancelled // the caller turned away
)

// Call is one of the load.
type Call struct {
	ID      string
	Due     time.Duration // when it was to begin, whether or not it did
	Expires time.Duration // when the caller gives up, from when it did begin; 0: not known
	Ended   time.Duration
	Verdict Verdict
	Code    string // of gRPC, of a call that failed
	Detail  string // what is wrong, for people
}

// took is how long the caller waited.
func (c Call) took() time.Duration { return c.Ended - c.Due }

// Arrival is a call as a backend saw it.
type Arrival struct {
	ID, Model string
	At        time.Duration
	Ended     time.Duration
	Cancelled bool // it ended because nobody waited any more
}

// Change is of an endpoint's state, as the gateway told it.
type Change struct {
	At      time.Duration
	Backend string
	Out     bool // it was taken out; or else it is back
	Reason  string
}

// Live is how many calls the gateway had at a backend that was out.
type Live struct {
	At      time.Duration
	Backend string
	Calls   int
}
