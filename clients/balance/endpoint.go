package balance

import "time"

// Endpoint is one address of a server. It is safe for concurrent use.
type Endpoint[L Link] struct {
	Address string // as errors, logs and metrics name it
	Link    L

	set *Set[L]

	// Guarded by the set's lock.
	slot      int    // of its records
	hash      uint64 // of its address, for sequences
	inflight  int
	active    []*record[L] // those that have calls in flight
	questions queue[L]
	answered  time.Duration // on the clock, when it last answered
	suspect   time.Duration // the age of the oldest call at which it is suspected next; 0: as soon as it is too old
	ramp      time.Duration // when its slow start began; less than 0: it has its full share
	standing  Standing      // when it was last asked
	asked     bool
	down      bool // it was unreachable since it was last usable
	leaving   bool
	closed    bool // its link is, or is about to be
	grace     *time.Timer
	out       *ejection // nil: it is in
	offences  int       // ejections that count for the next penalty
	returned  time.Duration
	probe     *Lease[L]
	errors    streak
	window    window
	tally     tally
	told      string // the state that was told last
	since     time.Duration
}

// Veto keeps calls of a model away from the endpoint while others have it, for a reason such as "the model is not ready"; an empty reason
// lifts the veto. It does not bring an endpoint back that was ejected. A model that is not called for long is forgotten with its vetoes,
// so they are to be told again each time that the model is asked about.
func (e *Endpoint[L]) Veto(model, reason string) {
	s := e.set
	s.mu.Lock()
	defer s.unlock()
	m := s.models[model]
	if e.leaving || s.closed || m == nil && reason == "" {
		return
	}
	r := s.of(model).open(e)
	if r.veto == reason {
		return
	}
	r.veto = reason
	event := e.event()
	event.Model = model
	if reason != "" {
		event.State, event.Reason = Vetoed, reason
	}
	s.notify(event)
}

// Answers tells that an endpoint that was silent answers a question again. Being ejected it is tried with a call at once, whatever its
// penalty. It changes nothing else.
func (e *Endpoint[L]) Answers() {
	s := e.set
	s.mu.Lock()
	defer s.unlock()
	if e.out != nil {
		e.out.until = min(e.out.until, s.time())
	}
}

// Silent tells that an endpoint does not answer a question that others answer: it counts as stalled, unless it has answered a call since.
func (e *Endpoint[L]) Silent() {
	s := e.set
	s.mu.Lock()
	defer s.unlock()
	if s.closed || e.leaving || s.rules.Disabled {
		return
	}
	if s.clock.at(s.time())-e.answered <= time.Duration(s.rules.Stall) {
		return
	}
	s.stall(e, "it does not answer whether it is live, and others do")
}

// trouble is why e cannot be reached, as far as its link knows.
func (e *Endpoint[L]) trouble() string {
	if x, ok := any(e.Link).(Explainer); ok {
		return x.Trouble()
	}
	return ""
}
