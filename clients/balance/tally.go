package balance

// tally counts what happened to an endpoint.
type tally struct {
	calls     uint64
	failures  uint64
	stalls    uint64
	probes    uint64
	ejections map[Cause]uint64
}

func (t *tally) eject(cause Cause) {
	if t.ejections == nil {
		t.ejections = map[Cause]uint64{}
	}
	t.ejections[cause]++
}

// Cause is why an endpoint was ejected.
type Cause string

// The causes.
const (
	Stalled           Cause = "stall"
	ConsecutiveErrors Cause = "consecutive_errors"
	SuccessRate       Cause = "success_rate"
)
