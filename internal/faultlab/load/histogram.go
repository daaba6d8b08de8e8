package load

import (
	"math"
	"math/bits"
	"time"
)

// subBuckets is how many buckets a power of two has, so that a value is known to 1/64 of itself.
const (
	subBits    = 6
	subBuckets = 1 << subBits
)

// Histogram counts durations in buckets whose width grows with them, as HDR histograms do: percentiles are right to 1.6 %, whatever the
// range, and the memory does not grow. Its zero value is empty; it is not safe for concurrent use.
type Histogram struct {
	counts   [64 * subBuckets]int
	total    int
	min, max time.Duration
}

// Add counts d; a negative one is counted as 0.
func (h *Histogram) Add(d time.Duration) {
	d = max(d, 0)
	h.counts[bucket(uint64(d))]++
	if h.total == 0 || d < h.min {
		h.min = d
	}
	h.max = max(h.max, d)
	h.total++
}

// Count is how many were added.
func (h *Histogram) Count() int { return h.total }

// Max is the longest, exactly.
func (h *Histogram) Max() time.Duration { return h.max }

// Quantile is the duration that a share q of all is not longer than, at most 1.6 % too long; 0 when the histogram is empty.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.total == 0 {
		return 0
	}
	rank := max(int(math.Ceil(q*float64(h.total))), 1)
	for i, n := range h.counts {
		if rank -= n; rank <= 0 {
			return min(max(highest(i), h.min), h.max)
		}
	}
	return h.max
}

// bucket is that of a value: values below 64 have their own, others share the one of their highest seven bits.
func bucket(v uint64) int {
	if v < subBuckets {
		return int(v)
	}
	exponent := bits.Len64(v) - subBits - 1
	return exponent*subBuckets + int(v>>exponent)
}

// highest is the highest value of a bucket.
func highest(i int) time.Duration {
	if i < 2*subBuckets {
		return time.Duration(i)
	}
	exponent := i/subBuckets - 1
	return time.Duration(uint64(i-exponent*subBuckets+1)<<exponent - 1)
}
