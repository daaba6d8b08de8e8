package balance

import (
	"container/list"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// ErrClosed and ErrNowhere are why a call has no place.
var (
	ErrClosed  = errors.New("it is closed; the configuration that named it was replaced")
	ErrNowhere = errors.New("it has no endpoint left to call")
)

// Set is the endpoints of a server. It is safe for concurrent use.
type Set[L Link] struct {
	options Options
	rules   Ejection
	hooks   Hooks[L]
	birth   time.Time     // where the set's time begins
	random  func() uint64 // of all bits

	mu        sync.Mutex
	endpoints []*Endpoint[L] // in or ejected, in the order they came; replaced when it changes
	in        []*Endpoint[L] // those of them that are in
	leaving   []*Endpoint[L]
	slots     int   // how many there are
	vacant    []int // those that nobody has
	models    map[string]*model[L]
	lately    *list.List // the models, the last called first
	scratch   []*Endpoint[L]
	next      int
	called    bool          // there was a call
	ramping   time.Duration // until when there may be slow starts
	inflight  int
	judged    int // of those: not answered, and judged
	clock     clock
	timer     *time.Timer
	drained   chan struct{}
	closed    bool

	notices []notice[L]
	telling bool // somebody is telling notices, and will tell those that come meanwhile
	moved   []func()
	parting []*Endpoint[L]
}

// NewSet returns an empty set.
func NewSet[L Link](o Options, h Hooks[L]) *Set[L] {
	o = o.complete()
	return &Set[L]{
		options: o, rules: *o.Ejection, hooks: h, birth: time.Now(), random: rand.Uint64, clock: clock{free: o.Ejection.Disabled},
		models: map[string]*model[L]{}, lately: list.New(),
	}
}

// time is now, since the set's birth.
func (s *Set[L]) time() time.Duration { return time.Since(s.birth) }

// Add takes a new endpoint in. A closed set closes its link.
func (s *Set[L]) Add(address string, link L) *Endpoint[L] {
	e := &Endpoint[L]{Address: address, Link: link, set: s, hash: hashed(address), ramp: -1, told: StateReady}
	s.mu.Lock()
	defer s.unlock()
	if s.closed {
		e.leaving = true
		s.part(e)
		return e
	}
	e.slot = s.vacancy()
	e.since = s.time()
	if s.called {
		s.rampUp(e)
	}
	s.endpoints = append(slices.Clip(s.endpoints), e)
	s.in = append(s.in, e)
	return e
}

func (s *Set[L]) vacancy() int {
	if n := len(s.vacant); n > 0 {
		slot := s.vacant[n-1]
		s.vacant = s.vacant[:n-1]
		return slot
	}
	s.slots++
	return s.slots - 1
}

// Endpoints are those that are in or ejected, in the order they came. The caller must not change the slice.
func (s *Set[L]) Endpoints() []*Endpoint[L] {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.endpoints
}

// Closed reports whether the set was closed.
func (s *Set[L]) Closed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}
