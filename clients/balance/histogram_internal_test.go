package balance

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPercentileIsAtMostAnEighthTooHigh(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var h histogram
		all := rapid.SliceOfN(rapid.Int64Range(int64(time.Millisecond), int64(20*time.Minute)), 1, 300).Draw(t, "latencies")
		for _, v := range all {
			h.add(time.Second, time.Duration(v))
		}
		slices.Sort(all)
		p := rapid.IntRange(1, 100).Draw(t, "p")
		exact := time.Duration(all[(len(all)*p+99)/100-1])
		if got := h.percentile(p); got < exact || float64(got) > float64(exact)*1.15 {
			t.Fatalf("p%d is %v, exactly %v", p, got, exact)
		}
	})
}

func TestBucketsFollowOneAnother(t *testing.T) {
	t.Parallel()
	for i := range buckets - 1 {
		if got := bucket(end(i) - 1); got != i {
			t.Errorf("bucket %d ends in %d", i, got)
		}
		if got := bucket(end(i)); got != i+1 {
			t.Errorf("after bucket %d comes %d", i, got)
		}
	}
	if bucket(-1) != 0 || bucket(1<<62) != buckets-1 {
		t.Error("out of range")
	}
}

func TestHistogramForgetsWhatIsOldWhenEnoughIsNew(t *testing.T) {
	t.Parallel()
	var h histogram
	if h.percentile(99) != 0 {
		t.Error("nothing is known")
	}
	now := span + 1
	h.add(now, time.Minute)
	for range 3 { // a call a minute: nothing is forgotten yet
		now += time.Minute
		h.add(now, time.Second)
	}
	if got := h.percentile(99); got < time.Minute {
		t.Errorf("p99 %v, of four calls one took a minute", got)
	}
	for range 3 * enough {
		now += time.Second
		h.add(now, time.Second)
	}
	if got := h.percentile(100); got > 2*time.Second {
		t.Errorf("p100 %v, a minute was long ago", got)
	}
}
