package dispatch

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func newDefaultAccount() *account { return newAccount(defaultBudget, defaultHedgeBudget, defaultFloor) }

// greedy makes calls at a steady rate, each of which would be made again as often as it may, at once, and returns when each was and when
// each was made again.
func greedy(a *account, rate int, last time.Duration) (calls, extra []time.Duration) {
	for i := range int(last.Seconds() * float64(rate)) {
		at := time.Duration(i) * time.Second / time.Duration(rate)
		a.called(a.start.Add(at))
		calls = append(calls, at)
		for a.spend(a.start.Add(at), false) {
			extra = append(extra, at)
		}
	}
	return calls, extra
}

// within counts the times of a window, of times in their order.
func within(times []time.Duration, from, to time.Duration) int {
	first, _ := slices.BinarySearch(times, from)
	last, _ := slices.BinarySearch(times, to)
	return last - first
}

func TestC3AmplificationIsBoundedWhateverIsAsked(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{30, 50, 100, 400, 1000} {
		calls, extra := greedy(newDefaultAccount(), rate, time.Minute)
		if upstream := float64(len(calls)+len(extra)) / float64(len(calls)); upstream > 1.10 {
			t.Errorf("%d calls/s: %.3f calls upstream per call over a minute", rate, upstream)
		}
		if len(extra) < len(calls)*9/100 {
			t.Errorf("%d calls/s: %d of %d were made again, which is less than the budget", rate, len(extra), len(calls))
		}
		for from := time.Duration(0); from < time.Minute; from += 50 * time.Millisecond {
			c, e := within(calls, from, from+time.Second), within(extra, from, from+time.Second)
			if from <= 59*time.Second && float64(c+e) > 1.5*float64(c) {
				t.Errorf("%d calls/s: %d of %d made again in the second from %s on", rate, e, c, from)
			}
		}
	}
}

func TestFewCallsHaveTheFloorNotTheFloorAndTheBudget(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{1, 2, 5, 10, 30} {
		calls, extra := greedy(newDefaultAccount(), rate, time.Minute)
		if len(extra) > 60*defaultFloor || len(extra) < min(55*defaultFloor, len(calls)) {
			t.Errorf("%d calls/s: %d of %d were made again within a minute", rate, len(extra), len(calls))
		}
	}
}

func TestU4AnEndpointThatFailsFastIsPaidForFromTheFirstCallOn(t *testing.T) {
	t.Parallel()
	a := newDefaultAccount()
	for i := range 15 { // every third of 400 calls/s, until five in a row have shown what it is
		now := a.start.Add(time.Duration(i) * 2500 * time.Microsecond)
		a.called(now)
		if i%3 == 0 && !a.spend(now, false) {
			t.Errorf("call %d was not made again", i)
		}
	}
}

func TestU2CallsAtAStalledEndpointMoveTogether(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{1, 10, 100, 400} {
		a := newDefaultAccount()
		now := a.start
		for i := range 20 * rate {
			now = a.start.Add(time.Duration(i) * time.Second / time.Duration(rate))
			a.called(now)
		}
		moved := 0
		for a.spend(now, false) {
			moved++
		}
		if want := max(burst*defaultFloor, rate*shortPercent/100*9/10); moved < 8 || moved < want {
			t.Errorf("%d calls/s: %d calls moved, want %d", rate, moved, want)
		}
	}
}

func TestHedgesLeaveHalfOfTheBudgetToRetries(t *testing.T) {
	t.Parallel()
	a := newDefaultAccount()
	hedges, retries := 0, 0
	for i := range 6000 {
		now := a.start.Add(time.Duration(i) * 10 * time.Millisecond)
		a.called(now)
		for a.spend(now, true) {
			hedges++
		}
		if i > 1000 {
			for a.spend(now, false) {
				retries++
			}
		}
	}
	if hedges > 300 || hedges < 270 || retries < 200 || hedges+retries > 600 {
		t.Errorf("%d hedges and %d retries of 6000 calls", hedges, retries)
	}
}

func TestWhatIsRefundedIsThereAgain(t *testing.T) {
	t.Parallel()
	a := newDefaultAccount()
	before := a.balance(a.start)
	if !a.spend(a.start, true) {
		t.Fatal("nothing to spend")
	}
	a.refund(a.start, true)
	if after := a.balance(a.start); after != before || !a.spend(a.start, true) {
		t.Errorf("%d, and %d after a refund", before, after)
	}
}

// At any times at all the account allows no more than the budget's part of the calls of ten seconds, or the floor.
func TestAccountHoldsAtAnyTimes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := newAccount(rapid.IntRange(1, 100).Draw(t, "percent"), 5, rapid.IntRange(0, 5).Draw(t, "floor"))
		var at, latest time.Duration
		var calls, extra []time.Duration
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			at = max(0, at+time.Duration(rapid.IntRange(-50, 400).Draw(t, "pause"))*time.Millisecond)
			latest = max(latest, at) // goroutines look at the clock and then come one after another, perhaps in another order
			for range rapid.IntRange(0, 5).Draw(t, "calls") {
				a.called(a.start.Add(at))
				calls = append(calls, latest)
			}
			if !rapid.Bool().Draw(t, "spend") || !a.spend(a.start.Add(at), false) {
				continue
			}
			extra = append(extra, latest)
			c, e := within(calls, latest-10*time.Second, latest+1), within(extra, latest-10*time.Second, latest+1)
			if e > max(c*a.percent/100, 10*a.floor) {
				t.Fatalf("%d of %d calls were made again in ten seconds, %d %%, floor %d", e, c, a.percent, a.floor)
			}
		}
	})
}
