package load_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/manifold-serving/manifold/internal/faultlab/load"
)

func TestQuantilesAreThoseOfTheSortedList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64), 1, 200).Draw(t, "times")
		if rapid.Bool().Draw(t, "short") {
			for i := range times {
				times[i] %= int64(time.Second)
			}
		}
		var h load.Histogram
		for _, d := range times {
			h.Add(time.Duration(d))
		}
		slices.Sort(times)
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		exact := times[max(int(math.Ceil(q*float64(len(times)))), 1)-1]
		got := int64(h.Quantile(q))
		if got < exact || got-exact > exact/64+1 {
			t.Fatalf("quantile %v of %v is %d, not %d", q, times, got, exact)
		}
		if int64(h.Max()) != times[len(times)-1] || h.Count() != len(times) || h.Quantile(1) != h.Max() {
			t.Fatalf("max %d, count %d", h.Max(), h.Count())
		}
	})
}

func TestAnEmptyHistogram(t *testing.T) {
	t.Parallel()
	var h load.Histogram
	if h.Quantile(0.99) != 0 || h.Max() != 0 {
		t.Error("nothing took time")
	}
	h.Add(-time.Second)
	if h.Quantile(1) != 0 || h.Count() != 1 {
		t.Error("a clock that went back took time")
	}
}
