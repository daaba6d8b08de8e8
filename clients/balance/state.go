package balance

import (
	"maps"
	"slices"
	"time"
)

// State is how an endpoint is doing.
type State struct {
	Address   string
	State     string    // one of States
	Reason    string    // of an ejection, or why it cannot be reached, as far as known
	Since     time.Time // of the state, as far as known
	Until     time.Time // of an ejection, when the endpoint is tried; zero: it is not ejected
	InFlight  int
	Model     string            // the one with most calls here
	Latency   time.Duration     // exponentially weighted mean of its calls, failures as if they took ten times as long; 0: not known
	P99       time.Duration     // of its calls, over all endpoints; 0: not known
	Vetoes    map[string]string // by model: why its calls are kept away
	Calls     uint64            // that ended
	Failures  uint64            // of those
	Stalls    uint64            // how often its calls were moved away, be it ejected or not
	Probes    uint64            // calls that tried it while it was out
	Ejections map[Cause]uint64
}

// The states of an endpoint.
const (
	StateReady       = "ready"
	StateConnecting  = "connecting"
	StateUnreachable = "unreachable" // since it was last usable
	StateEjected     = "ejected"
	StateProbing     = "probing" // ejected, and tried with a call
	StateLeaving     = "leaving"
)

// States are all states of an endpoint.
func States() []string {
	return []string{StateReady, StateConnecting, StateUnreachable, StateEjected, StateProbing, StateLeaving}
}

// state is the state of e as it is told. The lock is held.
func (e *Endpoint[L]) state() string {
	switch {
	case e.leaving:
		return StateLeaving
	case e.probe != nil && e.out != nil && !e.probe.moved && !e.probe.settled:
		return StateProbing
	case e.out != nil:
		return StateEjected
	case e.down:
		return StateUnreachable
	}
	return StateReady
}

// State tells of every endpoint, in the order they came, those that leave at the end.
func (s *Set[L]) State() []State {
	s.mu.Lock()
	defer s.unlock()
	now := s.time()
	all := make([]State, 0, len(s.endpoints)+len(s.leaving))
	for _, e := range slices.Concat(s.endpoints, s.leaving) {
		all = append(all, s.stateOf(e, now))
	}
	return all
}

func (s *Set[L]) stateOf(e *Endpoint[L], now time.Duration) State {
	if e.asked && !s.closed && !e.leaving {
		s.standingOf(e)
	}
	state := State{
		Address: e.Address, State: e.state(), Since: s.birth.Add(e.since), InFlight: e.inflight,
		Calls: e.tally.calls, Failures: e.tally.failures, Stalls: e.tally.stalls, Probes: e.tally.probes,
		Ejections: maps.Clone(e.tally.ejections),
	}
	if state.State == StateReady && e.standing == Connecting {
		state.State = StateConnecting
	}
	if state.State == StateUnreachable {
		state.Reason = e.trouble()
	}
	if e.out != nil {
		state.Reason, state.Until = e.out.reason, s.birth.Add(e.out.until)
	}
	if e.leaving {
		return state
	}
	var main *record[L]
	for _, m := range s.models {
		r := m.at(e)
		if r == nil {
			continue
		}
		if r.veto != "" {
			if state.Vetoes == nil {
				state.Vetoes = map[string]string{}
			}
			state.Vetoes[m.name] = r.veto
		}
		if r.latency.known && (main == nil || r.calls > main.calls || r.calls == main.calls && m.name < main.model.name) {
			main = r
		}
	}
	if main != nil {
		state.Model, state.P99 = main.model.name, main.model.latency.percentile(99)
		state.Latency = time.Duration(main.latency.value(now))
	}
	return state
}

// Percentile is how long calls of a model take, of 100 as many as p at most; 0 when too few have ended to tell.
func (s *Set[L]) Percentile(model string, p int) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.models[model]
	if m == nil || m.latency.known() < enough {
		return 0
	}
	return m.latency.percentile(p)
}

// Healthy is how many endpoints are in and can be reached.
func (s *Set[L]) Healthy() int {
	s.mu.Lock()
	defer s.unlock()
	n := 0
	for _, e := range s.in {
		if !e.asked || s.closed || s.standingOf(e) != Unreachable {
			n++
		}
	}
	return n
}
