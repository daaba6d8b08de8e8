package balance_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
)

// world is three servers of eight workers, of which one may be at fault, and a load of 400 calls a second that nothing slows down. Source:
// section 0.2 of the note on failures.
type world struct {
	set       *set
	endpoints []*endpoint
	servers   map[*endpoint]*server
	sick      *endpoint
	start     time.Time
	calls     sync.WaitGroup

	mu     sync.Mutex
	events []event
	taken  []placed
	failed int
	out    int // probes in flight at the sick one
	most   int
}

type event struct {
	balance.Event
	at time.Duration
}

type placed struct {
	at    time.Duration
	sick  bool
	probe bool
}

// server serves calls as its mode says.
type server struct {
	jobs chan chan bool

	mu      sync.Mutex
	service time.Duration // a call
	fails   bool
	stopped chan struct{} // closed when it continues; nil: it runs
}

func newWorld(t *testing.T, policy balance.Policy) *world {
	t.Helper()
	w := &world{servers: map[*endpoint]*server{}, start: time.Now()}
	w.set, w.endpoints = newSet(t, 3, balance.Options{Balancing: policy}, balance.Hooks[*link]{Notify: func(e balance.Event) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events = append(w.events, event{e, time.Since(w.start)})
	}})
	w.sick = w.endpoints[1]
	for _, e := range w.endpoints {
		s := &server{jobs: make(chan chan bool, 100_000), service: 10 * time.Millisecond}
		w.servers[e] = s
		for range 8 {
			go s.work()
		}
	}
	return w
}

func (s *server) work() {
	for answer := range s.jobs {
		s.wait()
		service, fails := s.mode()
		time.Sleep(time.Duration(float64(service) * (0.8 + 0.4*rand.Float64())))
		s.wait()
		answer <- !fails
	}
}

func (s *server) mode() (service time.Duration, fails bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.service, s.fails
}

func (s *server) be(service time.Duration, fails bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.service, s.fails = service, fails
}

func (s *server) wait() {
	s.mu.Lock()
	stopped := s.stopped
	s.mu.Unlock()
	if stopped != nil {
		<-stopped
	}
}

func (s *server) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = make(chan struct{})
}

func (s *server) cont() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.stopped)
	s.stopped = nil
}

// load makes 400 calls a second for so long.
func (w *world) load(length time.Duration) {
	for range length / (2500 * time.Microsecond) {
		w.calls.Go(w.call)
		time.Sleep(2500 * time.Microsecond)
	}
}

// call makes a call as a dispatcher would: moved and failed calls go to another endpoint once, the first answer wins.
func (w *world) call() {
	deadline := time.NewTimer(time.Second)
	defer deadline.Stop()
	first, again := w.send()
	defer func() { w.end(first) }()
	select {
	case first.good = <-first.answer:
		first.over = true
		if first.good {
			return
		}
	case <-again:
	case <-deadline.C:
		w.count()
		return
	}
	second, _ := w.send(first.lease.Endpoint)
	defer func() { w.end(second) }()
	answers := first.answer
	if first.over {
		answers = nil
	}
	select {
	case first.good = <-answers:
		first.over = true
	case second.good = <-second.answer:
		second.over = true
	case <-deadline.C:
	}
	if !first.good && !second.good {
		w.count()
	}
}

func (w *world) count() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed++
}

type attempt struct {
	lease      *lease
	answer     chan bool
	over, good bool
}

func (w *world) send(avoid ...*endpoint) (*attempt, <-chan struct{}) {
	moved := make(chan struct{})
	l, err := w.set.Take(balance.Call{Model: "m", Repeatable: true}, avoid...)
	if err != nil {
		panic(err)
	}
	l.OnMoved(func() { close(moved) })
	w.mu.Lock()
	w.taken = append(w.taken, placed{time.Since(w.start), l.Endpoint == w.sick, balance.Probes(l)})
	if balance.Probes(l) {
		w.out++
		w.most = max(w.most, w.out)
	}
	w.mu.Unlock()
	a := &attempt{lease: l, answer: make(chan bool, 1)}
	w.servers[l.Endpoint].jobs <- a.answer
	return a, moved
}

func (w *world) end(a *attempt) {
	if balance.Probes(a.lease) {
		w.mu.Lock()
		w.out--
		w.mu.Unlock()
	}
	switch {
	case !a.over:
		a.lease.Done(balance.Abandoned)
	case a.good:
		a.lease.Done(balance.Answered)
	default:
		a.lease.Done(balance.Failed)
	}
}

// share is the part of the calls between two times that the sick one got, probes not counted.
func (w *world) share(from, to time.Duration) float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	all, sick := 0, 0
	for _, p := range w.taken {
		if p.at < from || p.at >= to {
			continue
		}
		all++
		if p.sick {
			sick++
		}
	}
	return float64(sick) / float64(all)
}

// ejectedAt is when the sick one was ejected first, and how often any was for another reason than a failed probe.
func (w *world) ejectedAt() (first time.Duration, endpoints map[string]bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	endpoints = map[string]bool{}
	for _, e := range w.events {
		if e.State == "ejected" {
			if len(endpoints) == 0 {
				first = e.at
			}
			endpoints[e.Address] = true
		}
	}
	return first, endpoints
}

func TestFaultOfOneOfThree(t *testing.T) {
	t.Parallel()
	const (
		healthy = 5 * time.Second
		fault   = 30 * time.Second
		after   = 15 * time.Second
	)
	slow := func(s *server) { s.be(200*time.Millisecond, false) }
	fail := func(s *server) { s.be(100*time.Microsecond, true) }
	well := func(s *server) { s.be(10*time.Millisecond, false) }
	tests := []struct {
		name    string
		policy  balance.Policy
		begin   func(*server)
		end     func(*server)
		ejected bool // it has to be, at once; p2c leaves it alone without
	}{
		{"U2 stopped", balance.P2C, (*server).stop, (*server).cont, true},
		{"U2 stopped", balance.RoundRobin, (*server).stop, (*server).cont, true},
		{"U2 stopped", balance.LeastRequest, (*server).stop, (*server).cont, true},
		{"U3 20x slower", balance.P2C, slow, well, false},
		{"U4 failing fast", balance.P2C, fail, well, false},
		{"U4 failing fast", balance.RoundRobin, fail, well, true},
		{"U4 failing fast", balance.LeastRequest, fail, well, true},
	}
	for _, test := range tests {
		t.Run(test.name+"/"+string(test.policy), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, test.policy)
				sick := w.servers[w.sick]
				go func() {
					time.Sleep(healthy)
					test.begin(sick)
					time.Sleep(fault)
					test.end(sick)
					time.Sleep(time.Second / 2)
					w.sick.Answers() // the fleet asks about once a second
				}()
				w.load(healthy + fault + after)
				w.calls.Wait()
				for _, s := range w.servers {
					close(s.jobs)
				}
				at, out := w.ejectedAt()
				before := w.share(healthy/2, healthy)
				early := w.share(healthy+200*time.Millisecond, healthy+fault)
				back := w.share(healthy+fault+10*time.Second, healthy+fault+after)
				if test.ejected && (at < healthy || at > healthy+300*time.Millisecond) {
					t.Errorf("ejected after %v", at-healthy)
				}
				if len(out) > 1 || len(out) == 1 && !out[w.sick.Address] {
					t.Errorf("ejected: %v", out)
				}
				if w.failed > 0 {
					t.Errorf("%d calls failed", w.failed)
				}
				if w.most > 1 {
					t.Errorf("%d calls at a time at an endpoint that is out", w.most)
				}
				if early > 0.01 {
					t.Errorf("share after 200 ms: %.4f", early)
				}
				if before < 0.25 || back < 0.22 {
					t.Errorf("share before %.3f, and 10 s after the fault %.3f", before, back)
				}
				if n := w.set.Healthy(); n != 3 {
					t.Errorf("%d healthy", n)
				}
			})
		})
	}
}
