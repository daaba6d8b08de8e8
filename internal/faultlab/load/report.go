package load

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Report is what became of a load.
type Report struct {
	Options Options
	// Phases are in the order in which they began; All is all of them.
	Phases []Phase
	All    Phase
	// Records are the calls, in the order in which they were due.
	Records []Record
	// Lag is how late calls were sent.
	Lag Histogram
	// Strays are outcomes of calls that were not made.
	Strays []string
}

// Phase is the calls that were due in it.
type Phase struct {
	Name string
	// Calls were made, Failed of them got anything but a right answer, other than by their callers' own will, as Cancelled did.
	Calls, Failed, Cancelled int
	// Codes and Verdicts count them.
	Codes    map[string]int
	Verdicts map[Verdict]int
	// Backends counts the right answers of each server's incarnation.
	Backends map[string]int
	// Latency is of all calls but the cancelled, from when they were due.
	Latency Histogram
	// Began is when the first was due, Ended when the last was.
	Began, Ended time.Time
}

func newReport(o Options, l *Ledger) *Report {
	r := &Report{Options: o}
	r.Records, r.Strays = l.Records()
	r.All = newPhase("all")
	for _, record := range r.Records {
		i := slices.IndexFunc(r.Phases, func(p Phase) bool { return p.Name == record.Phase })
		if i < 0 {
			i = len(r.Phases)
			r.Phases = append(r.Phases, newPhase(record.Phase))
		}
		r.Phases[i].add(record)
		r.All.add(record)
		r.Lag.Add(record.Sent.Sub(record.Due))
	}
	return r
}

func newPhase(name string) Phase {
	return Phase{Name: name, Codes: map[string]int{}, Verdicts: map[Verdict]int{}, Backends: map[string]int{}}
}

func (p *Phase) add(r Record) {
	p.Calls++
	p.Codes[r.Code]++
	p.Verdicts[r.Verdict]++
	if r.Verdict == Right {
		p.Backends[r.Backend]++
	}
	if r.Failed() {
		p.Failed++
	}
	if r.Cancelled.IsZero() {
		p.Latency.Add(r.Latency)
	} else {
		p.Cancelled++
	}
	if p.Calls == 1 {
		p.Began = r.Due
	}
	p.Ended = r.Due
}

// Phase is the one of that name, empty if no call was due in it.
func (r *Report) Phase(name string) Phase {
	for _, p := range r.Phases {
		if p.Name == name {
			return p
		}
	}
	return newPhase(name)
}

// Unusable says why nothing can be concluded from the times of this run, nil if that can be: the generator was too late, or gave up.
func (r *Report) Unusable() error {
	if n := r.All.Verdicts[NotMade]; n > 0 {
		return fmt.Errorf("%d calls were not made: there were %d at a time", n, r.Options.MaxInFlight)
	}
	if lag := r.Lag.Quantile(0.99); lag > r.Options.MaxLag {
		return fmt.Errorf("the generator was late: 1 call of 100 was sent %v or more after it was due, and %v is the limit",
			lag.Round(time.Millisecond), r.Options.MaxLag)
	}
	return nil
}

// Faults are the answers that are wrong, swapped or doubled, the calls without an outcome, and outcomes without a call, each in words.
func (r *Report) Faults() []string {
	faults := slices.Clone(r.Strays)
	for _, record := range r.Records {
		switch record.Verdict {
		case Wrong, Swapped, Doubled, Missing:
			faults = append(faults, fmt.Sprintf("%s: %s: %s (from %s)", record.ID, record.Verdict, record.Why, record.Backend))
		case Right, Failed, NotMade:
		}
	}
	return faults
}

// sorted are the keys of a count.
func sorted[K ~string](counts map[K]int) []K { return slices.Sorted(maps.Keys(counts)) }
