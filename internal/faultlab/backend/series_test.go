package backend_test

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/manifold-serving/manifold/internal/faultlab/backend"
)

func TestSeriesCountWhatTheyAreTold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var a, b backend.Series
		at := rapid.SliceOfN(rapid.IntRange(0, 100), 1, 50).Draw(t, "at") // in any order
		steps := map[int]int{}
		for _, step := range at {
			s := &a
			if rapid.Bool().Draw(t, "other") {
				s = &b
			}
			s.Add(time.Unix(1000, 0).Add(time.Duration(step)*backend.Step+time.Millisecond), 1)
			steps[step]++
		}
		sum := a.Plus(b)
		from, length := rapid.IntRange(0, 100).Draw(t, "from"), rapid.IntRange(0, 100).Draw(t, "length")
		want := 0
		for step, n := range steps {
			if step >= from && step < from+length {
				want += n
			}
		}
		d := time.Duration(length) * backend.Step
		if got := sum.Within(time.Unix(1000, 0).Add(time.Duration(from)*backend.Step), d); got != want {
			t.Fatalf("%d events from step %d on for %d, not %d", got, from, length, want)
		}
		if sum.Most(d) < want || sum.Most(time.Hour) != len(at) {
			t.Fatalf("%d at most", sum.Most(d))
		}
	})
}

func TestAmplificationIsThatOfTheWorstTime(t *testing.T) {
	t.Parallel()
	var calls, upstream backend.Series
	for second, times := range []int{1, 3, 1} {
		at := time.Unix(int64(1000+second), 0)
		calls.Add(at, 10)
		upstream.Add(at, 10*times)
	}
	calls.Add(time.Unix(1005, 0), 1)
	upstream.Add(time.Unix(1005, 0), 9)
	if got := backend.Amplification(calls, upstream, time.Second, 10); got != 3 {
		t.Errorf("%v in the worst second", got)
	}
	if got := backend.Amplification(calls, upstream, 10*time.Second, 31); got != 59.0/31 {
		t.Errorf("%v on average", got)
	}
}

func TestOptionsAndOrdersAreTextAndBack(t *testing.T) {
	t.Parallel()
	text := `{"name":"b","service":{"mean":"10ms","slowShare":0.05,"slowFactor":50},"behaviour":{"fail":{"share":1,"after":"100µs"},"goAwayEvery":"1s"}}`
	var o backend.Options
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(o)
	if err != nil || string(again) != text {
		t.Errorf("got %s, %v", again, err)
	}
}
