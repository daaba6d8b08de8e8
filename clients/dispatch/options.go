package dispatch

import "github.com/manifold-serving/manifold/internal/units"

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

	// Budget is how many calls may be made once more, in percent of all; 0 means 10. Hedges draw on it too.
	Budget int `json:"budget,omitempty"`

	// Floor is how many there may be in a second however few calls there are; 0 means 3.
	Floor int `json:"floor,omitempty"`

	// Backoff is the longest wait before the first retry of a call that had been sent, doubled for each one that follows up to MaxBackoff.
	// 0 means 10ms and 200ms. What was never sent does not wait.
	Backoff    units.Duration `json:"backoff,omitempty"`
	MaxBackoff units.Duration `json:"maxBackoff,omitempty"`
}

// Hedging makes a call at a second endpoint when the first takes long, and takes the answer that comes first. It is for models that
// answer the same each time and whose servers have room.
type Hedging struct {
	// After is the percentile of the model's latency at which a call counts as slow; 0 means 95.
	After int `json:"after,omitempty"`

	// Least is the least wait whatever the percentile; 0 means 10ms.
	Least units.Duration `json:"least,omitempty"`

	// Budget is how many calls may be hedged, in percent; 0 means 5.
	Budget int `json:"budget,omitempty"`
}
