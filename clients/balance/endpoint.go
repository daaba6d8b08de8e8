package balance

import "time"

// Endpoint is one address of a server. It is safe for concurrent use.
type Endpoint[L Link] struct {
	Address string // as errors, logs and metrics name it
	Link    L

	set      *Set[L]
	inflight int // guarded by the set's lock
	leaving  bool
}

// Veto keeps calls of a model away from the endpoint while others have it, for a reason such as "the model is not ready"; an empty reason
// lifts the veto. It does not bring an endpoint back that was ejected.
func (e *Endpoint[L]) Veto(model, reason string) { _, _ = model, reason }

// Answers tells that an endpoint that was silent answers a question again. Being ejected it is tried with a call at once, whatever its
// penalty. It changes nothing else.
func (e *Endpoint[L]) Answers() {}

// Silent tells that an endpoint does not answer a question that others answer: it counts as stalled.
func (e *Endpoint[L]) Silent() {}

// State is how an endpoint is doing.
type State struct {
	Address   string
	State     string    // ready, connecting, unreachable, ejected, probing (ejected, and trying one call), leaving
	Reason    string    // of an ejection, or of a veto
	Since     time.Time // of the state, as far as known
	InFlight  int
	Latency   time.Duration // exponentially weighted mean of its calls, failures as if they took their timeout; of the model with most calls
	Calls     uint64        // that ended
	Failures  uint64        // of those
	Ejections map[Cause]uint64
}

// Cause is why an endpoint was ejected.
type Cause string

// The causes.
const (
	Stalled           Cause = "stall"
	ConsecutiveErrors Cause = "consecutive_errors"
	SuccessRate       Cause = "success_rate"
)
