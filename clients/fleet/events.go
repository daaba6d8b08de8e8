package fleet

import (
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
)

// notify hears of an endpoint's new state.
func (f *Fleet[L]) notify(event balance.Event) {
	log := f.logger.With("endpoint", event.Address)
	if event.Model != "" {
		if event.State == balance.Vetoed {
			log.Warn("upstream model kept away from endpoint", "model", event.Model, "reason", event.Reason)
		} else {
			log.Info("upstream model back at endpoint", "model", event.Model)
		}
		return
	}
	switch event.State {
	case balance.StateEjected:
		log.Warn("upstream endpoint ejected", "cause", string(event.Cause), "reason", event.Reason, "for", event.For.Round(time.Millisecond))
	case balance.StateProbing:
		log.Debug("upstream endpoint tried", "reason", event.Reason)
	case balance.StateReady:
		log.Info("upstream endpoint back")
	case balance.StateUnreachable:
		if event.Reason != "" {
			log = log.With("reason", event.Reason)
		}
		log.Warn("upstream endpoint unreachable")
		f.roster.raise()
	default:
		log.Info("upstream endpoint " + event.State)
	}
	e := f.roster.member(event.Address)
	if e != nil && event.State == balance.StateReady {
		f.health.ask(e) // another server may have come back
	}
	switch {
	case e == nil || event.State == balance.StateProbing:
	case event.State == balance.StateEjected && event.Cause == balance.Stalled:
		f.vigils.hold(e)
	case event.State != balance.StateEjected:
		f.vigils.end(e)
	}
}

// suspect hears of an endpoint that may be stalled.
func (f *Fleet[L]) suspect(e *balance.Endpoint[L]) { f.suspicions.suspect(e) }

// back hears of an endpoint that was silent and answers again.
func (f *Fleet[L]) back(e *balance.Endpoint[L]) {
	e.Answers()
	f.health.ask(e)
}
