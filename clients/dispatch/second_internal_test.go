package dispatch

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/clients/balance"
)

const (
	ms    = time.Millisecond
	never = time.Hour
)

// course is how a call went.
type course struct {
	Answer   string // or the error
	Took     time.Duration
	Attempts int
	State    State
}

// run makes the call of a script at so many endpoints.
func (s *script) run(t *testing.T, endpoints int, busy func() bool) course {
	t.Helper()
	set := balance.NewSet[still](balance.Options{}, balance.Hooks[still]{})
	defer set.Close()
	for i := range endpoints {
		set.Add(strconv.Itoa(i), still{})
	}
	d := New(set, Options{Hedging: &Hedging{}}, busy)
	ctx, cancel := context.WithTimeout(t.Context(), s.deadline)
	defer cancel()
	l := &ledger{given: map[string]int{}, dropped: map[string]int{}, places: map[*balance.Endpoint[still]]int{}}
	start := time.Now()
	answer, err := s.do(ctx, d, l)
	c := course{Answer: answer, Took: time.Since(start), Attempts: l.attempts, State: d.State()}
	if err != nil {
		c.Answer = err.Error()
	}
	if l.running > 0 {
		t.Errorf("%d attempts still run", l.running)
	}
	c.State.Attempts, c.State.BudgetLeft = 0, 0
	return c
}

func TestACallIsMadeAtTwoEndpointsAndTheFirstAnswerWins(t *testing.T) {
	t.Parallel()
	hang := part{after: never, stall: -1}
	stall := part{after: never, stall: 200 * ms}
	after := func(d time.Duration) part { return part{after: d, stall: -1} }
	fails := func(after time.Duration, f Fault) part {
		f.Err = errPart
		return part{after: after, stall: -1, fault: &f}
	}
	for _, test := range []struct {
		name      string
		endpoints int
		hedge     time.Duration
		busy      bool
		parts     []part
		want      course
	}{
		{
			name: "a call moves away from an endpoint that stalls", parts: []part{stall, after(10 * ms)},
			want: course{Answer: "answer 1", Took: 210 * ms, Attempts: 2, State: State{Redispatches: 1}},
		},
		{
			name: "the first one runs on", parts: []part{{after: 203 * ms, stall: 200 * ms}, after(10 * ms)},
			want: course{Answer: "answer 0", Took: 203 * ms, Attempts: 2, State: State{Redispatches: 1}},
		},
		{
			name: "only once", parts: []part{{after: 500 * ms, stall: 200 * ms}, {after: never, stall: 100 * ms}, after(0)},
			want: course{Answer: "answer 0", Took: 500 * ms, Attempts: 2, State: State{Redispatches: 1}},
		},
		{
			name: "to another endpoint only", endpoints: 1, parts: []part{{after: 500 * ms, stall: 200 * ms}},
			want: course{Answer: "answer 0", Took: 500 * ms, Attempts: 1},
		},
		{
			name: "the fault of the second is not final", parts: []part{{after: 300 * ms, stall: 200 * ms}, fails(10*ms, Fault{Broken: true})},
			want: course{Answer: "answer 0", Took: 300 * ms, Attempts: 2, State: State{Redispatches: 1}},
		},
		{
			name: "nor that of the first", parts: []part{{after: 210 * ms, stall: 200 * ms, fault: &Fault{Err: errPart, Broken: true}}, after(20 * ms)},
			want: course{Answer: "answer 1", Took: 220 * ms, Attempts: 2, State: State{Redispatches: 1}},
		},
		{
			name: "unless the model said it", parts: []part{stall, fails(10*ms, Fault{Final: true}), after(0)},
			want: course{Answer: "fault", Took: 210 * ms, Attempts: 2, State: State{Redispatches: 1}},
		},
		{
			name: "a second that was never sent finds a third", parts: []part{stall, fails(0, Fault{Unsent: true}), after(10 * ms)},
			want: course{Answer: "answer 2", Took: 210 * ms, Attempts: 3, State: State{Redispatches: 1, Retries: 1}},
		},
		{
			name: "when both fail, that is how it ends", parts: []part{{after: 210 * ms, stall: 200 * ms, fault: &Fault{Err: errPart}}, fails(20*ms, Fault{})},
			want: course{Answer: "fault", Took: 220 * ms, Attempts: 2, State: State{Redispatches: 1}},
		},
		{
			name: "a slow call is hedged", hedge: 30 * ms, parts: []part{hang, after(5 * ms)},
			want: course{Answer: "answer 1", Took: 35 * ms, Attempts: 2, State: State{Hedges: 1, HedgesWon: 1}},
		},
		{
			name: "after the least wait", hedge: ms, parts: []part{hang, after(5 * ms)},
			want: course{Answer: "answer 1", Took: 15 * ms, Attempts: 2, State: State{Hedges: 1, HedgesWon: 1}},
		},
		{
			name: "the hedge may lose", hedge: 30 * ms, parts: []part{after(40 * ms), hang},
			want: course{Answer: "answer 0", Took: 40 * ms, Attempts: 2, State: State{Hedges: 1}},
		},
		{
			name: "nobody waits for a retry of the hedge", hedge: 30 * ms,
			parts: []part{after(40 * ms), fails(0, Fault{Unsent: true, Said: true, Pushback: 500 * ms})},
			want:  course{Answer: "answer 0", Took: 40 * ms, Attempts: 2, State: State{Hedges: 1}},
		},
		{
			name: "a fast call is not hedged", hedge: 30 * ms, parts: []part{after(20 * ms)},
			want: course{Answer: "answer 0", Took: 20 * ms, Attempts: 1},
		},
		{
			name: "nor one at a busy server", hedge: 30 * ms, busy: true, parts: []part{after(40 * ms)},
			want: course{Answer: "answer 0", Took: 40 * ms, Attempts: 1},
		},
		{
			name: "nor one that has nowhere else to go", endpoints: 1, hedge: 30 * ms, parts: []part{after(40 * ms)},
			want: course{Answer: "answer 0", Took: 40 * ms, Attempts: 1},
		},
		{
			name: "nor one that was moved", hedge: 300 * ms, parts: []part{stall, hang, after(0)},
			want: course{Answer: context.DeadlineExceeded.Error(), Took: time.Second, Attempts: 2, State: State{Redispatches: 1}},
		},
		{
			name: "a hedge is no re-dispatch: when both stall there is a third", hedge: 30 * ms,
			parts: []part{stall, {after: never, stall: 100 * ms}, after(10 * ms)},
			want:  course{Answer: "answer 2", Took: 210 * ms, Attempts: 3, State: State{Hedges: 1, Redispatches: 1}},
		},
		{
			name: "and when the hedge fails while the first stalls", hedge: 30 * ms, parts: []part{stall, fails(300*ms, Fault{}), after(10 * ms)},
			want: course{Answer: "answer 2", Took: 340 * ms, Attempts: 3, State: State{Hedges: 1, Redispatches: 1}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := script{deadline: time.Second, hedge: test.hedge, repeatable: true}
				copy(s.parts[:], test.parts)
				got := s.run(t, or(test.endpoints, 3), func() bool { return test.busy })
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("course (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestWhatTheAccountRefusesDoesNotMove(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, _ := newTrio(t, Options{})
		const calls = 2 * burst * defaultFloor
		answers := make(chan string, calls)
		for range calls {
			s := &script{deadline: time.Second, repeatable: true}
			s.parts = [mostTries]part{{after: 500 * ms, stall: 200 * ms}, {stall: -1}}
			go func() {
				l := &ledger{given: map[string]int{}, dropped: map[string]int{}, places: map[*balance.Endpoint[still]]int{}}
				answer, _ := s.do(t.Context(), d, l)
				answers <- answer
			}()
		}
		count := map[string]int{}
		for range calls {
			count[<-answers]++
		}
		if diff := cmp.Diff(map[string]int{"answer 0": calls / 2, "answer 1": calls / 2}, count); diff != "" {
			t.Errorf("answers (-want +got):\n%s", diff)
		}
		if state := d.State(); state.Refused != calls/2 || state.Redispatches != calls/2 {
			t.Errorf("%+v", state)
		}
	})
}

func TestTheFaultThatTellsMostIsReturned(t *testing.T) {
	t.Parallel()
	inOrder := []struct {
		name  string
		fault Fault
		gone  error
	}{
		{"the caller left", Fault{}, context.Canceled},
		{"never sent", Fault{Unsent: true}, nil},
		{"broke off", Fault{Broken: true}, nil},
		{"the deadline", Fault{}, context.DeadlineExceeded},
		{"a failure", Fault{}, nil},
	}
	last := -1
	for _, test := range inOrder {
		if rank := test.fault.rank(test.gone); rank <= last {
			t.Errorf("%s tells no more than what comes before it", test.name)
		} else {
			last = rank
		}
	}
	if (&Fault{Final: true}).rank(context.Canceled) != last {
		t.Error("what the model said tells less because the caller left")
	}
}

func TestAnswersThatComeTooLateAreFreed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := script{deadline: time.Second, hedge: 30 * ms, repeatable: true}
		s.parts = [mostTries]part{{after: 40 * ms, stall: -1}, {after: never, deaf: true, stall: -1}}
		d, _ := newTrio(t, Options{Hedging: &Hedging{}})
		if err := s.play(t.Context(), d); err != nil {
			t.Error(err)
		}
	})
}

func TestAnAttemptThatFoundNoPlaceCostsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := script{deadline: time.Second, repeatable: true}
		s.parts = [mostTries]part{{after: 500 * ms, stall: 200 * ms}}
		d, set := newTrio(t, Options{})
		for _, e := range set.Endpoints()[1:] {
			set.Remove(e, 0)
		}
		if err := s.play(t.Context(), d); err != nil {
			t.Error(err)
		}
		if state := d.State(); state.BudgetLeft != burst*defaultFloor {
			t.Errorf("%+v", state)
		}
	})
}

// newTrio returns a dispatcher for three endpoints.
func newTrio(t *testing.T, o Options) (*Dispatcher[still], *balance.Set[still]) {
	t.Helper()
	set := balance.NewSet[still](balance.Options{}, balance.Hooks[still]{})
	t.Cleanup(func() { set.Close() })
	for i := range 3 {
		set.Add(strconv.Itoa(i), still{})
	}
	return New(set, o, nil), set
}

func TestAPanicOfOneAttemptEndsTheOtherAndIsThatOfTheCall(t *testing.T) {
	t.Parallel()
	for _, which := range []int32{1, 2} {
		synctest.Test(t, func(t *testing.T) { panicIn(t, which) })
	}
}

// panicIn makes a call whose hedge, or whose first attempt after the hedge has begun, panics.
func panicIn(t *testing.T, which int32) {
	t.Helper()
	d, set := newTrio(t, Options{Hedging: &Hedging{}})
	var attempts atomic.Int32
	cancelled := make(chan struct{})
	call := balance.Call{Repeatable: true}
	f := &flight[still, string]{dispatcher: d, call: call, lines: 1, attempt: Attempt[still, string]{
		Run: func(ctx context.Context, _ context.CancelFunc, lease *balance.Lease[still]) (string, *Fault) {
			defer lease.Done(balance.Abandoned)
			if attempts.Add(1) == which {
				time.Sleep(time.Second)
				panic("at the disco")
			}
			<-ctx.Done()
			close(cancelled)
			return "", &Fault{Err: ctx.Err()}
		},
	}}
	lease, err := set.Take(call)
	if err != nil {
		t.Fatal(err)
	}
	first := f.note(lease, false)
	f.arm(t.Context(), ms)
	defer func() {
		if v := recover(); v != "at the disco" {
			t.Errorf("recovered %v", v)
		}
		select {
		case <-cancelled:
		default:
			t.Error("the other attempt was not waited for")
		}
	}()
	f.fly(t.Context(), first)
	_, _ = f.land()
	t.Error("the panic is lost")
}
