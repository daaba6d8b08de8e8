package fleet

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
)

// suspicions settles whether endpoints are stalled, when calls alone do not tell: an endpoint is asked together with another one, for a
// gateway that stands still itself hears of neither. It is safe for concurrent use.
type suspicions[L balance.Link] struct {
	stall      time.Duration // within which an answer comes
	set        *balance.Set[L]
	transport  Transport[L]
	background *background
	stalled    func(*balance.Endpoint[L]) bool // it is known to be

	mu    sync.Mutex
	asked map[*balance.Endpoint[L]]bool
}

// lenience is how many times as long as the other one a suspect may take: what slows both is not the suspect's fault.
const lenience = 3

// suspect has an endpoint asked, unless it is being asked.
func (s *suspicions[L]) suspect(e *balance.Endpoint[L]) {
	other := s.another(e)
	s.mu.Lock()
	busy := s.asked[e]
	if other != nil {
		s.asked[e] = true
	}
	s.mu.Unlock()
	if busy || other == nil {
		return
	}
	s.background.start(func(ctx context.Context) {
		silent := s.silent(ctx, e, other)
		s.mu.Lock()
		delete(s.asked, e)
		s.mu.Unlock()
		if silent && ctx.Err() == nil {
			e.Silent()
		}
	})
}

// another is an endpoint at random to compare with, one that is not stalled as far as known, and has a connection.
func (s *suspicions[L]) another(e *balance.Endpoint[L]) *balance.Endpoint[L] {
	endpoints := s.set.Endpoints()
	for _, i := range rand.Perm(len(endpoints)) { //nolint:gosec // nobody gains from guessing it
		if other := endpoints[i]; other != e && !s.stalled(other) && other.Link.Standing() == balance.Usable {
			return other
		}
	}
	return nil
}

// silent reports whether the other one answers in time, and the suspect does not, though it has more of it.
func (s *suspicions[L]) silent(ctx context.Context, suspect, other *balance.Endpoint[L]) bool {
	ctx, cancel := context.WithCancel(ctx)
	start := time.Now()
	var asking sync.WaitGroup
	defer asking.Wait()
	defer cancel()
	ask := func(e *balance.Endpoint[L]) <-chan error {
		answer := make(chan error, 1)
		asking.Go(func() { answer <- s.transport.Live(ctx, e.Link) })
		return answer
	}
	ofSuspect, ofOther := ask(suspect), ask(other)
	if err, inTime := within(s.stall, ofOther); !inTime || err != nil {
		return false
	}
	took := time.Since(start)
	err, inTime := within(max(s.stall, lenience*took)-took, ofSuspect)
	return !inTime || err != nil
}

func within(d time.Duration, answer <-chan error) (err error, inTime bool) { //nolint:revive // the error is what was answered
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case err := <-answer:
		return err, true
	case <-timer.C:
		return nil, false
	}
}
