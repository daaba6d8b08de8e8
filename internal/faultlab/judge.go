package faultlab

import (
	"fmt"
	"slices"
	"time"
)

// verdict collects what did not hold.
type verdict []string

func (v *verdict) add(format string, args ...any) { *v = append(*v, fmt.Sprintf(format, args...)) }

// Judge tells what did not hold of a run, for people; nothing when all did. Unless timed, or when the load itself was late, it leaves out
// what depends on how fast the machine is.
func (s Scenario) Judge(r *Record, timed bool) []string {
	var v verdict
	timed = timed && len(r.Unusable) == 0
	for _, broken := range r.Broken {
		v.add("%s", broken)
	}
	for i, t := range s.Load {
		v.traffic(t, r, r.Calls[i], timed)
	}
	expect, figures := s.Expect, s.figures(r)
	if !timed {
		expect = expect.counted()
	}
	v.ejections(expect, r, figures)
	v.amplification(expect, figures)
	v.connects(expect, r)
	v.recovery(expect, r, figures)
	v.callers(expect, r)
	if grown := r.Peak - r.Before; expect.Memory > 0 && grown > int64(expect.Memory) {
		v.add("the gateway grew by %d MiB, more than %v", grown>>20, expect.Memory)
	}
	for _, name := range expect.Untouched {
		if n := len(r.Arrivals[name]); n > 0 {
			v.add("%s got %d calls, and should have got none", name, n)
		}
	}
	return v
}

// traffic judges the calls of one load.
func (v *verdict) traffic(t Traffic, r *Record, calls []Call, timed bool) {
	var failed, right int
	codes := map[string]int{}
	var healthy, during []time.Duration
	for _, c := range calls {
		switch c.Verdict {
		case Wrong:
			if t.Lies {
				continue
			}
			v.add("%s: wrong answer to %s: %s", t.Model, c.ID, c.Detail)
		case Failed:
			failed++
			codes[c.Code]++
			if len(t.Codes) > 0 && !slices.Contains(t.Codes, c.Code) {
				v.add("%s: call %s failed with %s, and should with %v: %s", t.Model, c.ID, c.Code, t.Codes, c.Detail)
			}
		case Answered:
			right++
		case Cancelled:
			continue
		}
		if c.Due >= r.From && c.Due < r.To {
			during = append(during, c.took())
		} else {
			healthy = append(healthy, c.took())
		}
	}
	if t.Failed != nil && failed > *t.Failed {
		v.add("%s: %d of %d calls failed, more than %d: %v", t.Model, failed, len(calls), *t.Failed, codes)
	}
	if part := float64(right) / float64(max(1, len(calls))); part < t.Goodput {
		v.add("%s: %.3f of the calls were answered, less than %.3f", t.Model, part, t.Goodput)
	}
	if h, d := quantiles(healthy).P99, quantiles(during).P99; timed && t.Tail > 0 && float64(d) > t.Tail*float64(h) {
		v.add("%s: p99 was %v with the fault and %v without it, more than %.2f times as much", t.Model, d, h, t.Tail)
	}
}

// ejections judges who was taken out, when, and how many calls there were meanwhile.
func (v *verdict) ejections(e Expect, r *Record, f Figures) {
	if e.Ejections != nil && f.Ejections > *e.Ejections {
		v.add("%d ejections, more than %d: %v", f.Ejections, *e.Ejections, r.Changes)
	}
	if e.EjectedWithin > 0 {
		for _, happened := range r.harmful() {
			for _, backend := range happened.Backends {
				switch after := r.ejected(backend, happened.At); {
				case after == never:
					v.add("%s was not ejected after %v at %v", backend, happened.Do, happened.At)
				case after > time.Duration(e.EjectedWithin):
					v.add("%s was ejected %v after %v, later than %v", backend, after, happened.Do, e.EjectedWithin)
				}
			}
		}
	}
	if e.BadShare > 0 && f.BadShare > e.BadShare {
		v.add("%v got %.4f of the calls while they were bad, more than %.4f", r.Faults[0].Backends, f.BadShare, e.BadShare)
	}
	if e.LiveAtEjected != nil {
		for _, l := range r.Live {
			if l.Calls > *e.LiveAtEjected {
				v.add("%s was out and had %d calls at %v, more than %d", l.Backend, l.Calls, l.At, *e.LiveAtEjected)
				return
			}
		}
	}
}

func (v *verdict) amplification(e Expect, f Figures) {
	if e.Amplification > 0 && f.Amplification > e.Amplification {
		v.add("%.3f calls upstream for each, more than %.2f", f.Amplification, e.Amplification)
	}
	if e.AmplificationInAnySecond > 0 && f.Worst > e.AmplificationInAnySecond {
		v.add("%.3f calls upstream for each in the worst second, more than %.2f", f.Worst, e.AmplificationInAnySecond)
	}
}

// connects judges the time between the first fault and the last.
func (v *verdict) connects(e Expect, r *Record) {
	if e.DialsPerSecond == 0 {
		return
	}
	for _, backend := range sortedKeys(r.Connects) {
		n := 0
		for _, at := range r.Connects[backend] {
			if r.From <= at && at < r.To {
				n++
			}
		}
		if mean := float64(n) / (r.To - r.From).Seconds(); mean > e.DialsPerSecond {
			v.add("%s was dialled %.1f times a second, more than %.1f", backend, mean, e.DialsPerSecond)
		}
	}
}

// recovery judges what comes after the last fault.
func (v *verdict) recovery(e Expect, r *Record, f Figures) {
	switch limit := time.Duration(e.FullShareWithin); {
	case limit == 0:
	case f.Back == never:
		v.add("not every backend had its share again")
	case f.Back > limit:
		v.add("every backend had its share again after %v, later than %v", f.Back, limit)
	}
	if e.FirstSuccessWithin == 0 {
		return
	}
	first := never
	for _, c := range slices.Concat(r.Calls...) {
		if c.Verdict == Answered && c.Ended >= r.To && (first == never || c.Ended < first) {
			first = c.Ended
		}
	}
	switch limit := time.Duration(e.FirstSuccessWithin); {
	case first == never:
		v.add("no call was answered after the last fault")
	case first-r.To > limit:
		v.add("the first answer came %v after the last fault, later than %v", first-r.To, limit)
	}
}

// transit is how long a call may take from the gateway, which sent it in time, to a backend that notes when it came.
const transit = 20 * time.Millisecond

// callers judges what backends learn of callers: that they turned away, and that it is too late.
func (v *verdict) callers(e Expect, r *Record) {
	turned, expires := map[string]time.Duration{}, map[string]time.Duration{}
	for _, c := range slices.Concat(r.Calls...) {
		if c.Verdict == Cancelled {
			turned[c.ID] = c.Ended
		}
		if c.Expires > 0 {
			expires[c.ID] = c.Expires
		}
	}
	late := 0
	var learned []time.Duration
	for _, a := range slices.Concat(values(r.Arrivals)...) {
		if at, cancelled := turned[a.ID]; cancelled && a.Cancelled && a.Ended > at {
			learned = append(learned, a.Ended-at)
		}
		if at, known := expires[a.ID]; known && a.At > at+transit {
			late++
		}
	}
	if e.DispatchedAfterExpiry != nil && late > *e.DispatchedAfterExpiry {
		v.add("%d calls came to a backend after their deadlines, more than %d", late, *e.DispatchedAfterExpiry)
	}
	if e.CancelledWithin == 0 {
		return
	}
	if r.Running > 0 {
		v.add("%d calls go on at their backends although nobody waits for them", r.Running)
	}
	switch p99 := quantiles(learned).P99; {
	case len(learned) == 0:
		v.add("no backend learned that a caller turned away")
	case p99 > time.Duration(e.CancelledWithin):
		v.add("backends learned that callers turned away after %v (p99 of %d), later than %v", p99, len(learned), e.CancelledWithin)
	}
}
