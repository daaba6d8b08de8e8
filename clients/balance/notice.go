package balance

import "time"

// Vetoed is the State of an event which says that a model is kept away from an endpoint.
const Vetoed = "vetoed"

// Event is a change of an endpoint's state, for the log.
type Event struct {
	Address string
	State   string        // one of States; or Vetoed, and when the veto was lifted the state
	Model   string        // the only one that it is about; empty: all
	Cause   Cause         // of an ejection: fleet asks an endpoint that stalled whether it is back
	Reason  string        // why, for people
	For     time.Duration // how long an ejection lasts; 0: nothing is known of its end
}

// Hooks are told what happens, without the set's lock held. Each may be nil, and is to return soon: calls wait for it.
type Hooks[L Link] struct {
	// Notify is told of changes, in their order.
	Notify func(Event)

	// Suspect is told of an endpoint whose oldest call is older than Stall allows while no other endpoint shows whether it is the endpoint
	// or all of them; again when that call has become twice as old. Whoever asks the endpoint and another one a question, and hears of the
	// other one alone, calls [Endpoint.Silent].
	Suspect func(*Endpoint[L])
}

// notice is something to tell when the lock is given back.
type notice[L Link] struct {
	event   Event
	suspect *Endpoint[L] // nil: it is the event
}

// tell notes that the state of e may have changed.
func (s *Set[L]) tell(e *Endpoint[L]) {
	if e.state() != e.told {
		s.retell(e)
	}
}

// retell tells the state of e, changed or not.
func (s *Set[L]) retell(e *Endpoint[L]) {
	event := e.event()
	if event.State != e.told {
		e.told, e.since = event.State, s.time()
	}
	s.notify(event)
}

// event is the state of e, to be told.
func (e *Endpoint[L]) event() Event {
	event := Event{Address: e.Address, State: e.state()}
	if event.State == StateUnreachable {
		event.Reason = e.trouble()
	}
	if e.out != nil {
		event.Cause, event.Reason = e.out.cause, e.out.reason
		event.For = max(e.out.until-e.set.time(), 0)
	}
	return event
}

func (s *Set[L]) notify(event Event) {
	if s.hooks.Notify != nil {
		s.notices = append(s.notices, notice[L]{event: event})
	}
}

// unlock gives the lock back, tells what there is to tell, and closes the links of endpoints that are gone. Events are told in order:
// whoever comes while another one tells leaves them to that one.
func (s *Set[L]) unlock() {
	if len(s.moved) == 0 && len(s.parting) == 0 && len(s.notices) == 0 {
		s.mu.Unlock()
		return
	}
	moved, parting := s.moved, s.parting
	s.moved, s.parting = nil, nil
	if s.telling {
		s.mu.Unlock()
	} else {
		s.say()
	}
	for _, f := range moved {
		f()
	}
	for _, e := range parting {
		_ = e.Link.Close()
	}
}

// say tells all notices, and gives the lock back.
func (s *Set[L]) say() {
	s.telling = true
	for len(s.notices) > 0 {
		notices := s.notices
		s.notices = nil
		s.mu.Unlock()
		for _, n := range notices {
			if n.suspect != nil {
				s.hooks.Suspect(n.suspect)
			} else {
				s.hooks.Notify(n.event)
			}
		}
		s.mu.Lock()
	}
	s.telling = false
	s.mu.Unlock()
}
