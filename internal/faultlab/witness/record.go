package witness

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Record is what a witness saw.
type Record struct {
	// Baseline is what it began with, Peak the highest of each figure since then, Last the newest.
	Baseline, Peak, Last Sample
	// Samples are the newest ones, of an hour.
	Samples []Sample
	// Missed is how often the process could not be looked at, and Why that was the last time.
	Missed int
	Why    error
}

func (r *Record) add(s Sample) {
	r.Last, r.Peak = s, r.Peak.highest(s)
	if len(r.Samples) == keep {
		r.Samples = append(r.Samples[:0], r.Samples[1:]...)
	}
	r.Samples = append(r.Samples, s)
}

func (r *Record) missed(err error) { r.Missed, r.Why = r.Missed+1, err }

func (r *Record) clone() Record {
	c := *r
	c.Samples = slices.Clone(r.Samples)
	return c
}

// Envelope is how far from its baseline a process may be. What is 0 is not looked at, but for Within.
type Envelope struct {
	// RSS is by how many bytes it may grow at its peak.
	RSS int64
	// Goroutines, Descriptors and Threads are by how many it may have grown when it has settled.
	Goroutines, Descriptors, Threads int
	// Within is how long it may take to settle; 0 means 10 s.
	Within time.Duration
}

func (e Envelope) within() time.Duration {
	if e.Within <= 0 {
		return 10 * time.Second
	}
	return e.Within
}

// Check says how the process was out of its envelope: with its memory at any time, with the rest at the end. A nil error says that it
// was not.
func (r *Record) Check(e Envelope) error {
	var errs []error
	if grown := r.Peak.RSS - r.Baseline.RSS; e.RSS > 0 && grown > e.RSS {
		errs = append(errs, fmt.Errorf("memory: it grew from %d MiB by %d MiB, and %d MiB are allowed",
			r.Baseline.RSS>>20, grown>>20, e.RSS>>20))
	}
	return errors.Join(append(errs, e.settled(r.Baseline, r.Last))...)
}

// settled says which of the figures that come back has not.
func (e Envelope) settled(baseline, now Sample) error {
	var errs []error
	for _, f := range []struct {
		name                string
		before, now, allows int
	}{
		{"goroutines", baseline.Goroutines, now.Goroutines, e.Goroutines},
		{"descriptors", baseline.Descriptors, now.Descriptors, e.Descriptors},
		{"threads", baseline.Threads, now.Threads, e.Threads},
	} {
		if f.allows > 0 && f.now > f.before+f.allows {
			errs = append(errs, fmt.Errorf("%s: there were %d, there are %d, and %d more are allowed", f.name, f.before, f.now, f.allows))
		}
	}
	return errors.Join(errs...)
}

// String is r in a line.
func (r *Record) String() string {
	figure := func(name string, of func(Sample) int64) string {
		return fmt.Sprintf("%s %d → %d → %d", name, of(r.Baseline), of(r.Peak), of(r.Last))
	}
	return fmt.Sprintf("%s; %s; %s; %s (baseline → peak → last)",
		figure("memory MiB", func(s Sample) int64 { return s.RSS >> 20 }), figure("goroutines", func(s Sample) int64 { return int64(s.Goroutines) }),
		figure("descriptors", func(s Sample) int64 { return int64(s.Descriptors) }), figure("threads", func(s Sample) int64 { return int64(s.Threads) }))
}
