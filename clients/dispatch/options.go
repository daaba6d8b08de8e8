package dispatch

import (
	"fmt"
	"time"

	"github.com/manifold-serving/manifold/internal/units"
)

// Options are when a call is made once more. The zero value is the default.
type Options struct {
	// Retries absent means their defaults.
	Retries *Retries `json:"retries,omitempty"`

	// Hedging absent means none.
	Hedging *Hedging `json:"hedging,omitempty"`
}

// Retries are calls made again after a failure, and calls moved away from an endpoint that stalls.
type Retries struct {
	Disabled bool `json:"disabled,omitempty"`

	// Budget is how many calls may be made once more, in percent of those of the last 10 s; 0 means 10. Hedges draw on it too. What was
	// never sent needs none.
	Budget int `json:"budget,omitempty"`

	// Floor is how many there may be in a second however few calls there are, on average over 10 s; 0 means 3.
	Floor int `json:"floor,omitempty"`

	// Backoff is the longest wait before the first retry of a call that had been sent, doubled for each one that follows up to MaxBackoff.
	// 0 means 10ms and 200ms. What was never sent does not wait, unless there is no other endpoint.
	Backoff    units.Duration `json:"backoff,omitempty"`
	MaxBackoff units.Duration `json:"maxBackoff,omitempty"`
}

// Hedging makes a call at a second endpoint when the first takes long, and takes the answer that comes first. It is for models that
// answer the same each time and whose servers have room.
type Hedging struct {
	// After is the percentile of the model's latency at which a call counts as slow; 0 means 95. While too few calls have ended to tell,
	// nothing is hedged.
	After int `json:"after,omitempty"`

	// Least is the least wait whatever the percentile; 0 means 10ms.
	Least units.Duration `json:"least,omitempty"`

	// Budget is how many calls may be hedged, in percent of those of the last 10 s; 0 means 5.
	Budget int `json:"budget,omitempty"`
}

const (
	defaultBudget      = 10                     // percent: a server in trouble bears a tenth more; what Google's SRE book gives a client
	defaultFloor       = 3                      // a second: a tenth of few calls is none; what Envoy's retry budget has
	defaultBackoff     = 10 * time.Millisecond  // enough to spread the calls that one failure broke, little beside an inference
	defaultMaxBackoff  = 200 * time.Millisecond // beyond it a call is late rather than saved
	defaultAfter       = 95                     // percentile: one call in twenty is slow, which is what the budget pays for
	defaultLeast       = 10 * time.Millisecond  // below it the noise of scheduling looks like a slow call
	defaultHedgeBudget = 5                      // percent: half of the common budget, so that hedges leave as much to retries
)

// complete returns the options with defaults in the place of zeros. Hedging that is absent stays so.
func (o Options) complete() Options {
	var r Retries
	if o.Retries != nil {
		r = *o.Retries
	}
	r.Budget = or(r.Budget, defaultBudget)
	r.Floor = or(r.Floor, defaultFloor)
	r.Backoff = units.Duration(r.Backoff.Or(defaultBackoff))
	r.MaxBackoff = units.Duration(r.MaxBackoff.Or(max(defaultMaxBackoff, time.Duration(r.Backoff))))
	completed := Options{Retries: &r}
	if o.Hedging != nil {
		h := *o.Hedging
		h.After = or(h.After, defaultAfter)
		h.Least = units.Duration(h.Least.Or(defaultLeast))
		h.Budget = or(h.Budget, min(defaultHedgeBudget, r.Budget))
		completed.Hedging = &h
	}
	return completed
}

func or(value, otherwise int) int {
	if value == 0 {
		return otherwise
	}
	return value
}

// Validate tells what is wrong with the options, each error with its field's path first.
func (o Options) Validate() []error {
	var faults []error
	check := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	percent := func(path string, value int) {
		check(value < 0 || value > 100, "%s: %d is not within 0 and 100 percent", path, value)
	}
	if r := o.Retries; r != nil {
		percent("retries.budget", r.Budget)
		check(r.Floor < 0, "retries.floor: %d is negative", r.Floor)
		check(r.Backoff < 0, "retries.backoff: %s is negative", r.Backoff)
		check(r.MaxBackoff < 0, "retries.maxBackoff: %s is negative", r.MaxBackoff)
	}
	if h := o.Hedging; h != nil {
		check(h.After < 0 || h.After > 99, "hedging.after: %d is not a percentile of 1 to 99", h.After)
		check(h.Least < 0, "hedging.least: %s is negative", h.Least)
		percent("hedging.budget", h.Budget)
	}
	if len(faults) > 0 {
		return faults
	}
	return o.complete().conflicts()
}

// conflicts are what does not go together in options that are complete.
func (o Options) conflicts() (faults []error) {
	r, h := o.Retries, o.Hedging
	if r.Backoff > r.MaxBackoff {
		faults = append(faults, fmt.Errorf("retries.maxBackoff: %s is less than retries.backoff, %s", r.MaxBackoff, r.Backoff))
	}
	if h != nil && h.Budget > r.Budget {
		faults = append(faults, fmt.Errorf("hedging.budget: %d percent is more than retries.budget, %d, on which hedges draw", h.Budget, r.Budget))
	}
	return faults
}
