package balance

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// undated is a test without a deadline, which a bubble's does not have.
type undated struct{ testing.TB }

// host is a link that stands as the schedule says.
type host struct {
	standing atomic.Int64
	closed   atomic.Int64
}

func (h *host) Standing() Standing { return Standing(h.standing.Load()) }

func (h *host) Close() error {
	h.closed.Add(1)
	return nil
}

// schedule is a set to which anything happens in any order.
type schedule struct {
	t     *rapid.T
	set   *Set[*host]
	hosts []*host
	live  []*call
	names int
}

// call is a lease that was not ended.
type call struct {
	*Lease[*host]
	during *ejection // its endpoint was out when the call was placed; nil: it was in
	placed bool      // by TakeAt
	floor  bool      // too few were left then
	probes bool      // it tries its endpoint
	moved  *atomic.Int64
}

func newSchedule(t *rapid.T) *schedule {
	s := &schedule{t: t}
	silent := rapid.Bool().Draw(t, "silent")
	s.set = NewSet(Options{
		Balancing: rapid.SampledFrom([]Policy{P2C, RoundRobin, LeastRequest}).Draw(t, "policy"),
	}, Hooks[*host]{Suspect: func(e *Endpoint[*host]) {
		if silent {
			e.Silent()
		}
	}})
	random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	s.set.random = random.Uint64
	for range rapid.IntRange(1, 5).Draw(t, "endpoints") {
		s.add()
	}
	return s
}

func (s *schedule) add() {
	if len(s.set.Endpoints()) == 6 {
		return
	}
	h := &host{}
	s.hosts = append(s.hosts, h)
	s.names++
	s.set.Add(fmt.Sprint("host", s.names), h)
}

func (s *schedule) endpoint() *Endpoint[*host] {
	return rapid.SampledFrom(s.set.Endpoints()).Draw(s.t, "endpoint")
}

// step does one thing.
func (s *schedule) step() {
	switch rapid.IntRange(0, 24).Draw(s.t, "step") {
	case 0, 1, 2, 3, 4, 5, 6, 7:
		s.take()
	case 8, 9, 10, 11, 12, 13:
		s.end()
	case 14, 15:
		time.Sleep(time.Duration(rapid.IntRange(1, 400).Draw(s.t, "ms")) * time.Millisecond)
	case 16:
		time.Sleep(time.Duration(rapid.IntRange(1, 5).Draw(s.t, "s")) * time.Second)
	case 17:
		s.pause(time.Duration(rapid.IntRange(1, 5000).Draw(s.t, "ms")) * time.Millisecond)
	case 18:
		s.endpoint().Link.standing.Store(rapid.Int64Range(0, 2).Draw(s.t, "standing"))
	case 19:
		s.endpoint().Veto(s.model(), rapid.SampledFrom([]string{"", "not ready"}).Draw(s.t, "veto"))
	case 20:
		s.endpoint().Answers()
	case 21:
		s.endpoint().Silent()
	case 22:
		s.add()
	case 23:
		if len(s.set.Endpoints()) > 1 {
			s.set.Remove(s.endpoint(), time.Duration(rapid.IntRange(0, 2).Draw(s.t, "grace"))*time.Second)
		}
	case 24:
		s.outage()
	}
	synctest.Wait()
}

// outage is that many calls at one endpoint fail while others are answered.
func (s *schedule) outage() {
	sick := s.endpoint()
	for range rapid.IntRange(5, 40).Draw(s.t, "calls") {
		before := len(s.live)
		s.take()
		if len(s.live) == before {
			continue
		}
		c := s.live[before]
		s.live = s.live[:before]
		if c.Endpoint == sick {
			c.Done(Failed)
		} else {
			c.Done(Answered)
		}
	}
}

// pause stops this process but for its clock.
func (s *schedule) pause(length time.Duration) {
	if s.set.timer == nil || !s.set.timer.Stop() {
		return
	}
	time.Sleep(length)
	s.set.timer.Reset(0)
	synctest.Wait()
}

func (s *schedule) model() string {
	return rapid.SampledFrom([]string{"m", "n"}).Draw(s.t, "model")
}

func (s *schedule) take() {
	if rapid.IntRange(0, 9).Draw(s.t, "at") == 0 {
		e := s.endpoint()
		if l, err := s.set.TakeAt(e); err == nil {
			s.live = append(s.live, &call{Lease: l, placed: true, moved: new(atomic.Int64)})
		}
		return
	}
	c := Call{Model: s.model(), Repeatable: rapid.IntRange(0, 3).Draw(s.t, "repeatable") > 0}
	c.Question = rapid.IntRange(0, 9).Draw(s.t, "question") == 0
	c.Sequence = rapid.SampledFrom([]string{"", "", "", "s1", "s2"}).Draw(s.t, "sequence")
	var avoid []*Endpoint[*host]
	if rapid.IntRange(0, 4).Draw(s.t, "avoid") == 0 {
		avoid = append(avoid, s.endpoint())
	}
	floor := s.few(c.Model)
	l, err := s.set.Take(c, avoid...)
	if err != nil {
		if len(avoid) == 0 {
			s.t.Fatalf("nowhere to go among %d endpoints", len(s.set.Endpoints()))
		}
		return
	}
	if slices.Contains(avoid, l.Endpoint) {
		s.t.Fatalf("an avoided endpoint got the call")
	}
	n := new(atomic.Int64)
	l.OnMoved(func() { n.Add(1) })
	s.set.mu.Lock()
	defer s.set.mu.Unlock()
	s.live = append(s.live, &call{Lease: l, during: l.Endpoint.out, floor: floor, probes: l.Endpoint.probe == l, moved: n})
}

// few reports whether too few endpoints are in and can be called.
func (s *schedule) few(model string) bool {
	s.set.mu.Lock()
	defer s.set.mu.Unlock()
	n := 0
	for _, e := range s.set.endpoints {
		m := s.set.models[model]
		if e.out == nil && e.Link.Standing() != Unreachable && (m == nil || m.vetoed(e) == "") {
			n++
		}
	}
	return n*100 < len(s.set.endpoints)*defaultFloor
}

// end ends a call, and sees that no other one's probe lost its slot by that.
func (s *schedule) end() {
	if len(s.live) == 0 {
		return
	}
	i := rapid.IntRange(0, len(s.live)-1).Draw(s.t, "call")
	c := s.live[i]
	outcome := rapid.SampledFrom([]Outcome{Answered, Answered, Failed, Failed, Unsent, Abandoned}).Draw(s.t, "outcome")
	probes := s.probes(c)
	if rapid.IntRange(0, 4).Draw(s.t, "stream") == 0 {
		c.Answer(outcome)
	} else {
		c.Done(outcome)
		s.live = slices.Delete(s.live, i, i+1)
	}
	now := s.probes(c)
	for e, probe := range probes {
		if now[e] != probe {
			s.t.Fatalf("%s: the end of another call freed the slot of the one that tries it", e.Address)
		}
	}
}

// probes are the calls that try endpoints, but for c.
func (s *schedule) probes(c *call) map[*Endpoint[*host]]*Lease[*host] {
	s.set.mu.Lock()
	defer s.set.mu.Unlock()
	probes := map[*Endpoint[*host]]*Lease[*host]{}
	for _, e := range s.set.endpoints {
		if e.probe != nil && e.probe != c.Lease {
			probes[e] = e.probe
		}
	}
	return probes
}

// check holds the set to what always holds.
func (s *schedule) check() {
	set := s.set
	set.mu.Lock()
	defer set.mu.Unlock()
	placed, judged := map[*Endpoint[*host]]int{}, 0
	trying := map[*Endpoint[*host]]int{}
	for _, c := range s.live {
		placed[c.Endpoint]++
		if !c.placed && !c.settled {
			judged++
		}
		if c.during != nil && c.Endpoint.out == c.during && !c.floor {
			trying[c.Endpoint]++
			if !c.probes {
				s.t.Fatalf("%s is out, and has a call that does not try it", c.Endpoint.Address)
			}
		}
		if n := c.moved.Load(); n > 1 {
			s.t.Fatalf("moved %d times", n)
		}
	}
	if set.inflight != len(s.live) || set.judged != judged {
		s.t.Fatalf("%d in flight, %d judged; counted are %d and %d", len(s.live), judged, set.inflight, set.judged)
	}
	out := 0
	for _, e := range slices.Concat(set.endpoints, set.leaving) {
		if e.inflight != placed[e] {
			s.t.Fatalf("%s: %d in flight, counted are %d", e.Address, placed[e], e.inflight)
		}
		if !e.leaving && e.out != nil {
			out++
		}
		if trying[e] > 1 {
			s.t.Fatalf("%s is out, and has %d calls", e.Address, trying[e])
		}
		if e.probe != nil && !slices.ContainsFunc(s.live, func(c *call) bool { return c.Lease == e.probe }) {
			s.t.Fatalf("%s: its slot is held by a call that has ended", e.Address)
		}
		if e.out == nil && e.probe != nil && !e.leaving {
			s.t.Fatalf("%s is in, and is tried", e.Address)
		}
	}
	if n := len(set.endpoints); out > n/2 || n > 0 && out == n || len(set.in) != n-out {
		s.t.Fatalf("%d of %d are out, %d in", out, n, len(set.in))
	}
	s.checkQueues(judged)
}

// checkQueues sees that every judged call is where it can be found.
func (s *schedule) checkQueues(judged int) {
	queued := 0
	for _, e := range slices.Concat(s.set.endpoints, s.set.leaving) {
		for i, r := range e.active {
			if r.active != i || r.oldest() == nil {
				s.t.Fatalf("%s: a model without calls in flight counts as one with", e.Address)
			}
			queued += length(&r.fresh) + length(&r.stale)
		}
		queued += length(&e.questions)
		if e.probe != nil && !e.probe.settled {
			queued++
		}
	}
	for _, c := range s.live {
		if c.probes && !c.settled && c.Endpoint.probe != c.Lease {
			queued++ // its endpoint is in for another reason
		}
	}
	if queued != judged {
		s.t.Fatalf("%d judged calls, %d found", judged, queued)
	}
}

func length(q *queue[*host]) int {
	n := 0
	for l := q.head; l != nil; l = l.after {
		n++
	}
	return n
}

// recover has everything go well again, and sees that everything does.
func (s *schedule) recover() {
	for _, c := range s.live {
		c.Done(Abandoned)
	}
	s.live = nil
	time.Sleep(2 * time.Minute) // past every penalty
	synctest.Wait()
	if s.set.clock.running {
		s.t.Fatal("the clock runs while nothing is in flight")
	}
	for _, e := range s.set.Endpoints() {
		e.Link.standing.Store(int64(Usable))
		e.Veto("m", "")
	}
	for range len(s.set.Endpoints()) {
		l, err := s.set.Take(Call{Model: "m", Repeatable: true})
		if err != nil {
			s.t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
		l.Done(Answered)
	}
	synctest.Wait()
	if n := len(s.set.endpoints); len(s.set.in) != n || s.set.Healthy() != n {
		s.t.Fatalf("%d of %d came back", len(s.set.in), n)
	}
	if err := s.set.Close(); err != nil {
		s.t.Fatal(err)
	}
	for i, h := range s.hosts {
		if n := h.closed.Load(); n != 1 {
			s.t.Fatalf("link %d was closed %d times", i, n)
		}
	}
}

// bubble runs so many schedules in virtual time.
func bubble(t *testing.T, schedules int, run func(*rapid.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		for range schedules / 100 { // of which rapid makes a hundred unless told otherwise
			rapid.Check(undated{t}, run)
		}
	})
}

func TestWhateverHappensTheSetHoldsItsLaws(t *testing.T) {
	t.Parallel()
	bubble(t, 4000, func(rt *rapid.T) {
		s := newSchedule(rt)
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			s.step()
			s.check()
		}
		s.recover()
	})
}
