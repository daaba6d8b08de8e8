package faultlab

import (
	"slices"
	"time"
)

// Figures are what a record comes to.
type Figures struct {
	Calls, Failed, Wrong, Cancelled int

	Before, During, After Quantiles // of the calls that began before the fault, while it lasted, and afterwards

	Ejected   time.Duration // from the fault to the ejection of what it was done to; less than 0: never
	Back      time.Duration // from the end of the fault until each backend has its share; less than 0: never
	Ejections int

	BadShare             float64 // of the calls went to backends that were bad
	Amplification, Worst float64 // calls at backends for each that was to be made: over all, and in the worst second
}

// Quantiles are of the time that calls took.
type Quantiles struct {
	N        int
	P50, P99 time.Duration
}

// never is a time that did not come.
const never = time.Duration(-1)

// figures are r's.
func (s Scenario) figures(r *Record) Figures {
	f := Figures{Ejected: never, Back: s.back(r)}
	var before, during, after []time.Duration
	for _, c := range slices.Concat(r.Calls...) {
		f.count(c)
		switch {
		case c.Verdict == Cancelled:
		case c.Due < r.From || len(r.Faults) == 0:
			before = append(before, c.took())
		case c.Due < r.To:
			during = append(during, c.took())
		default:
			after = append(after, c.took())
		}
	}
	f.Before, f.During, f.After = quantiles(before), quantiles(during), quantiles(after)
	f.Amplification, f.Worst = amplification(r.Arrivals, s.lasts())
	f.BadShare = r.badShare()
	for _, c := range r.Changes {
		if c.Out {
			f.Ejections++
		}
	}
	for _, happened := range r.harmful() {
		for _, backend := range happened.Backends {
			f.Ejected = max(f.Ejected, r.ejected(backend, happened.At))
		}
	}
	return f
}

func (f *Figures) count(c Call) {
	f.Calls++
	switch c.Verdict {
	case Failed:
		f.Failed++
	case Wrong:
		f.Wrong++
	case Cancelled:
		f.Cancelled++
	case Answered:
	}
}

// quantiles are of durations, in any order.
func quantiles(all []time.Duration) Quantiles {
	slices.Sort(all)
	return Quantiles{N: len(all), P50: quantile(all, 50), P99: quantile(all, 99)}
}

// quantile is the one of sorted durations that p of 100 do not exceed.
func quantile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)-1)*p/100]
}

// harmful are the faults by which a backend stops answering without anybody being told. When there is none of them it is the first.
func (r *Record) harmful() []Happened {
	var all []Happened
	for _, h := range r.Faults {
		if h.Do == Stop && len(h.Backends) > 0 {
			all = append(all, h)
		}
	}
	if len(all) == 0 && len(r.Faults) > 0 {
		all = r.Faults[:1]
	}
	return all
}

// ejected is how long after at the backend was taken out.
func (r *Record) ejected(backend string, at time.Duration) time.Duration {
	for _, c := range r.Changes {
		if c.Backend == backend && c.Out && c.At >= at {
			return c.At - at
		}
	}
	return never
}

// shun is how long the gateway may take to see that a backend is bad.
const shun = 200 * time.Millisecond

// badShare is the part of the calls that the backends got to which the first fault was done, from soon after it to the last fault.
func (r *Record) badShare() float64 {
	if len(r.Faults) == 0 {
		return 0
	}
	bad, all := 0, 0
	for backend, arrivals := range r.Arrivals {
		n := 0
		for _, a := range arrivals {
			if r.From+shun <= a.At && a.At < r.To {
				n++
			}
		}
		all += n
		if slices.Contains(r.Faults[0].Backends, backend) {
			bad += n
		}
	}
	return float64(bad) / float64(max(1, all))
}

// The share that counts as a full one is two thirds of an even one, because chance deals too; it is judged by the second.
const (
	shareWindow = time.Second
	shareStep   = 100 * time.Millisecond
)

// back is how long after the last fault all backends of every server have their shares.
func (s Scenario) back(r *Record) time.Duration {
	var end time.Duration
	for _, arrivals := range r.Arrivals {
		for _, a := range arrivals {
			end = max(end, a.At)
		}
	}
	for at := r.To; at+shareWindow <= end; at += shareStep {
		if s.shared(r, at) {
			return at - r.To
		}
	}
	return never
}

func (s Scenario) shared(r *Record, at time.Duration) bool {
	for _, server := range s.Servers {
		sum, least := 0, -1
		for k := range server.Backends {
			n := 0
			for _, a := range r.Arrivals[backendName(server.Name, k)] {
				if at <= a.At && a.At < at+shareWindow {
					n++
				}
			}
			sum += n
			if least < 0 || n < least {
				least = n
			}
		}
		if sum == 0 || 3*least*server.Backends < 2*sum {
			return false
		}
	}
	return true
}

// amplification counts arrivals for each pair of a call and a model, which is what has to be asked once: over all, those before the load
// began too, since the gateway remembers them, and in the worst second of the load in which enough came to tell.
func amplification(backends map[string][]Arrival, lasts time.Duration) (mean, worst float64) {
	type asked struct{ id, model string }
	var all []Arrival
	for _, arrivals := range backends {
		all = append(all, arrivals...)
	}
	slices.SortFunc(all, func(a, b Arrival) int { return int(a.At - b.At) })
	const enough = 20
	first, inSecond, firstInSecond := map[asked]bool{}, map[time.Duration]int{}, map[time.Duration]int{}
	for _, a := range all {
		second := a.At.Truncate(time.Second) / time.Second
		if a.At < 0 {
			second = -1
		}
		inSecond[second]++
		if key := (asked{a.ID, a.Model}); !first[key] {
			first[key] = true
			firstInSecond[second]++
		}
	}
	for second, n := range inSecond {
		if n >= enough && second >= 0 && (second+1)*time.Second <= lasts {
			worst = max(worst, float64(n)/float64(max(1, firstInSecond[second])))
		}
	}
	return float64(len(all)) / float64(max(1, len(first))), worst
}
