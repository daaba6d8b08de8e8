package dispatch

import "time"

// State is what a dispatcher has done.
type State struct {
	Calls        uint64
	Attempts     uint64 // of those calls, first ones included
	Retries      uint64
	Redispatches uint64
	Hedges       uint64
	HedgesWon    uint64
	Refused      uint64  // attempts that the budget did not allow
	BudgetLeft   float64 // attempts that it allows now
}

// State tells what has been done.
func (d *Dispatcher[L]) State() State {
	return State{
		Calls:        d.calls.Load(),
		Attempts:     d.attempts.Load(),
		Retries:      d.retried.Load(),
		Redispatches: d.moved.Load(),
		Hedges:       d.hedged.Load(),
		HedgesWon:    d.hedgesWon.Load(),
		Refused:      d.refused.Load(),
		BudgetLeft:   float64(d.account.balance(time.Now())),
	}
}
