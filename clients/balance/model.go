package balance

import (
	"container/list"
	"time"
)

// mostModels is how many models of a server are remembered, least recently called forgotten first: their names come from clients. Those with calls in flight
// are kept whatever their number.
const mostModels = 256

// model is what is known of a model over all endpoints of a server.
type model[L Link] struct {
	name     string
	records  []*record[L] // by the endpoints' slots
	latency  histogram
	taken    uint64
	inflight int // judged and not answered
	place    *list.Element
}

// record is what is known of a model at one endpoint.
type record[L Link] struct {
	model    *model[L]
	latency  average
	veto     string
	fresh    queue[L] // calls in flight that are judged
	stale    queue[L] // those that were moved away
	active   int      // its place among the endpoint's active ones, when it has calls in flight
	calls    uint64
	inOrder  uint64        // of the model's calls, the last that was taken here
	taken    time.Duration // when that was
	newest   time.Duration // when the newest of the calls that were answered began
	answered time.Duration // when the last one was
}

// oldest is the oldest call in flight; nil when there is none.
func (r *record[L]) oldest() *Lease[L] {
	if r.stale.head != nil {
		return r.stale.head
	}
	return r.fresh.head
}

// of returns the model of that name, new or not.
func (s *Set[L]) of(name string) *model[L] {
	m := s.models[name]
	if m == nil {
		s.forget()
		m = &model[L]{name: name}
		m.place = s.lately.PushFront(m)
		s.models[name] = m
	} else if s.lately.Front() != m.place {
		s.lately.MoveToFront(m.place)
	}
	return m
}

// forget makes room for one more model.
func (s *Set[L]) forget() {
	for place := s.lately.Back(); place != nil && len(s.models) >= mostModels; {
		m, _ := place.Value.(*model[L])
		next := place.Prev()
		if m.inflight == 0 {
			s.lately.Remove(place)
			delete(s.models, m.name)
		}
		place = next
	}
}

// at is what is known of the model at e; nil when nothing is.
func (m *model[L]) at(e *Endpoint[L]) *record[L] {
	if e.slot < len(m.records) {
		return m.records[e.slot]
	}
	return nil
}

// open is at, and makes a record when there is none.
func (m *model[L]) open(e *Endpoint[L]) *record[L] {
	if r := m.at(e); r != nil {
		return r
	}
	for len(m.records) <= e.slot {
		m.records = append(m.records, nil)
	}
	r := &record[L]{model: m}
	m.records[e.slot] = r
	return r
}

// vetoed tells why the model is kept away from e; empty when it is not.
func (m *model[L]) vetoed(e *Endpoint[L]) string {
	if r := m.at(e); r != nil {
		return r.veto
	}
	return ""
}
