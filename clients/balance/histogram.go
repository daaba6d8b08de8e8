package balance

import (
	"math/bits"
	"time"
)

const (
	// finest is the width of the first bucket, a power of two: 2^14 ns, 16 µs.
	finest = 14

	// parts is into how many each doubling is divided, so that a bucket's upper end is an eighth above its lower end at most.
	parts = 8

	// buckets reach to half an hour.
	buckets = 25 * parts

	// span is the least that a window lasts; the last one and the one before it tell what is usual.
	span = 10 * time.Second

	// enough calls make a percentile. A window waits for them, so that a model that is called once a minute is known too.
	enough = 20
)

// histogram has the latencies of late.
type histogram struct {
	counts [2][buckets]uint32
	totals [2]uint32
	now    int // which of the two is being filled
	since  time.Duration
}

// add counts a call that ended now.
func (h *histogram) add(now, latency time.Duration) {
	if now-h.since > span && h.totals[h.now] >= enough {
		h.now, h.since = 1-h.now, now
		h.counts[h.now], h.totals[h.now] = [buckets]uint32{}, 0
	}
	h.counts[h.now][bucket(latency)]++
	h.totals[h.now]++
}

// known is how many calls there are to tell from.
func (h *histogram) known() int { return int(h.totals[0]) + int(h.totals[1]) }

// percentile is the latency that of 100 calls p do not exceed, up to an eighth more; 0 when there are none.
func (h *histogram) percentile(p int) time.Duration {
	left := (uint64(h.known())*uint64(p) + 99) / 100
	if left == 0 {
		return 0
	}
	for i := range buckets {
		n := uint64(h.counts[0][i]) + uint64(h.counts[1][i])
		if n >= left {
			return end(i)
		}
		left -= n
	}
	return end(buckets - 1)
}

// bucket is where a latency is counted.
func bucket(latency time.Duration) int {
	u := uint64(max(latency, 0)) >> finest
	if u < parts {
		return int(u)
	}
	octave := bits.Len64(u) - bits.Len64(parts)
	return min((octave+1)*parts+int(u>>octave)-parts, buckets-1)
}

// end is the upper end of a bucket.
func end(bucket int) time.Duration {
	if bucket < parts {
		return time.Duration(bucket+1) << finest
	}
	octave, part := bucket/parts-1, bucket%parts
	return time.Duration(parts+part+1) << (octave + finest)
}
