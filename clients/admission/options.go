package admission

import (
	"fmt"
	"time"

	"github.com/manifold-serving/manifold/internal/units"
)

// Mode is how the number of calls is bounded.
type Mode string

// The modes. Empty means Off.
const (
	Off      Mode = "off"
	Fixed    Mode = "fixed"    // Limit
	Adaptive Mode = "adaptive" // as latency tells, between Min and Max
)

// The defaults, and what is the most that may be asked for.
const (
	firstLimit   = 20                     // enough for a small server, and learnt away from within a second of load
	defaultMin   = 2                      // one call to work at and one on its way, or a server idles between two
	defaultMax   = 1000                   // more in flight tells of a server that no longer answers
	defaultWait  = 100 * time.Millisecond // long enough for a burst, too short for a client to notice
	mostInFlight = 100_000                // every call costs a goroutine and its request
	longestWait  = time.Minute            // who waits longer has given up
)

// Options are the bounds. The zero value is the default: none.
type Options struct {
	Mode Mode `json:"mode,omitempty"`

	// Limit is of Fixed, and where Adaptive begins; 0 means 20 for Adaptive, and is a fault for Fixed.
	Limit int `json:"limit,omitempty"`

	// Min and Max bound what Adaptive may come to; 0 means 2 and 1000.
	Min int `json:"min,omitempty"`
	Max int `json:"max,omitempty"`

	// Queue is how many calls may wait; 0 means as many as the limit, less than 0 none.
	Queue int `json:"queue,omitempty"`

	// Wait is the longest that one may wait; 0 means 100ms.
	Wait units.Duration `json:"wait,omitempty"`
}

// Validate tells what is wrong with o, each fault with the place of its field.
func (o Options) Validate() []error {
	switch o.Mode {
	case "", Off, Fixed, Adaptive:
	default:
		return []error{fmt.Errorf("concurrency.mode: %q is none of off, fixed and adaptive", o.Mode)}
	}
	faults := o.misplaced()
	for _, field := range []struct {
		name  string
		value int
	}{{"limit", o.Limit}, {"min", o.Min}, {"max", o.Max}, {"queue", o.Queue}} {
		switch {
		case field.value < 0 && field.name != "queue":
			faults = append(faults, fmt.Errorf("concurrency.%s: %d is negative", field.name, field.value))
		case field.value > mostInFlight:
			faults = append(faults, fmt.Errorf("concurrency.%s: %d is more than %d", field.name, field.value, mostInFlight))
		}
	}
	switch wait := time.Duration(o.Wait); {
	case wait < 0:
		faults = append(faults, fmt.Errorf("concurrency.wait: %s is negative; queue: -1 lets no call wait", wait))
	case wait > longestWait:
		faults = append(faults, fmt.Errorf("concurrency.wait: %s is more than %s", wait, longestWait))
	}
	if len(faults) == 0 && o.Mode == Adaptive {
		faults = o.order()
	}
	return faults
}

// misplaced are the numbers that the mode has no use for, and the one that it needs.
func (o Options) misplaced() (faults []error) {
	switch o.Mode {
	case Adaptive:
		return nil
	case Fixed:
		if o.Limit == 0 {
			faults = append(faults, fmt.Errorf("concurrency.limit: mode fixed needs one, 1 to %d", mostInFlight))
		}
	case "", Off:
		if o.Limit != 0 {
			faults = append(faults, fmt.Errorf("concurrency.limit: %d bounds nothing while mode is off; write mode: fixed or mode: adaptive", o.Limit))
		}
	}
	if o.Min != 0 {
		faults = append(faults, fmt.Errorf("concurrency.min: %d is of mode adaptive", o.Min))
	}
	if o.Max != 0 {
		faults = append(faults, fmt.Errorf("concurrency.max: %d is of mode adaptive", o.Max))
	}
	return faults
}

// order is that of min, limit and max.
func (o Options) order() (faults []error) {
	whole := o.complete()
	if whole.Min > whole.Max {
		return []error{fmt.Errorf("concurrency.min: %d is more than max, which is %d", whole.Min, whole.Max)}
	}
	if whole.Limit < whole.Min || whole.Limit > whole.Max {
		return []error{fmt.Errorf("concurrency.limit: %d is not between min and max, which are %d and %d", whole.Limit, whole.Min, whole.Max)}
	}
	return nil
}

// complete is o with its defaults.
func (o Options) complete() Options {
	if o.Wait == 0 {
		o.Wait = units.Duration(defaultWait)
	}
	if o.Mode != Adaptive {
		return o
	}
	if o.Min == 0 {
		o.Min = defaultMin
		if o.Max > 0 {
			o.Min = min(o.Min, o.Max)
		}
	}
	if o.Max == 0 {
		o.Max = max(defaultMax, o.Min, o.Limit)
	}
	if o.Limit == 0 {
		o.Limit = max(o.Min, min(firstLimit, o.Max))
	}
	return o
}
