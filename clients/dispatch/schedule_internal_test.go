package dispatch

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/internal/units"
)

// still is a link that is always up.
type still struct{}

func (still) Standing() balance.Standing { return balance.Usable }
func (still) Close() error               { return nil }

// part is what happens to an attempt.
type part struct {
	after time.Duration // until it ends
	late  time.Duration // from its cancel until it notices
	deaf  bool          // it answers although it was cancelled
	stall time.Duration // until its endpoint counts as stalled; less than 0: never
	fault *Fault        // nil: an answer
}

// script is what happens to a call.
type script struct {
	begin      time.Duration
	deadline   time.Duration
	leave      time.Duration // until the caller cancels; 0: never
	hedge      time.Duration // 0: none
	repeatable bool
	parts      [mostTries]part
}

var errPart = errors.New("fault")

func drawPart(t *rapid.T) part {
	p := part{
		after: time.Duration(rapid.IntRange(0, 40).Draw(t, "after")) * time.Millisecond,
		late:  time.Duration(rapid.IntRange(0, 2).Draw(t, "late")) * time.Millisecond,
		deaf:  rapid.IntRange(0, 4).Draw(t, "deaf") == 0,
		stall: time.Duration(rapid.IntRange(-20, 30).Draw(t, "stall")) * time.Millisecond,
	}
	switch rapid.IntRange(0, 6).Draw(t, "end") {
	case 0:
		p.fault = &Fault{Unsent: true}
	case 1, 2:
		p.fault = &Fault{Broken: true}
	case 3:
		p.fault = &Fault{}
	case 4:
		p.fault = &Fault{Final: true}
	}
	if p.fault != nil {
		p.fault.Err = errPart
		if rapid.IntRange(0, 3).Draw(t, "said") == 0 {
			p.fault.Said, p.fault.Pushback = true, time.Duration(rapid.IntRange(-1, 20).Draw(t, "pushback"))*time.Millisecond
		}
	}
	return p
}

func drawScript(t *rapid.T) script {
	s := script{
		begin:      time.Duration(rapid.IntRange(0, 50).Draw(t, "begin")) * time.Millisecond,
		deadline:   time.Duration(rapid.IntRange(0, 60).Draw(t, "deadline")) * time.Millisecond,
		leave:      time.Duration(max(0, rapid.IntRange(-40, 40).Draw(t, "leave"))) * time.Millisecond,
		hedge:      time.Duration(max(0, rapid.IntRange(-20, 30).Draw(t, "hedge"))) * time.Millisecond,
		repeatable: rapid.IntRange(0, 4).Draw(t, "repeatable") > 0,
	}
	for i := range s.parts {
		s.parts[i] = drawPart(t)
	}
	return s
}

// ledger is what became of the answers of a call.
type ledger struct {
	mu       sync.Mutex
	attempts int
	running  int
	gone     time.Time // when the caller is
	late     int       // attempts that were begun when the caller was gone
	given    map[string]int
	dropped  map[string]int
	places   map[*balance.Endpoint[still]]int
}

// attempt plays the parts of a script.
func (s *script) attempt(caller context.Context, l *ledger, stalled func(context.Context, int)) Attempt[still, string] {
	run := func(ctx context.Context, cancel context.CancelFunc, lease *balance.Lease[still]) (string, *Fault) {
		defer cancel()
		defer lease.Done(balance.Answered)
		l.mu.Lock()
		i := l.attempts
		l.attempts++
		l.running++
		l.places[lease.Endpoint]++
		if time.Now().After(l.gone) {
			l.late++
		}
		l.mu.Unlock()
		defer func() { l.mu.Lock(); l.running--; l.mu.Unlock() }()
		p := s.parts[min(i, mostTries-1)]
		if p.stall >= 0 {
			defer time.AfterFunc(p.stall, func() { stalled(caller, i) }).Stop()
		}
		select {
		case <-time.After(p.after):
		case <-ctx.Done():
			time.Sleep(p.late)
			if !p.deaf {
				return "", &Fault{Err: ctx.Err()}
			}
		}
		if p.fault != nil {
			return "", p.fault
		}
		answer := fmt.Sprintf("answer %d", i)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.given[answer]++
		return answer, nil
	}
	return Attempt[still, string]{Run: run, Drop: func(answer string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.dropped[answer]++
	}}
}

// play makes the call of a script and checks what must hold of every call.
func (s *script) play(parent context.Context, d *Dispatcher[still]) error {
	time.Sleep(s.begin)
	ctx, cancel := context.WithTimeout(parent, s.deadline)
	defer cancel()
	gone := time.Now().Add(s.deadline)
	if s.leave > 0 {
		defer time.AfterFunc(s.leave, cancel).Stop()
		gone = time.Now().Add(min(s.leave, s.deadline))
	}
	l := &ledger{gone: gone, given: map[string]int{}, dropped: map[string]int{}, places: map[*balance.Endpoint[still]]int{}}
	answer, err := s.do(ctx, d, l)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running != 0 || l.late != 0 || l.attempts > mostTries {
		return fmt.Errorf("%d attempts still run, %d began too late, %d in all", l.running, l.late, l.attempts)
	}
	if err == nil {
		l.dropped[answer]++ // by its owner
	} else if len(l.given) > 0 {
		return fmt.Errorf("answers %v were given, but the call failed: %w", l.given, err)
	}
	for text, n := range l.given {
		if n != 1 || l.dropped[text] != 1 {
			return fmt.Errorf("%q was given %d times and freed %d times", text, n, l.dropped[text])
		}
	}
	if len(l.dropped) != len(l.given) {
		return fmt.Errorf("freed %v of %v", l.dropped, l.given)
	}
	for endpoint, n := range l.places {
		if n > 1 && len(d.set.Endpoints()) > 1 || n > 2 {
			return fmt.Errorf("%d attempts at %s", n, endpoint.Address)
		}
	}
	return nil
}

// do is Do, but that the hedge and stalls are the script's. Of those calls that do not repeat neither happens.
func (s *script) do(ctx context.Context, d *Dispatcher[still], l *ledger) (string, error) {
	now := time.Now()
	if err := overdue(ctx, now); err != nil {
		return "", err
	}
	d.account.called(now)
	call := balance.Call{Model: "m", Repeatable: s.repeatable}
	lease, err := d.set.Take(call)
	if err != nil {
		return "", err
	}
	f := &flight[still, string]{dispatcher: d, call: call, lines: 1}
	f.attempt = s.attempt(ctx, l, func(ctx context.Context, i int) {
		if s.repeatable {
			f.stalled(ctx, i)
		}
	})
	first := f.note(lease, false)
	if s.repeatable {
		f.arm(ctx, s.hedge)
	}
	f.fly(ctx, first)
	return f.land()
}

// The calls are made at the same time and on one account.
func TestEveryScheduleGivesEveryCallOneAnswerAndFreesTheOthers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		endpoints := rapid.IntRange(1, 4).Draw(rt, "endpoints")
		scripts := rapid.SliceOfN(rapid.Custom(drawScript), 1, 8).Draw(rt, "calls")
		floor := rapid.IntRange(0, 3).Draw(rt, "floor")
		var fault error
		synctest.Test(t, func(t *testing.T) { fault = together(t.Context(), scripts, endpoints, floor) })
		if fault != nil {
			rt.Fatal(fault)
		}
	})
}

// together plays calls at a set of endpoints.
func together(ctx context.Context, scripts []script, endpoints, floor int) error {
	set := balance.NewSet[still](balance.Options{Ejection: &balance.Ejection{Disabled: true}}, balance.Hooks[still]{})
	for i := range endpoints {
		set.Add(strconv.Itoa(i), still{})
	}
	d := New(set, Options{Retries: &Retries{Floor: floor}, Hedging: &Hedging{Least: units.Duration(time.Millisecond)}}, nil)
	played := make(chan error, len(scripts))
	for _, s := range scripts {
		go func() { played <- s.play(ctx, d) }()
	}
	var faults []error
	for range scripts {
		faults = append(faults, <-played)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if err := set.Shutdown(ctx); err != nil {
		faults = append(faults, fmt.Errorf("leases are left: %w", err))
	}
	return errors.Join(faults...)
}
